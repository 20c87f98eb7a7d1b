"""Garbage collection on the GUI thread only.

Python collects cycles on whichever thread happens to allocate. A widget that is part of one would
then be destroyed on a worker, which Qt answers with a crash. So collecting by itself is switched
off, and a timer does it here, as often as the interpreter would.

Looking through everything that torch and its like bring along takes a fifth of a second, which a
person sees as a halt. Modules live to the end, so what has been imported is set aside for good.
"""

from __future__ import annotations

import gc
import sys
import time

from PySide6.QtCore import QObject, QTimer

_INTERVAL_MS = 500
_FULL_SECONDS = 30.0
"""At least so long between two collections of everything: they take longest."""

_LONG = 0.02
"""Seconds of a full collection after which what it has left is not looked at again."""

_TICKS_AT_REST = 8
"""After so many intervals the young are collected however few there seem to be."""

_MANY_MODULES = 20
"""So many new ones are an import worth setting aside."""


class Collector(QObject):
    """Collects cycles on the thread it was made on, for as long as it lives."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("collector")
        self._last_full = time.monotonic()
        self._ticks = 0
        self._modules = 0
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
        if len(sys.modules) - self._modules >= _MANY_MODULES:
            # While an import goes on this happens at every tick, and each has little to look at.
            self._modules = len(sys.modules)
            gc.collect(1)
            gc.freeze()
        elif old and time.monotonic() - self._last_full > _FULL_SECONDS:
            self._collect_everything()
        elif middle or self._ticks % _TICKS_AT_REST == 0:
            gc.collect(1)
        elif young:
            gc.collect(0)

    def _collect_everything(self) -> None:
        begin = time.monotonic()
        gc.collect()
        self._last_full = time.monotonic()
        if self._last_full - begin > _LONG:
            gc.freeze()
