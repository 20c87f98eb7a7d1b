"""A heat map laid on the part of the picture that it speaks of."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from PySide6.QtCore import QLineF, QRect
from PySide6.QtGui import QColor, QPainter, QPen

from app.canvas.legend import Scale
from app.canvas.sources import SHARP_FROM
from app.canvas.viewport import Viewport
from app.convert import Pixels, shared_qimage
from segcore.geometry import Box
from segcore.heatmap import HeatMap, Normalisation, colour_table
from segcore.opencv import cv2

LARGEST_SIDE = 2048
"""Cells a side that are painted; a finer map is averaged down to this."""
FAINTEST = 0.15
"""How much of the opacity the lowest values keep, so that the picture shows where little counts."""
GRID_FROM = 6.0
"""Device pixels a cell from which on lines are drawn between them."""


@dataclass(frozen=True)
class HeatLook:
    """How cells are shown that are larger than the screen's pixels.

    Attributes:
        smooth: values are interpolated between the cells' centres, rather than shown as blocks.
        grid: lines are drawn between the cells.
    """

    smooth: bool = False
    grid: bool = False


class HeatLayer:
    """A heat map on the screen: blank where nothing counts, full where most does."""

    def __init__(
        self,
        heat_map: HeatMap,
        opacity: float,
        kind: Normalisation,
        look: HeatLook | None = None,
    ) -> None:
        shown = _reduced(heat_map)
        self._box = heat_map.box
        self._look = look or HeatLook()
        self._pixels = _coloured(shown, kind, opacity)
        self._image = shared_qimage(self._pixels, opaque=False)
        low, high = shown.limits()
        self.scale = Scale(
            meaning=heat_map.meaning,
            unit=heat_map.unit,
            low=min(low, 0.0),
            high=high,
            colours=colour_table(shown.colours),
            kind=kind,
            signed=shown.signed,
        )

    def paint(self, painter: QPainter, viewport: Viewport, device: Box) -> None:
        """Paint the cells seen in a box of device pixels."""
        seen = viewport.image_box(device).intersect(self._box)
        if seen.is_empty:
            return
        rows, columns = self._pixels.shape[:2]
        cell = min(self._box.width / columns, self._box.height / rows) * viewport.scale
        smooth = self._look.smooth or cell < SHARP_FROM
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
        # Only the cells in sight, and whole ones: far enlarged, the map's own corners are out of
        # what Qt's raster engine can reckon with.
        first_row, last_row = _cells(seen.y0, seen.y1, self._box.y0, self._box.height, rows)
        first, last = _cells(seen.x0, seen.x1, self._box.x0, self._box.width, columns)
        left, top = viewport.to_device(self._corner(first, first_row))
        right, bottom = viewport.to_device(self._corner(last, last_row))
        target = QRect(round(left), round(top), round(right - left), round(bottom - top))
        source = QRect(first, first_row, last - first, last_row - first_row)
        painter.drawImage(target, self._image, source)
        if self._look.grid and cell >= GRID_FROM:
            self._paint_grid(painter, viewport, (first, first_row, last, last_row))

    def _paint_grid(
        self, painter: QPainter, viewport: Viewport, cells: tuple[int, int, int, int]
    ) -> None:
        """Lines around the cells from (first column, row) to the last."""
        first, first_row, last, last_row = cells
        left, top = viewport.to_device(self._corner(first, first_row))
        right, bottom = viewport.to_device(self._corner(last, last_row))
        across = (viewport.to_device(self._corner(c, 0))[0] for c in range(first, last + 1))
        down = (viewport.to_device(self._corner(0, r))[1] for r in range(first_row, last_row + 1))
        lines = [QLineF(x, top, x, bottom) for x in across]
        lines += [QLineF(left, y, right, y) for y in down]
        painter.setPen(QPen(QColor(128, 128, 128, 128), 1))
        painter.drawLines(lines)

    def _corner(self, column: int, row: int) -> tuple[float, float]:
        rows, columns = self._pixels.shape[:2]
        return (
            self._box.x0 + column * self._box.width / columns,
            self._box.y0 + row * self._box.height / rows,
        )


def _cells(first: int, last: int, start: int, length: int, cells: int) -> tuple[int, int]:
    """The range of cells, of so many over a length, that touch [first, last); some to spare.

    Beginnings and ends lie on a coarse grid, so that scrolling does not move the cells by parts of
    a pixel.
    """
    grid = 32 if cells > 256 else cells
    begin = (first - start) * cells // length
    end = -(-(last - start) * cells // length)
    return max(begin // grid * grid, 0), min(-(-end // grid) * grid, cells)


def _reduced(heat_map: HeatMap) -> HeatMap:
    rows, columns = heat_map.shape
    factor = max(rows, columns) / LARGEST_SIDE
    if factor <= 1:
        return heat_map
    size = (max(round(columns / factor), 1), max(round(rows / factor), 1))
    values = cv2.resize(heat_map.values, size, interpolation=cv2.INTER_AREA)
    return replace(heat_map, values=values.astype(np.float32))


def _coloured(heat_map: HeatMap, kind: Normalisation, opacity: float) -> Pixels:
    """A map in its colours: (h, w, 4) premultiplied BGRA, faint where little counts."""
    indices = np.round(heat_map.normalised(kind) * 255).astype(np.uint8)
    amounts = np.linspace(-1.0 if heat_map.signed else 0.0, 1.0, 256)
    ramp = (FAINTEST + (1 - FAINTEST) * np.abs(amounts)) * opacity
    bgr = colour_table(heat_map.colours)[:, ::-1].astype(np.float64)
    table = np.column_stack([bgr * ramp[:, None], 255 * ramp])
    return np.round(table).astype(np.uint8)[indices]
