"""Work on files of labels: one piece at a time on a thread of its own, called off by the next."""

from __future__ import annotations

import logging
import time
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from PySide6.QtCore import QObject, Signal

from app.priority import step_behind_the_window
from app.relay import Relay
from app.user_error import user_error
from segcore.errors import Cancelled, FormatError
from segcore.progress import CancelToken, Progress, ProgressCallback

_log = logging.getLogger(__name__)

_INTERVAL = 0.1
"""Seconds between two reports of progress: nobody reads faster."""


class LabelWork(QObject):
    """Begins work and tells what becomes of it, on the GUI thread.

    Signals: `progressed(Progress)`; `refused(sentences)` with everything that stands in the way;
    `cancelled()` when work that changes something was called off.
    """

    progressed = Signal(object)
    refused = Signal(object)
    cancelled = Signal()

    def __init__(self, name: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._relay = Relay(self)
        self._thread = ThreadPoolExecutor(1, name, step_behind_the_window)
        self._token = CancelToken()
        self._closed = False

    def cancel(self) -> None:
        """Call off what is under way; what it wrote so far goes."""
        self._token.cancel()

    def shutdown(self) -> None:
        """Call everything off and end the thread."""
        self._closed = True
        self.cancel()
        self._thread.shutdown(wait=True, cancel_futures=True)
        self._relay.close()

    def _begin(self, work: Callable[[CancelToken], None], *, doing: str, quiet: bool) -> None:
        """Have `work` done in the place of what is under way.

        Args:
            doing: says what failed, where an error does not say so itself.
            quiet: only looks at something: nobody is told when it is called off.
        """
        if self._closed:
            return
        self._token.cancel()
        token = self._token = CancelToken()
        self._thread.submit(self._do, work, token, doing, quiet)

    def _do(
        self, work: Callable[[CancelToken], None], token: CancelToken, doing: str, quiet: bool
    ) -> None:
        try:
            token.raise_if_cancelled()
            work(token)
        except Cancelled:
            if not quiet:
                self._relay.post(self.cancelled.emit)
        except FormatError as error:
            self._tell(token, self.refused.emit, error.problems)
        except Exception as error:  # noqa: BLE001 - told to the person; the thread goes on
            if token.cancelled and quiet:
                return  # what it looked at may have been closed meanwhile
            _log.error("%s", traceback.format_exc())
            self._tell(token, self.refused.emit, (user_error(error, doing).sentence,))

    def _tell(self, token: CancelToken, receiver: Callable[..., None], *values: object) -> None:
        """Call on the GUI thread, unless other work has begun by then."""

        def receive() -> None:
            if token is self._token:
                receiver(*values)

        self._relay.post(receive)

    def _report(self, token: CancelToken) -> ProgressCallback:
        """What work calls between its steps; raises `Cancelled` there."""
        last = 0.0

        def report(progress: Progress) -> None:
            nonlocal last
            token.raise_if_cancelled()
            now = time.monotonic()
            if now - last >= _INTERVAL or progress.done >= progress.total:
                last = now
                self._tell(token, self.progressed.emit, progress)

        return report
