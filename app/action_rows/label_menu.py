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
