"""A polygon from corner to corner, each of which can be moved, put in and taken out meanwhile."""

from __future__ import annotations

import math

from PySide6.QtCore import Qt

from app.canvas.tools.base import Asks, Tool, Touch
from app.gesture import Gesture, Sketch
from segcore.geometry import Point

NEAR_CORNER = 8.0
NEAR_EDGE = 5.0
"""Logical pixels within which the pointer means a corner, or an edge."""

Corners = tuple[Point, ...]


class PolygonTool(Tool):
    """A click adds a corner, or puts one into the edge under the pointer; a drag moves one.

    A double click, a click on the first corner, or Enter closes the polygon and makes it an edit;
    Backspace takes out the corner under the pointer, else the last; undo and redo go corner by
    corner for as long as it is open.
    """

    name = "polygon"
    cursor = Qt.CursorShape.CrossCursor

    def __init__(self, asks: Asks) -> None:
        super().__init__(asks)
        self._corners: Corners = ()
        self._past: list[Corners] = []
        self._future: list[Corners] = []
        self._held = -1
        self._before: Corners = ()
        self._lit = -1
        self._over: Point | None = None
        self._erase = False

    @property
    def holds(self) -> bool:
        return bool(self._corners)

    def press(self, touch: Touch) -> None:
        self.running, self._erase = True, touch.inverted
        self._before = self._corners
        self._held = self._corner_near(touch)
        if self._held < 0:
            edge = self._edge_near(touch)
            self._held = len(self._corners) if edge < 0 else edge + 1
            self._put((*self._corners[: self._held], touch.point, *self._corners[self._held :]))
        self._lit, self._over = self._held, None
        self._show()

    def drag(self, touch: Touch) -> None:
        if self._held >= 0 and touch.point != self._corners[self._held]:
            corners = list(self._corners)
            corners[self._held] = touch.point
            self._put(tuple(corners))

    def release(self) -> None:
        super().release()
        held, self._held = self._held, -1
        if self._corners != self._before:
            self._past.append(self._before)
            self._future.clear()
        elif held == 0 and len(self._corners) >= 3:
            self.asks.accept()

    def double_click(self, touch: Touch) -> None:
        """The first press of the two has put its corner already."""
        self._erase = touch.inverted
        if len(self._corners) >= 3:
            self._ask()
            self.asks.accept()

    def hover(self, touch: Touch) -> None:
        if self._corners:
            self._lit = self._corner_near(touch)
            beside = self._lit < 0 and self._edge_near(touch) < 0
            self._over = touch.point if beside else None
            self._show()

    def leave(self) -> None:
        if self._corners:
            self._lit, self._over = -1, None
            self._show()

    def abort(self) -> None:
        """Under way, a corner goes back to where it was; else the polygon is given up."""
        if self.running:
            super().abort()
            self._held = -1
            self._put(self._before)
        elif self._corners:
            self.forget()
            self.asks.drop()

    def forget(self) -> None:
        super().forget()
        self._corners, self._lit, self._over, self._held = (), -1, None, -1
        self._past.clear()
        self._future.clear()
        self.asks.sketch(None)

    def take_back(self) -> bool:
        return self._step(self._past, self._future)

    def bring_back(self) -> bool:
        return self._step(self._future, self._past)

    def delete(self) -> bool:
        if not self._corners or self.running:
            return False
        taken = self._lit if 0 <= self._lit < len(self._corners) else len(self._corners) - 1
        self._past.append(self._corners)
        self._future.clear()
        self._lit = -1
        self._put(tuple(c for number, c in enumerate(self._corners) if number != taken))
        return True

    def _step(self, source: list[Corners], target: list[Corners]) -> bool:
        if not self._corners:
            return False
        if self.running:
            self.abort()
        elif source:
            target.append(self._corners)
            self._lit = -1
            self._put(source.pop())
        return True

    def _put(self, corners: Corners) -> None:
        self._corners = corners
        self._show()
        self._ask()

    def _ask(self) -> None:
        """Fewer than three corners have nothing inside."""
        if len(self._corners) >= 3:
            self.asks.gesture(Gesture(self.name, self._corners, erase=self._erase))
        else:
            self.asks.drop()

    def _show(self) -> None:
        sketch = Sketch(self._corners, handles=True, lit=self._lit, rubber=self._over)
        if self._over is None and len(self._corners) >= 3:
            sketch = Sketch(self._corners, closed=True, handles=True, lit=self._lit)
        self.asks.sketch(sketch)

    def _corner_near(self, touch: Touch) -> int:
        """The number of the corner under the pointer, -1 for none."""
        reach = NEAR_CORNER / touch.scale
        near = [math.dist(corner, touch.point) for corner in self._corners]
        return near.index(min(near)) if near and min(near) <= reach else -1

    def _edge_near(self, touch: Touch) -> int:
        """The number of the corner where the edge under the pointer begins, -1 for none."""
        if len(self._corners) < 2:
            return -1
        ends = (*self._corners[1:], self._corners[0])
        edges = list(zip(self._corners, ends))
        if len(self._corners) == 2:
            edges.pop()
        near = [_distance(touch.point, *edge) for edge in edges]
        return near.index(min(near)) if min(near) <= NEAR_EDGE / touch.scale else -1


def _distance(point: Point, a: Point, b: Point) -> float:
    """From a point to the nearest one between a and b."""
    dx, dy = b[0] - a[0], b[1] - a[1]
    length = dx * dx + dy * dy
    along = ((point[0] - a[0]) * dx + (point[1] - a[1]) * dy) / length if length else 0.0
    along = min(max(along, 0.0), 1.0)
    return math.dist(point, (a[0] + along * dx, a[1] + along * dy))
