"""Connected components of a label map: what they are, and taking the small ones away.

Labels say a class per pixel; what belongs together is told by touching. A region is 4-connected, as
it is for the bucket; whether a region is an *island* is told with corners counted as touching, so
that a thin slanting line is none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from segcore.assist.windows_of_labels import nearest_ids, relabelled
from segcore.edits import Relabelling
from segcore.geometry import Box, Point
from segcore.opencv import cv2
from segcore.progress import CancelToken

FARTHEST = 1024
"""Pixels around a block within which a small region is known to be small."""

IdArray = npt.NDArray[Any]
Mask = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Regions:
    """The regions of a label map, the largest first.

    Attributes:
        class_ids: (n,) of each region; ignore for unlabelled ones.
        areas: (n,) pixels.
        boxes: (n, 4) x0, y0, x1, y1 of the box around each.
        points: (n, 2) x, y of a pixel of each: the first one from the top left.
    """

    class_ids: Integers
    areas: Integers
    boxes: Integers
    points: Integers

    def __len__(self) -> int:
        return len(self.areas)

    def box(self, number: int) -> Box:
        """The box around a region."""
        return Box(*(int(edge) for edge in self.boxes[number]))

    def point(self, number: int) -> Point:
        """A pixel of a region."""
        x, y = self.points[number]
        return int(x), int(y)


def find_regions(labels: IdArray, smallest: int = 1, cancel: CancelToken | None = None) -> Regions:
    """Every 4-connected region of equal ids with at least `smallest` pixels.

    Some twenty-five bytes a pixel while it runs.

    Raises:
        Cancelled: the token was raised.
    """
    numbered, stats = _numbered(labels)
    if cancel is not None:
        cancel.raise_if_cancelled()
    areas = np.bincount(numbered.ravel(), minlength=len(stats))
    areas[0] = 0
    kept = np.flatnonzero(areas >= max(smallest, 1))
    kept = kept[np.argsort(-areas[kept], kind="stable")]
    left, top = stats[kept, cv2.CC_STAT_LEFT] // 2, stats[kept, cv2.CC_STAT_TOP] // 2
    right = left + (stats[kept, cv2.CC_STAT_WIDTH] + 1) // 2
    bottom = top + (stats[kept, cv2.CC_STAT_HEIGHT] + 1) // 2
    first = np.array(
        [
            x0 + int(np.argmax(numbered[y0, x0:x1] == number))
            for number, x0, x1, y0 in zip(kept.tolist(), left, right, top)
        ],
        np.int64,
    )
    return Regions(
        labels[top, first].astype(np.int64),
        areas[kept].astype(np.int64),
        np.stack([left, top, right, bottom], axis=1).astype(np.int64),
        np.stack([first, top], axis=1).astype(np.int64),
    )


def _numbered(labels: IdArray) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """(h, w) number of each pixel's region, and the statistics of the regions in doubled pixels.

    All classes in one pass: in a map of twice the size each pixel stands alone, and is joined with
    a neighbour of the same id by the pixel between them.
    """
    height, width = labels.shape
    doubled = np.zeros((2 * height - 1, 2 * width - 1), np.uint8)
    doubled[::2, ::2] = 1
    doubled[::2, 1::2] = labels[:, 1:] == labels[:, :-1]
    doubled[1::2, ::2] = labels[1:] == labels[:-1]
    _, numbered, stats, _ = cv2.connectedComponentsWithStats(doubled, connectivity=4)
    return np.ascontiguousarray(numbered[::2, ::2]), stats


def small_regions(
    labels: IdArray,
    below: int,
    class_id: int | None = None,
    cancel: CancelToken | None = None,
) -> tuple[Relabelling | None, int]:
    """Give the islands with fewer than `below` pixels to what is around them.

    Each pixel becomes what the nearest pixel is that belongs to no such island; unlabelled pixels
    are a class like another here. With a `class_id` only islands of that class go.

    Returns:
        What changes, None for nothing; and how many islands go.

    Raises:
        Cancelled: the token was raised.
    """
    count = 0

    def work(core: Box, window: Box) -> IdArray | None:
        nonlocal count
        inside = labels[window.slices]
        edges = _cut_edges(window, labels.shape)
        if class_id is None:
            small, corners = _small_of_all(inside, below, edges)
        else:
            small, corners = _small(inside == class_id, below, 8, edges)
        count += _number_in(corners, core, window)
        return nearest_ids(inside, small) if small.any() else None

    return relabelled(labels, min(below, FARTHEST) + 1, work, cancel), count


def small_holes(
    labels: IdArray, below: int, class_id: int, cancel: CancelToken | None = None
) -> tuple[Relabelling | None, int]:
    """Fill holes with fewer than `below` pixels in a class, whatever is in them.

    A hole is enclosed by the class on all sides; what touches the picture's border is none.

    Returns:
        What changes, None for nothing; and how many holes are filled.

    Raises:
        Cancelled: the token was raised.
    """
    count = 0

    def work(core: Box, window: Box) -> IdArray | None:
        nonlocal count
        inside = labels[window.slices]
        others = inside != class_id
        if others.all() or not others.any():
            return None
        holes, corners = _small(others, below, 4, (True, True, True, True))
        count += _number_in(corners, core, window)
        return np.where(holes, np.asarray(class_id, inside.dtype), inside)

    return relabelled(labels, min(below, FARTHEST) + 1, work, cancel), count


def _small(
    mask: Mask, below: int, connectivity: int, edges: tuple[bool, bool, bool, bool]
) -> tuple[Mask, Integers]:
    """The components with fewer pixels, and (n, 2) the upper left corner of the box of each.

    Those that touch one of the `edges` (left, top, right, bottom) that count go on beyond it, so
    they are none.
    """
    height, width = mask.shape
    _, numbered, stats, _ = cv2.connectedComponentsWithStats(
        mask.view(np.uint8), connectivity=connectivity
    )
    left, top = stats[:, cv2.CC_STAT_LEFT], stats[:, cv2.CC_STAT_TOP]
    right, bottom = left + stats[:, cv2.CC_STAT_WIDTH], top + stats[:, cv2.CC_STAT_HEIGHT]
    small = stats[:, cv2.CC_STAT_AREA] < below
    small[0] = False
    for counts, touches in zip(edges, (left == 0, top == 0, right == width, bottom == height)):
        if counts:
            small &= ~touches
    return small[numbered], np.stack([left, top], axis=1)[small].astype(np.int64)


def _small_of_all(
    labels: IdArray, below: int, edges: tuple[bool, bool, bool, bool]
) -> tuple[Mask, Integers]:
    """As `_small`, of the 8-connected regions of all classes, in one pass.

    A region whose pixels touch at corners alone falls apart there into 4-connected pieces; pieces
    that are small enough are joined again.
    """
    numbered, stats = _numbered(labels)
    areas = np.bincount(numbered.ravel(), minlength=len(stats))
    may_be = areas < below
    may_be[0] = False
    y, x = np.nonzero(may_be[numbered])
    if not len(y):
        return np.zeros(labels.shape, np.bool_), np.empty((0, 2), np.int64)
    group = _joined(len(stats), _touching(labels, numbered, y, x))
    left, top = stats[:, cv2.CC_STAT_LEFT] // 2, stats[:, cv2.CC_STAT_TOP] // 2
    right = left + (stats[:, cv2.CC_STAT_WIDTH] + 1) // 2
    bottom = top + (stats[:, cv2.CC_STAT_HEIGHT] + 1) // 2
    height, width = labels.shape
    total = np.zeros(len(stats), np.int64)
    np.add.at(total, group, areas)
    small = total < below
    for counts, touches in zip(edges, (left == 0, top == 0, right == width, bottom == height)):
        if counts:
            small[group[touches & may_be]] = False
    first = np.full((len(stats), 2), max(labels.shape), np.int64)
    np.minimum.at(first, group, np.stack([left, top], axis=1))
    small &= group == np.arange(len(stats))
    small[0] = False
    return small[group][numbered], first[small]


def _touching(
    labels: IdArray, numbered: npt.NDArray[Any], y: Integers, x: Integers
) -> tuple[Integers, Integers]:
    """Numbers of pieces that meet others of their class at a corner of these pixels."""
    height, width = labels.shape
    pairs: list[tuple[Integers, Integers]] = []
    for down, along in ((-1, -1), (-1, 1), (1, -1), (1, 1)):
        other_y, other_x = y + down, x + along
        inside = (other_y >= 0) & (other_y < height) & (other_x >= 0) & (other_x < width)
        here, there = (y[inside], x[inside]), (other_y[inside], other_x[inside])
        alike = (labels[here] == labels[there]) & (numbered[here] != numbered[there])
        pairs.append((numbered[here][alike], numbered[there][alike]))
    one, other = (np.concatenate(side) for side in zip(*pairs))
    return one, other


def _joined(count: int, pairs: tuple[Integers, Integers]) -> Integers:
    """(count,) the smallest number among all that pairs join each number with."""
    group, (one, other) = np.arange(count), pairs
    while len(one):
        lowest = np.minimum(group[one], group[other])
        before = group.copy()
        for side in pairs:
            np.minimum.at(group, before[side], lowest)
            np.minimum.at(group, side, lowest)
        group = group[group]
        if np.array_equal(group, before):
            break
    return group


def _cut_edges(window: Box, shape: tuple[int, ...]) -> tuple[bool, bool, bool, bool]:
    """Which edges of a window are not those of the picture."""
    return window.x0 > 0, window.y0 > 0, window.x1 < shape[1], window.y1 < shape[0]


def _number_in(corners: Integers, core: Box, window: Box) -> int:
    """How many corners, in pixels of the window, lie in the core."""
    x, y = corners[:, 0] + window.x0, corners[:, 1] + window.y0
    inside = (x >= core.x0) & (x < core.x1) & (y >= core.y0) & (y < core.y1)
    return int(np.count_nonzero(inside))
