"""Opening and saving: what the File menu does."""

from __future__ import annotations

import os
import traceback
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from app.document import Document
from app.session import Session
from app.settings import Settings
from segcore.errors import SegcoreError
from segcore.folders import VIDEO_SUFFIXES
from segcore.images import IMAGE_SUFFIXES

_MOST_REMEMBERED = 200
"""Paths kept to open again at the next start; who opens more at once has a folder for them."""


class FileCommands(QObject):
    """Asks for paths, opens them, and remembers them for the next start."""

    recentChanged = Signal(object)
    failed = Signal(str, str)
    modelRequested = Signal(str)

    def __init__(
        self,
        window: QWidget,
        session: Session,
        document: Document,
        settings: Settings,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._session = session
        self._document = document
        self._settings = settings
        self._wanted = ""
        self._asked_for: list[Path] = []
        """Opened but not listed yet: what cannot be opened is not remembered."""
        self._saving_to: Path | None = None
        session.projectChanged.connect(self._remember_saved_project)
        session.imagesListed.connect(self._remember_listed)
        session.imagesListed.connect(self._open_wanted)
        session.currentChanged.connect(self._remember_picture)

    def open_files(self) -> None:
        """Ask for pictures and open them."""
        endings = " ".join(f"*{suffix}" for suffix in sorted(IMAGE_SUFFIXES))
        paths, _chosen = QFileDialog.getOpenFileNames(
            self._window,
            self.tr("Open pictures"),
            self._settings.last_folder,
            self.tr("Pictures ({})").format(endings) + ";;" + self.tr("All files (*)"),
        )
        if paths:
            self.open_paths([Path(path) for path in paths])

    def open_video(self) -> None:
        """Ask for videos, animations or stacks of pictures, and open their frames."""
        videos = " ".join(f"*{suffix}" for suffix in sorted(VIDEO_SUFFIXES))
        paths, _chosen = QFileDialog.getOpenFileNames(
            self._window,
            self.tr("Open videos"),
            self._settings.last_folder,
            self.tr("Videos ({})").format(videos)
            + ";;"
            + self.tr("Animations and stacks ({})").format("*.gif *.apng *.png *.webp *.tif *.tiff")
            + ";;"
            + self.tr("All files (*)"),
        )
        if paths:
            self.open_paths([Path(path) for path in paths], as_frames=True)

    def open_folder(self) -> None:
        """Ask for a folder of pictures and open it."""
        self._open_asked_folder(self.tr("Open a folder of pictures"))

    def open_project(self) -> None:
        """Ask for a project folder and open it."""
        self._open_asked_folder(self.tr("Open a project"))

    def open_recent(self, path: str) -> None:
        """Open a path of the recent menu."""
        self.open_paths([Path(path)])

    def open_samples(self) -> None:
        """Open the drawn street that comes with the program."""
        self._asked_for = []
        self._settings.last_paths = []
        self._session.open_samples()

    def open_paths(self, paths: Sequence[Path], *, as_frames: bool = False) -> None:
        """Open pictures, folders, videos or a project; once they are listed they are remembered."""
        absolute = [path.absolute() for path in paths]
        if not absolute:
            return
        self._wanted, self._asked_for = "", absolute
        self._session.open_paths(absolute, as_frames=as_frames)

    def open_at_start(self, paths: Sequence[Path]) -> None:
        """Open what the command line names, else what was open last, else the sample street."""
        if paths:
            self.open_paths(paths)
            return
        last = [Path(path) for path in self._settings.last_paths]
        there = [path for path in last if path.exists()]
        if there:
            self._wanted = self._settings.last_picture
            self._session.open_paths(there)
        else:
            self.open_samples()

    def save(self) -> None:
        """Bring everything to disk now, the label map's PNG too."""
        project, name = self._document.project, self._document.name
        try:
            self._document.flush()
            if project is not None and name is not None and project.has_labels(name):
                project.fold(name)
        except SegcoreError as error:
            self.failed.emit(str(error), "".join(traceback.format_exception(error)))

    def save_project_as(self) -> None:
        """Ask for a folder and keep the labels of these pictures in a project there."""
        project = self._session.project
        if project is None:
            return
        folder = QFileDialog.getExistingDirectory(
            self._window,
            self.tr("Save as project: choose an empty folder"),
            self._settings.last_folder,
        )
        if folder:
            self.save_project_to(Path(folder))

    def save_project_to(self, folder: Path) -> None:
        """Copy the project of these pictures into a folder and go on working there."""
        self._saving_to = Path(os.path.realpath(folder))
        self._session.save_as(folder)

    def open_model_file(self) -> None:
        """Ask for a checkpoint file and use it."""
        path, _chosen = QFileDialog.getOpenFileName(
            self._window,
            self.tr("Model from a file"),
            self._settings.last_folder,
            self.tr("Checkpoints (*.safetensors *.pth *.pt *.bin)")
            + ";;"
            + self.tr("All files (*)"),
        )
        if path:
            self.modelRequested.emit(path)

    def open_model_folder(self) -> None:
        """Ask for a model folder and use it."""
        folder = QFileDialog.getExistingDirectory(
            self._window, self.tr("Model from a folder"), self._settings.last_folder
        )
        if folder:
            self.modelRequested.emit(folder)

    def _open_asked_folder(self, title: str) -> None:
        folder = QFileDialog.getExistingDirectory(self._window, title, self._settings.last_folder)
        if folder:
            self.open_paths([Path(folder)])

    def _remember(self, paths: Sequence[Path]) -> None:
        settings, first = self._settings, paths[0]
        settings.remember_path(first if len(paths) == 1 else first.parent)
        settings.last_folder = str(first.parent)
        settings.last_paths = [str(path) for path in paths[:_MOST_REMEMBERED]]
        settings.save()
        self.recentChanged.emit(settings.recent_paths)

    def _remember_listed(self, count: int) -> None:
        """What was asked for is there: at the next start it is opened again."""
        if count and self._asked_for:
            self._remember(self._asked_for)
            self._asked_for = []

    def _remember_saved_project(self) -> None:
        project = self._session.project
        if project is not None and project.folder == self._saving_to:
            self._remember([project.folder])
        self._saving_to = None

    def _open_wanted(self, count: int) -> None:
        """Go to the picture that was open last, as soon as it is listed."""
        if self._wanted and count and self._wanted in self._session.names:
            position = self._session.names.index(self._wanted)
            self._wanted = ""
            self._session.open_index(position)

    def _remember_picture(self, position: int) -> None:
        if position >= 0 and not self._wanted:
            self._settings.last_picture = self._session.names[position]
