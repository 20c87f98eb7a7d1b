"""What is noted about the pictures of the project: read for all of them, changed for some."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from PySide6.QtCore import QObject, Signal

from app.priority import step_behind_the_window
from app.relay import Relay
from app.session import Session
from app.user_error import user_error
from segcore.project import Project
from segcore.review.facts import read_facts
from segcore.review.picture_table import name_ranks

CHUNK = 20_000
"""Pictures whose facts reach the window at a time."""


class ReviewController(QObject):
    """Reads and writes status and comments on a thread of its own.

    `factsRead` carries the place of the first picture in the session's names and `Facts`,
    `ranksFound` the place of each picture in the order by name, `changed` the names of pictures
    whose status or comment is another now.
    """

    factsRead = Signal(int, object)
    ranksFound = Signal(object)
    changed = Signal(object)
    failed = Signal(object)

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._relay = Relay(self)
        self._thread = ThreadPoolExecutor(1, "review", step_behind_the_window)
        self._listed = 0
        session.imagesListed.connect(self._read_new)
        session.listingEnded.connect(self._read_times)

    def set_status(self, names: Sequence[str], status: str) -> None:
        """Say how far the work on some pictures is."""
        self._change(names, lambda project, name: project.set_status(name, status))

    def set_comment(self, names: Sequence[str], comment: str) -> None:
        """Note something about some pictures; an empty comment takes the note away."""
        self._change(names, lambda project, name: project.set_comment(name, comment))

    def comment_of(self, names: Sequence[str]) -> str:
        """What is noted about all of these pictures; '' where they differ."""
        project = self._session.project
        if project is None or not names:
            return ""
        comments = {project.comment(name) for name in names}
        return comments.pop() if len(comments) == 1 else ""

    def shutdown(self) -> None:
        """Finish what was asked for and end the thread; before the project is closed."""
        self._thread.shutdown(wait=True, cancel_futures=False)
        self._relay.close()

    def _change(self, names: Sequence[str], change: Callable[[Project, str], None]) -> None:
        project = self._session.project
        if project is not None and names:
            self._thread.submit(self._change_on_thread, project, tuple(names), change)

    def _change_on_thread(
        self, project: Project, names: tuple[str, ...], change: Callable[[Project, str], None]
    ) -> None:
        done = []
        try:
            for name in names:
                change(project, name)
                done.append(name)
        except Exception as error:  # noqa: BLE001 - told to the person; the thread goes on
            failure = user_error(error, self.tr("The pictures could not be marked"))
            self._relay.post(self.failed.emit, failure)
        self._relay.post(self.changed.emit, done)

    def _read_new(self, count: int) -> None:
        project, names = self._session.project, self._session.names
        first, self._listed = (self._listed if count >= self._listed else 0), count
        if project is None or first == count:
            return
        self._thread.submit(self._read, project, names, first, count)

    def _read_times(self) -> None:
        """All pictures are listed: what takes longer is read too."""
        project, names = self._session.project, self._session.names
        if project is not None and names:
            self._thread.submit(self._read_rest, project, names, len(names))

    def _read(self, project: Project, names: list[str], first: int, end: int) -> None:
        for start in range(first, end, CHUNK):
            some = names[start : min(start + CHUNK, end)]
            self._relay.post(self._tell_facts, names, start, read_facts(project, some))

    def _read_rest(self, project: Project, names: list[str], end: int) -> None:
        try:
            times = project.edit_times()
            facts = read_facts(project, names[:end], times)
            ranks = name_ranks(names[:end])
        except Exception as error:  # noqa: BLE001 - told to the person; the thread goes on
            failure = user_error(error, self.tr("The pictures could not be put in order"))
            self._relay.post(self.failed.emit, failure)
            return
        self._relay.post(self._tell_facts, names, 0, facts)
        self._relay.post(self._tell_ranks, names, ranks)

    def _tell_facts(self, names: list[str], first: int, facts: object) -> None:
        if names is self._session.names:
            self.factsRead.emit(first, facts)

    def _tell_ranks(self, names: list[str], ranks: object) -> None:
        if names is self._session.names:
            self.ranksFound.emit(ranks)
