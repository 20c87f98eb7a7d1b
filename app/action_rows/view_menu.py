"""The rows of the View menu."""

from __future__ import annotations

from app.action_rows.row import SEPARATOR, ActionInfo
from app.i18n import QT_TRANSLATE_NOOP

VIEW = (
    ActionInfo(
        "zoom_in",
        QT_TRANSLATE_NOOP("actions", "Zoom &In"),
        "view",
        ("Ctrl++", "Ctrl+=", "+"),
        "magnify-plus-outline",
    ),
    ActionInfo(
        "zoom_out",
        QT_TRANSLATE_NOOP("actions", "Zoom &Out"),
        "view",
        ("Ctrl+-", "-"),
        "magnify-minus-outline",
    ),
    ActionInfo(
        "fit",
        QT_TRANSLATE_NOOP("actions", "&Fit Picture"),
        "view",
        ("F",),
        "fit-to-page-outline",
        QT_TRANSLATE_NOOP("actions", "Show the whole picture"),
    ),
    ActionInfo("actual_size", QT_TRANSLATE_NOOP("actions", "&Actual Size"), "view", ("Ctrl+1",)),
    ActionInfo(SEPARATOR, "", "view"),
    ActionInfo(
        "toggle_overlay",
        QT_TRANSLATE_NOOP("actions", "Show &Overlay"),
        "view",
        ("V",),
        "layers-outline",
        QT_TRANSLATE_NOOP("actions", "Show or hide what lies over the picture"),
        checkable=True,
    ),
    ActionInfo(
        "overlay_labels",
        QT_TRANSLATE_NOOP("actions", "&Labels"),
        "view",
        ("Shift+1",),
        group="overlay",
        checkable=True,
        tip=QT_TRANSLATE_NOOP("actions", "Lay the classes over the picture"),
    ),
    ActionInfo(
        "overlay_confidence",
        QT_TRANSLATE_NOOP("actions", "&Confidence"),
        "view",
        ("Shift+2",),
        group="overlay",
        checkable=True,
        tip=QT_TRANSLATE_NOOP("actions", "Lay the model's confidence over the picture"),
    ),
    ActionInfo(
        "overlay_heat",
        QT_TRANSLATE_NOOP("actions", "&Heat Map"),
        "view",
        ("Shift+3",),
        group="overlay",
        checkable=True,
        tip=QT_TRANSLATE_NOOP(
            "actions", "Lay the chosen attention or receptive field over the picture"
        ),
    ),
    ActionInfo(
        "toggle_contours",
        QT_TRANSLATE_NOOP("actions", "Cont&ours"),
        "view",
        ("Shift+C",),
        "vector-polyline",
        QT_TRANSLATE_NOOP("actions", "Draw a line where two classes meet"),
        checkable=True,
    ),
    ActionInfo(SEPARATOR, "", "view"),
    ActionInfo(
        "full_screen",
        QT_TRANSLATE_NOOP("actions", "F&ull Screen"),
        "view",
        ("F11",),
        checkable=True,
    ),
)
