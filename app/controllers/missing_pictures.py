"""Pictures that are not where the project has them: said after opening, found in another folder."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.priority import step_behind_the_window
from app.relay import Relay
from app.session import Session
from app.user_error import UserError, user_error
from segcore.project import Project

MOST_LOOKED_AT = 20_000
"""Pictures that are looked at after opening; for more it would take the disk for seconds."""


class MissingPictures(QObject):
    """Looks at the pictures' files on a thread of its own."""

    notice = Signal(str)
    failed = Signal(object)

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._relay = Relay(self)
        self._thread = ThreadPoolExecutor(1, "missing-pictures", step_behind_the_window)
        session.listingEnded.connect(self.look)

    def look(self) -> None:
        """Say which of the listed pictures are missing or others than they were."""
        project, names = self._session.project, frozenset(self._session.names)
        if project is not None and 0 < len(names) <= MOST_LOOKED_AT:
            self._thread.submit(self._look, project, names)

    def find_in(self, folder: Path) -> None:
        """Look for the missing pictures in a folder."""
        if self._session.project is not None:
            self._thread.submit(self._find, self._session.project, folder)

    def shutdown(self) -> None:
        """End the thread; before the session's shutdown."""
        self._thread.shutdown(wait=True, cancel_futures=True)
        self._relay.close()

    def _look(self, project: Project, names: frozenset[str]) -> None:
        try:
            troubles = [each for each in project.source_troubles() if each.name in names]
        except Exception as error:  # noqa: BLE001 - told to the person; the thread goes on
            self._fail(error)
            return
        missing = sum(trouble.kind == "missing" for trouble in troubles)
        if missing > 1:
            words = self.tr(
                "{} pictures are not where they were: choose File > Find Missing Pictures, or put "
                "them back; their labels are kept."
            )
            self._relay.post(self.notice.emit, words.format(missing))
        for trouble in troubles:
            if trouble.kind != "missing" or missing == 1:
                self._relay.post(self.notice.emit, trouble.sentence)

    def _find(self, project: Project, folder: Path) -> None:
        try:
            found = project.relocate(folder)
        except Exception as error:  # noqa: BLE001 - told to the person; the thread goes on
            self._fail(error)
        else:
            words = self.tr("The missing picture was found in {}.").format(folder)
            if len(found) != 1:
                words = self.tr("{} missing pictures found in {}.").format(len(found), folder)
            self._relay.post(self._tell_found, words)

    def _tell_found(self, words: str) -> None:
        self.notice.emit(words)
        if self._session.current >= 0:
            self._session.open_index(self._session.current)

    def _fail(self, error: Exception) -> None:
        failure = user_error(error, self.tr("The pictures could not be looked for"))
        self._relay.post(self._tell_failed, failure)

    def _tell_failed(self, failure: UserError) -> None:
        self.failed.emit(failure)
