"""Intelligent scissors: a line that follows edges from an anchor to the pointer.

Mortensen and Barrett, "Intelligent scissors for image composition", SIGGRAPH 1995, as OpenCV has
it. The paths from an anchor to every pixel of a window around it are worked out once; the way to
the pointer is then looked up.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from segcore.assist.windows import window_around
from segcore.edits.selection import Selection
from segcore.geometry import EMPTY, Box, Point
from segcore.opencv import cv2

Image = npt.NDArray[np.uint8]
Path = npt.NDArray[np.int64]

WINDOW = 512
"""Pixels a side of the part of the picture in which edges are followed from one anchor."""

_SMALLEST = 3
"""Pixels a side below which there are no edges to follow."""


class Scissors:
    """Paths from one anchor of a picture.

    Attributes:
        anchor: (x, y), where every path begins.
        window: the image pixels in which edges are followed; the way on from its edge is straight.
    """

    def __init__(self, image: Image, anchor: Point, side: int = WINDOW) -> None:
        """Work out the paths; takes a tenth of a second.

        Raises:
            RequestError: the anchor is outside the (H, W, 3) uint8 image.
        """
        self.anchor = anchor
        self.window = window_around(anchor, side, (image.shape[0], image.shape[1]))
        self._tool = None
        if min(self.window.size) < _SMALLEST:
            return
        tool = cv2.segmentation.IntelligentScissorsMB()
        tool.setEdgeFeatureCannyParameters(32, 100)
        tool.setGradientMagnitudeMaxLimit(200)
        tool.applyImage(np.ascontiguousarray(image[self.window.slices][..., ::-1]))
        tool.buildMap(self._inside(anchor))
        self._tool = tool

    def path_to(self, point: Point) -> Path:
        """The pixels (n, 2) as (x, y) from the anchor to a pixel, both included, side by side."""
        reached = (
            min(max(point[0], self.window.x0), self.window.x1 - 1),
            min(max(point[1], self.window.y0), self.window.y1 - 1),
        )
        if self._tool is None:
            followed = np.array([self.anchor, reached], np.int64)
        else:
            contour = self._tool.getContour(self._inside(reached))
            corner = (self.window.x0, self.window.y0)
            followed = np.asarray(contour, np.int64).reshape(-1, 2) + corner
            if len(followed) == 0:
                followed = np.array([self.anchor, reached], np.int64)
            elif tuple(followed[0]) != self.anchor:
                followed = followed[::-1]
        return followed if reached == point else np.vstack([followed, [point]])

    def _inside(self, point: Point) -> Point:
        return point[0] - self.window.x0, point[1] - self.window.y0


def enclosed(paths: Sequence[Path], size: tuple[int, int]) -> Selection:
    """The pixels of a picture of (height, width) inside a closed line, and those of the line.

    Args:
        paths: pieces of the line (n, 2) in order; its end is joined to its beginning.
    """
    line = np.vstack([path for path in paths if len(path)]) if paths else np.empty((0, 2), int)
    if len(line) == 0:
        return Selection(EMPTY, np.zeros((0, 0), np.bool_))
    x0, y0 = (int(value) for value in line.min(axis=0))
    x1, y1 = (int(value) + 1 for value in line.max(axis=0))
    place = Box(x0, y0, x1, y1)
    region = np.zeros(place.size, np.uint8)
    corners = (line - (x0, y0)).astype(np.int32)
    cv2.fillPoly(region, [corners], 1)
    return Selection(place, region.view(np.bool_)).clipped(size).trimmed()
