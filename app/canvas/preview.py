"""What is proposed, over everything else: its pixels tinted, an outline around them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from PySide6.QtGui import QPainter

from app.canvas.sources import FINEST_CONTOUR_LEVEL, Pixels, enlarged
from app.canvas.tiles import TileLayer, level_below
from app.canvas.viewport import Viewport
from app.mask_levels import Mask, MaskLevels, level_box
from segcore.edits import Relabelling
from segcore.geometry import Box, Size
from segcore.opencv import cv2
from segcore.render import overlay_rgba

TINT = 0.6
_INNER = (255, 255, 255, 255)
_OUTER = (0, 0, 0, 190)
_NOTHING = (0, 0, 0, 0)
_DEEP = 3
"""Of the pixels inside the outline; those of its two lines have 2 and 1, those outside 0."""
_AROUND = np.ones((3, 3), np.uint8)
_OUTLINE = 3
"""Device pixels, times the ratio, that the outline may reach beyond the pixels."""


class PreviewSource:
    """The pixels of a proposal in the colours that they would have."""

    opaque = False
    reach = 1

    def __init__(self, levels: MaskLevels, colours: Pixels) -> None:
        """`colours` is (N, 3) uint8 RGB: of each id, or the only row what a selection becomes."""
        self.levels = levels
        tints = np.column_stack([colours, np.full(len(colours), 255)]) * TINT
        self._table = np.ascontiguousarray(np.round(tints)[:, [2, 1, 0, 3]].astype(np.uint8))
        self._outline = np.array([_NOTHING, _OUTER, _INNER, _NOTHING], np.uint8)
        self._by_depth = np.vstack([self._outline[:_DEEP], self._table[:1]])

    @property
    def size(self) -> Size:
        """(height, width) in image pixels."""
        return self.levels.size

    @property
    def place(self) -> Box:
        """The image pixels outside of which there is nothing but outline."""
        return self.levels.proposal.place

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
        mask = self._mask(level, box.grown(1)).view(np.uint8)
        near, deep = cv2.dilate(mask, _AROUND), cv2.erode(mask, _AROUND)
        # Each lies inside the one before: how many hold a pixel says what it is.
        depth = np.asarray(cv2.add(cv2.add(near, mask), deep), np.uint8)[1:-1, 1:-1]
        proposal = self.levels.proposal
        if not isinstance(proposal, Relabelling):
            out[...] = overlay_rgba(depth, self._by_depth)
            return
        out[...] = overlay_rgba(depth, self._outline)
        both = level_box(proposal.place, level).intersect(box)
        if not both.is_empty:
            inside = both.moved(-box.x0, -box.y0).slices
            tints = overlay_rgba(self._ids(proposal, level, both), self._table)
            np.copyto(out[inside], tints, where=(depth[inside] == _DEEP)[..., None])

    def _mask(self, level: int, box: Box) -> Mask:
        """(h, w) of a box that may reach beyond the picture."""
        if level >= 0:
            return self.levels.read(level, box)
        zoom = -level
        step = 1 << zoom
        pixels = Box(box.x0 // step, box.y0 // step, -(-box.x1 // step), -(-box.y1 // step))
        mask = self.levels.read(0, pixels)
        inside = box.moved(-pixels.x0 * step, -pixels.y0 * step)
        return np.ascontiguousarray(enlarged(mask, zoom, inside))

    def _ids(self, proposal: Relabelling, level: int, box: Box) -> Any:
        """What the pixels of a box become, which lies in the place of the proposal."""
        left, top = proposal.place.x0, proposal.place.y0
        if level < 0:
            return enlarged(proposal.ids, -level, box.moved(-left << -level, -top << -level))
        height, width = proposal.ids.shape
        rows = np.clip((np.arange(box.y0, box.y1) << level) - top, 0, height - 1)
        columns = np.clip((np.arange(box.x0, box.x1) << level) - left, 0, width - 1)
        return proposal.ids[np.ix_(rows, columns)]


class PreviewLayer:
    """A proposal on the screen."""

    def __init__(self, source: PreviewSource) -> None:
        self._source = source
        self._tiles = TileLayer(source)

    def device_box(self, viewport: Viewport) -> Box:
        """The device pixels that it needs, its outline among them."""
        return viewport.device_box(self._source.place, _OUTLINE * math.ceil(viewport.ratio))

    def paint(self, painter: QPainter, viewport: Viewport, device: Box) -> None:
        """Paint what of it lies in a box of device pixels."""
        inside = self.device_box(viewport).intersect(device)
        if not inside.is_empty and self._source.size == viewport.image_size:
            self._tiles.paint(painter, viewport, inside)
