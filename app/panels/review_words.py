"""How the window calls what is known of a picture."""

from __future__ import annotations

from app.i18n import QT_TRANSLATE_NOOP, translate
from app.theme import Tones

CONTEXT = "review"
_STATUS_WORDS = {
    "new": QT_TRANSLATE_NOOP("review", "new"),
    "predicted": QT_TRANSLATE_NOOP("review", "predicted"),
    "in_work": QT_TRANSLATE_NOOP("review", "in work"),
    "done": QT_TRANSLATE_NOOP("review", "done"),
    "approved": QT_TRANSLATE_NOOP("review", "approved"),
    "rejected": QT_TRANSLATE_NOOP("review", "rejected"),
}
_ORDER_WORDS = {
    "listed": QT_TRANSLATE_NOOP("review", "As they were added"),
    "name": QT_TRANSLATE_NOOP("review", "By name"),
    "status": QT_TRANSLATE_NOOP("review", "By status"),
    "uncertainty": QT_TRANSLATE_NOOP("review", "Most uncertain first"),
    "edited": QT_TRANSLATE_NOOP("review", "Last edited first"),
    "teaches": QT_TRANSLATE_NOOP("review", "Would teach most first"),
}


def status_word(status: str) -> str:
    """A status as a person reads it; '' where there is none."""
    return translate(CONTEXT, _STATUS_WORDS[status]) if status in _STATUS_WORDS else status


def order_word(order: str) -> str:
    """An order of the list as a person reads it."""
    return translate(CONTEXT, _ORDER_WORDS[order])


def status_color(status: str, tones: Tones) -> str:
    """The colour of a picture's dot: blue predicted, amber in work, green done, red rejected."""
    return {
        "predicted": tones.accent,
        "in_work": tones.warning,
        "done": tones.success,
        "approved": tones.success,
        "rejected": tones.danger,
    }.get(status, tones.muted)


HOLLOW = frozenset({"new", "done"})
"""Statuses whose dot is a ring: somebody has yet to look at these pictures."""
