"""A picture under the simulated hand: its labels so far, the truth, and where the two differ."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from segcore.edits import Proposal, Selection
from segcore.geometry import Point
from segcore.opencv import cv2

Mask = npt.NDArray[np.bool_]
Labels = npt.NDArray[Any]

PERSON = 2
MODEL = 1
"""Rows of the origin table; 0 is nobody."""


class Wrong(NamedTuple):
    """A connected region of wrong pixels that are to become one class.

    Attributes:
        class_id: what they are in truth.
        mask: (H, W) bool.
        middle: (x, y) of the pixel that is farthest from its boundary.
    """

    class_id: int
    mask: Mask
    middle: Point


class Sheet:
    """Labels of one picture while they are worked on.

    Args:
        truth: (H, W) ids; where they are `ignore` nothing counts.
        labels: (H, W) ids to begin with.
        origins: (H, W) who said so.
    """

    def __init__(self, truth: Labels, labels: Labels, origins: npt.NDArray[np.uint8]) -> None:
        self.truth, self.labels, self.origins = truth, labels, origins
        self.ignore = int(np.iinfo(truth.dtype).max)
        self.counts: Mask = truth != self.ignore
        self._total = max(int(np.count_nonzero(self.counts)), 1)

    @property
    def wrong(self) -> Mask:
        """(H, W) where something else stands than the truth."""
        return np.asarray((self.labels != self.truth) & self.counts)

    @property
    def agreement(self) -> float:
        """Share of the pixels that count whose label is the true one."""
        return 1 - int(np.count_nonzero(self.wrong)) / self._total

    def largest(self, most: int) -> list[Wrong]:
        """The largest wrong regions, largest first."""
        wrong = self.wrong
        found: list[tuple[int, int, Mask]] = []
        for class_id in np.unique(self.truth[wrong]).tolist():
            mask = wrong & (self.truth == class_id)
            _, pieces, stats, _ = cv2.connectedComponentsWithStats(
                mask.view(np.uint8), connectivity=8
            )
            areas = stats[1:, cv2.CC_STAT_AREA]
            for number in np.argsort(-areas)[:most].tolist():
                found.append((int(areas[number]), class_id, np.asarray(pieces == number + 1)))
        found.sort(key=lambda each: -each[0])
        return [Wrong(class_id, mask, middle(mask)) for _, class_id, mask in found[:most]]

    def gain(self, proposal: Proposal, class_id: int) -> int:
        """How many more pixels would be right after it; `class_id` for a `Selection`."""
        inside = proposal.place.slices
        ids: Any = class_id if isinstance(proposal, Selection) else proposal.ids
        truth, now = self.truth[inside], self.labels[inside]
        region = proposal.region & self.counts[inside]
        return int(np.count_nonzero(region & (truth == ids) & (now != truth))) - int(
            np.count_nonzero(region & (truth != ids) & (now == truth))
        )

    def apply(self, proposal: Proposal, class_id: int) -> None:
        """Do what is proposed, as the person."""
        inside, region = proposal.place.slices, proposal.region
        ids: Any = class_id if isinstance(proposal, Selection) else proposal.ids[region]
        labels, origins = self.labels.copy(), self.origins.copy()
        labels[inside][region] = ids
        origins[inside][region] = PERSON
        self.labels, self.origins = labels, origins


def middle(mask: Mask) -> Point:
    """The pixel of a mask that is farthest from its boundary."""
    y, x = np.unravel_index(int(depth(mask).argmax()), mask.shape)
    return int(x), int(y)


def depth(mask: Mask) -> npt.NDArray[np.float32]:
    """(H, W) how far each pixel of a mask is from the nearest one outside; the frame is outside."""
    framed = np.pad(mask.view(np.uint8), 1)
    return np.asarray(cv2.distanceTransform(framed, cv2.DIST_L2, 3)[1:-1, 1:-1], np.float32)
