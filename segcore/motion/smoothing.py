"""Logits smoothed along the motion, so that classes flip less from frame to frame."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from segcore.errors import RequestError
from segcore.motion.cuts import is_cut
from segcore.motion.flow import RGB, FloatMap, Motion, motion_between
from segcore.opencv import cv2

WEIGHT = 0.5
"""Share of the frames before, where their motion is believed fully. `docs/video.md` has what it
does to flicker and to mIoU."""


class Past(NamedTuple):
    """All that the next frame needs of those before.

    Attributes:
        frame: (H, W, 3) uint8 RGB, the last one.
        logits: (C, h, w) float32, smoothed, of the last one.
    """

    frame: RGB
    logits: FloatMap


class LogitSmoother:
    """A running mean of logits that goes along with what moves; it begins anew at a cut.

    Attributes:
        past: what there is of frames before; may be set, to go on from there.
        began_anew: whether nothing of the past went into the last frame.
    """

    def __init__(self, weight: float = WEIGHT) -> None:
        """`weight` of the past, from 0 (none) to less than 1.

        Raises:
            RequestError: it is outside of that.
        """
        if not 0 <= weight < 1:
            raise RequestError(f"The weight of the past is from 0 to less than 1, not {weight:g}.")
        self._weight = np.float32(weight)
        self.past: Past | None = None
        self.began_anew = True

    def step(self, frame: RGB, logits: FloatMap, motion: Motion | None = None) -> FloatMap:
        """The smoothed logits, (C, h, w) float32, of the next frame.

        Args:
            frame: (H, W, 3) uint8 RGB.
            logits: (C, h, w) float32 of the whole frame, on any grid.
            motion: from this frame to the one before, where it is known already.
        """
        smoothed = self._with_past(frame, logits, motion)
        self.began_anew = smoothed is None
        self.past = Past(frame, logits if smoothed is None else smoothed)
        return self.past.logits

    def _with_past(self, frame: RGB, logits: FloatMap, motion: Motion | None) -> FloatMap | None:
        """The mean with what was before; None where that is of another shot or size."""
        past = self.past
        if past is None or past.logits.shape != logits.shape or past.frame.shape != frame.shape:
            return None
        motion = motion or motion_between(frame, past.frame)
        if is_cut(frame, past.frame, motion):
            return None
        source, trust = _on_grid(motion, (logits.shape[1], logits.shape[2]))
        share = self._weight * trust
        smoothed = np.empty_like(logits)
        for number in range(len(logits)):
            moved = cv2.remap(
                past.logits[number],
                source[..., 0],
                source[..., 1],
                cv2.INTER_LINEAR,
                borderMode=cv2.BORDER_REPLICATE,
            )
            smoothed[number] = logits[number] + share * (moved - logits[number])
        return smoothed


def _on_grid(motion: Motion, grid: tuple[int, int]) -> tuple[FloatMap, FloatMap]:
    """Source and trust of a motion for the cells of a coarser grid, in cells."""
    (rows, columns), (height, width) = grid, motion.size
    area = cv2.INTER_AREA if rows < height else cv2.INTER_LINEAR
    source = np.asarray(cv2.resize(motion.source, (columns, rows), interpolation=area), np.float32)
    trust = np.asarray(cv2.resize(motion.trust, (columns, rows), interpolation=area), np.float32)
    scale = np.array([columns / width, rows / height], np.float32)
    return (source + np.float32(0.5)) * scale - np.float32(0.5), trust
