"""Labels of one frame, carried from frame to frame along the motion."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from segcore.errors import RequestError
from segcore.labels import LabelMap
from segcore.motion.cuts import is_cut
from segcore.motion.flow import RGB, FloatMap, Motion, motion_between

FADES = 0.97
"""What is left of the confidence of a carried pixel after each frame, however well it is followed:
small errors of the flow add up."""


@dataclass(frozen=True, eq=False)
class Carried:
    """The labels of the first frame as they lie on a later one.

    Attributes:
        labels: (H, W) ids; ignore where the first frame has none to give.
        confidence: (H, W) float32, 0 to 1: how surely the pixel is the one it was; 0 at ignore.
        source: (H, W, 2) float32: where each pixel was in the first frame, x and y.
        steps: how many frames away the first frame is.
    """

    labels: LabelMap
    confidence: FloatMap
    source: FloatMap
    steps: int


class Carrier:
    """Walks along a video with the labels of the frame where it began.

    Positions are followed, not labels: each frame looks its labels up in the first one, so that
    borders do not wear off from copying copies.
    """

    def __init__(self, frame: RGB, labels: LabelMap, *, ignore: int) -> None:
        """Begin on a frame, (H, W, 3) uint8 RGB, with its (H, W) labels.

        Raises:
            RequestError: frame and labels differ in size.
        """
        if labels.shape != frame.shape[:2]:
            raise RequestError(
                f"The frame is {frame.shape[:2]}, its labels are {labels.shape}: they must agree."
            )
        self._labels, self._ignore = labels, ignore
        self._frame = frame
        self._source: FloatMap | None = None
        self._confidence = np.ones(labels.shape, np.float32)
        self.steps = 0
        self.at_cut = False

    def step(self, frame: RGB, motion: Motion | None = None) -> Carried | None:
        """The labels on the next frame; None at a cut, which ends the walk.

        Args:
            frame: (H, W, 3) uint8 RGB, of the size of the first.
            motion: from this frame to the one before, where it is known already.

        Raises:
            RequestError: the frame has another size.
        """
        motion = motion or motion_between(frame, self._frame)
        if self.at_cut or is_cut(frame, self._frame, motion):
            self.at_cut = True
            return None
        self.steps += 1
        self._frame = frame
        self._confidence = motion.fetch(self._confidence) * motion.trust * np.float32(FADES)
        self._source = motion.source if self._source is None else motion.fetch(self._source)
        return self._look_up(self._source)

    def _look_up(self, source: FloatMap) -> Carried:
        height, width = self._labels.shape
        columns = np.clip(np.rint(source[..., 0]).astype(np.int32), 0, width - 1)
        rows = np.clip(np.rint(source[..., 1]).astype(np.int32), 0, height - 1)
        labels = self._labels[rows, columns]
        confidence = np.where(labels == self._ignore, np.float32(0), self._confidence)
        return Carried(labels, confidence, source, self.steps)


def follow(point: tuple[int, int], motion: Motion) -> tuple[int, int] | None:
    """Where the pixel `point`, (x, y), of the other frame is in the frame that `motion` is of.

    The pixel whose source lies nearest; None when there is none within two pixels, because it left
    the picture or was hidden.
    """
    distance = np.square(motion.source - np.array(point, np.float32)).sum(axis=2)
    distance = np.where(motion.trust > 0.25, distance, np.float32(np.inf))
    nearest = int(np.argmin(distance))
    if distance.flat[nearest] > 4:
        return None
    y, x = divmod(nearest, distance.shape[1])
    return int(x), int(y)
