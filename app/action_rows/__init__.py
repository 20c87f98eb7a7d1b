"""Every action of the window, as data: name, words, keys, icon and menu; a module for a menu."""

from __future__ import annotations

from app.action_rows.edit_menu import EDIT
from app.action_rows.file_menu import FILE
from app.action_rows.help_menu import HELP
from app.action_rows.inspect_menu import INSPECT
from app.action_rows.label_menu import LABEL
from app.action_rows.model_menu import MODEL
from app.action_rows.review_menu import REVIEW
from app.action_rows.row import CONTEXT, SEPARATOR, ActionInfo
from app.action_rows.video_menu import VIDEO
from app.action_rows.view_menu import VIEW
from app.i18n import QT_TRANSLATE_NOOP

__all__ = ["ACTIONS", "CONTEXT", "MENUS", "SEPARATOR", "ActionInfo"]

MENUS = (
    ("file", QT_TRANSLATE_NOOP("actions", "&File")),
    ("edit", QT_TRANSLATE_NOOP("actions", "&Edit")),
    ("view", QT_TRANSLATE_NOOP("actions", "&View")),
    ("model", QT_TRANSLATE_NOOP("actions", "&Model")),
    ("label", QT_TRANSLATE_NOOP("actions", "&Label")),
    ("review", QT_TRANSLATE_NOOP("actions", "&Review")),
    ("video", QT_TRANSLATE_NOOP("actions", "Vi&deo")),
    ("inspect", QT_TRANSLATE_NOOP("actions", "&Inspect")),
    ("help", QT_TRANSLATE_NOOP("actions", "&Help")),
)

ACTIONS: tuple[ActionInfo, ...] = (
    *FILE,
    *EDIT,
    *VIEW,
    *MODEL,
    *LABEL,
    *REVIEW,
    *VIDEO,
    *INSPECT,
    *HELP,
)
