"""The rows of the Review menu."""

from __future__ import annotations

from app.action_rows.row import SEPARATOR, ActionInfo
from app.i18n import QT_TRANSLATE_NOOP

REVIEW = (
    ActionInfo(
        "status_done",
        QT_TRANSLATE_NOOP("actions", "&Done"),
        "review",
        ("Ctrl+D",),
        "check",
        QT_TRANSLATE_NOOP("actions", "The chosen pictures are labelled and wait to be looked over"),
    ),
    ActionInfo(
        "status_done_next",
        QT_TRANSLATE_NOOP("actions", "D&one, and the Next Picture"),
        "review",
        ("Ctrl+Shift+D",),
        "arrow-right",
        QT_TRANSLATE_NOOP("actions", "This picture is done; open the one below it in the list"),
    ),
    ActionInfo(
        "status_approved",
        QT_TRANSLATE_NOOP("actions", "&Approved"),
        "review",
        ("Ctrl+Shift+A",),
        "check-all",
        QT_TRANSLATE_NOOP("actions", "The labels of the chosen pictures are right"),
    ),
    ActionInfo(
        "status_rejected",
        QT_TRANSLATE_NOOP("actions", "&Rejected"),
        "review",
        ("Ctrl+Shift+X",),
        "close",
        QT_TRANSLATE_NOOP("actions", "The chosen pictures are not to be used"),
    ),
    ActionInfo(
        "status_in_work",
        QT_TRANSLATE_NOOP("actions", "In &Work Again"),
        "review",
        ("Ctrl+Shift+W",),
        "pencil-outline",
        QT_TRANSLATE_NOOP("actions", "There is still something to be done to the chosen pictures"),
    ),
    ActionInfo(
        "comment",
        QT_TRANSLATE_NOOP("actions", "&Comment…"),
        "review",
        ("Ctrl+M",),
        "comment-text-outline",
        QT_TRANSLATE_NOOP("actions", "Note something about the chosen pictures"),
    ),
    ActionInfo(SEPARATOR, "", "review"),
    ActionInfo(
        "predict_chosen",
        QT_TRANSLATE_NOOP("actions", "&Predict the Chosen Pictures"),
        "review",
        (),
        "play-circle-outline",
        QT_TRANSLATE_NOOP("actions", "Have the model label the chosen pictures in the background"),
    ),
    ActionInfo(SEPARATOR, "", "review"),
    ActionInfo(
        "walk_start",
        QT_TRANSLATE_NOOP("actions", "Walk Through What the Model Do&ubts"),
        "review",
        ("Ctrl+U",),
        "walk",
        QT_TRANSLATE_NOOP(
            "actions", "From one doubted region to the next: Enter accepts, a digit corrects"
        ),
    ),
    ActionInfo(
        "walk_correct",
        QT_TRANSLATE_NOOP("actions", "Give the Region the Active C&lass"),
        "review",
        ("Shift+Return", "Shift+Enter"),
        "format-color-fill",
    ),
    ActionInfo(
        "walk_next",
        QT_TRANSLATE_NOOP("actions", "&Next Picture of the Walk"),
        "review",
        ("N",),
        "skip-next-outline",
        QT_TRANSLATE_NOOP("actions", "Leave the rest of this picture"),
    ),
    ActionInfo(
        "walk_back",
        QT_TRANSLATE_NOOP("actions", "The Region &Before"),
        "review",
        ("Backspace",),
        "skip-previous-outline",
    ),
    ActionInfo(SEPARATOR, "", "review"),
    ActionInfo(
        "compare_labels",
        QT_TRANSLATE_NOOP("actions", "Co&mpare Labels…"),
        "review",
        (),
        "vector-difference",
        QT_TRANSLATE_NOOP("actions", "Two label sets: person and model, two people, two models"),
    ),
    ActionInfo(
        "difference_take",
        QT_TRANSLATE_NOOP("actions", "&Take What the Other Side Says"),
        "review",
        ("T",),
        "call-merge",
        QT_TRANSLATE_NOOP("actions", "Give the region that differs the label of the other side"),
    ),
    ActionInfo(
        "difference_shown",
        QT_TRANSLATE_NOOP("actions", "Show the One Side, the &Other, Both"),
        "review",
        ("Y",),
        "compare",
        QT_TRANSLATE_NOOP("actions", "Whose colours pixels that differ have"),
    ),
    ActionInfo(SEPARATOR, "", "review"),
    ActionInfo(
        "statistics",
        QT_TRANSLATE_NOOP("actions", "&Statistics"),
        "review",
        ("Ctrl+T",),
        "chart-bar",
        QT_TRANSLATE_NOOP("actions", "Pictures by status, pixels by class and by who said so"),
    ),
)
