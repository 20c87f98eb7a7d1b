"""Shapes drawn in one go, from press to release: rectangle and lasso."""

from __future__ import annotations

from PySide6.QtCore import Qt

from app.canvas.tools.base import Asks, Tool, Touch
from app.gesture import Gesture, Sketch
from segcore.geometry import Box, Point


class DrawnTool(Tool):
    """Previews the shape while it is drawn; letting go accepts it, Esc before that drops it."""

    cursor = Qt.CursorShape.CrossCursor

    def __init__(self, asks: Asks) -> None:
        super().__init__(asks)
        self._points: list[Point] = []
        self._erase = False
        self._drawn = False

    def press(self, touch: Touch) -> None:
        self.running, self._drawn = True, False
        self._points, self._erase = [touch.point], touch.inverted

    def drag(self, touch: Touch) -> None:
        if self._points and touch.point != self._points[-1]:
            self._drawn = True
            self.extend(touch.point)
            self.asks.gesture(self.gesture())
            self.asks.sketch(self.sketch())

    def release(self) -> None:
        if self._drawn:
            self.asks.accept()
        self.forget()

    def abort(self) -> None:
        if self._drawn:
            self.asks.drop()
        self.forget()

    def forget(self) -> None:
        super().forget()
        self._points, self._drawn = [], False
        self.asks.sketch(None)

    def extend(self, point: Point) -> None:
        """The pointer came to another pixel."""
        raise NotImplementedError

    def gesture(self) -> Gesture:
        """What has been drawn."""
        raise NotImplementedError

    def sketch(self) -> Sketch:
        """The lines that show it."""
        raise NotImplementedError


class RectangleTool(DrawnTool):
    """From corner to corner; both belong to it."""

    name = "rectangle"

    def extend(self, point: Point) -> None:
        self._points = [self._points[0], point]

    def gesture(self) -> Gesture:
        (x0, x1), (y0, y1) = (sorted(pair) for pair in zip(*self._points))
        return Gesture(self.name, box=Box(x0, y0, x1 + 1, y1 + 1), erase=self._erase)

    def sketch(self) -> Sketch:
        (x0, y0), (x1, y1) = self._points
        return Sketch(((x0, y0), (x1, y0), (x1, y1), (x0, y1)), closed=True)


class LassoTool(DrawnTool):
    """Around what is meant; the end is joined with the beginning."""

    name = "lasso"

    def extend(self, point: Point) -> None:
        self._points.append(point)

    def gesture(self) -> Gesture:
        return Gesture(self.name, tuple(self._points), erase=self._erase)

    def sketch(self) -> Sketch:
        return Sketch(tuple(self._points), closed=True)
