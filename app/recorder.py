"""The thread that writes to the project: what the window hands it is written in that order.

Edits are recorded after the whole label map that they were made on, however long that takes to
save, and the GUI thread waits for neither. What an edit changes is painted first: from the moment
that the thread has something to do, it and the window's thread take turns.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from app.relay import Relay
from app.user_error import user_error


class Recorder(QObject):
    """Runs calls one after the other on a thread of its own and signals what goes wrong."""

    failed = Signal(object)
    done = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._relay = Relay(self)
        self._thread = ThreadPoolExecutor(1, "recorder")
        self._last: Future[None] | None = None
        self._guard = threading.Lock()
        self._waiting: list[tuple[str, Callable[..., Any], tuple[object, ...]]] = []
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(0)
        self._soon.timeout.connect(self._hand_over)

    def submit(self, doing: str, write: Callable[..., Any], *values: object) -> None:
        """Have `write(*values)` called; `doing` says what it is, should it fail."""
        with self._guard:
            self._waiting.append((doing, write, values))
        self._hand_over()

    def submit_painted(self, doing: str, write: Callable[..., Any], *values: object) -> None:
        """As `submit`, once the window has painted or something else is submitted or waited for."""
        with self._guard:
            self._waiting.append((doing, write, values))
        self._soon.start()

    def flush(self, timeout: float | None = None) -> bool:
        """Wait until everything submitted so far has run; False when `timeout` ends first."""
        self._hand_over()
        if self._last is None:
            return True
        return not wait([self._last], timeout).not_done

    def close(self) -> None:
        """Run what is left, end the thread and send the last signals."""
        self._soon.stop()
        self._hand_over()
        self._thread.shutdown(wait=True)
        self._relay.deliver_all()
        self._relay.close()

    def _hand_over(self) -> None:
        with self._guard:
            for doing, write, values in self._waiting:
                self._last = self._thread.submit(self._run, doing, write, values)
            self._waiting.clear()

    def _run(self, doing: str, write: Callable[..., Any], values: tuple[object, ...]) -> None:
        try:
            write(*values)
        except Exception as error:  # noqa: BLE001 - told to the person; the thread goes on
            self._relay.post(self.failed.emit, user_error(error, doing))
        else:
            self._relay.post(self.done.emit)
