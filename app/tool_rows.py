"""What can be set about each tool, as rows: the bar above the canvas is made from them."""

from __future__ import annotations

from app.i18n import QT_TRANSLATE_NOOP
from app.tool_options import AnyOption, Choice, Flag, Kept, Number, Value

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


def default_options(tool: str) -> dict[str, Value]:
    """What a tool's options are until somebody sets them."""
    return {option.name: option.value for option in OPTIONS.get(tool, ())}
