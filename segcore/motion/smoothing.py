"""Logits smoothed along the motion, so that classes flip less from frame to frame."""

from __future__ import annotations

import numpy as np

from segcore.errors import RequestError
from segcore.motion.cuts import is_cut
from segcore.motion.flow import RGB, FloatMap, Motion, motion_between
from segcore.opencv import cv2

WEIGHT = 0.5
"""Share of the frames before, where their motion is believed fully. `docs/video.md` has what it
does to flicker and to mIoU."""


class LogitSmoother:
    """A running mean of logits that goes along with what moves; it begins anew at a cut."""

    def __init__(self, weight: float = WEIGHT) -> None:
        """`weight` of the past, from 0 (none) to less than 1.

        Raises:
            RequestError: it is outside of that.
        """
        if not 0 <= weight < 1:
            raise RequestError(f"The weight of the past is from 0 to less than 1, not {weight:g}.")
        self._weight = np.float32(weight)
        self._frame: RGB | None = None
        self._logits: FloatMap | None = None

    def step(self, frame: RGB, logits: FloatMap, motion: Motion | None = None) -> FloatMap:
        """The smoothed logits, (C, h, w) float32, of the next frame.

        Args:
            frame: (H, W, 3) uint8 RGB.
            logits: (C, h, w) float32 of the whole frame, on any grid.
            motion: from this frame to the one before, where it is known already.
        """
        before, self._frame = self._frame, frame
        past, self._logits = self._logits, logits
        if before is None or past is None or past.shape != logits.shape:
            return logits
        if before.shape != frame.shape:
            return logits
        motion = motion or motion_between(frame, before)
        if is_cut(frame, before, motion):
            return logits
        source, trust = _on_grid(motion, (logits.shape[1], logits.shape[2]))
        share = self._weight * trust
        smoothed = np.empty_like(logits)
        for number in range(len(logits)):
            moved = cv2.remap(
                past[number],
                source[..., 0],
                source[..., 1],
                cv2.INTER_LINEAR,
                borderMode=cv2.BORDER_REPLICATE,
            )
            smoothed[number] = logits[number] + share * (moved - logits[number])
        self._logits = smoothed
        return smoothed


def _on_grid(motion: Motion, grid: tuple[int, int]) -> tuple[FloatMap, FloatMap]:
    """Source and trust of a motion for the cells of a coarser grid, in cells."""
    (rows, columns), (height, width) = grid, motion.size
    area = cv2.INTER_AREA if rows < height else cv2.INTER_LINEAR
    source = np.asarray(cv2.resize(motion.source, (columns, rows), interpolation=area), np.float32)
    trust = np.asarray(cv2.resize(motion.trust, (columns, rows), interpolation=area), np.float32)
    scale = np.array([columns / width, rows / height], np.float32)
    return (source + np.float32(0.5)) * scale - np.float32(0.5), trust
