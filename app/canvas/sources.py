"""What the tiles of a layer are filled with: the picture, class ids, a value per pixel."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.canvas.pyramid import Pyramid, level_size
from app.canvas.tiles import level_below
from segcore.classes import ClassTable
from segcore.geometry import Box, Size
from segcore.heatmap import colour_table
from segcore.labels import LabelMap
from segcore.opencv import cv2
from segcore.render import display_lut, outlines, overlay_rgba

Pixels = NDArray[np.uint8]

SHARP_FROM = 2.0
"""From this scale on image pixels are shown as the squares they are."""
FINEST_CONTOUR_LEVEL = -6
VALUE_COLOURS = {"confidence": "viridis", "entropy": "magma", "margin": "viridis"}
"""The colour map of each measure; where viridis is bright the model is sure."""


class PictureSource:
    """The picture, from its pyramid."""

    opaque = True
    reach = 1

    def __init__(self, pyramid: Pyramid) -> None:
        self.pyramid = pyramid

    @property
    def size(self) -> Size:
        """(height, width) in image pixels."""
        return self.pyramid.size

    def level_for(self, scale: float) -> int:
        """The coarsest level that loses nothing."""
        return level_below(scale)

    def is_smooth(self, scale: float) -> bool:
        """Smooth when made smaller or a little larger, squares when looked at closely."""
        return scale < SHARP_FROM and scale != 1.0

    def fill(self, level: int, box: Box, out: Pixels) -> None:
        """Write BGRA into (h, w, 4)."""
        rgb = self.pyramid.read(level, box)
        if rgb.strides[1] != rgb.shape[2]:
            rgb = np.ascontiguousarray(rgb)
        written = cv2.cvtColor(rgb, cv2.COLOR_RGB2BGRA, dst=out)
        assert np.may_share_memory(written, out)


class LabelSource:
    """Class ids in their colours, read from the label map itself; or only their outlines.

    Outlines are one level pixel wide on each side of an edge. So that they stay thin when the
    picture is enlarged, they have levels below 0, in which an image pixel is 2^-level wide.
    """

    opaque = False

    def __init__(
        self,
        labels: LabelMap,
        classes: ClassTable,
        *,
        opacity: float,
        hidden: frozenset[int],
        outlined: bool,
    ) -> None:
        self.labels = labels
        self.outlined = outlined
        self.reach = 1 if outlined else 0
        self._table = blue_first(display_lut(classes, 1.0 if outlined else opacity, hidden))

    @property
    def size(self) -> Size:
        """(height, width) in image pixels."""
        return self.labels.shape[0], self.labels.shape[1]

    def level_for(self, scale: float) -> int:
        """Every 2^level-th id; finer than the ids where outlines are enlarged."""
        if self.outlined and scale >= 2:
            return max(-math.floor(math.log2(scale)), FINEST_CONTOUR_LEVEL)
        return level_below(scale)

    def is_smooth(self, scale: float) -> bool:
        """Smooth when made smaller; the edges of enlarged ids are where they are."""
        return scale < 1 or (self.outlined and scale > 1)

    def fill(self, level: int, box: Box, out: Pixels) -> None:
        """Write premultiplied BGRA into (h, w, 4)."""
        if not self.outlined:
            overlay_rgba(self._read(level, box), self._table, out)
            return
        around = box.grown(1).clip(*level_size(self.size, level))
        ids = self._read(level, around)
        inside = box.moved(-around.x0, -around.y0).slices
        overlay_rgba(ids[inside], self._table, out)
        out[~outlines(ids)[inside]] = 0

    def _read(self, level: int, box: Box) -> LabelMap:
        if level >= 0:
            return strided(self.labels, level, box)
        return enlarged(self.labels, -level, box)


class ValueSource:
    """A value from 0 to 1 per pixel, in the colours of a colour map."""

    opaque = False
    reach = 0

    def __init__(self, values: NDArray[np.floating], *, opacity: float, cmap: str) -> None:
        self.values = values
        rgba = np.column_stack([colour_table(cmap), np.full(256, 255, np.uint8)])
        self._table = blue_first(np.round(rgba * opacity).astype(np.uint8))

    @property
    def size(self) -> Size:
        """(height, width) in image pixels."""
        return self.values.shape[0], self.values.shape[1]

    def level_for(self, scale: float) -> int:
        """Every 2^level-th value."""
        return level_below(scale)

    def is_smooth(self, scale: float) -> bool:
        """Smooth when made smaller."""
        return scale < 1

    def fill(self, level: int, box: Box, out: Pixels) -> None:
        """Write premultiplied BGRA into (h, w, 4)."""
        unit = strided(self.values, level, box).astype(np.float32)
        indices = np.clip(unit * np.float32(255) + np.float32(0.5), 0, 255).astype(np.uint8)
        overlay_rgba(indices, self._table, out)


def blue_first(rgba: Pixels) -> Pixels:
    """An (N, 4) RGBA table in the byte order that Qt paints from, BGRA."""
    return np.ascontiguousarray(rgba[:, [2, 1, 0, 3]])


def strided(array: NDArray[Any], level: int, box: Box) -> NDArray[Any]:
    """Every 2^level-th row and column of an array, in a box of pixels of that level; a view."""
    step = 1 << level
    return array[box.y0 * step : box.y1 * step : step, box.x0 * step : box.x1 * step : step]


def enlarged(array: NDArray[Any], zoom: int, box: Box) -> NDArray[Any]:
    """An array with 2^zoom x 2^zoom of each of its pixels, in a box of these."""
    mask = (1 << zoom) - 1
    pixels = array[
        box.y0 >> zoom : (box.y1 + mask) >> zoom, box.x0 >> zoom : (box.x1 + mask) >> zoom
    ]
    large = pixels.repeat(1 << zoom, axis=0).repeat(1 << zoom, axis=1)
    top, left = box.y0 & mask, box.x0 & mask
    return large[top : top + box.height, left : left + box.width]
