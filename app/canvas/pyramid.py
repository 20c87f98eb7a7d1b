"""A picture at halved sizes, so that a view of all of it need not read all of it.

Level k has one pixel for 2^k x 2^k of the image. Every level can be read at once: as long as the
averaged one is not there, every 2^k-th pixel stands in for it, which costs only what is looked at.
"""

from __future__ import annotations

import atexit
import threading
import time
from collections.abc import Callable
from typing import ClassVar
from weakref import WeakSet

import numpy as np
from numpy.typing import NDArray

from app.priority import step_behind_the_window
from app.relay import Relay
from segcore.geometry import Box, Size
from segcore.opencv import cv2

Pixels = NDArray[np.uint8]

DEEPEST = 8
_STRIP = 2 << DEEPEST
"""Image rows averaged in one go; a multiple of the pixels that the deepest level takes in one."""
_NOTICE_SECONDS = 0.12
_LONGEST_STEP = 10.0
"""Seconds after which a build that was told to stop is not waited for any more."""


def level_size(image_size: Size, level: int) -> Size:
    """(height, width) of a level: halved `level` times, rounded up; below 0 doubled instead."""
    if level < 0:
        return image_size[0] << -level, image_size[1] << -level
    return -(-image_size[0] >> level), -(-image_size[1] >> level)


class Pyramid:
    """The levels of one picture; `build` fills them on any thread while others read.

    Attributes:
        image: (H, W, 3) uint8 RGB, never written to.
    """

    def __init__(self, image: Pixels) -> None:
        self.image = image
        self._rows_done = 0
        self._levels: list[Pixels] = []

    @property
    def size(self) -> Size:
        """(height, width) of the picture."""
        return self.image.shape[0], self.image.shape[1]

    @property
    def deepest(self) -> int:
        """The last level: there the picture is a single pixel, or it is `DEEPEST`."""
        return min(DEEPEST, (max(self.size) - 1).bit_length())

    def read(self, level: int, box: Box) -> Pixels:
        """The pixels (h, w, 3) RGB of a box in pixels of the level; maybe a view with strides."""
        rows, columns = box.slices
        if 0 < level <= len(self._levels) and box.y1 << level <= self._rows_done:
            return self._levels[level - 1][rows, columns]
        step = 1 << level
        return self.image[
            box.y0 * step : box.y1 * step : step, box.x0 * step : box.x1 * step : step
        ]

    def build(self, stop: threading.Event, notice: Callable[[Box], None]) -> None:
        """Average all levels, strip by strip, in one pass over the picture.

        Args:
            stop: set by another thread to have it return within milliseconds.
            notice: called now and then with the image pixels that have been averaged since.
        """
        height, width = self.size
        self._levels = [
            np.empty((*level_size(self.size, level), 3), np.uint8)
            for level in range(1, self.deepest + 1)
        ]
        noticed, last = 0, time.monotonic()
        for top in range(0, height if self._levels else 0, _STRIP):
            if stop.is_set():
                return
            strip = self.image[top : top + _STRIP]
            for level, target in enumerate(self._levels, start=1):
                strip = halved(strip)
                target[top >> level :][: strip.shape[0]] = strip
            done = min(top + _STRIP, height)
            # The last row of a level may stand for image rows below the picture's edge.
            self._rows_done = done if done < height else height + _STRIP
            if done == height or time.monotonic() - last > _NOTICE_SECONDS:
                notice(Box(0, noticed, width, done))
                noticed, last = done, time.monotonic()


def halved(pixels: Pixels) -> Pixels:
    """(ceil(h / 2), ceil(w / 2), 3): means of 2 x 2; at an odd edge the last pixel counts twice."""
    height, width = pixels.shape[:2]
    if height % 2 or width % 2:
        pixels = cv2.copyMakeBorder(
            pixels, 0, height % 2, 0, width % 2, cv2.BORDER_REPLICATE
        ).astype(np.uint8, copy=False)
    size = (pixels.shape[1] // 2, pixels.shape[0] // 2)
    return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)


class _Build(threading.Thread):
    """Builds a pyramid until it is told to stop, which the end of the program does."""

    running: ClassVar[WeakSet[_Build]] = WeakSet()

    def __init__(self, pyramid: Pyramid, notice: Callable[[Box], None]) -> None:
        super().__init__(name="pyramid", daemon=True)
        self.stop = threading.Event()
        self._pyramid, self._notice = pyramid, notice
        self.running.add(self)

    def run(self) -> None:
        """In the thread."""
        step_behind_the_window()
        self._pyramid.build(self.stop, self._notice)


@atexit.register
def _end_all() -> None:
    """A thread inside OpenCV when the interpreter goes away would abort the whole process."""
    for build in list(_Build.running):
        build.stop.set()
        if build.is_alive():
            build.join(_LONGEST_STEP)


class PyramidBuilder:
    """Builds one pyramid at a time on a thread of its own and reports on the relay's thread."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay
        self._build: _Build | None = None

    def start(self, pyramid: Pyramid, notice: Callable[[Pyramid, Box], None]) -> None:
        """Build this one, and no longer what was being built before.

        `notice(pyramid, box)` is called on the relay's thread; it may come once more for a pyramid
        that has been replaced.
        """
        self.stop()
        self._build = _Build(pyramid, lambda box: self._relay.post(notice, pyramid, box))
        self._build.start()

    def stop(self) -> None:
        """Give up what is being built; the thread ends by itself within milliseconds."""
        if self._build is not None:
            self._build.stop.set()

    def wait(self, seconds: float = 30.0) -> None:
        """Block until the thread has ended; for tests and benchmarks."""
        if self._build is not None:
            self._build.join(seconds)
