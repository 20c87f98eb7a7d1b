"""How long something still takes, in words."""

from __future__ import annotations


def duration_text(seconds: float) -> str:
    """Time left in the unit that matters: `8 s`, `3 min`, `1 h 20 min`."""
    if seconds < 60:
        return f"{max(round(seconds), 1)} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min"
