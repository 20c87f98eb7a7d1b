"""The pixels under a round brush that was moved from point to point."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from segcore.edits.capsule import capsule_spans
from segcore.edits.patch import bounding_box
from segcore.edits.selection import Selection
from segcore.geometry import EMPTY, Point, Size


def stroke_selection(points: Sequence[Point], diameter: float, size: Size) -> Selection:
    """What the brush covers of a picture of (height, width), exactly as painting would.

    Args:
        points: (x, y) of the brush's middle, from the first to the last; one alone is a dab.
        diameter: image pixels.
    """
    ways = list(pairwise(points)) or [(point, point) for point in points]
    covered = [capsule_spans(start, end, diameter, size) for start, end in ways]
    place = bounding_box(spans.box for spans in covered)
    if place.is_empty:
        return Selection(EMPTY, np.zeros((0, 0), np.bool_))
    region = np.zeros(place.size, np.bool_)
    for spans in covered:
        top = spans.top - place.y0
        for row, (start, end) in enumerate(zip(spans.starts.tolist(), spans.ends.tolist())):
            region[top + row, start - place.x0 : end - place.x0] = True
    return Selection(place, region)
