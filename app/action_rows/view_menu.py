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
        "overlay_entropy",
        QT_TRANSLATE_NOOP("actions", "&Entropy"),
        "view",
        ("Shift+3",),
        group="overlay",
        checkable=True,
        tip=QT_TRANSLATE_NOOP(
            "actions", "Show how undecided the model is among all classes, from 0 to 1"
        ),
    ),
    ActionInfo(
        "overlay_margin",
        QT_TRANSLATE_NOOP("actions", "Mar&gin"),
        "view",
        ("Shift+4",),
        group="overlay",
        checkable=True,
        tip=QT_TRANSLATE_NOOP(
            "actions", "Show how far the likeliest class is ahead of the second, from 0 to 1"
        ),
    ),
    ActionInfo(
        "overlay_heat",
        QT_TRANSLATE_NOOP("actions", "&Heat Map"),
        "view",
        ("Shift+5",),
        group="overlay",
        checkable=True,
        tip=QT_TRANSLATE_NOOP(
            "actions", "Lay the chosen attention or receptive field over the picture"
        ),
    ),
    ActionInfo(
        "overlay_origins",
        QT_TRANSLATE_NOOP("actions", "&Who Said It"),
        "view",
        ("Shift+6",),
        group="overlay",
        checkable=True,
        tip=QT_TRANSLATE_NOOP(
            "actions", "Show who labelled each pixel: a person, a model, an import, nobody"
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
        "compare_overlay",
        QT_TRANSLATE_NOOP("actions", "O&ver Each Other"),
        "view",
        ("F6",),
        "image-outline",
        QT_TRANSLATE_NOOP("actions", "Show the picture with what lies over it"),
        group="compare",
        checkable=True,
    ),
    ActionInfo(
        "compare_side_by_side",
        QT_TRANSLATE_NOOP("actions", "&Side by Side"),
        "view",
        ("F7",),
        "view-split-vertical",
        QT_TRANSLATE_NOOP(
            "actions", "Show the bare picture on the left and what lies over it on the right"
        ),
        group="compare",
        checkable=True,
    ),
    ActionInfo(
        "compare_swipe",
        QT_TRANSLATE_NOOP("actions", "S&wipe"),
        "view",
        ("F8",),
        "compare",
        QT_TRANSLATE_NOOP(
            "actions", "Part the bare picture from what lies over it by a line to drag"
        ),
        group="compare",
        checkable=True,
    ),
    ActionInfo(
        "swipe_left",
        QT_TRANSLATE_NOOP("actions", "Line to the Le&ft"),
        "view",
        ("Alt+Shift+Left",),
        "arrow-left",
        QT_TRANSLATE_NOOP("actions", "Move the line of the swipe: more of the overlay"),
    ),
    ActionInfo(
        "swipe_right",
        QT_TRANSLATE_NOOP("actions", "Line to the &Right"),
        "view",
        ("Alt+Shift+Right",),
        "arrow-right",
        QT_TRANSLATE_NOOP("actions", "Move the line of the swipe: more of the bare picture"),
    ),
    ActionInfo(
        "native_grid",
        QT_TRANSLATE_NOOP("actions", "Model's O&wn Grid"),
        "view",
        ("Shift+N",),
        "grid",
        QT_TRANSLATE_NOOP(
            "actions", "Show the cells in which the network decides, and their borders as they are"
        ),
        checkable=True,
    ),
    ActionInfo(SEPARATOR, "", "view"),
    ActionInfo(
        "toggle_minimap",
        QT_TRANSLATE_NOOP("actions", "&Minimap"),
        "view",
        ("Shift+M",),
        "map-search-outline",
        QT_TRANSLATE_NOOP(
            "actions", "Show the whole picture in a corner while a part of it is in sight"
        ),
        checkable=True,
    ),
    ActionInfo(
        "adjust_display",
        QT_TRANSLATE_NOOP("actions", "&Brightness and Contrast…"),
        "view",
        ("Shift+B",),
        "brightness-6",
        QT_TRANSLATE_NOOP(
            "actions", "Brightness, contrast and gamma on the screen; the model sees no difference"
        ),
        checkable=True,
    ),
    ActionInfo(
        "auto_contrast",
        QT_TRANSLATE_NOOP("actions", "&Auto Contrast"),
        "view",
        ("Shift+A",),
        "auto-fix",
        QT_TRANSLATE_NOOP(
            "actions", "Spread the picture's greys from the 1st to the 99th percentile"
        ),
    ),
    ActionInfo(
        "reset_display",
        QT_TRANSLATE_NOOP("actions", "Show the Picture As It &Is"),
        "view",
        ("Ctrl+Shift+B",),
        "restore",
        QT_TRANSLATE_NOOP("actions", "Take brightness, contrast and gamma back"),
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
