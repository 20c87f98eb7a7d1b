"""Flicker: where the class of one and the same thing changes from frame to frame."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from segcore.errors import RequestError
from segcore.labels import LabelMap
from segcore.motion.flow import Motion

BELIEVED = 0.5
"""Trust from which a pixel is taken for the same thing as before."""


@dataclass(frozen=True, eq=False)
class Flicker:
    """How the classes of a frame differ from those of the frame before, motion taken away.

    Attributes:
        flips: (H, W) bool, the pixels that changed their class.
        compared: how many pixels could be compared: followed, and of a class in both frames.
    """

    flips: npt.NDArray[np.bool_]
    compared: int

    @property
    def share(self) -> float:
        """The part of the compared pixels that changed their class, 0 to 1."""
        return float(self.flips.sum() / self.compared) if self.compared else 0.0

    @property
    def worst(self) -> tuple[int, int] | None:
        """The pixel (x, y) in the middle of where most flips lie together; None without any."""
        if not self.flips.any():
            return None
        # Counted in blocks: the fullest one leads to what a person would see first.
        side = max(self.flips.shape[0] // 24, self.flips.shape[1] // 24, 1)
        height, width = (-(-length // side) * side for length in self.flips.shape)
        padded = np.zeros((height, width), np.bool_)
        padded[: self.flips.shape[0], : self.flips.shape[1]] = self.flips
        blocks = padded.reshape(height // side, side, width // side, side)
        counts = blocks.sum(axis=(1, 3))
        row, column = divmod(int(np.argmax(counts)), counts.shape[1])
        rows, columns = np.nonzero(blocks[row, :, column, :])
        return column * side + int(np.median(columns)), row * side + int(np.median(rows))


def flicker(labels: LabelMap, before: LabelMap, motion: Motion, *, ignore: int) -> Flicker:
    """Compare the labels of a frame with those of the frame before, where the motion is believed.

    A pixel on a border that moved less than the flow can tell is no flip: it counts only when none
    of the four pixels around its source has its class.

    Args:
        labels, before: (H, W) ids of this frame and the one before.
        motion: `motion_between(frame, before)`.
        ignore: the id of pixels without a class.

    Raises:
        RequestError: sizes differ.
    """
    if labels.shape != before.shape or labels.shape != motion.size:
        raise RequestError(
            f"Flicker needs maps of one size, not {labels.shape}, {before.shape} and {motion.size}."
        )
    height, width = labels.shape
    left = np.clip(np.floor(motion.source[..., 0]).astype(np.int32), 0, width - 1)
    top = np.clip(np.floor(motion.source[..., 1]).astype(np.int32), 0, height - 1)
    right, bottom = np.minimum(left + 1, width - 1), np.minimum(top + 1, height - 1)
    followed = (motion.trust > BELIEVED) & (labels != ignore)
    differs = np.ones(labels.shape, np.bool_)
    known = np.zeros(labels.shape, np.bool_)
    for rows, columns in ((top, left), (top, right), (bottom, left), (bottom, right)):
        there = before[rows, columns]
        known |= there != ignore
        differs &= there != labels
    compared = followed & known
    return Flicker(differs & compared, int(compared.sum()))
