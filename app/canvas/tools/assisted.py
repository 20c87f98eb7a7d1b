"""Tools that look at the picture or ask a model: clicks, scissors, superpixels, boxes, wand."""

from __future__ import annotations

import math

from PySide6.QtCore import Qt

from app.canvas.tools.base import CLICK_SLACK, Asks, Tool, Touch
from app.canvas.tools.hovering import HoverTool
from app.canvas.tools.shapes import DrawnTool
from app.gesture import Gesture, Sketch
from segcore.geometry import Box, Point

CLOSING_DISTANCE = 8.0
"""Logical pixels from the first anchor within which a click closes the scissors' line."""


class StepsTool(Tool):
    """Holds points from click to click; undo takes back the last, redo brings it again."""

    cursor = Qt.CursorShape.CrossCursor

    def __init__(self, asks: Asks) -> None:
        super().__init__(asks)
        self.steps: list[tuple[Point, bool]] = []
        self._undone: list[tuple[Point, bool]] = []
        self._erase = False

    @property
    def holds(self) -> bool:
        return bool(self.steps)

    def add(self, point: Point, *, removing: bool, erase: bool) -> None:
        """One more point."""
        if not self.steps:
            self._erase = erase
        self.steps.append((point, removing))
        self._undone.clear()
        self.show()

    def take_back(self) -> bool:
        if not self.steps:
            return False
        self._undone.append(self.steps.pop())
        self.show()
        return True

    def bring_back(self) -> bool:
        if not self.steps or not self._undone:
            return False
        self.steps.append(self._undone.pop())
        self.show()
        return True

    def delete(self) -> bool:
        return self.take_back()

    def abort(self) -> None:
        if self.steps:
            self.asks.drop()
        self.forget()

    def forget(self) -> None:
        super().forget()
        self.steps, self._undone = [], []
        self.asks.sketch(None)

    def show(self) -> None:
        """Ask for what the points mean now, and draw them."""
        if not self.steps:
            self.asks.sketch(None)
            self.asks.drop()
            return
        self.asks.sketch(self.sketch())
        self.asks.gesture(self.gesture())

    def gesture(self) -> Gesture:
        """What the points mean."""
        points = tuple(point for point, _ in self.steps)
        removing = tuple(removes for _, removes in self.steps)
        return Gesture(self.name, points, removing, erase=self._erase)

    def sketch(self) -> Sketch:
        """How they are drawn."""
        raise NotImplementedError


class ClickTool(StepsTool):
    """A left click says that a pixel belongs to the region, a right click that it does not."""

    name = "click"
    takes_right_button = True

    def press(self, touch: Touch) -> None:
        adds = not touch.secondary
        if touch.inside and (adds or self.steps):
            self.add(touch.point, removing=not adds, erase=touch.inverted)

    def sketch(self) -> Sketch:
        return Sketch(marks=tuple((point, not removing) for point, removing in self.steps))


class ScissorsTool(StepsTool):
    """Clicks put anchors down; between them, and on to the pointer, the line follows edges."""

    name = "scissors"

    def __init__(self, asks: Asks) -> None:
        super().__init__(asks)
        self._pointer: Point | None = None

    def hover(self, touch: Touch) -> None:
        if self.steps and touch.point != self._pointer:
            self._pointer = touch.point
            self.show()

    def leave(self) -> None:
        if self._pointer is not None:
            self._pointer = None
            if self.steps:
                self.show()

    def drag(self, touch: Touch) -> None:
        self.hover(touch)

    def press(self, touch: Touch) -> None:
        if len(self.steps) >= 3 and self._is_at_beginning(touch):
            self._close()
        elif touch.inside and (not self.steps or touch.point != self.steps[-1][0]):
            self._pointer = touch.point
            self.add(touch.point, removing=False, erase=touch.inverted)

    def double_click(self, touch: Touch) -> None:
        if len(self.steps) >= 2:
            self._close()
        else:
            self.press(touch)

    def forget(self) -> None:
        super().forget()
        self._pointer = None

    def gesture(self) -> Gesture:
        anchors = tuple(point for point, _ in self.steps)
        if self._pointer is None or self._pointer == anchors[-1]:
            return Gesture(self.name, anchors, erase=self._erase)
        return Gesture(self.name, (*anchors, self._pointer), erase=self._erase, settled=False)

    def sketch(self) -> Sketch:
        return Sketch(marks=tuple((point, True) for point, _ in self.steps))

    def _close(self) -> None:
        self._pointer = None
        self.asks.gesture(self.gesture())
        self.asks.accept()

    def _is_at_beginning(self, touch: Touch) -> bool:
        (x, y), _ = self.steps[0]
        return math.dist(touch.point, (x, y)) * touch.scale <= CLOSING_DISTANCE


