"""The class that the model holds for likeliest beside the one that stands there."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from segcore.assist.evidence import Evidence
from segcore.assist.logit_sliders import id_table
from segcore.edits.planes import IdArray
from segcore.edits.selection import Relabelling, Selection

_BAND_VALUES = 1 << 22
"""Logits at full size that are looked at at a time."""


def second_best(
    evidence: Evidence,
    area: Selection,
    labels: IdArray,
    ids: Sequence[int] | IdArray,
    ignore: int,
) -> Relabelling:
    """Each pixel's likeliest class that is not its present one; its very likeliest where it has
    none.

    Done twice, a pixel so labelled goes back and forth between the two likeliest classes.

    Args:
        evidence: of the model; what of the area lies outside is left alone.
        area: the pixels, under a brush for example.
        labels: (h, w) of `area.place`, what stands there now.
        ids: (C,) what the model's classes are called in the label map; `ignore` for those that have
            no place there.
        ignore: the id of unlabelled pixels.

    Raises:
        RequestError: there are not as many ids as classes.
    """
    table = id_table(ids, len(evidence.logits), ignore)
    place = area.place.intersect(evidence.box)
    inner = place.moved(-area.place.x0, -area.place.y0).slices
    present, region = labels[inner], area.region[inner].copy()
    found = np.full(place.size, ignore, table.dtype)
    usable = table != ignore
    if not place.is_empty and usable.any():
        step = max(1, _BAND_VALUES // (len(table) * place.width))
        for top in range(0, place.height, step):
            band = place._replace(y0=place.y0 + top, y1=min(place.y0 + top + step, place.y1))
            rows = slice(top, top + band.height)
            logits = evidence.upsampled(evidence.logits[usable], band)
            names = table[usable]
            logits[names[:, None, None] == present[rows]] = -np.inf
            found[rows] = names[logits.argmax(axis=0)]
        region &= (found != present) & (found != ignore)
    else:
        region[:] = False
    return Relabelling(place, region, found)
