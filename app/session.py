"""The pictures at hand: listed, opened, read ahead; one project holds their labels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Signal

from app.lay_under import NOBODY, PERSON_KIND
from app.pictures.claims import Claim, Claims
from app.pictures.listing import (
    Source,
    names_of,
    obstacle_in,
    project_for,
    reopened,
    source_of,
)
from app.pictures.opened_image import OpenedImage
from app.pictures.reading import PictureReader
from app.pictures.thumbnails import SmallLabels, Thumbnails, small_labels
from app.priority import step_behind_the_window
from app.relay import Relay
from app.user_error import UserError, user_error
from segcore import resources
from segcore.errors import ProjectError, SegcoreError
from segcore.project import HistoryState, Project
from segcore.project.frames import close_videos

CLAIM_SECONDS = 20.0
"""How long opening a picture waits for its labels to be written by a batch."""
NEIGHBOURS = (1, -1)
"""Read ahead relative to the open picture, the likelier first."""


class Session(QObject):
    """Lists and opens pictures on I/O threads; every signal comes on the GUI thread."""

    imagesListed = Signal(int)
    listingEnded = Signal()
    imageOpened = Signal(object)
    imageFailed = Signal(str, str)
    currentChanged = Signal(int)
    projectLeaving = Signal()
    projectChanged = Signal()
    thumbnailReady = Signal(int, object)
    failed = Signal(object)
    notice = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.names: list[str] = []
        self.project: Project | None = None
        self.claims = Claims()
        self._relay = Relay(self)
        self._listing = ThreadPoolExecutor(1, "listing", step_behind_the_window)
        self._opening = ThreadPoolExecutor(1, "opening")
        self.chosen: Callable[[], list[str]] = list
        """Names of the pictures that are chosen together; whoever lists them says which."""
        self.labels_at_hand: Callable[[str], SmallLabels | None] = lambda _name: None
        """Labels of a picture as they are in the window; None where they are to be read."""
        self._reader: PictureReader | None = None
        self._thumbnails = Thumbnails(self._thumbnail_later)
        self._current = -1
        self._open_name: str | None = None
        self._asked = 0
        self._listed = 0
        self._posted: Project | None = None
        """What a listing has opened and the window has not taken yet."""
        self._withheld: set[str] | None = None
        """Names that the listing under way does not bring any more; None while none was changed."""
        self._closed = False

    @property
    def current(self) -> int:
        """Index of the picture that is open or on its way; -1 when there is none."""
        return self._current

    @property
    def current_name(self) -> str | None:
        """Its name in the project."""
        return self.names[self._current] if self._current >= 0 else None

    def open_paths(self, paths: Sequence[Path | str], *, as_frames: bool = False) -> None:
        """Open pictures, folders of them, videos or a project in the place of what is open.

        With `as_frames` a file of several pictures counts as a video.
        """
        self._listed += 1
        places = [Path(path) for path in paths]
        self._listing.submit(self._list, places, self._listed, as_frames)

    def open_samples(self) -> None:
        """Open the drawn pictures that the program brings."""
        self.open_paths([picture for picture, _ in resources.sample_paths()])

    def save_as(self, folder: Path) -> None:
        """Copy the project to a folder and go on there; the open picture closes meanwhile."""
        if self.project is None:
            return
        self._listed += 1
        index, self._current = self._current, -1
        self._asked += 1
        self._open_name = None
        self.projectLeaving.emit()
        self.currentChanged.emit(-1)
        self._listing.submit(self._copy, self.project, self.claims, folder, index)

    def show_names(self, names: Sequence[str], wanted: str | None = None) -> None:
        """List these pictures of the project instead, and open one of them, or the first.

        A picture that is open and listed still stays open. What a listing under way finds after
        this comes behind them, but for the pictures that were listed and are no longer.
        """
        kept = frozenset(names)
        self._withheld = (self._withheld or set()).union(self.names) - kept
        self.names = []
        self._current = -1
        self._thumbnails.clear()
        self.imagesListed.emit(0)
        self.names.extend(names)
        self.imagesListed.emit(len(self.names))
        if self.names:
            self.open_index(self.names.index(wanted) if wanted in self.names else 0)
        else:
            self._asked += 1
            self._open_name = None
            self.currentChanged.emit(-1)
        self.listingEnded.emit()

    def list_also(self, names: Sequence[str]) -> None:
        """List pictures of the project behind the others; the open one stays open."""
        known = frozenset(self.names)
        self._withheld = self._withheld or set()
        self.names.extend(name for name in names if name not in known)
        self.imagesListed.emit(len(self.names))

    def leave_picture(self) -> int:
        """Leave nothing open; the index of the picture that was, for `open_index`."""
        index, self._current = self._current, -1
        self._asked += 1
        self._open_name = None
        self.currentChanged.emit(-1)
        return index

    def open_index(self, index: int) -> None:
        """Open a picture; of several asked for quickly only the last is read."""
        if not 0 <= index < len(self.names):
            return
        self._current = index
        self._asked += 1
        self.currentChanged.emit(index)
        if self.names[index] != self._open_name:
            self._opening.submit(self._open, index, self.names[index], self._asked)

    def next(self) -> None:
        """Open the picture after the current one."""
        self.open_index(self._current + 1)

    def previous(self) -> None:
        """Open the picture before the current one."""
        self.open_index(self._current - 1)

    def request_thumbnail(self, index: int) -> npt.NDArray[np.uint8] | None:
        """The thumbnail if it is at hand; if not, `thumbnailReady` brings it."""
        if self.project is None or not 0 <= index < len(self.names):
            return None
        project, name = self.project, self.names[index]
        path, small = project.image_path(name), self.labels_at_hand(name)
        read = partial(_small_labels, project, name) if small is None else lambda: small
        return self._thumbnails.request(index, path, read)

    def outdate_thumbnail(self, index: int) -> None:
        """The labels of a picture have changed; the next request reads them again."""
        self._thumbnails.outdate(index)

    def outdate_thumbnails(self) -> None:
        """The classes look different now."""
        self._thumbnails.outdate_all()

    def show_thumbnails(self, first: int, last: int) -> None:
        """Read no thumbnail outside first … last: they have left the view."""
        self._thumbnails.keep_only(first, last)

    def shutdown(self) -> None:
        """End the threads and close the project; to be called after the document's shutdown."""
        self._closed = True
        self._listed += 1
        self._asked += 1
        close_videos()
        self._listing.shutdown(wait=True, cancel_futures=True)
        self._opening.shutdown(wait=True, cancel_futures=True)
        self._thumbnails.close()
        self._relay.deliver_all()
        self._relay.close()
        if self._reader is not None:
            self._reader.close()
        close_videos()
        if self._posted is not None:
            self._posted.close()
        if self.project is not None:
            self.project.close()

    def _list(self, paths: list[Path], listed: int, as_frames: bool) -> None:
        held, overtaken = self.project, self._posted
        self._posted = None  # what was not taken before this was asked for never will be
        try:
            source = source_of(paths, as_frames=as_frames)
            obstacle = obstacle_in(source)
            if obstacle:
                self._relay.post(self._tell_failed, UserError(obstacle))
                return
            for sentence in source.left_out:
                self._relay.post(self.notice.emit, sentence)
            project = reopened(source, overtaken) or reopened(source, held)
            if overtaken is not None and overtaken is not project:
                overtaken.close()
            overtaken = None
            project = project or project_for(source)
            if project is not held:
                self._posted = project
            if listed != self._listed:
                return  # the next listing goes on with it, or closes it
            self._relay.post(self._take_project, project, listed)
            self._list_names(source, project, listed)
        except Exception as error:  # noqa: BLE001 - told to the person; the thread goes on
            failure = user_error(error, self.tr("The pictures could not be opened"))
            self._relay.post(self._tell_failed, failure)
        finally:
            if overtaken is not None:
                overtaken.close()
            self._relay.post(self._tell_listed, listed)

    def _copy(self, project: Project, claims: Claims, folder: Path, index: int) -> None:
        copy = project
        try:
            if not claims.wait_until_free(CLAIM_SECONDS):
                raise ProjectError("The labels are still being written: try again in a moment.")
            copy = project.save_as(folder)
        except Exception as error:  # noqa: BLE001 - told to the person; the thread goes on
            failure = user_error(error, self.tr("The project could not be saved there"))
            self._relay.post(self._tell_failed, failure)
        self._relay.post(self._take_copy, copy, index)

    def _take_copy(self, project: Project, index: int) -> None:
        if project is not self.project:
            self._hold(project)
        self.open_index(index)

    def _list_names(self, source: Source, project: Project, listed: int) -> None:
        if source.project_folder is not None:
            self._relay.post(self._take_names, list(project.images), listed)
            return
        for names in names_of(source, project):
            self._relay.post(self._take_names, names, listed)
            if listed != self._listed:
                return

    def _take_project(self, project: Project, listed: int) -> None:
        if listed != self._listed:
            return
        self._posted = None
        old, old_claims = self.project, self.claims
        self._withheld = None
        self.names = []
        self._current = -1
        self._open_name = None
        self._asked += 1
        self._thumbnails.clear()
        if project is not old:
            self.projectLeaving.emit()
            self._hold(project)
            if old is not None:
                self._listing.submit(_close_project, old, old_claims)
        self.currentChanged.emit(-1)
        self.imagesListed.emit(0)

    def _hold(self, project: Project) -> None:
        if self._reader is not None:
            self._reader.close()
        self.project = project
        self.claims = Claims()
        self._reader = PictureReader(project, self.claims)
        project.on_trouble = self._trouble_later
        self.projectChanged.emit()
        for note in project.notes:
            self.notice.emit(note)

    def _take_names(self, names: list[str], listed: int) -> None:
        if self._withheld is not None:
            passed_over = self._withheld.union(self.names)
            names = [name for name in names if name not in passed_over]
        if listed != self._listed or not names:
            return
        self.names.extend(names)
        self.imagesListed.emit(len(self.names))
        if self._current < 0:
            self.open_index(0)

    def _tell_listed(self, listed: int) -> None:
        if listed == self._listed:
            self.listingEnded.emit()

    def _tell_failed(self, failure: UserError) -> None:
        self.failed.emit(failure)

    def _open(self, index: int, name: str, asked: int) -> None:
        reader, project, claims = self._reader, self.project, self.claims
        if asked != self._asked or reader is None or project is None:
            return
        if not claims.claim(name, CLAIM_SECONDS):
            sentence = f"The labels of {name} are still being written: open it again in a moment."
            self._relay.post(self._take_failure, name, sentence, asked)
            return
        try:
            picture = reader.read(name)
            person = NOBODY if project.read_only else project.origin_id(PERSON_KIND)
        except Exception as error:  # noqa: BLE001 - told to the person; the thread goes on
            claims.release(name)
            known = isinstance(error, SegcoreError)
            sentence = str(error) if known else f"{name} could not be opened: {error}."
            self._relay.post(self._take_failure, name, sentence, asked)
            return
        opened = OpenedImage(
            name,
            picture.image,
            picture.labels,
            picture.origins,
            picture.labelled,
            project,
            person,
            index,
            release=Claim(claims, name),
            history=self._history_of(project, name),
        )
        self._relay.post(self._take_opened, opened, asked)

    def _history_of(self, project: Project, name: str) -> HistoryState:
        """What can be undone; nothing while the disk refuses what was done before."""
        try:
            history = project.history(name)
        except SegcoreError as error:
            history = HistoryState(note=str(error))
        if history.note:
            self._relay.post(self.notice.emit, history.note)
        return history

    def _take_opened(self, opened: OpenedImage, asked: int) -> None:
        if asked != self._asked or self._closed:
            opened.release()
            return
        self._open_name = opened.name
        self.imageOpened.emit(opened)
        self._read_ahead(opened.index)

    def _take_failure(self, name: str, sentence: str, asked: int) -> None:
        if asked == self._asked:
            self._open_name = None
            self.imageFailed.emit(name, sentence)

    def _read_ahead(self, index: int) -> None:
        if self._reader is not None:
            near = [index + step for step in NEIGHBOURS if 0 <= index + step < len(self.names)]
            self._reader.read_ahead([self.names[i] for i in near])

    def _trouble_later(self, sentence: str) -> None:
        self._relay.post(self._tell_failed, UserError(sentence))

    def _thumbnail_later(self, index: int, thumbnail: npt.NDArray[np.uint8]) -> None:
        self._relay.post(self._take_thumbnail, index, thumbnail)

    def _take_thumbnail(self, index: int, thumbnail: npt.NDArray[np.uint8]) -> None:
        if index < len(self.names):
            self.thumbnailReady.emit(index, thumbnail)


def _small_labels(project: Project, name: str) -> SmallLabels | None:
    """What lies over a picture's thumbnail; on the thread of the thumbnails."""
    if not project.has_labels(name):
        return None
    return small_labels(project.labels(name), project.classes)


def _close_project(project: Project, claims: Claims) -> None:
    """Close a project after everything under way for it has been written."""
    claims.wait_until_free(CLAIM_SECONDS)
    project.close()
