"""The outline of a region over the picture."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QLineF
from PySide6.QtGui import QColor, QPainter, QPen

from app.canvas.viewport import Viewport
from segcore.geometry import Box

Pieces = npt.NDArray[np.float64]

_PLAIN = ((QColor(0, 0, 0, 200), 3.0), (QColor(255, 255, 255), 1.4))
_STRONG = ((QColor(0, 0, 0, 220), 6.5), (QColor(255, 214, 0), 3.0))
"""Colours and widths of the lines, the lower one first."""


class RegionLayer:
    """A dark line with a light one in it, so that it is seen on every picture.

    Args:
        pieces: (n, 4) as `segcore.outline.cell_outline` gives them, in parts of the box.
        box: the image pixels that they lie over.
        strong: stands out among other outlines.
    """

    def __init__(self, pieces: Pieces, box: Box, *, strong: bool = False) -> None:
        self._pens = _STRONG if strong else _PLAIN
        corner = (box.x0, box.y0) * 2
        extent = (box.width, box.height) * 2
        self._lines = [QLineF(*piece) for piece in (pieces * extent + corner).tolist()]

    def paint(self, painter: QPainter, viewport: Viewport) -> None:
        """Paint all of it; what is out of sight is clipped."""
        left, top = viewport.to_device((0, 0))
        painter.save()
        painter.translate(left, top)
        painter.scale(viewport.scale, viewport.scale)
        for color, width in self._pens:
            pen = QPen(color, width * viewport.ratio)
            pen.setCosmetic(True)
            painter.setPen(pen)
            painter.drawLines(self._lines)
        painter.restore()