class SuperpixelTool(DrawnTool):
    """Collects the cells that the pointer touches; letting go accepts them."""

    name = "superpixels"

    def hover(self, touch: Touch) -> None:
        if touch.inside:
            self.asks.gesture(
                Gesture(self.name, (touch.point,), erase=touch.inverted, settled=False)
            )
        else:
            self.leave()

    def leave(self) -> None:
        if not self.running:
            self.asks.drop()

    def press(self, touch: Touch) -> None:
        super().press(touch)
        if touch.inside:
            self._drawn = True
            self.asks.gesture(self.gesture())

    def extend(self, point: Point) -> None:
        self._points.append(point)

    def gesture(self) -> Gesture:
        return Gesture(self.name, tuple(self._points), erase=self._erase)

    def sketch(self) -> Sketch:
        return Sketch(tuple(self._points))


class SecondBestTool(SuperpixelTool):
    """Gives what is brushed over the class that the model holds for second."""

    name = "second_best"
    has_ring = True

    def hover(self, touch: Touch) -> None:
        """A click shows soon enough what it does; the ring shows where."""


class BoxTool(Tool):
    """A box from corner to corner, whose answer is previewed once it stands; Enter accepts it."""

    cursor = Qt.CursorShape.CrossCursor

    def __init__(self, asks: Asks) -> None:
        super().__init__(asks)
        self._start: Touch | None = None
        self._end: Point | None = None
        self._stands = False
        self._moved = False

    @property
    def holds(self) -> bool:
        return self._stands

    def press(self, touch: Touch) -> None:
        self.running, self._moved = True, False
        self._start, self._end = touch, touch.point

    def drag(self, touch: Touch) -> None:
        if self._start is None:
            return
        self._moved = self._moved or (math.dist(touch.position, self._start.position) > CLICK_SLACK)
        if self._moved and touch.point != self._end:
            self._end = touch.point
            self.asks.sketch(self._outline())

    def release(self) -> None:
        self.running = False
        if self._start is None or not self._moved:
            return
        self._stands = True
        self.asks.gesture(Gesture(self.name, box=self._box(), erase=self._start.inverted))

    def abort(self) -> None:
        if self._stands:
            self.asks.drop()
        self.forget()

    def take_back(self) -> bool:
        if not self._stands:
            return False
        self.abort()
        return True

    def forget(self) -> None:
        super().forget()
        self._start, self._end, self._stands = None, None, False
        self.asks.sketch(None)

    def _box(self) -> Box:
        assert self._start is not None
        assert self._end is not None
        (x0, x1), (y0, y1) = (sorted(pair) for pair in zip(self._start.point, self._end))
        return Box(x0, y0, x1 + 1, y1 + 1)

    def _outline(self) -> Sketch:
        x0, y0, x1, y1 = self._box()
        return Sketch(((x0, y0), (x1 - 1, y0), (x1 - 1, y1 - 1), (x0, y1 - 1)), closed=True)


class GrabCutTool(BoxTool):
    """What stands out in the box."""

    name = "grabcut"


class RefineTool(BoxTool):
    """The model looks again at what is in the box, enlarged."""

    name = "refine"


class WandTool(HoverTool):
    """Pixels of a colour like the one under the pointer; Shift: everywhere, or only around it."""

    name = "wand"
