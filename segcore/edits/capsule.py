"""Which pixels a round brush covers on its way between two points, exactly.

A pixel belongs to the capsule when its centre is no farther than half the diameter from the
segment. Points are snapped to sixteenths of a pixel and everything after that is done in integers,
so the answer depends on nothing but the definition: where a path lies on one line, cutting it into
any number of segments (at snapped points) covers exactly the same pixels.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from segcore.geometry import EMPTY, Box

UNIT = 16
_NOWHERE = np.iinfo(np.int64).max // 4

IntArray = npt.NDArray[np.int64]


class Spans(NamedTuple):
    """Rows of pixels: row `top + i` from `starts[i]` up to, not with, `ends[i]`; none is empty."""

    top: int
    starts: IntArray
    ends: IntArray

    @property
    def box(self) -> Box:
        """The smallest box around them."""
        if self.starts.size == 0:
            return EMPTY
        bottom = self.top + self.starts.size
        return Box(int(self.starts.min()), self.top, int(self.ends.max()), bottom)


def capsule_spans(
    start: tuple[float, float],
    end: tuple[float, float],
    diameter: float,
    size: tuple[int, int],
) -> Spans:
    """The pixels of a capsule that lie inside an image of (height, width), row by row.

    `start` and `end` are (x, y); whole numbers are the centres of pixels. A capsule is convex, so
    each row holds one run of pixels, and the rows that hold any follow each other.
    """
    height, width = size
    xa, ya, xb, yb = (round(value * UNIT) for value in (*start, *end))
    radius = max(round(diameter * UNIT / 2), 0)
    top = max(-(-(min(ya, yb) - radius) // UNIT), 0)
    bottom = min((max(ya, yb) + radius) // UNIT + 1, height)
    rows = np.arange(top, max(bottom, top), dtype=np.int64)
    y = rows * UNIT
    first, last = _disc(y, xa, ya, radius)
    if (xa, ya) != (xb, yb):
        for piece in (_disc(y, xb, yb, radius), _band(y, (xa, ya), (xb, yb), radius)):
            first, last = np.minimum(first, piece[0]), np.maximum(last, piece[1])
    starts, ends = np.maximum(first, 0), np.minimum(last + 1, width)
    kept = np.flatnonzero(starts < ends)
    if kept.size == 0:
        return Spans(0, kept, kept)
    inside = slice(int(kept[0]), int(kept[-1]) + 1)
    return Spans(top + int(kept[0]), starts[inside], ends[inside])


def _disc(y: IntArray, xc: int, yc: int, radius: int) -> tuple[IntArray, IntArray]:
    """First and last pixel column of each row within `radius` of a centre."""
    room = radius * radius - (y - yc) ** 2
    half = np.sqrt(np.maximum(room, 0)).astype(np.int64)  # exact below 2^52
    return _without_empty(-((half - xc) // UNIT), (xc + half) // UNIT, room >= 0)


def _band(
    y: IntArray, a: tuple[int, int], b: tuple[int, int], radius: int
) -> tuple[IntArray, IntArray]:
    """First and last pixel column of each row whose foot on the line lies between a and b.

    With p the pixel's centre relative to a and d = b - a that is 0 <= d·p <= |d|² and
    |d x p| <= radius · |d|, each of them linear in the column.
    """
    dx, dy = b[0] - a[0], b[1] - a[1]
    length_squared = dx * dx + dy * dy
    reach = math.isqrt(radius * radius * length_squared)
    py = y - a[1]
    along = _columns_between(dx, -dy * py, length_squared - dy * py, a[0])
    across = _columns_between(dy, dx * py - reach, dx * py + reach, a[0])
    first, last = np.maximum(along[0], across[0]), np.minimum(along[1], across[1])
    return _without_empty(first, last, first <= last)


def _columns_between(
    factor: int, low: IntArray, high: IntArray, origin: int
) -> tuple[IntArray, IntArray]:
    """First and last column c with low <= factor · (c · UNIT - origin) <= high."""
    if factor == 0:
        everywhere = (low <= 0) & (high >= 0)
        bound = np.where(everywhere, _NOWHERE, -_NOWHERE)
        return -bound, bound
    if factor < 0:
        factor, low, high = -factor, -high, -low
    step = factor * UNIT
    return -((-low - factor * origin) // step), (high + factor * origin) // step


def _without_empty(
    first: IntArray, last: IntArray, valid: npt.NDArray[np.bool_]
) -> tuple[IntArray, IntArray]:
    """Rows that hold no pixel become neutral for the minimum and maximum of a union."""
    holds = valid & (first <= last)
    return np.where(holds, first, _NOWHERE), np.where(holds, last, -_NOWHERE)
