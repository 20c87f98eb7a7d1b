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
    ActionInfo(
        "logit_sliders",
        QT_TRANSLATE_NOOP("actions", "&Logit Sliders"),
        "model",
        ("Shift+S",),
        "tune-vertical-variant",
        QT_TRANSLATE_NOOP("actions", "A bias per class and a temperature, with what they change"),
        checkable=True,
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
    ActionInfo(
        "evaluate",
        QT_TRANSLATE_NOOP("actions", "&Evaluate…"),
        "model",
        tip=QT_TRANSLATE_NOOP("actions", "Judge the model by labels: scores, worst pictures"),
    ),
    ActionInfo("open_model_file", QT_TRANSLATE_NOOP("actions", "Model from &File…"), "model"),
    ActionInfo("open_model_folder", QT_TRANSLATE_NOOP("actions", "Model from F&older…"), "model"),
    ActionInfo(
        "click_model",
        QT_TRANSLATE_NOOP("actions", "Use a &Click Model (ONNX)…"),
        "model",
        tip=QT_TRANSLATE_NOOP(
            "actions", "Have clicks answered by SAM's two files, encoder and decoder, of your own"
        ),
    ),
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
