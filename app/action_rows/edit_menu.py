"""The rows of the Edit menu."""

from __future__ import annotations

from app.action_rows.row import SEPARATOR, ActionInfo
from app.i18n import QT_TRANSLATE_NOOP

EDIT = (
    ActionInfo("undo", QT_TRANSLATE_NOOP("actions", "&Undo"), "edit", ("Ctrl+Z",), "undo"),
    ActionInfo(
        "redo",
        QT_TRANSLATE_NOOP("actions", "&Redo"),
        "edit",
        ("Ctrl+Shift+Z", "Ctrl+Y"),
        "redo",
    ),
    ActionInfo(SEPARATOR, "", "edit"),
    ActionInfo(
        "settings",
        QT_TRANSLATE_NOOP("actions", "&Settings…"),
        "edit",
        ("Ctrl+,",),
        "cog-outline",
    ),
    ActionInfo("shortcuts", QT_TRANSLATE_NOOP("actions", "&Keyboard Shortcuts…"), "edit", ("F1",)),
)
