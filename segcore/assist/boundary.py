"""Boundaries of classes: made smooth, or moved by a number of pixels."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from segcore.assist.windows_of_labels import ids_in, nearest_ids, relabelled
from segcore.edits import Relabelling
from segcore.errors import RequestError
from segcore.geometry import Box
from segcore.opencv import cv2
from segcore.progress import CancelToken

MOST_PIXELS = 500

IdArray = npt.NDArray[Any]
Mask = npt.NDArray[np.bool_]


def grown(
    labels: IdArray, class_id: int, pixels: int, cancel: CancelToken | None = None
) -> Relabelling | None:
    """Move the boundary of a class outward: what is within so many pixels of it becomes it.

    Distances are from pixel centre to pixel centre.

    Raises:
        RequestError: `pixels` is below 1 or above `MOST_PIXELS`.
        Cancelled: the token was raised.
    """
    _check(pixels)

    def work(_core: Box, window: Box) -> IdArray | None:
        inside = labels[window.slices]
        near = _within(inside != class_id, pixels)
        return None if near is None else np.where(near, np.asarray(class_id, inside.dtype), inside)

    return relabelled(labels, pixels + 1, work, cancel)


def shrunk(
    labels: IdArray, class_id: int, pixels: int, cancel: CancelToken | None = None
) -> Relabelling | None:
    """Move the boundary of a class inward: what it loses becomes the nearest other class.

    The picture's border is no boundary.

    Raises:
        RequestError: `pixels` is below 1 or above `MOST_PIXELS`.
        Cancelled: the token was raised.
    """
    _check(pixels)

    def work(_core: Box, window: Box) -> IdArray | None:
        inside = labels[window.slices]
        mask = inside == class_id
        near = _within(mask, pixels)
        if near is None:
            return None
        outside = nearest_ids(inside, mask)
        return np.where(near & mask, outside, inside)

    # Twice as far: what is lost looks for another class from where it is.
    return relabelled(labels, 2 * pixels + 2, work, cancel)


def smoothed(
    labels: IdArray,
    pixels: int,
    class_id: int | None = None,
    cancel: CancelToken | None = None,
) -> Relabelling | None:
    """Give each pixel near a boundary the class that there is most of around it.

    Neighbours count by a Gaussian whose standard deviation is half of `pixels`. With a `class_id`
    only the boundary of that class moves: against all others together, and what it loses becomes
    the nearest of them.

    Raises:
        RequestError: `pixels` is below 1 or above `MOST_PIXELS`.
        Cancelled: the token was raised.
    """
    _check(pixels)

    def work(_core: Box, window: Box) -> IdArray | None:
        inside = labels[window.slices]
        if class_id is None:
            return _most_around(inside, pixels)
        mask = inside == class_id
        if not mask.any() or mask.all():
            return None
        belongs = _share(mask, pixels) > 0.5
        ids = nearest_ids(inside, mask)
        ids = np.where(mask & belongs, inside, ids)
        ids[belongs] = class_id
        return ids

    return relabelled(labels, 2 * pixels + 2, work, cancel)


def _most_around(labels: IdArray, pixels: int) -> IdArray:
    best = np.zeros(labels.shape, np.float32)
    ids = labels.copy()
    for class_id in ids_in(labels):
        share = _share(labels == class_id, pixels)
        better = share > best
        np.copyto(best, share, where=better)
        ids[better] = class_id
    return ids


def _share(mask: Mask, pixels: int) -> npt.NDArray[np.float32]:
    """(h, w) how much of what is around each pixel belongs to a mask, 0 to 1."""
    side = 2 * pixels + 1
    share = cv2.GaussianBlur(
        mask.astype(np.float32), (side, side), pixels / 2, borderType=cv2.BORDER_REPLICATE
    )
    return np.asarray(share, np.float32)


def _within(mask: Mask, pixels: int) -> Mask | None:
    """The pixels of a mask no farther than so many from one outside; None where there is none."""
    if not mask.any() or mask.all():
        return None
    distance = cv2.distanceTransform(mask.view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    near: Mask = mask & (distance <= pixels + 1e-3)
    return near


def _check(pixels: int) -> None:
    if not 1 <= pixels <= MOST_PIXELS:
        raise RequestError(
            f"A boundary is moved or smoothed by 1 to {MOST_PIXELS} pixels, not by {pixels}."
        )
