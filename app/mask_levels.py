"""A mask at every level of size, so that it can be shown from however far away."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from segcore.edits import Proposal
from segcore.geometry import Box, Size

_SMALLEST = 64
"""Coarser levels end where a mask is no larger."""

Mask = npt.NDArray[np.bool_]


class MaskLevels:
    """A proposal's mask at every level: a pixel of a level is in it when any below is.

    So one that is a single pixel is seen however far the picture is away. Building it takes a
    moment for a mask of hundreds of megapixels: do so on a thread.

    Args:
        proposal: what is proposed.
        size: (height, width) of the picture.
    """

    def __init__(self, proposal: Proposal, size: Size) -> None:
        self.proposal = proposal
        self.size = size
        self.levels = [(proposal.place, np.ascontiguousarray(proposal.region))]
        while max(self.levels[-1][1].shape) > _SMALLEST:
            self.levels.append(_halved(*self.levels[-1]))

    def read(self, level: int, box: Box) -> Mask:
        """(h, w) of a box in pixels of a level, 0 or above."""
        number = min(level, len(self.levels) - 1)
        place, mask = self.levels[number]
        for _ in range(level - number):
            place, mask = _halved(place, mask)
        out = np.zeros(box.size, np.bool_)
        both = place.intersect(box)
        if not both.is_empty:
            inside = both.moved(-box.x0, -box.y0).slices
            out[inside] = mask[both.moved(-place.x0, -place.y0).slices]
        return out


def _halved(place: Box, mask: Mask) -> tuple[Box, Mask]:
    """The next coarser level of a mask over a place in pixels of the finer one."""
    half = level_box(place, 1)
    top, left = place.y0 - 2 * half.y0, place.x0 - 2 * half.x0
    even = np.zeros((2 * half.height, 2 * half.width), np.bool_)
    even[top : top + place.height, left : left + place.width] = mask
    rows = even[0::2] | even[1::2]
    return half, np.ascontiguousarray(rows[:, 0::2] | rows[:, 1::2])


def level_box(box: Box, level: int) -> Box:
    """The pixels of a level that stand for any pixel of an image box; below 0 they are finer."""
    if level < 0:
        return Box(*(edge << -level for edge in box))
    step = 1 << level
    return Box(box.x0 // step, box.y0 // step, -(-box.x1 // step), -(-box.y1 // step))
