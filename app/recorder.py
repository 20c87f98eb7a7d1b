"""The thread that writes to the project: what the window hands it is written in that order.

Edits are recorded after the whole label map that they were made on, however long that takes to
save, and the GUI thread waits for neither.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any

from PySide6.QtCore import QObject, Signal

from app.priority import step_behind_the_window
from app.relay import Relay
from app.user_error import user_error


class Recorder(QObject):
    """Runs calls one after the other on a thread of its own and signals what goes wrong."""

    failed = Signal(object)
    done = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._relay = Relay(self)
        self._thread = ThreadPoolExecutor(1, "recorder", step_behind_the_window)
        self._last: Future[None] | None = None

    def submit(self, doing: str, write: Callable[..., Any], *values: object) -> None:
        """Have `write(*values)` called; `doing` says what it is, should it fail."""
        self._last = self._thread.submit(self._run, doing, write, values)

    def flush(self, timeout: float | None = None) -> bool:
        """Wait until everything submitted so far has run; False when `timeout` ends first."""
        if self._last is None:
            return True
        return not wait([self._last], timeout).not_done

    def close(self) -> None:
        """Run what is left, end the thread and send the last signals."""
        self._thread.shutdown(wait=True)
        self._relay.deliver_all()
        self._relay.close()

    def _run(self, doing: str, write: Callable[..., Any], values: tuple[object, ...]) -> None:
        try:
            write(*values)
        except Exception as error:  # noqa: BLE001 - told to the person; the thread goes on
            self._relay.post(self.failed.emit, user_error(error, doing))
        else:
            self._relay.post(self.done.emit)
