"""Which frames of a clip are worth labelling: every n-th, the most different, the least certain."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from segcore.motion.flow import RGB
from segcore.opencv import cv2

_SIDE = 12  # of the thumbnails that frames are compared by


def every_nth(count: int, step: int) -> list[int]:
    """0, step, 2 step … of `count` frames."""
    return list(range(0, count, max(step, 1)))


def described(frame: RGB) -> npt.NDArray[np.float32]:
    """What a frame looks like from afar, (K,) float32: a thumbnail in Lab colours."""
    small = cv2.resize(frame, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    lab: npt.NDArray[np.float32] = np.asarray(
        cv2.cvtColor(small, cv2.COLOR_RGB2LAB), np.float32
    ).ravel()
    return lab


def most_different(descriptions: Iterable[npt.NDArray[np.float32]], wanted: int) -> list[int]:
    """`wanted` frames so that every other one is like one of them, in order.

    Farthest-point sampling (Gonzalez 1985): the first frame, then always the one that is least like
    all chosen so far. Frames that are alike are chosen once.

    Args:
        descriptions: of the frames in order, as `described` makes them.
    """
    known = np.array(list(descriptions), np.float32)
    if not len(known) or wanted < 1:
        return []
    chosen = [0]
    distance = np.square(known - known[0]).sum(axis=1)
    while len(chosen) < min(wanted, len(known)) and distance.max() > 0:
        chosen.append(int(np.argmax(distance)))
        distance = np.minimum(distance, np.square(known - known[chosen[-1]]).sum(axis=1))
    return sorted(chosen)


def least_certain(
    uncertainty: npt.NDArray[np.floating], wanted: int, *, apart: int = 0
) -> list[int]:
    """The `wanted` frames with the highest uncertainty, no two nearer than `apart`, in order.

    Args:
        uncertainty: (N,) by frame; NaN where nothing is known, which is never chosen.
    """
    values = np.array(uncertainty, np.float64)
    chosen: list[int] = []
    while len(chosen) < wanted and not np.isnan(values).all():
        number = int(np.nanargmax(values))
        chosen.append(number)
        reach = max(apart, 1) - 1
        values[max(number - reach, 0) : number + reach + 1] = np.nan
    return sorted(chosen)
