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
        "copy_mask",
        QT_TRANSLATE_NOOP("actions", "Copy &Mask"),
        "edit",
        ("Ctrl+C",),
        "content-copy",
        QT_TRANSLATE_NOOP("actions", "Copy the mask in its classes' colours"),
    ),
    ActionInfo(
        "copy_overlay",
        QT_TRANSLATE_NOOP("actions", "Copy &Overlay"),
        "edit",
        ("Ctrl+Shift+C",),
        "content-copy",
        QT_TRANSLATE_NOOP("actions", "Copy the whole picture with the classes over it"),
    ),
    ActionInfo(
        "copy_view",
        QT_TRANSLATE_NOOP("actions", "Copy &View"),
        "edit",
        ("Ctrl+Alt+C",),
        "content-copy",
        QT_TRANSLATE_NOOP("actions", "Copy what is in sight, as it is on the screen"),
    ),
    ActionInfo(SEPARATOR, "", "edit"),
    ActionInfo(
        "settings",
        QT_TRANSLATE_NOOP("actions", "&Settings…"),
        "edit",
        ("Ctrl+,",),
        "cog-outline",
    ),
)
