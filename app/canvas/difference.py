"""Where two label maps differ, over the picture: what agrees is dim, what differs stands out."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.canvas.pyramid import level_size
from app.canvas.sources import FINEST_CONTOUR_LEVEL, Pixels, blue_first, enlarged, strided
from app.canvas.tiles import level_below
from segcore.classes import ClassTable
from segcore.geometry import Box, Size
from segcore.opencv import cv2
from segcore.render import display_lut, overlay_rgba

SHOWN = ("both", "a", "b")
"""Whose colours pixels that differ have: stripes of both, what A says, or what B says."""

OPACITY = 0.75
_VEIL = (0, 0, 0, 150)
_UNLABELLED = (90, 90, 90, 90)
_INNER = (255, 255, 255, 255)
_OUTER = (0, 0, 0, 220)
_STRIPE = 6
"""Pixels of a level that a stripe is wide."""

LabelMap = NDArray[Any]


class DifferenceSource:
    """Two label maps of one class table, read whenever something has to be painted."""

    opaque = False
    reach = 1

    def __init__(
        self,
        a: LabelMap,
        b: LabelMap,
        classes: ClassTable,
        *,
        shown: str = "both",
        unlabelled_counts: bool = False,
    ) -> None:
        if shown not in SHOWN:
            raise ValueError(f"there is no way {shown!r} of showing a difference")
        self.a = a
        self.b = b
        self._shown = shown
        self._ignore = classes.ignore
        self._unlabelled_counts = unlabelled_counts
        table = display_lut(classes, OPACITY)
        table[classes.ignore] = _UNLABELLED
        self._table = blue_first(table)

    @property
    def size(self) -> Size:
        """(height, width) in image pixels."""
        return self.a.shape[0], self.a.shape[1]

    def level_for(self, scale: float) -> int:
        """Finer than the pixels where the outline is enlarged."""
        if scale >= 2:
            return max(-math.floor(math.log2(scale)), FINEST_CONTOUR_LEVEL)
        return level_below(scale)

    def is_smooth(self, scale: float) -> bool:
        """Smooth when made smaller, and where the outline is finer than a pixel."""
        return scale != 1

    def fill(self, level: int, box: Box, out: Pixels) -> None:
        """Write premultiplied BGRA into (h, w, 4)."""
        around = box.grown(1).clip(*level_size(self.size, level))
        a, b = self._read(self.a, level, around), self._read(self.b, level, around)
        differ = np.asarray(a != b)
        if not self._unlabelled_counts:
            differ &= (a != self._ignore) & (b != self._ignore)
        out[...] = _VEIL
        if not differ.any():
            return
        inside = box.moved(-around.x0, -around.y0).slices
        kernel = np.ones((3, 3), np.uint8)
        mask = differ.view(np.uint8)
        deep = cv2.erode(mask, kernel, borderType=cv2.BORDER_REPLICATE).view(np.bool_)[inside]
        near = cv2.dilate(mask, kernel).view(np.bool_)[inside]
        here = differ[inside]
        said = self._said(np.ascontiguousarray(a[inside]), np.ascontiguousarray(b[inside]), box)
        out[here] = overlay_rgba(said, self._table)[here]
        out[here & ~deep] = _INNER
        out[near & ~here] = _OUTER

    def _said(self, a: LabelMap, b: LabelMap, box: Box) -> LabelMap:
        if self._shown != "both":
            return a if self._shown == "a" else b
        rows, columns = np.ogrid[box.y0 : box.y1, box.x0 : box.x1]
        return np.where((rows + columns) // _STRIPE % 2 == 0, a, b)

    @staticmethod
    def _read(labels: LabelMap, level: int, box: Box) -> LabelMap:
        return strided(labels, level, box) if level >= 0 else enlarged(labels, -level, box)
