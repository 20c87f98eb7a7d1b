"""Which pictures have pixels that a person, a model, another tool or another picture said."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Signal

from app.priority import step_behind_the_window
from app.relay import Relay
from app.session import Session
from app.user_error import UserError, user_error
from segcore.errors import Cancelled
from segcore.progress import CancelToken
from segcore.project import Project
from segcore.review.said_by import said_by

CHUNK = 64
"""Pictures that are looked through between two looks at whether anybody still wants it."""


class OriginFilter(QObject):
    """Looks through the labels on a thread; `found` carries (n,) bool of the session's names.

    It is told again and again while it looks: what was not looked at yet is left out. None: the
    filter is off.
    """

    found = Signal(object)
    failed = Signal(object)

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._kind: str | None = None
        self._token = CancelToken()
        self._relay = Relay(self)
        self._thread = ThreadPoolExecutor(1, "origin-filter", step_behind_the_window)
        session.listingEnded.connect(self._look)

    def want(self, kind: str | None) -> None:
        """Find the pictures with pixels of this kind of origin, or with any."""
        self._kind = kind
        self._token.cancel()
        if kind is None:
            self.found.emit(None)
        else:
            self._look()

    def shutdown(self) -> None:
        """End the thread; before the session's shutdown."""
        self._token.cancel()
        self._thread.shutdown(wait=True, cancel_futures=True)
        self._relay.close()

    def _look(self) -> None:
        project, names = self._session.project, self._session.names
        if project is None or self._kind is None:
            return
        self._token.cancel()
        self._token = CancelToken()
        self._thread.submit(self._work, project, names, self._kind, self._token)

    def _work(self, project: Project, names: list[str], kind: str, token: CancelToken) -> None:
        mask = np.zeros(len(names), np.bool_)
        try:
            project.flush()
            for start in range(0, len(mask), CHUNK):
                token.raise_if_cancelled()
                some = names[start : min(start + CHUNK, len(mask))]
                mask[start : start + len(some)] = said_by(project, some, kind)
                self._relay.post(self._tell, names, mask.copy(), token)
        except Cancelled:
            return
        except Exception as error:  # noqa: BLE001 - told to the person; the thread goes on
            failure = user_error(error, self.tr("The pictures could not be filtered"))
            self._relay.post(self._tell_failed, failure)

    def _tell(self, names: list[str], mask: npt.NDArray[np.bool_], token: CancelToken) -> None:
        if names is self._session.names and len(names) == len(mask) and not token.cancelled:
            self.found.emit(mask)

    def _tell_failed(self, failure: UserError) -> None:
        self.failed.emit(failure)
