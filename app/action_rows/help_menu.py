"""The rows of the Help menu."""

from __future__ import annotations

from app.action_rows.row import SEPARATOR, ActionInfo
from app.i18n import QT_TRANSLATE_NOOP

HELP = (
    ActionInfo(
        "first_steps",
        QT_TRANSLATE_NOOP("actions", "&First Steps…"),
        "help",
        tip=QT_TRANSLATE_NOOP("actions", "What most people do first, with the keys that do it"),
    ),
    ActionInfo("shortcuts", QT_TRANSLATE_NOOP("actions", "&Keyboard Shortcuts…"), "help", ("F1",)),
    ActionInfo(SEPARATOR, "", "help"),
    ActionInfo("open_log_folder", QT_TRANSLATE_NOOP("actions", "Open &Log Folder"), "help"),
    ActionInfo(SEPARATOR, "", "help"),
    ActionInfo(
        "about",
        QT_TRANSLATE_NOOP("actions", "&About SegFormer Studio"),
        "help",
        icon="information-outline",
    ),
)
