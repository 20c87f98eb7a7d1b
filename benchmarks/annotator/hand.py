"""Strokes that a person would draw over a wrong region: along its medial axis, as wide as fits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from benchmarks.annotator.sheet import Mask, Sheet, Wrong
from segcore.assist.strokes import stroke_selection
from segcore.edits import Selection
from segcore.geometry import Point, Size
from segcore.opencv import cv2

DIAMETERS = (3, 5, 7, 10, 14, 20, 28, 40, 56, 80, 112, 160)
SPILL = 2.0
"""Pixels that a brush may reach over the boundary of what is to be painted."""
REACH = 1.0
"""The longest way that is drawn in one go, in longer sides of the picture."""
_STRAIGHT = 1.0
"""Pixels by which a hand's way leaves the medial axis."""

Depths = npt.NDArray[np.float32]


class Stroke(NamedTuple):
    """The way of the pointer, image pixels, and the brush's diameter."""

    points: tuple[Point, ...]
    diameter: int

    def covered(self, size: Size) -> Selection:
        """The pixels under the brush."""
        return stroke_selection(self.points, self.diameter, size)


def strokes(sheet: Sheet, wrong: Wrong) -> Iterator[Stroke]:
    """One stroke for each diameter that fits into a region, the narrow ones first.

    Painting the class where it already stands, or where nothing counts, does no harm.
    """
    harmless = (sheet.truth == wrong.class_id) | ~sheet.counts
    # Outside the picture a brush does no harm either.
    room = cv2.distanceTransform(harmless.view(np.uint8), cv2.DIST_L2, 5)
    if harmless.all():
        room = np.full(harmless.shape, np.inf, np.float32)
    away = cv2.distanceTransform((~wrong.mask).view(np.uint8), cv2.DIST_L2, 5)
    for diameter in DIAMETERS:
        radius = diameter / 2
        fits = (room >= radius - SPILL) & (away < max(radius - 1, 1))
        if not fits.any():
            return
        yield from (Stroke(way, diameter) for way in _ways(np.asarray(fits), wrong.mask))


def _ways(fits: Mask, wanted: Mask) -> Iterator[tuple[Point, ...]]:
    """Along the axis of the piece that lies over most of what is wanted: its ends, or all of it."""
    _, pieces = cv2.connectedComponents(fits.view(np.uint8), connectivity=8)
    over = np.bincount(pieces[wanted], minlength=2)
    over[0] = 0
    piece = pieces == (int(over.argmax()) if over.any() else 1)
    axis = longest_way(np.asarray(piece))
    longest = round(REACH * max(fits.shape))
    starts = {0, max(len(axis) - longest, 0), max(len(axis) - longest, 0) // 2}
    for start in sorted(starts):
        part = axis[start : start + longest]
        line = cv2.approxPolyDP(part.reshape(-1, 1, 2).astype(np.int32), _STRAIGHT, closed=False)
        yield tuple((int(x), int(y)) for x, y in line.reshape(-1, 2))


def longest_way(piece: Mask) -> npt.NDArray[np.int64]:
    """(n, 2) the pixels (x, y) of the longest way on the skeleton of a piece, end to end."""
    from scipy.sparse.csgraph import dijkstra
    from skimage.morphology import skeletonize

    left, top, width, height = cv2.boundingRect(piece.view(np.uint8))
    inner = np.pad(piece[top : top + height, left : left + width], 1)
    rows, columns = np.nonzero(skeletonize(inner))
    points = np.stack([columns + left - 1, rows + top - 1], axis=1).astype(np.int64)
    if len(points) < 2:
        return points
    graph = _neighbours(rows, columns, inner.shape)
    # Twice from the farthest end: the longest way of a tree, nearly so where there are loops.
    first = np.asarray(dijkstra(graph, directed=False, indices=0))
    start = int(np.where(np.isfinite(first), first, -1).argmax())
    far, before = dijkstra(graph, directed=False, indices=start, return_predecessors=True)
    at = int(np.where(np.isfinite(far), far, -1).argmax())
    way = [at]
    while at != start:
        at = int(before[at])
        way.append(at)
    return points[way]


def _neighbours(rows: Any, columns: Any, shape: tuple[int, ...]) -> Any:
    """The graph of pixels side by side or corner to corner."""
    from scipy.sparse import coo_matrix

    number = np.full((shape[0] + 1, shape[1] + 1), -1)
    number[rows, columns] = np.arange(len(rows))
    pairs, lengths = [], []
    for down, along, length in ((0, 1, 1.0), (1, 0, 1.0), (1, 1, 1.414), (1, -1, 1.414)):
        other = number[rows + down, columns + along]
        here = np.flatnonzero(other >= 0)
        pairs.append(np.stack([here, other[here]]))
        lengths.append(np.full(len(here), length))
    start, end = np.concatenate(pairs, axis=1)
    return coo_matrix((np.concatenate(lengths), (start, end)), (len(rows), len(rows))).tocsr()
