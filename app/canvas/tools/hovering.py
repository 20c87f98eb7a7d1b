"""Tools that show what a click would do while the pointer is over it."""

from __future__ import annotations

from PySide6.QtCore import Qt

from app.canvas.tools.base import Asks, Tool, Touch
from app.gesture import Gesture


class HoverTool(Tool):
    """Previews at the pixel under the pointer; a click accepts it.

    Ctrl has the pixels become unlabelled, Shift means more than what is under the pointer.
    """

    cursor = Qt.CursorShape.PointingHandCursor

    def __init__(self, asks: Asks) -> None:
        super().__init__(asks)
        self._asked: Gesture | None = None

    def hover(self, touch: Touch) -> None:
        if not touch.inside:
            self.leave()
        else:
            self._ask(touch, settled=False)

    def leave(self) -> None:
        if self._asked is not None:
            self._asked = None
            self.asks.drop()

    def press(self, touch: Touch) -> None:
        if touch.inside:
            self._ask(touch, settled=True)
            self._asked = None
            self.asks.accept()

    def abort(self) -> None:
        super().abort()
        self.leave()

    def forget(self) -> None:
        super().forget()
        self._asked = None

    def _ask(self, touch: Touch, *, settled: bool) -> None:
        gesture = Gesture(
            self.name,
            (touch.point,),
            erase=touch.inverted,
            wide=touch.shifted,
            settled=settled,
        )
        if gesture != self._asked:
            self._asked = gesture
            self.asks.gesture(gesture)


class FillTool(HoverTool):
    """Gives the region under the pointer, or with Shift its class everywhere, the active class."""

    name = "fill"


class StandingTool(Tool):
    """Works on the whole picture: its preview stands as soon as it is chosen; the hand only pans.

    The window asks for the preview, Enter accepts it.
    """

    cursor = Qt.CursorShape.OpenHandCursor
    pans = True


class SmallRegionsTool(StandingTool):
    """Takes small regions away."""

    name = "small"


class BoundaryTool(StandingTool):
    """Makes boundaries smooth, or moves one."""

    name = "boundary"


class CopyLastTool(StandingTool):
    """Copies the labels of the picture that was open before."""

    name = "copy_last"
