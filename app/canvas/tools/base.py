"""What every tool is: told what the hand does, it asks for things in whole image pixels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import Qt

from app.gesture import Gesture, Sketch
from segcore.geometry import Box, Point

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
        inverted: Ctrl is held, or the pen's other end is used: the brush erases.
        shifted: Shift is held.
        secondary: the right button is the one that is down.
        pressure: of the pen, above 0, up to 1; a mouse always has 1.
    """

    point: Point
    inside: bool
    position: tuple[float, float]
    scale: float
    inverted: bool = False
    shifted: bool = False
    secondary: bool = False
    pressure: float = 1.0


@dataclass(frozen=True)
class Asks:
    """What a tool may ask for; the canvas makes its signals of them.

    `gesture` has an assistant work out what the hand means and preview it, `accept` makes an edit
    of what was asked for last, `drop` takes the preview away; `sketch` draws lines meanwhile;
    `scribble` has a stroke teach.
    """

    query: Callable[[int, int], None]
    stroke_begin: Callable[[int, int, bool], None]
    stroke_move: Callable[[int, int], None]
    stroke_end: Callable[[], None]
    stroke_abort: Callable[[], None]
    pressure: Callable[[float], None]
    pick: Callable[[int, int], None]
    brush_size: Callable[[int], None]
    region: Callable[[Box], None]
    region_drawn: Callable[[Box | None], None]
    gesture: Callable[[Gesture], None]
    accept: Callable[[], None]
    drop: Callable[[], None]
    sketch: Callable[[Sketch | None], None]
    scribble: Callable[[Gesture], None]


class Tool:
    """A tool that does nothing; the others override what they need.

    Between `press` and `release` or `abort` a tool is `running`. A tool that goes on after the
    release, as a polygon does from click to click, `holds` something: Enter accepts it, Esc drops
    it, and undo takes it back step by step rather than touch an edit.
    """

    name = ""
    cursor = Qt.CursorShape.ArrowCursor
    has_ring = False
    pans = False
    takes_right_button = False
    """The right button presses this tool, rather than picking a class."""

    def __init__(self, asks: Asks) -> None:
        self.asks = asks
        self.running = False

    @property
    def holds(self) -> bool:
        """Whether something has been begun that goes on without a button down."""
        return False

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

    def hover(self, touch: Touch) -> None:
        """The pointer moved with no button down."""

    def leave(self) -> None:
        """The pointer is no longer over the view."""

    def double_click(self, touch: Touch) -> None:
        """The left button went down for the second time in the same place."""
        self.press(touch)

    def take_back(self) -> bool:
        """Undo the last step of what the tool holds; False when it holds nothing."""
        return False

    def bring_back(self) -> bool:
        """Redo the step that was taken back last; False when the tool holds nothing."""
        return False

    def delete(self) -> bool:
        """Backspace or Del; False when it means nothing to the tool."""
        return False

    def forget(self) -> None:
        """What the tool holds has become an edit, or is not wanted: begin anew, ask nothing."""
        self.running = False


class PanTool(Tool):
    """Moves the picture; the view itself does it."""

    name = "pan"
    cursor = Qt.CursorShape.OpenHandCursor
    pans = True
