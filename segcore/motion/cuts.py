"""Cuts: where a video goes on with another shot and nothing may be carried over."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from segcore.motion.flow import RGB, Motion
from segcore.opencv import cv2

TRUSTED_SHARE = 0.45
"""Within a shot, flow is believed on more of the frame than this, however fast the camera turns."""
LIKENESS = 0.5
"""Correlation of a frame with the other one, moved onto it, that two frames of a shot exceed."""
UNLIKE_COLOURS = 0.25
"""Half the L1 distance of two colour histograms, 0 to 1, that only a cut or a flash exceeds."""

_SIDE = 96
_BINS = (8, 4, 4)


def is_cut(frame: RGB, other: RGB, motion: Motion) -> bool:
    """Whether the two frames belong to different shots.

    Both must say so: their colours differ, and flow finds no way from most of one frame to the
    other and back, or leads to what looks otherwise. A fast turn keeps its colours, a flash keeps
    its shapes.

    Args:
        frame, other: (H, W, 3) uint8 RGB.
        motion: from `motion_between(frame, other)`.
    """
    if colour_distance(frame, other) <= UNLIKE_COLOURS:
        return False
    trusted = float(np.mean(motion.trust > 0.5))
    return trusted < TRUSTED_SHARE or likeness(frame, other, motion) < LIKENESS


def likeness(frame: RGB, other: RGB, motion: Motion) -> float:
    """Correlation of grey values, -1 to 1, between a frame and the other one moved onto it.

    Brighter or of more contrast is alike all the same; so are two frames without any structure.
    """
    here = _grey(frame)
    moved = motion.fetch(_grey(other))
    here, moved = here - here.mean(), moved - moved.mean()
    extent = float(np.sqrt(np.square(here).mean() * np.square(moved).mean()))
    return 1.0 if extent < 1 else float((here * moved).mean()) / extent


def colour_distance(frame: RGB, other: RGB) -> float:
    """Half the L1 distance of the frames' colour histograms in HSV, 0 alike to 1 nothing shared."""
    return float(np.abs(_histogram(frame) - _histogram(other)).sum() / 2)


def _grey(frame: RGB) -> npt.NDArray[np.float32]:
    return np.asarray(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY), np.float32)


def _histogram(frame: RGB) -> npt.NDArray[np.float64]:
    small = cv2.resize(frame, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    hsv = cv2.cvtColor(small, cv2.COLOR_RGB2HSV)
    counts = cv2.calcHist([hsv], [0, 1, 2], None, list(_BINS), [0, 180, 0, 256, 0, 256])
    shares: npt.NDArray[np.float64] = counts.astype(np.float64) / (_SIDE * _SIDE)
    return shares
