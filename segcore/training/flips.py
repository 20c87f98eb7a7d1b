"""What another model would change: pixels that flip, better and worse against approved labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from segcore.errors import RequestError

Labels = npt.NDArray[Any]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Flips:
    """Counts of pixels.

    Attributes:
        pixels: that were looked at.
        flipped: that get another class.
        better, worse: flipped pixels with an approved label that become right, or were right.
        unjudged: flipped pixels without one.
    """

    pixels: int = 0
    flipped: int = 0
    better: int = 0
    worse: int = 0
    unjudged: int = 0

    def __add__(self, other: Flips) -> Flips:
        return Flips(
            self.pixels + other.pixels,
            self.flipped + other.flipped,
            self.better + other.better,
            self.worse + other.worse,
            self.unjudged + other.unjudged,
        )

    @property
    def share(self) -> float:
        """Of the pixels, those that flip: 0 to 1."""
        return self.flipped / self.pixels if self.pixels else 0.0


def flips_between(
    before: Labels, after: Labels, approved: Labels | None = None, ignore: int = 255
) -> Flips:
    """Compare what two models say of one picture, all in ids of one table.

    Args:
        before, after: (H, W) ids.
        approved: (H, W) ids that people stand by, `ignore` where they say nothing; or none.

    Raises:
        RequestError: sizes differ.
    """
    if after.shape != before.shape or (approved is not None and approved.shape != before.shape):
        raise RequestError("Label maps of different sizes cannot be compared: give one picture's.")
    flipped = before != after
    count = int(np.count_nonzero(flipped))
    if approved is None:
        return Flips(before.size, count, unjudged=count)
    said = flipped & (approved != ignore)
    return Flips(
        before.size,
        count,
        better=int(np.count_nonzero(said & (after == approved))),
        worse=int(np.count_nonzero(said & (before == approved))),
        unjudged=count - int(np.count_nonzero(said)),
    )


def flip_map(before: Labels, after: Labels, approved: Labels, ignore: int = 255) -> Labels:
    """(H, W) uint8: 0 unchanged, 1 flipped unjudged or wrong either way, 2 better, 3 worse."""
    found: Labels = (before != after).astype(np.uint8)
    said = (found > 0) & (approved != ignore)
    found[said & (after == approved)] = 2
    found[said & (before == approved)] = 3
    return found
