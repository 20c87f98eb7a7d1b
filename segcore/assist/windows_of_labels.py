"""New labels worked out window by window, so that a map of any size takes little memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from segcore.edits import Relabelling
from segcore.geometry import Box, Size
from segcore.opencv import cv2
from segcore.progress import CancelToken

BLOCK = 4096

IdArray = npt.NDArray[Any]
Mask = npt.NDArray[np.bool_]


def blocks(size: Size, margin: int) -> Iterator[tuple[Box, Box]]:
    """(core, window) of each block of a picture: cores tile it, windows reach `margin` further."""
    height, width = size
    for top in range(0, height, BLOCK):
        for left in range(0, width, BLOCK):
            core = Box(left, top, left + BLOCK, top + BLOCK).clip(height, width)
            yield core, core.grown(margin).clip(height, width)


def relabelled(
    labels: IdArray,
    margin: int,
    work: Callable[[Box, Box], IdArray | None],
    cancel: CancelToken | None = None,
) -> Relabelling | None:
    """What `work(core, window)` makes of each block; None when nothing changes.

    Args:
        labels: (H, W) ids.
        margin: how many pixels around a block its new labels depend on.
        work: returns the new (h, w) ids of the window, of which those of the core count, or None.
        cancel: looked at between blocks.

    Raises:
        Cancelled: the token was raised.
    """
    ids = np.empty_like(labels)
    region = np.zeros(labels.shape, np.bool_)
    for core, window in blocks((labels.shape[0], labels.shape[1]), margin):
        if cancel is not None:
            cancel.raise_if_cancelled()
        found = work(core, window)
        if found is not None:
            inside = found[core.moved(-window.x0, -window.y0).slices]
            ids[core.slices] = inside
            region[core.slices] = inside != labels[core.slices]
    changed = Relabelling(Box.of_size((labels.shape[0], labels.shape[1])), region, ids).trimmed()
    return None if changed.place.is_empty else changed


def nearest_ids(labels: IdArray, holes: Mask) -> IdArray:
    """(h, w) ids in which every pixel of the holes has the id of the nearest pixel outside them.

    Where everything is a hole, nothing changes.
    """
    if not holes.any() or holes.all():
        return labels
    _, nearest = cv2.distanceTransformWithLabels(
        holes.view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
    )
    outside = ~holes
    table = np.zeros(int(nearest.max()) + 1, labels.dtype)
    table[nearest[outside]] = labels[outside]
    ids = labels.copy()
    ids[holes] = table[nearest[holes]]
    return ids


def ids_in(labels: IdArray) -> list[int]:
    """The ids that a map holds, ignore among them, in order."""
    counts = np.bincount(labels.ravel()) if labels.size < 1 << 22 else _counts(labels)
    return [int(found) for found in np.flatnonzero(counts)]


def _counts(labels: IdArray) -> npt.NDArray[Any]:
    if labels.dtype == np.uint8:
        return cv2.calcHist([labels], [0], None, [256], [0, 256]).ravel() > 0
    return np.bincount(labels.ravel())
