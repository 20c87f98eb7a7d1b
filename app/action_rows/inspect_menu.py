"""The rows of the Inspect menu."""

from __future__ import annotations

from app.action_rows.row import SEPARATOR, ActionInfo
from app.i18n import QT_TRANSLATE_NOOP

INSPECT = (
    ActionInfo(
        "tool_query",
        QT_TRANSLATE_NOOP("actions", "&Query"),
        "inspect",
        ("Q",),
        "crosshairs-question",
        QT_TRANSLATE_NOOP("actions", "Click a pixel to see what the model looks at to decide it"),
        "tool",
        checkable=True,
    ),
    ActionInfo(
        "clear_query", QT_TRANSLATE_NOOP("actions", "&Clear Query"), "inspect", ("Shift+Q",)
    ),
    ActionInfo(
        "tool_region",
        QT_TRANSLATE_NOOP("actions", "&Hide a Region"),
        "inspect",
        ("X",),
        "eye-off-outline",
        QT_TRANSLATE_NOOP("actions", "Draw a box: what does the model say without what is in it?"),
        "tool",
        checkable=True,
    ),
    ActionInfo(SEPARATOR, "", "inspect"),
    *(
        ActionInfo(
            f"stage_{stage}",
            QT_TRANSLATE_NOOP("actions", "Stage &{}"),
            "inspect",
            (f"Alt+{stage}",),
            group="stage",
            checkable=True,
        )
        for stage in range(1, 5)
    ),
    ActionInfo(
        "block_previous", QT_TRANSLATE_NOOP("actions", "&Previous Block"), "inspect", ("Alt+Left",)
    ),
    ActionInfo(
        "block_next", QT_TRANSLATE_NOOP("actions", "&Next Block"), "inspect", ("Alt+Right",)
    ),
    ActionInfo(SEPARATOR, "", "inspect"),
    ActionInfo(
        "attention_live",
        QT_TRANSLATE_NOOP("actions", "Attention &Follows the Pointer"),
        "inspect",
        ("Shift+L",),
        "cursor-default-click-outline",
        QT_TRANSLATE_NOOP("actions", "Move the query tool over the picture to see where it looks"),
        checkable=True,
    ),
    ActionInfo(
        "attention_pin",
        QT_TRANSLATE_NOOP("actions", "Com&pare with This Query"),
        "inspect",
        ("Shift+P",),
        "pin-outline",
        QT_TRANSLATE_NOOP("actions", "Keep the query as A, and see the next one beside it"),
    ),
)
