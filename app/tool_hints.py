"""What the hand does with each tool, in a few words: they stand in the bar above the canvas."""

from __future__ import annotations

from app.i18n import QT_TRANSLATE_NOOP

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
"""The words by the name of the tool."""
