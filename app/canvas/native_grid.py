"""The logit grid over the picture: its cells, and the borders between their classes as they are."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF
from PySide6.QtGui import QColor, QPainter, QPen

from app.canvas.viewport import Viewport
from segcore.geometry import Box

CELLS_FROM = 6.0
"""Device pixels a cell from which on lines are drawn between the cells."""
BORDERS_FROM = 2.0
"""And from which on the borders are: smaller ones would be a blot."""


class NativeGridLayer:
    """Cells of `width` x `height` image pixels with (h, w) class ids."""

    def __init__(self, labels: NDArray[np.unsignedinteger], width: float, height: float) -> None:
        self._labels = labels
        self._width = width
        self._height = height

    def paint(self, painter: QPainter, viewport: Viewport, device: Box) -> None:
        """Paint what of it is seen in a box of device pixels."""
        cell = min(self._width, self._height) * viewport.scale
        seen = viewport.image_box(device)
        if cell < BORDERS_FROM or seen.is_empty:
            return
        rows, columns = self._labels.shape
        top, bottom = _cells(seen.y0, seen.y1, self._height, rows)
        left, right = _cells(seen.x0, seen.x1, self._width, columns)
        xs = self._across(viewport, left, right)
        ys = self._down(viewport, top, bottom)
        if cell >= CELLS_FROM:
            lines = [QLineF(x, ys[0], x, ys[-1]) for x in xs]
            lines += [QLineF(xs[0], y, xs[-1], y) for y in ys]
            painter.setPen(QPen(QColor(128, 128, 128, 110), 1))
            painter.drawLines(lines)
        part = self._labels[top:bottom, left:right]
        upright = [QLineF(xs[n + 1], ys[a], xs[n + 1], ys[b]) for n, a, b in _runs(part.T)]
        level = [QLineF(xs[a], ys[n + 1], xs[b], ys[n + 1]) for n, a, b in _runs(part)]
        for color, wide in ((QColor(0, 0, 0, 190), 3.5), (QColor(255, 255, 255), 1.5)):
            painter.setPen(QPen(color, wide * viewport.ratio))
            painter.drawLines(upright + level)

    def _across(self, viewport: Viewport, first: int, last: int) -> list[float]:
        """Where the cells' edges are in the view; the last cell ends with the picture."""
        end = viewport.image_size[1]
        edges = (min(n * self._width, end) for n in range(first, last + 1))
        return [viewport.to_device((x, 0))[0] for x in edges]

    def _down(self, viewport: Viewport, first: int, last: int) -> list[float]:
        end = viewport.image_size[0]
        edges = (min(n * self._height, end) for n in range(first, last + 1))
        return [viewport.to_device((0, y))[1] for y in edges]


def _cells(first: int, last: int, length: float, cells: int) -> tuple[int, int]:
    """The range of cells that touch [first, last), with one to spare on either side."""
    return max(math.floor(first / length) - 1, 0), min(math.ceil(last / length) + 1, cells)


def _runs(labels: NDArray[np.unsignedinteger]) -> list[tuple[int, int, int]]:
    """Where a row differs from the next: (row, first column, the column after the last)."""
    differs = labels[:-1] != labels[1:]
    padded = np.zeros((differs.shape[0], differs.shape[1] + 2), np.int8)
    padded[:, 1:-1] = differs
    steps = np.diff(padded, axis=1)
    rows, begins = np.nonzero(steps == 1)
    _, ends = np.nonzero(steps == -1)
    return list(zip(rows.tolist(), begins.tolist(), ends.tolist()))
