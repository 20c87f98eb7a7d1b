"""Brush and eraser, and what sizes the brush."""

from __future__ import annotations

from PySide6.QtCore import Qt

from app.canvas.tools.base import CLICK_SLACK, Asks, Tool, Touch
from segcore.geometry import Point


class BrushTool(Tool):
    """Paints from press to release, or erases while Ctrl was held at the press.

    What a pen's pressure is, is told before each point where it differs from the last.
    """

    name = "brush"
    cursor = Qt.CursorShape.CrossCursor
    has_ring = True
    erases = False

    def __init__(self, asks: Asks) -> None:
        super().__init__(asks)
        self._last: Point | None = None
        self._pressure = 1.0

    def press(self, touch: Touch) -> None:
        self.running, self._last = True, touch.point
        self._press_with(touch.pressure)
        self.asks.stroke_begin(*touch.point, self.erases or touch.inverted)

    def drag(self, touch: Touch) -> None:
        if touch.point != self._last:
            self._last = touch.point
            self._press_with(touch.pressure)
            self.asks.stroke_move(*touch.point)

    def release(self) -> None:
        super().release()
        self.asks.stroke_end()

    def abort(self) -> None:
        super().abort()
        self.asks.stroke_abort()

    def _press_with(self, pressure: float) -> None:
        if pressure != self._pressure:
            self._pressure = pressure
            self.asks.pressure(pressure)


class EraserTool(BrushTool):
    """A brush that takes labels away."""

    name = "eraser"
    erases = True


class PickOrResize(Tool):
    """Alt or the right button, with every tool: a click picks a class, a drag sizes the brush."""

    name = "picker"
    cursor = Qt.CursorShape.SizeHorCursor

    def __init__(self, asks: Asks) -> None:
        super().__init__(asks)
        self.diameter = 1
        self.resizes = False
        self._start: Touch | None = None
        self._dragging = False

    def press(self, touch: Touch) -> None:
        self.running, self._start, self._dragging = True, touch, False

    def drag(self, touch: Touch) -> None:
        if self._start is None:
            return
        distance = touch.position[0] - self._start.position[0]
        if abs(distance) > CLICK_SLACK:
            self._dragging = True
        if self._dragging and self.resizes:
            # The ring's edge follows the pointer.
            self.asks.brush_size(max(round(self.diameter + 2 * distance / touch.scale), 1))

    def release(self) -> None:
        super().release()
        if self._start is not None and self._start.inside and not self._dragging:
            self.asks.pick(*self._start.point)
