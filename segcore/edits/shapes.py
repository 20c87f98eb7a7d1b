"""Drawn shapes as selections of pixels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from segcore.edits.selection import Selection
from segcore.geometry import Box, Point, Size
from segcore.opencv import cv2


def box_selection(box: Box, size: Size) -> Selection | None:
    """The pixels of a box that lie in a picture of (height, width); None when none does."""
    inside = box.clip(*size)
    return None if inside.is_empty else Selection(inside, np.ones(inside.size, np.bool_))


def polygon_selection(
    points: Sequence[Point], size: Size, *, enclosed: bool = False
) -> Selection | None:
    """The pixels of a polygon, the pixels on its border included.

    Args:
        points: its corners (x, y), whole pixels in order, three or more; they may lie outside.
        size: (height, width) of the picture, which cuts it.
        enclosed: where the border crosses itself, everything inside the outermost line belongs;
            else what an even number of lines parts from the outside does not.

    Returns:
        None when nothing of it lies in the picture, or there are fewer than three points.
    """
    if len(points) < 3:
        return None
    # OpenCV fills wrongly what its array cuts off: draw all of it, then cut. What is farther away
    # than the picture is long cannot be pointed at.
    reach = max(size)
    corners = np.clip(np.array(points, np.int64), -reach, 2 * reach)
    left, top = corners.min(axis=0).tolist()
    right, bottom = corners.max(axis=0).tolist()
    around = Box(left, top, right + 1, bottom + 1)
    if around.clip(*size).is_empty:
        return None
    canvas = np.zeros(around.size, np.uint8)
    cv2.fillPoly(canvas, [(corners - (left, top)).astype(np.int32)], 1)
    if enclosed:
        outer, _ = cv2.findContours(canvas, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
        cv2.drawContours(canvas, outer, -1, 1, cv2.FILLED)
    selection = Selection(around, canvas.view(np.bool_)).clipped(size).trimmed()
    return None if selection.place.is_empty else selection
