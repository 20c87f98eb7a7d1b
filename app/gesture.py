"""What a hand does with a tool: canvas, controllers and assistants share these words."""

from __future__ import annotations

from dataclasses import dataclass

from segcore.geometry import Box, Point


@dataclass(frozen=True)
class Gesture:
    """All that an assistant is told of what the hand has done; points are whole image pixels.

    Attributes:
        tool: the tool's name.
        points: in the order in which they came: vertices, clicks, or the way of the pointer; they
            may lie outside the picture.
        removing: for each point whether it takes away (the right button); empty: none does.
        box: the rectangle that was drawn.
        erase: Ctrl was held: the pixels are to become unlabelled.
        wide: Shift was held: more than what is under the pointer, if the tool knows more.
        settled: the pointer went down, rather than only hovers.
        numbers: what was set beside the picture, in the order that the tool's assistant knows.
    """

    tool: str
    points: tuple[Point, ...] = ()
    removing: tuple[bool, ...] = ()
    box: Box | None = None
    erase: bool = False
    wide: bool = False
    settled: bool = True
    numbers: tuple[float, ...] = ()


@dataclass(frozen=True)
class Sketch:
    """Lines and handles that a tool draws; points are whole image pixels, drawn at their centres.

    Attributes:
        points: corners of a line.
        closed: the last one is joined with the first.
        handles: each point can be taken hold of.
        lit: the handle under the pointer, -1 for none.
        rubber: where the line would go on to.
        marks: points that add (True) or take away.
        color: (r, g, b) of the line; None for light.
    """

    points: tuple[Point, ...] = ()
    closed: bool = False
    handles: bool = False
    lit: int = -1
    rubber: Point | None = None
    marks: tuple[tuple[Point, bool], ...] = ()
    color: tuple[int, int, int] | None = None

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to draw."""
        return not (self.points or self.marks)
