"""The one way from another thread to the GUI thread.

A worker must not own the sender of a signal: slots would run on the worker, and the sender may be
destroyed there. So values are laid into a queue here, and a `Relay`, which lives on the GUI
thread, takes them out in order and calls their receivers.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, Signal

Delivery = tuple[Callable[..., None], tuple[object, ...]]

_BUDGET = 0.008
"""Seconds of deliveries at a stretch, so that a flood of them leaves the window time to paint."""


class Relay(QObject):
    """Calls receivers on the thread it was made on; `post` may be called from every thread."""

    _woken = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._deliveries: deque[Delivery] = deque()
        self._lock = threading.Lock()
        self._awake = False
        self._closed = False
        self._woken.connect(self._deliver, Qt.ConnectionType.QueuedConnection)

    def post(self, receiver: Callable[..., None], *values: object) -> None:
        """Have `receiver(*values)` called on this object's thread; nothing happens once closed."""
        with self._lock:
            if self._closed:
                return
            self._deliveries.append((receiver, values))
            if not self._awake:
                self._awake = True
                self._woken.emit()

    def close(self) -> None:
        """Drop what is still under way and take nothing more."""
        with self._lock:
            self._closed = True
            self._deliveries.clear()

    def deliver_all(self) -> None:
        """Deliver everything that has arrived by now; to be called on this object's thread."""
        while (delivery := self._next()) is not None:
            receiver, values = delivery
            receiver(*values)

    def _next(self) -> Delivery | None:
        with self._lock:
            if self._deliveries:
                return self._deliveries.popleft()
            self._awake = False
            return None

    def _deliver(self) -> None:
        deadline = time.monotonic() + _BUDGET
        while time.monotonic() < deadline:
            delivery = self._next()
            if delivery is None:
                return
            receiver, values = delivery
            try:
                receiver(*values)
            except BaseException:
                self._woken.emit()  # the rest is delivered all the same
                raise
        self._woken.emit()
