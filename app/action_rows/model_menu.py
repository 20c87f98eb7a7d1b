"""The rows of the Model menu."""

from __future__ import annotations

from app.action_rows.row import SEPARATOR, ActionInfo
from app.i18n import QT_TRANSLATE_NOOP

MODEL = (
    ActionInfo(
        "predict",
        QT_TRANSLATE_NOOP("actions", "&Predict"),
        "model",
        ("Ctrl+Return",),
        "play",
        QT_TRANSLATE_NOOP("actions", "Run the model on this picture"),
    ),
    ActionInfo(
        "predict_all",
        QT_TRANSLATE_NOOP("actions", "Predict &All"),
        "model",
        ("Ctrl+Shift+Return",),
        "play-box-multiple-outline",
        QT_TRANSLATE_NOOP("actions", "Run the model on every picture, in the background"),
    ),
    ActionInfo(
        "cancel",
        QT_TRANSLATE_NOOP("actions", "&Cancel"),
        "model",
        ("Esc",),
        "close",
        QT_TRANSLATE_NOOP("actions", "Stop what is being drawn or computed"),
    ),
    ActionInfo(SEPARATOR, "", "model"),
    ActionInfo(
        "protocol",
        QT_TRANSLATE_NOOP("actions", "&How Pictures Go In…"),
        "model",
        tip=QT_TRANSLATE_NOOP(
            "actions", "At which size, in which windows, at which scales pictures go into the model"
        ),
    ),
    ActionInfo("open_model_file", QT_TRANSLATE_NOOP("actions", "Model from &File…"), "model"),
    ActionInfo("open_model_folder", QT_TRANSLATE_NOOP("actions", "Model from F&older…"), "model"),
    ActionInfo(
        "download_models",
        QT_TRANSLATE_NOOP("actions", "&Download Models…"),
        "model",
        tip=QT_TRANSLATE_NOOP("actions", "Get released models, and others, from a hub"),
    ),
    ActionInfo(
        "model_info", QT_TRANSLATE_NOOP("actions", "Model &Information…"), "model", ("Ctrl+I",)
    ),
)
