"""Thin strokes that teach rather than label."""

from __future__ import annotations

from PySide6.QtCore import Qt

from app.canvas.tools.base import Asks, Tool, Touch
from app.gesture import Gesture, Sketch
from segcore.geometry import Point


class ScribbleTool(Tool):
    """Asks for a stroke when it ends, or with Ctrl to take away those that it crosses."""

    name = "scribble"
    cursor = Qt.CursorShape.CrossCursor

    def __init__(self, asks: Asks) -> None:
        super().__init__(asks)
        self._points: list[Point] = []
        self._erase = False

    def press(self, touch: Touch) -> None:
        self.running, self._erase = True, touch.inverted
        self._points = [touch.point]

    def drag(self, touch: Touch) -> None:
        if self._points and touch.point != self._points[-1]:
            self._points.append(touch.point)
            self.asks.sketch(Sketch(tuple(self._points)))

    def release(self) -> None:
        points = tuple(self._points)
        self.forget()
        if points:
            self.asks.scribble(Gesture(self.name, points, erase=self._erase))

    def abort(self) -> None:
        self.forget()

    def forget(self) -> None:
        super().forget()
        self._points = []
        self.asks.sketch(None)
