"""Which pixels a square brush covers on its way between two points, exactly.

A brush of diameter d over a point covers the pixels whose centres lie in the half-open square
(x - d/2, x + d/2] by (y - d/2, y + d/2]: d x d of them for whole numbers. On its way it covers what
it covers at any point of the segment. As for the round brush, points are snapped to sixteenths of a
pixel and everything after that is done in integers.
"""

from __future__ import annotations

import numpy as np

from segcore.edits.capsule import UNIT, IntArray, Spans


def square_spans(
    start: tuple[float, float],
    end: tuple[float, float],
    diameter: float,
    size: tuple[int, int],
) -> Spans:
    """The pixels of a swept square that lie inside an image of (height, width), row by row.

    `start` and `end` are (x, y); whole numbers are the centres of pixels.
    """
    height, width = size
    xa, ya, xb, yb = (round(value * UNIT) for value in (*start, *end))
    radius = max(round(diameter * UNIT / 2), 1)
    if (yb, xb) < (ya, xa):
        xa, ya, xb, yb = xb, yb, xa, ya
    top = max((ya - radius) // UNIT + 1, 0)
    bottom = min((yb + radius) // UNIT + 1, height)
    y = np.arange(top, max(bottom, top), dtype=np.int64) * UNIT
    left, right, parts = _reached(y, (xa, ya), (xb, yb), radius)
    starts = np.maximum((left - radius * parts) // (UNIT * parts) + 1, 0)
    ends = np.minimum((right + radius * parts) // (UNIT * parts) + 1, width)
    kept = np.flatnonzero(starts < ends)
    if kept.size == 0:
        return Spans(0, kept, kept)
    inside = slice(int(kept[0]), int(kept[-1]) + 1)
    return Spans(top + int(kept[0]), starts[inside], ends[inside])


def _reached(
    y: IntArray, a: tuple[int, int], b: tuple[int, int], radius: int
) -> tuple[IntArray, IntArray, int]:
    """How far left and right the centre is while it covers each row, a above b, in `parts`.

    The centre covers a row while it is at most `radius` above and less than that below it: between
    the heights y - radius and y + radius of the segment.
    """
    dx, dy = b[0] - a[0], b[1] - a[1]
    if dy == 0:
        ones = np.ones_like(y)
        return min(a[0], b[0]) * ones, max(a[0], b[0]) * ones, 1
    first = np.clip(y - radius, a[1], b[1]) - a[1]
    last = np.clip(y + radius, a[1], b[1]) - a[1]
    at_first, at_last = a[0] * dy + dx * first, a[0] * dy + dx * last
    return np.minimum(at_first, at_last), np.maximum(at_first, at_last), dy
