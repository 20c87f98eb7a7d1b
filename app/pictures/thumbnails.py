"""Small pictures for the list, read when they come into view."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import numpy.typing as npt

from app.priority import step_behind_the_window
from segcore.errors import SegcoreError
from segcore.images import read_thumbnail

Thumbnail = npt.NDArray[np.uint8]

SIDE = 96
"""Pixels of a thumbnail's longer side."""

KEPT_BYTES = 48 << 20
MOST_WAITING = 128
"""Requests remembered; the oldest are forgotten first, for they have been scrolled past."""


class Thumbnails:
    """Reads thumbnails on a thread of its own, the newest request first.

    Args:
        deliver: called there with the key and (h, w, 3) uint8 RGB.
    """

    def __init__(self, deliver: Callable[[int, Thumbnail], None], side: int = SIDE) -> None:
        self._deliver = deliver
        self._side = side
        self._waiting: OrderedDict[int, Path] = OrderedDict()
        self._kept: OrderedDict[int, Thumbnail] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()
        self._thread = ThreadPoolExecutor(1, "thumbnails", step_behind_the_window)
        self._generation = 0

    def request(self, key: int, path: Path) -> Thumbnail | None:
        """The thumbnail if it is at hand; if not, it is read and delivered later."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
            self._waiting[key] = path
            self._waiting.move_to_end(key)
            while len(self._waiting) > MOST_WAITING:
                self._waiting.popitem(last=False)
            self._thread.submit(self._read_newest)
            return None

    def keep_only(self, first: int, last: int) -> None:
        """Forget the requests outside first … last: they are no longer in view."""
        with self._lock:
            for key in [key for key in self._waiting if not first <= key <= last]:
                del self._waiting[key]

    def clear(self) -> None:
        """Forget everything: the keys will mean other pictures."""
        with self._lock:
            self._generation += 1
            self._waiting.clear()
            self._kept.clear()
            self._bytes = 0

    def close(self) -> None:
        """End the thread after the one that it is reading."""
        self.clear()
        self._thread.shutdown(wait=True, cancel_futures=True)

    def _read_newest(self) -> None:
        with self._lock:
            if not self._waiting:
                return
            generation = self._generation
            key, path = self._waiting.popitem(last=True)
        try:
            thumbnail = read_thumbnail(path, self._side)
        except SegcoreError:
            return  # the list shows its placeholder; opening the picture says what is wrong
        with self._lock:
            if generation != self._generation:
                return
            self._kept[key] = thumbnail
            self._bytes += thumbnail.nbytes
            while self._bytes > KEPT_BYTES:
                self._bytes -= self._kept.popitem(last=False)[1].nbytes
        self._deliver(key, thumbnail)
