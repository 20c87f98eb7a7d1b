"""What the attention page says about maps, and where in them the query is marked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.i18n import translate
from segcore.geometry import Box

if TYPE_CHECKING:
    from segcore.inspection.attention_views import HeadMaps

CONTEXT = "attention"


def facts_of(maps: HeadMaps) -> str:
    """Which pixel, which grid, and what an even spread would be."""
    rows, columns = maps.mean.shape
    box = maps.mean.box
    cell = f"{box.width / columns:.3g} x {box.height / rows:.3g}"
    place = translate(CONTEXT, "Pixel {}, {}").format(*maps.point)
    if maps.view == "towards":
        words = translate(CONTEXT, "{}: seen from {} x {} tokens of {} px")
        return words.format(place, rows, columns, cell)
    if maps.view == "rollout":
        words = translate(CONTEXT, "{}: through stages {} to 1, {} x {} tokens of {} px")
        return words.format(place, maps.stage, rows, columns, cell)
    if maps.view == "received":
        place = translate(CONTEXT, "Mean over all tokens")
    words = translate(CONTEXT, "{}: {} x {} keys of {} px; evenly spread, each would have {:.2g}")
    return words.format(place, rows, columns, cell, 1 / (rows * columns))


def titles_of(maps: HeadMaps) -> list[str]:
    """What stands under the mean and under each head."""
    if maps.view == "rollout":
        return [translate(CONTEXT, "rollout")]
    heads = (translate(CONTEXT, "head {}").format(number) for number in range(len(maps.heads)))
    return [translate(CONTEXT, "mean"), *heads]


def marker_of(maps: HeadMaps, box: Box) -> tuple[float, float] | None:
    """The query within a map over a box of the picture, 0 to 1 each; None where it has no place."""
    if maps.view == "received" or box.is_empty:
        return None
    x = (maps.point[0] + 0.5 - box.x0) / box.width
    y = (maps.point[1] + 0.5 - box.y0) / box.height
    return (x, y) if 0 <= x <= 1 and 0 <= y <= 1 else None
