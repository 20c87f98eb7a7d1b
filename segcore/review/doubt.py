"""The regions of a picture that the model doubts, and in which order a person should look at them.

A region is doubted where the entropy of the softmax is at least that of two classes at three to
one. Along every boundary there is a line of doubt, where nothing can be corrected that would be
seen: what is thinner than a few pixels is left out. Regions weigh entropy times area times the
rarity of their class.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from segcore.edits import Selection
from segcore.errors import RequestError
from segcore.geometry import Box
from segcore.opencv import cv2
from segcore.progress import CancelToken
from segcore.project.states import STATUSES
from segcore.review.picture_table import Facts

LEAST_DOUBT = -(0.75 * math.log(0.75) + 0.25 * math.log(0.25))
"""Nats of entropy from which a pixel is doubted: two classes at three to one."""

WHOLE_FROM = 0.5
"""Share of a connected region of one class from which all of it is doubted."""

RAREST, COMMONEST = 8.0, 1 / 8
MOST_REGIONS = 40
_SETTLED = frozenset({"done", "approved", "rejected"})

IdArray = npt.NDArray[Any]
Mask = npt.NDArray[np.bool_]
Shares = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class DoubtfulRegion:
    """Pixels of one class that a person should look at.

    Attributes:
        selection: which pixels.
        class_id: what they are labelled as.
        entropy: mean of the entropy there, 0 to 1 as in the map.
        weight: entropy times pixels times rarity of the class.
    """

    selection: Selection
    class_id: int
    entropy: float
    weight: float


def rarity(counts: npt.NDArray[np.integer]) -> Shares:
    """(n,) weight of each class by its number of pixels: median frequency balancing.

    The median of the numbers of those classes that occur, divided by the own number (Eigen and
    Fergus, ICCV 2015), kept between 1/8 and 8; a class that does not occur weighs 8.
    """
    pixels = counts.astype(np.float64)
    there = pixels[pixels > 0]
    if there.size == 0:
        return np.ones(len(pixels))
    weights: Shares = np.full(len(pixels), RAREST)
    np.divide(np.median(there), pixels, out=weights, where=pixels > 0)
    return weights.clip(COMMONEST, RAREST)


def doubtful_regions(
    labels: IdArray,
    entropy: npt.NDArray[np.floating],
    settled: Mask,
    weights: Shares,
    *,
    most: int = MOST_REGIONS,
    cancel: CancelToken | None = None,
) -> list[DoubtfulRegion]:
    """The regions that are doubted, the weightiest first.

    A connected region of one class is doubted as a whole where at least half of it is, else in
    those parts of it that are; lines thinner than a 200th of the picture are not.

    Args:
        labels: (H, W) class ids.
        entropy: (H, W) of the softmax divided by the logarithm of the number of classes, 0 to 1.
        settled: (H, W) pixels that need no look: a person's.
        weights: (n,) rarity of each class; other ids are no region.

    Raises:
        Cancelled: the token was raised; looked at between classes.
        RequestError: the maps differ in size.
    """
    if not labels.shape == entropy.shape == settled.shape:
        raise RequestError(
            f"Labels of {labels.shape}, entropy of {entropy.shape} and settled pixels of "
            f"{settled.shape} are not of one picture."
        )
    classes = len(weights)
    doubted = (entropy >= LEAST_DOUBT / math.log(max(classes, 2))) & ~settled
    width = _width(labels.shape)
    regions: list[DoubtfulRegion] = []
    for class_id in np.unique(labels[doubted]).tolist():
        if cancel is not None:
            cancel.raise_if_cancelled()
        if class_id >= classes:
            continue
        weight = float(weights[class_id])
        for selection in _parts_of(labels == class_id, doubted, width):
            mean = float(entropy[selection.place.slices][selection.region].mean(dtype=np.float64))
            regions.append(
                DoubtfulRegion(selection, class_id, mean, mean * selection.area * weight)
            )
    regions.sort(key=lambda region: (-region.weight, region.selection.place))
    return regions[:most]


def pictures_to_walk(facts: Facts, positions: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Which of these pictures a walk goes to, in its order.

    Those that a person has not finished, the most uncertain first; those of which the model was
    not asked come last, as they are listed.
    """
    codes = [STATUSES.index(status) for status in STATUSES if status in _SETTLED]
    left = positions[~np.isin(facts.statuses[positions], codes)]
    return left[np.argsort(-facts.uncertainty[left], kind="stable")]


def _parts_of(own: Mask, doubted: Mask, width: int) -> list[Selection]:
    """The doubted parts of the pixels of one class, those that are wide enough to be seen."""
    place = _bounds(own)
    own, doubt = np.ascontiguousarray(own[place.slices]), own[place.slices] & doubted[place.slices]
    count, numbered, stats, _ = cv2.connectedComponentsWithStats(own.view(np.uint8), connectivity=8)
    inside = np.bincount(numbered[doubt], minlength=count)
    whole = inside >= WHOLE_FROM * stats[:, cv2.CC_STAT_AREA]
    whole[0] = False
    kept = _opened(own & whole[numbered], width)
    parts = _opened(doubt & ~whole[numbered], width)
    found = _components(kept, place) if kept.any() else []
    return found + (_components(parts, place) if parts.any() else [])


def _opened(mask: Mask, width: int) -> Mask:
    """Without what is thinner than `width` pixels."""
    kernel = np.ones((width, width), np.uint8)
    padded = np.pad(mask.view(np.uint8), width)
    opened = cv2.morphologyEx(padded, cv2.MORPH_OPEN, kernel)[width:-width, width:-width]
    return np.ascontiguousarray(opened).view(np.bool_)


def _components(mask: Mask, place: Box) -> list[Selection]:
    """Each connected part as a selection of its own."""
    count, numbered, stats, _ = cv2.connectedComponentsWithStats(
        np.ascontiguousarray(mask).view(np.uint8), connectivity=8
    )
    found = []
    for number in range(1, count):
        left, top, width, height = stats[number, :4].tolist()
        box = Box(left, top, left + width, top + height)
        region = numbered[box.slices] == number
        found.append(Selection(box.moved(place.x0, place.y0), region))
    return found


def _width(shape: tuple[int, ...]) -> int:
    """The odd number of pixels that a region has to be wide to be seen."""
    return max(3, round(max(shape) / 200)) | 1


def _bounds(mask: Mask) -> Box:
    left, top, width, height = cv2.boundingRect(mask.view(np.uint8))
    return Box(left, top, left + width, top + height)
