"""What can be set about each tool, as rows: the bar above the canvas is made from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.i18n import QT_TRANSLATE_NOOP, translate

CONTEXT = "tool_options"

Value = bool | int | float | str
Options = Mapping[str, Value]


@dataclass(frozen=True)
class Option:
    """One thing to set.

    Attributes:
        name: of the value, unique within its tool.
        text: in front of it, or of the check box.
        tip: what it does, as a sentence.
    """

    name: str
    text: str
    tip: str = ""

    @property
    def label(self) -> str:
        """The text in the language of the window."""
        return translate(CONTEXT, self.text)

    @property
    def tool_tip(self) -> str:
        """The tip in the language of the window."""
        return translate(CONTEXT, self.tip) if self.tip else ""


@dataclass(frozen=True)
class Number(Option):
    """A whole number with its limits, both included."""

    lowest: int = 0
    highest: int = 100
    value: int = 0
    suffix: str = ""

    def kept(self, value: Value) -> Value:
        """A value within the limits; the default instead of what is no number."""
        if isinstance(value, bool | str):
            return self.value
        return min(max(round(value), self.lowest), self.highest)


@dataclass(frozen=True)
class Flag(Option):
    """Yes or no."""

    value: bool = False

    def kept(self, value: Value) -> Value:
        """The value where it is yes or no, else the default."""
        return value if isinstance(value, bool) else self.value


@dataclass(frozen=True)
class Choice(Option):
    """One of a few: `choices` are (value, text)."""

    choices: tuple[tuple[str, str], ...] = ()
    value: str = ""

    def kept(self, value: Value) -> Value:
        """The value where it is one of the choices, else the default."""
        return value if any(value == name for name, _ in self.choices) else self.value

    @property
    def labels(self) -> list[tuple[str, str]]:
        """(value, text in the language of the window) of each choice."""
        return [(name, translate(CONTEXT, text)) for name, text in self.choices]


@dataclass(frozen=True)
class Kept(Option):
    """A text that is set elsewhere, the name of a file for example; the bar does not show it."""

    value: str = ""

    def kept(self, value: Value) -> Value:
        """The value where it is a text, else the default."""
        return value if isinstance(value, str) else self.value


AnyOption = Number | Flag | Choice | Kept

BRUSH_SIZE = Number(
    "brush_size",
    QT_TRANSLATE_NOOP("tool_options", "Size"),
    QT_TRANSLATE_NOOP("tool_options", "Diameter in image pixels; Alt+drag on the picture, [ and ]"),
    lowest=1,
    highest=2000,
    value=24,
    suffix=" px",
)
"""Brush and eraser share it; the view state keeps it by itself."""

_BRUSH: tuple[AnyOption, ...] = (
    BRUSH_SIZE,
    Choice(
        "shape",
        QT_TRANSLATE_NOOP("tool_options", "Shape"),
        QT_TRANSLATE_NOOP("tool_options", "The form of the brush"),
        choices=(
            ("round", QT_TRANSLATE_NOOP("tool_options", "Round")),
            ("square", QT_TRANSLATE_NOOP("tool_options", "Square")),
        ),
        value="round",
    ),
    Flag(
        "pressure",
        QT_TRANSLATE_NOOP("tool_options", "Pen pressure"),
        QT_TRANSLATE_NOOP("tool_options", "A pen that presses less paints thinner"),
        value=True,
    ),
)

SNAP: tuple[AnyOption, ...] = (
    Choice(
        "snap",
        QT_TRANSLATE_NOOP("tool_options", "Snap"),
        QT_TRANSLATE_NOOP("tool_options", "Move the boundary to an edge nearby"),
        choices=(
            ("none", QT_TRANSLATE_NOOP("tool_options", "Off")),
            ("picture", QT_TRANSLATE_NOOP("tool_options", "Picture")),
            ("model", QT_TRANSLATE_NOOP("tool_options", "Model")),
        ),
        value="none",
    ),
    Number(
        "snap_reach",
        QT_TRANSLATE_NOOP("tool_options", "within"),
        QT_TRANSLATE_NOOP("tool_options", "How far the boundary may move"),
        lowest=1,
        highest=40,
        value=4,
        suffix=" px",
    ),
)
"""Of the tools that select pixels."""

_ASSISTING: dict[str, tuple[AnyOption, ...]] = {
    "click": (
        Choice(
            "engine",
            QT_TRANSLATE_NOOP("tool_options", "By"),
            QT_TRANSLATE_NOOP("tool_options", "What finds the region of the clicks"),
            choices=(
                ("features", QT_TRANSLATE_NOOP("tool_options", "Features")),
                ("onnx", QT_TRANSLATE_NOOP("tool_options", "ONNX")),
            ),
            value="features",
        ),
        Kept("encoder", ""),
        Kept("decoder", ""),
        *SNAP,
    ),
    "scissors": (
        Choice(
            "window",
            QT_TRANSLATE_NOOP("tool_options", "Look"),
            QT_TRANSLATE_NOOP("tool_options", "How far from an anchor edges are followed"),
            choices=(
                ("256", "128 px"),
                ("512", "256 px"),
                ("1024", "512 px"),
            ),
            value="512",
        ),
    ),
    "superpixels": (
        Number(
            "cell",
            QT_TRANSLATE_NOOP("tool_options", "Cells"),
            QT_TRANSLATE_NOOP("tool_options", "About how wide a cell is"),
            lowest=4,
            highest=128,
            value=16,
            suffix=" px",
        ),
        Choice(
            "method",
            QT_TRANSLATE_NOOP("tool_options", "Cut by"),
            QT_TRANSLATE_NOOP("tool_options", "Cells of one size, or of any size and shape"),
            choices=(("slic", "SLIC"), ("felzenszwalb", "Felzenszwalb")),
            value="slic",
        ),
        Number(
            "radius",
            QT_TRANSLATE_NOOP("tool_options", "Reach"),
            QT_TRANSLATE_NOOP("tool_options", "How far from the pointer cells are collected"),
            lowest=0,
            highest=200,
            value=0,
            suffix=" px",
        ),
        *SNAP,
    ),
    "grabcut": (
        Flag(
            "model",
            QT_TRANSLATE_NOOP("tool_options", "Heed the model"),
            QT_TRANSLATE_NOOP(
                "tool_options", "Begin with where the model sees the active class, if it does"
            ),
            value=True,
        ),
        *SNAP,
    ),
    "wand": (
        Number(
            "tolerance",
            QT_TRANSLATE_NOOP("tool_options", "Tolerance"),
            QT_TRANSLATE_NOOP(
                "tool_options", "How much red, green and blue may differ, of 255 each"
            ),
            lowest=0,
            highest=255,
            value=20,
        ),
        Flag(
            "contiguous",
            QT_TRANSLATE_NOOP("tool_options", "Contiguous"),
            QT_TRANSLATE_NOOP(
                "tool_options", "Only what hangs together with the pixel; Shift means the other"
            ),
            value=True,
        ),
        Flag(
            "edges",
            QT_TRANSLATE_NOOP("tool_options", "Stop at edges"),
            QT_TRANSLATE_NOOP("tool_options", "Do not go past thin lines"),
        ),
        *SNAP,
    ),
    "refine": (
        Number(
            "zoom",
            QT_TRANSLATE_NOOP("tool_options", "Enlarge"),
            QT_TRANSLATE_NOOP("tool_options", "At what size the model sees the box again"),
            lowest=100,
            highest=800,
            value=200,
            suffix=" %",
        ),
        Number(
            "share",
            QT_TRANSLATE_NOOP("tool_options", "Weight"),
            QT_TRANSLATE_NOOP(
                "tool_options", "How much the enlarged view counts against the whole picture's"
            ),
            lowest=0,
            highest=100,
            value=50,
            suffix=" %",
        ),
    ),
    "second_best": (BRUSH_SIZE,),
    "lasso": SNAP,
    "polygon": SNAP,
}

OPTIONS: dict[str, tuple[AnyOption, ...]] = {
    "brush": _BRUSH,
    "eraser": _BRUSH,
    "fill": (
        Choice(
            "reach",
            QT_TRANSLATE_NOOP("tool_options", "Fill"),
            QT_TRANSLATE_NOOP(
                "tool_options", "What one click gives the active class; Shift means the other one"
            ),
            choices=(
                ("region", QT_TRANSLATE_NOOP("tool_options", "This region")),
                ("class", QT_TRANSLATE_NOOP("tool_options", "Its class everywhere")),
            ),
            value="region",
        ),
    ),
    "small": (
        Choice(
            "what",
            QT_TRANSLATE_NOOP("tool_options", "Remove"),
            QT_TRANSLATE_NOOP("tool_options", "Which small regions become what is around them"),
            choices=(
                ("all", QT_TRANSLATE_NOOP("tool_options", "Islands of every class")),
                ("islands", QT_TRANSLATE_NOOP("tool_options", "Islands of the active class")),
                ("holes", QT_TRANSLATE_NOOP("tool_options", "Holes in the active class")),
            ),
            value="all",
        ),
        Number(
            "below",
            QT_TRANSLATE_NOOP("tool_options", "below"),
            QT_TRANSLATE_NOOP("tool_options", "Regions with fewer pixels go"),
            lowest=2,
            highest=1_000_000,
            value=100,
            suffix=" px",
        ),
    ),
    "boundary": (
        Choice(
            "how",
            QT_TRANSLATE_NOOP("tool_options", "Boundary"),
            QT_TRANSLATE_NOOP("tool_options", "What becomes of the boundaries of classes"),
            choices=(
                ("smooth", QT_TRANSLATE_NOOP("tool_options", "Smooth the active class")),
                ("smooth_all", QT_TRANSLATE_NOOP("tool_options", "Smooth every class")),
                ("grow", QT_TRANSLATE_NOOP("tool_options", "Grow the active class")),
                ("shrink", QT_TRANSLATE_NOOP("tool_options", "Shrink the active class")),
            ),
            value="smooth",
        ),
        Number(
            "pixels",
            QT_TRANSLATE_NOOP("tool_options", "by"),
            QT_TRANSLATE_NOOP("tool_options", "How far, in image pixels"),
            lowest=1,
            highest=200,
            value=4,
            suffix=" px",
        ),
    ),
    "copy_last": (
        Choice(
            "classes",
            QT_TRANSLATE_NOOP("tool_options", "Copy"),
            QT_TRANSLATE_NOOP("tool_options", "Which of the last picture's classes are copied"),
            choices=(
                ("all", QT_TRANSLATE_NOOP("tool_options", "All classes")),
                ("shown", QT_TRANSLATE_NOOP("tool_options", "The classes that are shown")),
                ("active", QT_TRANSLATE_NOOP("tool_options", "The active class")),
            ),
            value="all",
        ),
        Choice(
            "onto",
            QT_TRANSLATE_NOOP("tool_options", "onto"),
            QT_TRANSLATE_NOOP("tool_options", "Which pixels of this picture may change"),
            choices=(
                ("everything", QT_TRANSLATE_NOOP("tool_options", "Everything")),
                ("unlabelled", QT_TRANSLATE_NOOP("tool_options", "Unlabelled pixels")),
            ),
            value="everything",
        ),
    ),
    **_ASSISTING,
}
"""Tool to its options, from the left; a tool without a row has none."""

HINTS: dict[str, str] = {
    "pan": QT_TRANSLATE_NOOP("tool_options", "Drag moves the picture"),
    "query": QT_TRANSLATE_NOOP("tool_options", "Click a pixel: what does the model look at?"),
    "region": QT_TRANSLATE_NOOP("tool_options", "Draw a box that the model is not to see"),
    "scribble": QT_TRANSLATE_NOOP(
        "tool_options", "Drag over the active class, Ctrl+drag takes strokes away; Enter accepts"
    ),
    "brush": QT_TRANSLATE_NOOP("tool_options", "Drag paints, Ctrl+drag erases"),
    "eraser": QT_TRANSLATE_NOOP("tool_options", "Drag makes pixels unlabelled"),
    "fill": QT_TRANSLATE_NOOP("tool_options", "Click gives it the active class, Ctrl+click none"),
    "rectangle": QT_TRANSLATE_NOOP("tool_options", "Drag from corner to corner, Ctrl erases"),
    "lasso": QT_TRANSLATE_NOOP("tool_options", "Drag around it and let go, Ctrl erases"),
    "polygon": QT_TRANSLATE_NOOP(
        "tool_options",
        "Click adds a corner, drag moves it, Backspace removes it; Enter or double-click closes",
    ),
    "small": QT_TRANSLATE_NOOP("tool_options", "Enter removes them, Esc leaves them"),
    "boundary": QT_TRANSLATE_NOOP("tool_options", "Enter changes it, Esc leaves it"),
    "copy_last": QT_TRANSLATE_NOOP("tool_options", "Enter copies, Esc leaves all as it is"),
    "click": QT_TRANSLATE_NOOP(
        "tool_options", "Left click: belongs to it; right click: does not; Enter accepts"
    ),
    "scissors": QT_TRANSLATE_NOOP(
        "tool_options", "Click along the edge, double-click to close; Backspace takes one back"
    ),
    "superpixels": QT_TRANSLATE_NOOP("tool_options", "Drag over cells, Ctrl erases"),
    "grabcut": QT_TRANSLATE_NOOP("tool_options", "Draw a box around it, then Enter"),
    "wand": QT_TRANSLATE_NOOP("tool_options", "Click a colour, Shift: everywhere, Ctrl erases"),
    "refine": QT_TRANSLATE_NOOP("tool_options", "Draw a box to look at from near, then Enter"),
    "second_best": QT_TRANSLATE_NOOP(
        "tool_options", "Drag: the class that the model holds for second"
    ),
}
"""What the hand does with a tool, in a few words."""


def default_options(tool: str) -> dict[str, Value]:
    """What a tool's options are until somebody sets them."""
    return {option.name: option.value for option in OPTIONS.get(tool, ())}
