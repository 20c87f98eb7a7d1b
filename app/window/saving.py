"""Save and copy of mask, overlay and view: asks where to, and shows how it goes."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog, QWidget

from app.actions import Actions
from app.canvas.canvas import Canvas
from app.controllers.pictures_out import PicturesOut
from app.document import Document
from app.panels.jobs import JobRow, JobsPanel
from app.settings import Settings

KIND = "picture_out"
_ACTIONS = ("save_mask", "save_overlay", "save_view", "copy_mask", "copy_overlay", "copy_view")
_NEEDS_LABELS = ("save_mask", "save_overlay", "copy_mask", "copy_overlay")


class SavingCommands(QObject):
    """What the actions of saving and copying pictures do."""

    def __init__(
        self,
        actions: Actions,
        pictures_out: PicturesOut,
        *,
        document: Document,
        canvas: Canvas,
        settings: Settings,
        jobs: JobsPanel,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._actions = actions
        self._out = pictures_out
        self._document = document
        self._canvas = canvas
        self._settings = settings
        self._jobs = jobs
        self._window = window
        actions["save_mask"].triggered.connect(self.save_mask)
        actions["save_overlay"].triggered.connect(self.save_overlay)
        actions["save_view"].triggered.connect(self.save_view)
        actions["copy_mask"].triggered.connect(pictures_out.copy_mask)
        actions["copy_overlay"].triggered.connect(pictures_out.copy_overlay)
        actions["copy_view"].triggered.connect(self.copy_view)
        pictures_out.workChanged.connect(self._show_work)
        jobs.cancelRequested.connect(self._cancel)
        document.imageChanged.connect(self._show_abilities)
        document.labelsChanged.connect(self._show_abilities)
        self._show_abilities()

    def save_mask(self) -> None:
        """Ask for a file and write the class ids there."""
        path = self.ask(self.tr("Save mask"), "mask", [self.tr("Indexed PNG (*.png)")])
        if path is not None:
            self._out.save_mask(path)

    def save_overlay(self) -> None:
        """Ask for a file and write the picture with the classes over it there."""
        path = self.ask(self.tr("Save overlay"), "overlay", self._picture_filters())
        if path is not None:
            self._out.save_overlay(path)

    def save_view(self) -> None:
        """Ask for a file and write what is in sight there; it is looked at before the asking."""
        view = self._canvas.snapshot()
        path = self.ask(self.tr("Save view"), "view", self._picture_filters())
        if path is not None:
            self._out.save_view(path, view)

    def copy_view(self) -> None:
        """Put what is in sight on the clipboard."""
        self._out.copy_view(self._canvas.snapshot())

    def ask(self, title: str, what: str, filters: list[str]) -> Path | None:
        """Ask where to save; proposed are the picture's name and the folder of the last time."""
        dialog = QFileDialog(self._window, title, self._folder())
        dialog.setObjectName(f"dialog.save_{what}")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilters(filters)
        dialog.setDefaultSuffix("png")
        dialog.selectFile(proposed_name(self._document.name or "", what))
        if not dialog.exec():
            return None
        path = Path(dialog.selectedFiles()[0])
        self._settings.pictures_folder = str(path.parent)
        return path

    def _folder(self) -> str:
        chosen = self._settings.pictures_folder
        return chosen if chosen and Path(chosen).is_dir() else self._settings.last_folder

    def _picture_filters(self) -> list[str]:
        return ["PNG (*.png)", "JPEG (*.jpg *.jpeg)"]

    def _show_work(self, number: int, title: str) -> None:
        """Numbers below 0, apart from those of the inference thread's jobs."""
        if title:
            self._jobs.set_job(JobRow(-number, KIND, title))
        else:
            self._jobs.remove_job(-number)

    def _cancel(self, kind: str) -> None:
        if kind == KIND:
            self._out.cancel()

    def _show_abilities(self) -> None:
        obstacle = "" if self._document.image is not None else self.tr("No picture is open.")
        unlabelled = (
            "" if self._document.labels is not None else self.tr("Nothing is labelled yet.")
        )
        for name in _ACTIONS:
            missing = unlabelled if name in _NEEDS_LABELS else ""
            self._actions.allow(name, obstacle or missing)


def proposed_name(picture: str, what: str) -> str:
    """`a/street 3.jpg` and `mask` -> `street 3_mask.png`."""
    return f"{Path(picture).stem or 'picture'}_{what}.png"
