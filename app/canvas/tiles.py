"""Tiles of a layer at the level in view: filled when looked at, mended where damaged, bounded.

A layer is cut at every level into tiles of 512 pixels of that level. A tile is a buffer that a
source fills and that Qt paints from. An edit only notes which part of which tile is stale; the part
is filled again when that tile is next painted, and never when it is not.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRect
from PySide6.QtGui import QImage, QPainter

from app.canvas.pyramid import level_size
from app.canvas.viewport import Viewport
from app.convert import shared_qimage
from app.mask_levels import level_box
from segcore.geometry import EMPTY, Box, Size

Pixels = NDArray[np.uint8]

TILE = 512
CACHE_BYTES = 192 << 20


class TileKey(NamedTuple):
    """Which tile of a layer."""

    level: int
    row: int
    column: int


@dataclass(eq=False)
class Tile:
    """A buffer, the image that looks into it, and the part that has to be filled again."""

    pixels: Pixels
    image: QImage
    stale: Box


class TileSource(Protocol):
    """What a layer shows."""

    @property
    def size(self) -> Size:
        """(height, width) in image pixels."""
        ...

    @property
    def opaque(self) -> bool:
        """Whether nothing shines through."""
        ...

    @property
    def reach(self) -> int:
        """How many level pixels away a changed image pixel still changes what is shown."""
        ...

    def level_for(self, scale: float) -> int:
        """The level to paint from at a scale (device pixels per image pixel)."""
        ...

    def is_smooth(self, scale: float) -> bool:
        """Whether to interpolate when painting at a scale."""
        ...

    def fill(self, level: int, box: Box, out: Pixels) -> None:
        """Write the BGRA, premultiplied, of a box in pixels of a level into (h, w, 4)."""
        ...


def level_below(scale: float) -> int:
    """The coarsest level that still has a pixel for every device pixel; 0 when enlarged."""
    return max(math.floor(-math.log2(scale) + 1e-9), 0)


class TileLayer:
    """A source on the screen."""

    def __init__(self, source: TileSource, capacity: int = CACHE_BYTES) -> None:
        self.source = source
        self.filled_pixels = 0
        self._capacity = capacity
        self._tiles: OrderedDict[TileKey, Tile] = OrderedDict()

    def damage(self, box: Box, *, coarser_than: int | None = None) -> None:
        """Note that some image pixels have changed, at all levels or only at coarser ones."""
        for level in {key.level for key in self._tiles}:
            if coarser_than is not None and level <= coarser_than:
                continue
            covered = level_box(box, level).grown(self.source.reach)
            covered = covered.clip(*level_size(self.source.size, level))
            for key in _keys(level, covered):
                if (tile := self._tiles.get(key)) is not None:
                    inside = covered.moved(-key.column * TILE, -key.row * TILE)
                    tile.stale = tile.stale.union(inside.clip(*tile.pixels.shape[:2]))

    def damage_all(self) -> None:
        """Note that everything has changed, but not its size."""
        for tile in self._tiles.values():
            tile.stale = Box.of_size(tile.pixels.shape[:2])

    def paint(self, painter: QPainter, viewport: Viewport, device: Box) -> None:
        """Paint a box of device pixels; the painter draws in device pixels and clips to it."""
        source, scale = self.source, viewport.scale
        level = source.level_for(scale)
        seen = viewport.image_box(device)
        if seen.is_empty:
            return
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, source.is_smooth(scale))
        if source.opaque:
            painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Source)
        # A smoothed pixel also looks at its neighbours, which may lie in the next tile.
        wanted = level_box(seen, level).grown(1).clip(*level_size(source.size, level))
        side = max(TILE // _enlargement(scale, level), 1)
        for key in _keys(level, wanted):
            tile = self._fresh_tile(key)
            left, top = key.column * TILE, key.row * TILE
            for piece in _pieces(wanted.moved(-left, -top).clip(*tile.pixels.shape[:2]), side):
                part = piece.clip(*tile.pixels.shape[:2])
                target = device_target(viewport, level, part.moved(left, top))
                if not target.intersect(device).is_empty:
                    painter.drawImage(_rect(target), tile.image, _rect(part))
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceOver)

    def _fresh_tile(self, key: TileKey) -> Tile:
        tile = self._tiles.get(key)
        if tile is None:
            tile = self._tiles[key] = self._empty_tile(key)
            self._drop_oldest()
        self._tiles.move_to_end(key)
        if not tile.stale.is_empty:
            box = tile.stale.moved(key.column * TILE, key.row * TILE)
            self.source.fill(key.level, box, tile.pixels[tile.stale.slices])
            self.filled_pixels += box.area
            tile.stale = EMPTY
        return tile

    def _empty_tile(self, key: TileKey) -> Tile:
        height, width = level_size(self.source.size, key.level)
        size = (min(TILE, height - key.row * TILE), min(TILE, width - key.column * TILE))
        pixels = np.empty((*size, 4), np.uint8)
        image = shared_qimage(pixels, opaque=self.source.opaque)
        return Tile(pixels, image, Box.of_size(size))

    def _drop_oldest(self) -> None:
        held = len(self._tiles) * TILE * TILE * 4
        while held > self._capacity and len(self._tiles) > 1:
            self._tiles.popitem(last=False)
            held -= TILE * TILE * 4


def _keys(level: int, box: Box) -> Iterator[TileKey]:
    for row in range(box.y0 // TILE, -(-box.y1 // TILE)):
        for column in range(box.x0 // TILE, -(-box.x1 // TILE)):
            yield TileKey(level, row, column)


def _enlargement(scale: float, level: int) -> int:
    """A power of two no larger than the device pixels per level pixel, at least 1."""
    return 1 << max(math.floor(math.log2(scale * 2.0**level)), 0)


def _pieces(wanted: Box, side: int) -> Iterator[Box]:
    """The squares of a fixed grid over a tile that a box of it touches.

    Qt's raster engine reckons in 16 bits, and scales from the corner of what it is given: fixed
    pieces keep coordinates small and make a part painted alone fall where the whole would.
    """
    for y in range(wanted.y0 // side * side, wanted.y1, side):
        for x in range(wanted.x0 // side * side, wanted.x1, side):
            yield Box(x, y, x + side, y + side)


def device_target(viewport: Viewport, level: int, piece: Box) -> Box:
    """The whole device pixels on which a box of level pixels is painted, edge to edge."""
    height, width = viewport.image_size
    step = 2.0**level
    left, top = viewport.to_device((min(piece.x0 * step, width), min(piece.y0 * step, height)))
    right, bottom = viewport.to_device((min(piece.x1 * step, width), min(piece.y1 * step, height)))
    return Box(round(left), round(top), round(right), round(bottom))


def _rect(box: Box) -> QRect:
    return QRect(box.x0, box.y0, box.width, box.height)
