"""What a hand does with each tool, from press to release, as requests in whole image pixels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import Qt

from segcore.geometry import Box

Point = tuple[int, int]

CLICK_SLACK = 3.0
"""Logical pixels that a pointer may move between press and release of a click."""


@dataclass(frozen=True)
class Touch:
    """Where the pointer is.

    Attributes:
        point: the image pixel under it, (x, y), maybe outside the picture.
        inside: whether that is on the picture.
        position: (x, y) in the view, logical pixels.
        scale: logical pixels per image pixel.
        inverted: Ctrl is held: the brush erases.
    """

    point: Point
    inside: bool
    position: tuple[float, float]
    scale: float
    inverted: bool = False


@dataclass(frozen=True)
class Asks:
    """What a tool may ask for; the canvas makes its signals of them."""

    query: Callable[[int, int], None]
    stroke_begin: Callable[[int, int, bool], None]
    stroke_move: Callable[[int, int], None]
    stroke_end: Callable[[], None]
    stroke_abort: Callable[[], None]
    fill: Callable[[int, int], None]
    pick: Callable[[int, int], None]
    brush_size: Callable[[int], None]
    region: Callable[[Box], None]
    region_drawn: Callable[[Box | None], None]


class Tool:
    """A tool that does nothing; the others override what they need.

    Between `press` and `release` or `abort` a tool is `running`.
    """

    cursor = Qt.CursorShape.ArrowCursor
    has_ring = False
    pans = False

    def __init__(self, asks: Asks) -> None:
        self.asks = asks
        self.running = False

    def press(self, touch: Touch) -> None:
        """The pointer went down."""

    def drag(self, touch: Touch) -> None:
        """It moved while down."""

    def release(self) -> None:
        """It went up, or can no longer be followed: keep what was done."""
        self.running = False

    def abort(self) -> None:
        """The person changed their mind: take back what was done."""
        self.running = False


class PanTool(Tool):
    """Moves the picture; the view itself does it."""

    cursor = Qt.CursorShape.OpenHandCursor
    pans = True


class QueryTool(Tool):
    """Asks about the pixel under the pointer, and goes on asking while it is dragged."""

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


class BrushTool(Tool):
    """Paints from press to release, or erases while Ctrl was held at the press."""

    cursor = Qt.CursorShape.CrossCursor
    has_ring = True
    erases = False

    def __init__(self, asks: Asks) -> None:
        super().__init__(asks)
        self._last: Point | None = None

    def press(self, touch: Touch) -> None:
        self.running, self._last = True, touch.point
        self.asks.stroke_begin(*touch.point, self.erases or touch.inverted)

    def drag(self, touch: Touch) -> None:
        if touch.point != self._last:
            self._last = touch.point
            self.asks.stroke_move(*touch.point)

    def release(self) -> None:
        super().release()
        self.asks.stroke_end()

    def abort(self) -> None:
        super().abort()
        self.asks.stroke_abort()


class EraserTool(BrushTool):
    """A brush that takes labels away."""

    erases = True


class FillTool(Tool):
    """Fills the region that is clicked."""

    cursor = Qt.CursorShape.PointingHandCursor

    def press(self, touch: Touch) -> None:
        if touch.inside:
            self.asks.fill(*touch.point)


class RegionTool(Tool):
    """Draws a rectangle from corner to corner; a click alone draws none."""

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


class PickOrResize(Tool):
    """Alt or the right button, with every tool: a click picks a class, a drag sizes the brush."""

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


TOOLS: dict[str, type[Tool]] = {
    "pan": PanTool,
    "query": QueryTool,
    "brush": BrushTool,
    "eraser": EraserTool,
    "fill": FillTool,
    "region": RegionTool,
}
