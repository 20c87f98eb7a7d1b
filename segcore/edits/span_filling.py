"""Writing one id into rows of pixels, in few calls: each lets other threads come between."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from segcore.edits.capsule import IntArray, Spans
from segcore.edits.planes import IdArray
from segcore.opencv import cv2

_CORNERS = 256
"""About how many corners each side of the polygon has."""
_AWAY = 2
"""Columns between the polygon and the ends of the rows, so that its drawn edge stays inside."""
_WORTH_A_POLYGON = 4096


@dataclass(frozen=True, eq=False)
class Filling:
    """How to fill spans of a convex shape: most of them as a polygon, what that leaves one by one.

    Attributes:
        top, bottom: the rows of the spans.
        polygon: (n, 2) int32 (x, y), y from `top` on; None where there is none worth drawing.
        rest: flat indices, into those rows, of the pixels that the polygon may leave out.
    """

    top: int
    bottom: int
    polygon: npt.NDArray[np.int32] | None
    rest: IntArray

    @classmethod
    def of(cls, spans: Spans, width: int) -> Filling:
        """Plan it for maps of so many columns."""
        polygon, first, until = None, np.zeros_like(spans.starts), np.zeros_like(spans.starts)
        if int((spans.ends - spans.starts).sum()) >= _WORTH_A_POLYGON:
            polygon = _polygon_inside(spans, first, until)
        rest = _left_out(spans, first, until, width)
        return cls(spans.top, spans.top + spans.starts.size, polygon, rest)

    def write(self, ids: IdArray, value: int) -> None:
        """Fill (H, W) C-contiguous ids in place."""
        rows = ids[self.top : self.bottom]
        if self.polygon is not None:
            drawn = cv2.fillConvexPoly(rows, self.polygon, value)
            assert np.may_share_memory(drawn, ids)
        rows.reshape(-1)[self.rest] = value


def _polygon_inside(spans: Spans, first: IntArray, until: IntArray) -> npt.NDArray[np.int32] | None:
    """A polygon inside the spans; `first` and `until` become what it covers for certain of a row.

    The spans are of a convex shape, so a straight line between two points of a side runs inside. A
    drawn line may be half a row off: what counts is the narrowest of each row and its neighbours,
    and the first and the last row have only one.
    """
    left, right = _inmost(spans.starts) + _AWAY, -_inmost(-spans.ends) - 1 - _AWAY
    roomy = 1 + np.flatnonzero(left[1:-1] <= right[1:-1])
    if roomy.size == 0:
        return None
    begin, end = int(roomy[0]), int(roomy[-1])
    at = np.append(np.arange(begin, end, max((end - begin) // _CORNERS, 1)), end)
    rows = np.arange(begin, end + 1)
    first[rows] = np.ceil(np.interp(rows, at, left[at])) + 1
    until[rows] = np.floor(np.interp(rows, at, right[at]))
    down, up = np.stack([left[at], at], 1), np.stack([right[at], at], 1)[::-1]
    return np.concatenate([down, up]).astype(np.int32)


def _inmost(columns: IntArray) -> IntArray:
    """The largest of each row's and its neighbours' columns."""
    largest = columns.copy()
    np.maximum(largest[1:], columns[:-1], out=largest[1:])
    np.maximum(largest[:-1], columns[1:], out=largest[:-1])
    return largest


def _left_out(spans: Spans, first: IntArray, until: IntArray, width: int) -> IntArray:
    """Flat indices of the pixels of the spans but those from `first` up to `until` in each row."""
    line = np.arange(spans.starts.size) * width
    left_end = np.where(first < until, first, spans.ends)
    right_start = np.where(first < until, until, spans.ends)
    begins = np.concatenate([line + spans.starts, line + right_start])
    counts = np.concatenate([left_end - spans.starts, spans.ends - right_start])
    offsets = np.cumsum(counts) - counts
    flat: IntArray = np.repeat(begins - offsets, counts)
    flat += np.arange(flat.size)
    return flat
