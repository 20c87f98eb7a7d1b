"""Dense optical flow: where each pixel of a frame was in another, and how far that is believed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from segcore.errors import RequestError
from segcore.opencv import cv2

RGB = npt.NDArray[np.uint8]
FloatMap = npt.NDArray[np.float32]

LONGEST_SIDE = 1024
"""Flow is estimated on frames made no larger than this; on larger ones it takes long and finds no
more than the smaller ones show."""

_SMALLEST_SIDE = 16
"""DIS needs some patches; smaller frames are enlarged for it."""
_TOLERANCE = 0.2
"""Of the squared disagreement of both directions, for each squared pixel of motion."""
_SLACK = 4.0
"""Squared pixels of disagreement that even a standing picture may have."""


@dataclass(frozen=True, eq=False)
class Motion:
    """Where each pixel of a frame was in another one.

    Attributes:
        source: (H, W, 2) float32, x and y in pixels of the other frame; maybe outside of it.
        trust: (H, W) float32, 0 to 1: how well the flow there and the flow back agree; 0 where the
            source is outside of the other frame.
    """

    source: FloatMap
    trust: FloatMap

    @property
    def size(self) -> tuple[int, int]:
        """(H, W) of the frames."""
        return self.source.shape[0], self.source.shape[1]

    def fetch(self, values: FloatMap) -> FloatMap:
        """A float map of the other frame, (H, W) or (H, W, c), seen from this one: bilinear, the
        border repeated."""
        return _fetched(values, self.source)


def motion_between(frame: RGB, other: RGB) -> Motion:
    """Where the pixels of `frame` were in `other`, both (H, W, 3) uint8 RGB of one size.

    DIS flow (Kroeger et al. 2016) is computed in both directions. Where following it there and back
    does not end where it began, the pixel was hidden or the flow is wrong: trust falls with the
    squared distance, more slowly where motion is fast (after Sundaram et al. 2010, softened).

    Raises:
        RequestError: the frames are no pictures or differ in size.
    """
    if frame.shape != other.shape or frame.ndim != 3 or 0 in frame.shape:
        raise RequestError(
            f"Motion needs two frames of one size, not {frame.shape} and {other.shape}."
        )
    size = (frame.shape[0], frame.shape[1])
    here, there = _grey(frame), _grey(other)
    estimator = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    flow = _floats(estimator.calc(here, there, np.empty(0, np.float32)))
    back = _floats(estimator.calc(there, here, np.empty(0, np.float32)))
    small_source = _grid(flow.shape[:2]) + flow
    trust = _agreement(flow, back, small_source)
    if flow.shape[:2] != size:
        flow = _enlarged_flow(flow, size)
        trust = _resized(trust, size)
    source = _grid(size) + flow
    trust[~_inside(source, size)] = 0
    return Motion(source, trust)


def _grey(frame: RGB) -> RGB:
    """The frame as flow is estimated on it: grey, and neither too large nor too small."""
    grey = np.asarray(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY), np.uint8)
    height, width = grey.shape
    scale = min(LONGEST_SIDE / max(height, width), 1.0)
    scaled = (round(height * scale), round(width * scale))
    target = (max(scaled[0], _SMALLEST_SIDE), max(scaled[1], _SMALLEST_SIDE))
    if target == (height, width):
        return grey
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(grey, target[::-1], interpolation=way), np.uint8)


def _grid(size: tuple[int, ...]) -> FloatMap:
    """(H, W, 2) float32: the x and y of each pixel."""
    grid = np.empty((size[0], size[1], 2), np.float32)
    grid[..., 0] = np.arange(size[1], dtype=np.float32)
    grid[..., 1] = np.arange(size[0], dtype=np.float32)[:, None]
    return grid


def _agreement(flow: FloatMap, back: FloatMap, source: FloatMap) -> FloatMap:
    """(H, W) 0 to 1: whether the way back leads to where the way there began."""
    returned = _fetched(back, source)
    error = np.square(flow + returned).sum(axis=2)
    extent = np.square(flow).sum(axis=2) + np.square(returned).sum(axis=2)
    trust: FloatMap = np.exp(-error / (_TOLERANCE * extent + _SLACK))
    return trust


def _enlarged_flow(flow: FloatMap, size: tuple[int, int]) -> FloatMap:
    scale = np.array([size[1] / flow.shape[1], size[0] / flow.shape[0]], np.float32)
    return _resized(flow, size) * scale


def _fetched(values: FloatMap, source: FloatMap) -> FloatMap:
    x, y = source[..., 0], source[..., 1]
    border = cv2.BORDER_REPLICATE
    return _floats(cv2.remap(values, x, y, cv2.INTER_LINEAR, borderMode=border))


def _resized(values: FloatMap, size: tuple[int, int]) -> FloatMap:
    return _floats(cv2.resize(values, size[::-1], interpolation=cv2.INTER_LINEAR))


def _floats(values: object) -> FloatMap:
    return np.asarray(values, np.float32)


def _inside(source: FloatMap, size: tuple[int, int]) -> npt.NDArray[np.bool_]:
    x, y = source[..., 0], source[..., 1]
    inside: npt.NDArray[np.bool_] = (x > -0.5) & (y > -0.5)
    return inside & (x < size[1] - 0.5) & (y < size[0] - 0.5)
