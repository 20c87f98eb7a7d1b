"""Opening, closing and copying a project folder, and what goes wrong in its background."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from segcore.classes import ClassTable
from segcore.errors import ClassTableError, ProjectError
from segcore.project.automatic import automatic_folder, copy_project
from segcore.project.lock import FolderLock, NotWritableError
from segcore.project.names import CLASSES_NAME
from segcore.project.origins import NOBODY, OriginTable
from segcore.project.pictures import PictureList
from segcore.project.recorder import Recorder
from segcore.project.staged import tidied
from segcore.project.states import STATES_NAME, StatesContent, create_states, read_states

ORIGINS_NAME = "origins.json"

TroubleCallback = Callable[[str], None]


class ProjectFolder:
    """An open project folder, without what one does with its labels; see `Project`.

    Attributes:
        folder: where it lies, resolved.
        read_only: whether nothing can be written.
        notes: what was found and put right on opening, sentences for the person.
        on_trouble: called with a sentence, in a thread of the project, when writing fails.
    """

    def __init__(
        self, folder: str | Path, *, read_only: bool, on_trouble: TroubleCallback | None
    ) -> None:
        self.folder = Path(os.path.realpath(folder))
        self.read_only = read_only
        self.on_trouble = on_trouble
        self._guard = threading.RLock()
        self._origins_guard = threading.Lock()  # taken while folding, when the other may be held
        self._intake_guard = threading.Lock()
        self._unfinished: Callable[[], None] | None = None
        """Puts labels into place that are decided on, after the disk refused it once."""
        self._closed = False
        self.notes: list[str] = []
        self._recorder: Recorder | None = None
        if read_only:
            self._read()
        else:
            self._open_for_writing(_locked(self.folder))

    def _read(self) -> StatesContent:
        content = read_states(self.folder)
        self._classes = _read_classes(self.folder)
        self._origins = OriginTable(self.folder / ORIGINS_NAME)
        self._pictures = PictureList(self.folder, content.pictures)
        self.notes += content.notes
        return content

    def _open_for_writing(self, lock: FolderLock) -> None:
        """Nothing is read before the lock is there: what was read stays true."""
        try:
            self.notes += _tidied(self.folder)
            self._recorder = Recorder(
                self.folder,
                self._read(),
                self._pictures,
                lock=lock,
                classes=self._classes,
                foreign_origin=self._foreign_origin,
                on_trouble=self._trouble,
            )
        except BaseException:
            lock.release()
            raise
        self.notes += self._recorder.notes

    @classmethod
    def create(
        cls,
        folder: str | Path,
        classes: ClassTable | Mapping[str, Any] | Sequence[Any] | str | Path,
        *,
        on_trouble: TroubleCallback | None = None,
    ) -> Self:
        """Make a project in a folder, which may hold pictures already, and open it.

        `classes` is a table or whatever `ClassTable.of` takes for one, names among it.

        Raises:
            ProjectError: there is a project in it, or it cannot be written.
            ClassTableError: the classes are impossible.
        """
        folder = Path(folder)
        classes = ClassTable.of(classes)
        if cls.is_project(folder) or (folder / CLASSES_NAME).exists():
            raise ProjectError(f"{folder} holds a project or classes already: choose another.")
        try:
            folder.mkdir(parents=True, exist_ok=True)
            classes.write(folder / CLASSES_NAME)
            create_states(folder)
        except OSError as error:
            raise ProjectError(
                f"No project can be made in {folder} ({error.strerror or error}): choose a folder "
                "that you may write."
            ) from error
        return cls.open(folder, on_trouble=on_trouble)

    @classmethod
    def open(
        cls,
        folder: str | Path,
        read_only: bool = False,
        *,
        on_trouble: TroubleCallback | None = None,
    ) -> Self:
        """Open a project; one process at a time may do so for writing.

        Raises:
            ProjectError: no project, damaged, of a newer program, or open for writing elsewhere.
        """
        return cls(folder, read_only=read_only, on_trouble=on_trouble)

    @classmethod
    def for_pictures(
        cls,
        folder: str | Path,
        classes: ClassTable | None = None,
        *,
        read_only: bool = False,
        on_trouble: TroubleCallback | None = None,
    ) -> Self:
        """The project that is kept in the user's data folder for a folder of pictures.

        Made with `classes` the first time; the same folder gets the same project ever after. The
        pictures are not added.

        Raises:
            ProjectError: as `create` and `open`.
        """
        place = automatic_folder(folder)
        if not cls.is_project(place):
            cls.create(place, classes or ClassTable(())).close()
        return cls.open(place, read_only, on_trouble=on_trouble)

    @staticmethod
    def is_project(folder: str | Path) -> bool:
        """Whether a folder holds a project."""
        return (Path(folder) / STATES_NAME).is_file()

    def save_as(self, folder: str | Path) -> Self:
        """Copy the project elsewhere, close this one and open the copy.

        Raises:
            ProjectError: there is a project, or parts of one, or the folder cannot be written;
                this project then stays open.
        """
        self._check_open()
        if self._recorder is not None:
            self._recorder.flush(folded=True)
        copy_project(self.folder, Path(os.path.realpath(folder)), self._pictures)
        self.close()
        return type(self).open(folder, on_trouble=self.on_trouble)

    @property
    def last_saved(self) -> float | None:
        """When an edit last reached the disk, in seconds since the epoch; None before the first."""
        return self._recorder.last_saved if self._recorder is not None else None

    def flush(self, *, folded: bool = False) -> None:
        """Wait until every edit is on disk, with `folded` also for the PNG files asked for.

        Also the way to try again at once after trouble.

        Raises:
            ProjectError: the disk refuses.
        """
        self._check_open()
        if self._recorder is not None:
            self._recorder.flush(folded=folded)

    def close(self, *, discard: bool = False) -> None:
        """Bring everything to disk and let others write; closing twice is nothing.

        Raises:
            ProjectError: the disk refuses the last edits. The project is open still: make room and
                close again, or close with `discard` to lose them.
        """
        if self._closed:
            return
        if self._recorder is not None:
            if discard:
                self._recorder.abandon()
            else:
                self._recorder.close()
        self._closed = True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None:
            self.close()
            return
        try:
            self.close()
        except ProjectError:  # what went wrong first is what is said, and others may go on
            self.close(discard=True)

    def _foreign_origin(self) -> int:
        """The number for labels that were put beside the project's own, by whom nobody knows."""
        row = self._origins.find("imported")
        if row is None and self.read_only:
            return NOBODY
        with self._origins_guard:
            return (row or self._origins.add("imported")).id

    def _trouble(self, sentence: str) -> None:
        if self.on_trouble is not None:
            self.on_trouble(sentence)

    def _check_open(self) -> None:
        if self._closed:
            raise ProjectError(f"The project {self.folder} is closed: open it again.")

    def _writable(self) -> Recorder:
        self._check_open()
        if self._recorder is None:
            raise ProjectError(
                f"The project {self.folder} is open read-only: close it elsewhere and open it "
                "anew, or save it under another name."
            )
        if self._unfinished is not None:
            self._unfinished()
        return self._recorder


def _locked(folder: Path) -> FolderLock:
    """The right to write into a project; no file is made where there is none."""
    if not (folder / STATES_NAME).is_file():
        read_states(folder)  # says so
    return FolderLock(folder)


def _tidied(folder: Path) -> list[str]:
    try:
        return tidied(folder)
    except ProjectError as error:
        raise NotWritableError(str(error), "an import is not finished") from error


def _read_classes(folder: Path) -> ClassTable:
    try:
        return ClassTable.read(folder / CLASSES_NAME)
    except ClassTableError as error:
        raise ProjectError(str(error)) from error
