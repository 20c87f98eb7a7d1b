"""Garbage collection on the GUI thread only.

Python collects cycles on whichever thread happens to allocate. A widget that is part of one would
then be destroyed on a worker, which Qt answers with a crash. So collecting by itself is switched
off, and a timer does it here, as often as the interpreter would.
"""

from __future__ import annotations

import gc
import time

from PySide6.QtCore import QObject, QTimer

_INTERVAL_MS = 500
_FULL_SECONDS = 30.0
"""At least so long between two collections of everything: they take longest."""

_TICKS_AT_REST = 8
"""After so many intervals the young are collected however few there seem to be."""


class Collector(QObject):
    """Collects cycles on the thread it was made on, for as long as it lives."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("collector")
        self._last_full = time.monotonic()
        self._ticks = 0
        self._timer = QTimer(self)
        self._timer.setInterval(_INTERVAL_MS)
        self._timer.timeout.connect(self.collect)
        gc.disable()
        self._timer.start()

    def collect(self) -> None:
        """Collect the generations whose time has come."""
        self._ticks += 1
        young, middle, old = (
            count > limit for count, limit in zip(gc.get_count(), gc.get_threshold())
        )
        if old and time.monotonic() - self._last_full > _FULL_SECONDS:
            gc.collect()
            self._last_full = time.monotonic()
            if gc.get_freeze_count() == 0:
                # Modules, classes and the model live to the end: never look at them again.
                gc.freeze()
        elif middle or self._ticks % _TICKS_AT_REST == 0:
            gc.collect(1)
        elif young:
            gc.collect(0)
