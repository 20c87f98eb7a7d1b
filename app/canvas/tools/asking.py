"""The tools that ask the model about a pixel, or about a picture without a part of it."""

from __future__ import annotations

from PySide6.QtCore import Qt

from app.canvas.tools.base import Asks, Tool, Touch
from segcore.geometry import Box, Point


class QueryTool(Tool):
    """Asks about the pixel under the pointer, and goes on asking while it is dragged."""

    name = "query"
    cursor = Qt.CursorShape.CrossCursor

    def __init__(self, asks: Asks) -> None:
        super().__init__(asks)
        self._asked: Point | None = None

    def press(self, touch: Touch) -> None:
        self.running, self._asked = True, None
        self.drag(touch)

    def drag(self, touch: Touch) -> None:
        if touch.inside and touch.point != self._asked:
            self._asked = touch.point
            self.asks.query(*touch.point)


class RegionTool(Tool):
    """Draws a rectangle from corner to corner; a click alone draws none."""

    name = "region"
    cursor = Qt.CursorShape.CrossCursor

    def __init__(self, asks: Asks) -> None:
        super().__init__(asks)
        self._corner: Point | None = None
        self._box: Box | None = None

    def press(self, touch: Touch) -> None:
        self.running, self._corner, self._box = True, touch.point, None

    def drag(self, touch: Touch) -> None:
        if self._corner is None or touch.point == self._corner:
            return
        (x0, x1), (y0, y1) = (sorted(pair) for pair in zip(self._corner, touch.point))
        self._box = Box(x0, y0, x1 + 1, y1 + 1)
        self.asks.region_drawn(self._box)

    def release(self) -> None:
        super().release()
        box, self._corner, self._box = self._box, None, None
        if box is not None:
            self.asks.region_drawn(None)
            self.asks.region(box)

    def abort(self) -> None:
        super().abort()
        self._corner, self._box = None, None
        self.asks.region_drawn(None)
