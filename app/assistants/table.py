"""Every assistant by the name of its tool."""

from __future__ import annotations

from app.assistants.click import click, ready_for_clicks, rough_click
from app.assistants.drawn import fill, lasso, polygon, rectangle
from app.assistants.grabcut import grabcut, rough_grabcut
from app.assistants.logits import logits, rough_logits
from app.assistants.model import ready_around
from app.assistants.refine import refine
from app.assistants.scene import Assistant
from app.assistants.scissors import rough_scissors, scissors
from app.assistants.second_best import second_best
from app.assistants.snapping import snapping
from app.assistants.superpixels import (
    ready_for_superpixels,
    rough_superpixels,
    superpixels,
)
from app.assistants.wand import rough_wand, wand
from app.assistants.whole import boundary, copy_last, small
from app.i18n import QT_TRANSLATE_NOOP

ASSISTANTS: dict[str, Assistant] = {
    "fill": Assistant(fill, QT_TRANSLATE_NOOP("assistants", "Fill")),
    "rectangle": Assistant(rectangle, QT_TRANSLATE_NOOP("assistants", "Rectangle")),
    "lasso": Assistant(snapping(lasso), QT_TRANSLATE_NOOP("assistants", "Lasso")),
    "click": Assistant(
        click,
        QT_TRANSLATE_NOOP("assistants", "Click"),
        rough=rough_click,
        get_ready=ready_for_clicks,
    ),
    "scissors": Assistant(
        scissors, QT_TRANSLATE_NOOP("assistants", "Scissors"), rough=rough_scissors
    ),
    "superpixels": Assistant(
        superpixels,
        QT_TRANSLATE_NOOP("assistants", "Superpixels"),
        rough=rough_superpixels,
        get_ready=ready_for_superpixels,
    ),
    "grabcut": Assistant(
        grabcut,
        QT_TRANSLATE_NOOP("assistants", "GrabCut"),
        follows_class=True,
        rough=rough_grabcut,
        get_ready=ready_around,
    ),
    "wand": Assistant(wand, QT_TRANSLATE_NOOP("assistants", "Magic Wand"), rough=rough_wand),
    "refine": Assistant(refine, QT_TRANSLATE_NOOP("assistants", "Refine")),
    "second_best": Assistant(
        second_best, QT_TRANSLATE_NOOP("assistants", "Second-Best Class"), get_ready=ready_around
    ),
    "polygon": Assistant(snapping(polygon), QT_TRANSLATE_NOOP("assistants", "Polygon")),
    "small": Assistant(
        small,
        QT_TRANSLATE_NOOP("assistants", "Remove Small Regions"),
        standing=True,
        follows_class=True,
    ),
    "boundary": Assistant(
        boundary,
        QT_TRANSLATE_NOOP("assistants", "Change Boundary"),
        standing=True,
        follows_class=True,
    ),
    "copy_last": Assistant(
        copy_last,
        QT_TRANSLATE_NOOP("assistants", "Copy Last Labels"),
        standing=True,
        follows_class=True,
    ),
    "logits": Assistant(
        logits, QT_TRANSLATE_NOOP("assistants", "Logit Sliders"), rough=rough_logits
    ),
}
