"""Small pictures for the list, with their labels over them, read when they come into view."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
import numpy.typing as npt

from app.priority import step_behind_the_window
from segcore.classes import ClassTable
from segcore.errors import SegcoreError
from segcore.images import read_thumbnail
from segcore.labels import LabelMap
from segcore.opencv import cv2
from segcore.render import blend

Thumbnail = npt.NDArray[np.uint8]

SIDE = 96
"""Pixels of a thumbnail's longer side."""

OPACITY = 0.45
KEPT_BYTES = 48 << 20
MOST_WAITING = 128
"""Requests remembered; the oldest are forgotten first, for they have been scrolled past."""


@dataclass(frozen=True, eq=False)
class SmallLabels:
    """A label map as large as a thumbnail, and what its ids look like."""

    labels: LabelMap
    classes: ClassTable


LabelsReader = Callable[[], SmallLabels | None]


def small_labels(labels: LabelMap, classes: ClassTable, side: int = SIDE) -> SmallLabels:
    """Every so-many-th pixel of a label map: ids are never mixed."""
    height, width = labels.shape
    scale = min(side / max(height, width), 1.0)
    rows = _picked(height, max(round(height * scale), 1))
    columns = _picked(width, max(round(width * scale), 1))
    picked = np.ascontiguousarray(labels[np.ix_(rows, columns)])
    return SmallLabels(cast("LabelMap", picked), classes)


def tinted(picture: Thumbnail, small: SmallLabels | None) -> Thumbnail:
    """A thumbnail with labels over it; (h, w, 3) uint8 RGB of its own."""
    if small is None:
        return picture
    height, width = picture.shape[:2]
    labels = small.labels
    if labels.shape != (height, width):  # rounded otherwise by the picture's decoder
        resized = cv2.resize(labels, (width, height), interpolation=cv2.INTER_NEAREST)
        labels = cast("LabelMap", resized)
    return blend(picture, labels, small.classes, OPACITY)


class Thumbnails:
    """Reads thumbnails on a thread of its own, the newest request first.

    Pictures are kept, and the same with their labels; when labels change only these are read.

    Args:
        deliver: called there with the key and (h, w, 3) uint8 RGB.
    """

    def __init__(self, deliver: Callable[[int, Thumbnail], None], side: int = SIDE) -> None:
        self._deliver = deliver
        self._side = side
        self._waiting: OrderedDict[int, tuple[Path, LabelsReader | None]] = OrderedDict()
        self._pictures = _Kept(KEPT_BYTES)
        self._tinted = _Kept(KEPT_BYTES)
        self._lock = threading.Lock()
        self._thread = ThreadPoolExecutor(1, "thumbnails", step_behind_the_window)
        self._generation = 0
        self._changes: dict[int, int] = {}

    def request(self, key: int, path: Path, labels: LabelsReader | None = None) -> Thumbnail | None:
        """The thumbnail if it is at hand; if not, it is read and delivered later.

        Args:
            labels: reads the labels that lie over it, on the thread of the thumbnails.
        """
        with self._lock:
            kept = self._tinted.get(key)
            if kept is not None:
                return kept
            self._waiting[key] = (path, labels)
            self._waiting.move_to_end(key)
            while len(self._waiting) > MOST_WAITING:
                self._waiting.popitem(last=False)
            self._thread.submit(self._read_newest)
            return None

    def outdate(self, key: int) -> None:
        """The labels of a picture have changed: they are read again when next requested."""
        with self._lock:
            self._changes[key] = self._changes.get(key, 0) + 1
            self._tinted.drop(key)

    def outdate_all(self) -> None:
        """The classes look different now."""
        with self._lock:
            self._generation += 1
            self._tinted.clear()

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
            self._changes.clear()
            self._pictures.clear()
            self._tinted.clear()

    def close(self) -> None:
        """End the thread after the one that it is reading."""
        self.clear()
        self._thread.shutdown(wait=True, cancel_futures=True)

    def _read_newest(self) -> None:
        with self._lock:
            if not self._waiting:
                return
            generation = self._generation
            key, (path, read_labels) = self._waiting.popitem(last=True)
            changes = self._changes.get(key, 0)
            picture = self._pictures.get(key)
        try:
            if picture is None:
                picture = read_thumbnail(path, self._side)
        except SegcoreError:
            return  # the list shows its placeholder; opening the picture says what is wrong
        thumbnail = tinted(picture, _labels_or_none(read_labels))
        with self._lock:
            if generation != self._generation:
                return
            self._pictures.put(key, picture)
            if changes == self._changes.get(key, 0):
                self._tinted.put(key, thumbnail)
        self._deliver(key, thumbnail)


class _Kept:
    """The newest thumbnails within a number of bytes."""

    def __init__(self, budget: int) -> None:
        self._budget = budget
        self._bytes = 0
        self._kept: OrderedDict[int, Thumbnail] = OrderedDict()

    def get(self, key: int) -> Thumbnail | None:
        found = self._kept.get(key)
        if found is not None:
            self._kept.move_to_end(key)
        return found

    def put(self, key: int, thumbnail: Thumbnail) -> None:
        self.drop(key)
        self._kept[key] = thumbnail
        self._bytes += thumbnail.nbytes
        while self._bytes > self._budget:
            self._bytes -= self._kept.popitem(last=False)[1].nbytes

    def drop(self, key: int) -> None:
        found = self._kept.pop(key, None)
        if found is not None:
            self._bytes -= found.nbytes

    def clear(self) -> None:
        self._kept.clear()
        self._bytes = 0


def _labels_or_none(read: LabelsReader | None) -> SmallLabels | None:
    try:
        return None if read is None else read()
    except SegcoreError:
        return None  # damaged labels: the picture is shown, and opening it says what is wrong


def _picked(pixels: int, count: int) -> npt.NDArray[np.int64]:
    """The middle pixel of each of `count` equal parts."""
    return ((np.arange(count) * 2 + 1) * pixels // (2 * count)).astype(np.int64)
