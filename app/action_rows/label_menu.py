"""The rows of the Label menu."""

from __future__ import annotations

from app.action_rows.row import SEPARATOR, ActionInfo
from app.i18n import QT_TRANSLATE_NOOP

LABEL = (
    ActionInfo(
        "tool_pan",
        QT_TRANSLATE_NOOP("actions", "&Move"),
        "label",
        ("H",),
        "cursor-move",
        QT_TRANSLATE_NOOP(
            "actions", "Drag the picture; the middle button or Space does so with every tool"
        ),
        "tool",
        checkable=True,
    ),
    ActionInfo(
        "tool_brush",
        QT_TRANSLATE_NOOP("actions", "&Brush"),
        "label",
        ("B",),
        "brush",
        QT_TRANSLATE_NOOP("actions", "Paint the active class; Ctrl+drag erases"),
        "tool",
        checkable=True,
    ),
    ActionInfo(
        "tool_eraser",
        QT_TRANSLATE_NOOP("actions", "&Eraser"),
        "label",
        ("E",),
        "eraser",
        QT_TRANSLATE_NOOP("actions", "Make pixels unlabelled"),
        "tool",
        checkable=True,
    ),
    ActionInfo(
        "tool_fill",
        QT_TRANSLATE_NOOP("actions", "&Fill"),
        "label",
        ("G",),
        "format-color-fill",
        QT_TRANSLATE_NOOP("actions", "Give a whole region of one class the active class"),
        "tool",
        checkable=True,
    ),
    ActionInfo(
        "tool_rectangle",
        QT_TRANSLATE_NOOP("actions", "Rec&tangle"),
        "label",
        ("M",),
        "select-drag",
        QT_TRANSLATE_NOOP("actions", "Give a rectangle the active class"),
        "tool",
        checkable=True,
    ),
    ActionInfo(
        "tool_lasso",
        QT_TRANSLATE_NOOP("actions", "&Lasso"),
        "label",
        ("L",),
        "lasso",
        QT_TRANSLATE_NOOP("actions", "Draw around what is to have the active class"),
        "tool",
        checkable=True,
    ),
    ActionInfo(
        "tool_click",
        QT_TRANSLATE_NOOP("actions", "&Click"),
        "label",
        ("C",),
        "cursor-default-click-outline",
        QT_TRANSLATE_NOOP(
            "actions", "Left click: belongs to it; right click: does not; the region is found"
        ),
        "tool",
        checkable=True,
    ),
    ActionInfo(
        "tool_scissors",
        QT_TRANSLATE_NOOP("actions", "&Scissors"),
        "label",
        ("S",),
        "content-cut",
        QT_TRANSLATE_NOOP("actions", "Click along an edge: the line follows it"),
        "tool",
        checkable=True,
    ),
    ActionInfo(
        "tool_superpixels",
        QT_TRANSLATE_NOOP("actions", "S&uperpixels"),
        "label",
        ("W",),
        "hexagon-multiple-outline",
        QT_TRANSLATE_NOOP("actions", "Collect cells of like pixels"),
        "tool",
        checkable=True,
    ),
    ActionInfo(
        "tool_grabcut",
        QT_TRANSLATE_NOOP("actions", "&GrabCut in a Box"),
        "label",
        ("Shift+R",),
        "image-filter-center-focus",
        QT_TRANSLATE_NOOP("actions", "Draw a box: what stands out in it gets the active class"),
        "tool",
        checkable=True,
    ),
    ActionInfo(
        "tool_wand",
        QT_TRANSLATE_NOOP("actions", "&Magic Wand"),
        "label",
        ("Shift+W",),
        "magic-staff",
        QT_TRANSLATE_NOOP("actions", "Give pixels of one colour the active class"),
        "tool",
        checkable=True,
    ),
    ActionInfo(
        "tool_refine",
        QT_TRANSLATE_NOOP("actions", "&Refine in a Box"),
        "label",
        ("R",),
        "magnify-scan",
        QT_TRANSLATE_NOOP("actions", "The model looks again at a box, enlarged"),
        "tool",
        checkable=True,
    ),
    ActionInfo(
        "tool_second_best",
        QT_TRANSLATE_NOOP("actions", "Second-&Best Class"),
        "label",
        ("Shift+E",),
        "numeric-2-circle-outline",
        QT_TRANSLATE_NOOP("actions", "Brush pixels to the class that the model holds for second"),
        "tool",
        checkable=True,
    ),
    ActionInfo(
        "label_region",
        QT_TRANSLATE_NOOP("actions", "Label the Heat Map's &Region"),
        "label",
        ("Shift+G",),
        "vector-square",
        QT_TRANSLATE_NOOP(
            "actions", "Outline where the heat map counts most, then give it the active class"
        ),
    ),
    ActionInfo(SEPARATOR, "", "label"),
    ActionInfo(
        "accept",
        QT_TRANSLATE_NOOP("actions", "&Accept"),
        "label",
        ("Return", "Enter"),
        "check",
        QT_TRANSLATE_NOOP("actions", "Make an edit of what the tool proposes"),
    ),
    ActionInfo("brush_smaller", QT_TRANSLATE_NOOP("actions", "&Smaller Brush"), "label", ("[",)),
    ActionInfo("brush_larger", QT_TRANSLATE_NOOP("actions", "&Larger Brush"), "label", ("]",)),
    ActionInfo(SEPARATOR, "", "label"),
    *(
        ActionInfo(
            f"class_{number}",
            QT_TRANSLATE_NOOP("actions", "Class {}"),
            "label/class",
            (str(number % 10),),
        )
        for number in range(1, 11)
    ),
)
