"""The regions of a picture in which two sides differ, and in which order a person looks at them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from segcore.comparison.counts import check_sizes
from segcore.edits import Selection
from segcore.geometry import Box
from segcore.labels import class_counts
from segcore.metrics import BOUNDARY_TOLERANCE
from segcore.opencv import cv2
from segcore.progress import CancelToken
from segcore.review.doubt import rarity

IdArray = npt.NDArray[Any]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class DifferingRegion:
    """Pixels that touch, of which each side says one class, and not the same.

    Attributes:
        selection: which pixels.
        a, b: what the two sides say; ignore for unlabelled.
        weight: what the regions of a picture are ordered by.
    """

    selection: Selection
    a: int
    b: int
    weight: float


def line_width(size: tuple[int, ...]) -> int:
    """The odd number of pixels up to which a difference along a boundary is a line.

    A boundary that is off by the tolerance of boundary F, 0.75 % of the diagonal, is no more than
    that wide.
    """
    return max(round(BOUNDARY_TOLERANCE * math.hypot(size[0], size[1])), 1) | 1


def differing_regions(
    a: IdArray,
    b: IdArray,
    ignore: int,
    *,
    unlabelled_counts: bool = False,
    thinnest: int = 1,
    by_rarity: bool = False,
    cancel: CancelToken | None = None,
) -> list[DifferingRegion]:
    """Every 8-connected region of one pair of classes, the weightiest first.

    Args:
        a, b: (H, W) ids of one class table.
        ignore: the id of unlabelled pixels.
        unlabelled_counts: pixels that one side alone has labelled differ too; otherwise only those
            that both have.
        thinnest: regions that nowhere hold a square of so many pixels a side are left out, lines
            along boundaries for example (`line_width`); 1 leaves out none.
        by_rarity: regions weigh area times the rarity of the rarer of the two classes, rather than
            their area.

    Raises:
        Cancelled: the token was raised; looked at between pairs of classes.
        RequestError: the maps differ in size.
    """
    check_sizes(a, b)
    differ = np.asarray(a != b)
    if not unlabelled_counts:
        differ &= (a != ignore) & (b != ignore)
    if not differ.any():
        return []
    weights = _weights(a, b, ignore) if by_rarity else np.ones(ignore + 1)
    around = _bounds(differ)
    differ, a, b = (np.ascontiguousarray(each[around.slices]) for each in (differ, a, b))
    codes = a[differ].astype(np.int64) * (ignore + 1) + b[differ]
    pairs, inverse = np.unique(codes, return_inverse=True)
    numbers = np.zeros(differ.shape, np.int32)
    numbers[differ] = inverse.ravel() + 1
    regions: list[DifferingRegion] = []
    for number, code in enumerate(pairs.tolist(), 1):
        if cancel is not None:
            cancel.raise_if_cancelled()
        first, second = divmod(code, ignore + 1)
        weight = float(max(weights[first], weights[second]))
        for selection in _parts(numbers == number, thinnest):
            place = selection.place.moved(around.x0, around.y0)
            regions.append(
                DifferingRegion(
                    Selection(place, selection.region), first, second, selection.area * weight
                )
            )
    regions.sort(key=lambda region: (-region.weight, region.selection.place, region.a, region.b))
    return regions


def _weights(a: IdArray, b: IdArray, ignore: int) -> npt.NDArray[np.float64]:
    """(ignore + 1,) rarity of each class in what both sides say; unlabelled weighs 1."""
    counts = class_counts(a, ignore) + class_counts(b, ignore)
    return np.append(rarity(counts), 1.0)


def _parts(mask: Mask, thinnest: int) -> list[Selection]:
    """Each connected part that is not too thin everywhere."""
    place = _bounds(mask)
    mask = np.ascontiguousarray(mask[place.slices])
    count, numbered, stats, _ = cv2.connectedComponentsWithStats(
        mask.view(np.uint8), connectivity=8
    )
    kept = np.ones(count, np.bool_)
    if thinnest > 1:
        kept[:] = False
        kept[np.unique(numbered[_holds_square(numbered, mask, thinnest)])] = True
    found = []
    for number in range(1, count):
        if kept[number]:
            left, top, width, height = stats[number, :4].tolist()
            box = Box(left, top, left + width, top + height)
            region = numbered[box.slices] == number
            found.append(Selection(box.moved(place.x0, place.y0), region))
    return found


def _holds_square(numbered: npt.NDArray[Any], mask: Mask, side: int) -> Mask:
    """Pixels that are the lower right corner of a square of `side` pixels within one part.

    Parts of one pair of classes never touch, so that a square without a gap lies in one of them.
    """
    if min(mask.shape) < side:
        return np.zeros(numbered.shape, np.bool_)
    sums = cv2.integral(mask.view(np.uint8))
    full = sums[side:, side:] - sums[:-side, side:] - sums[side:, :-side] + sums[:-side, :-side]
    corners = np.zeros(mask.shape, np.bool_)
    corners[side - 1 :, side - 1 :] = full == side * side
    return corners


def _bounds(mask: Mask) -> Box:
    left, top, width, height = cv2.boundingRect(np.ascontiguousarray(mask).view(np.uint8))
    return Box(left, top, left + width, top + height)
