"""The bucket: give a region of equal ids another class."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from segcore.edits.patch import Edit, check_maps
from segcore.edits.planes import IdArray
from segcore.edits.region import label_region
from segcore.edits.selection import Selection
from segcore.geometry import Box, check_point
from segcore.opencv import cv2

_FIRST_WINDOW = 1024


def fill(
    labels: IdArray, origins: IdArray, point: tuple[int, int], class_id: int, origin: int
) -> Edit | None:
    """The edit that gives the region of equal ids around a pixel another class; not applied.

    The region is 4-connected: pixels that only touch at a corner are apart. It is sought in a
    window around the point that grows for as long as the region runs on beyond it, so a small
    region of a huge map costs little; one that covers a 20,000 x 20,000 map takes seconds and one
    byte a pixel while it runs.

    Returns None when every pixel of the region has that class and origin already.

    Raises:
        RequestError: the point is outside the map, the maps do not belong together, or an id does
            not fit them.
    """
    check_maps(labels, origins)
    place, region = region_at(labels, point)
    return label_region(
        labels, origins, place, region, class_id=class_id, origin=origin, name="Fill"
    )


def region_at(labels: IdArray, point: tuple[int, int]) -> Selection:
    """The 4-connected region of equal ids that holds a pixel, sought as `fill` does.

    Raises:
        RequestError: the point is outside the map.
    """
    height, width = labels.shape
    check_point(point, (height, width))
    return Selection(*_region_around(labels, point))


def class_at(labels: IdArray, point: tuple[int, int]) -> Selection:
    """Every pixel of the map that has the id of one.

    Raises:
        RequestError: the point is outside the map.
    """
    height, width = labels.shape
    check_point(point, (height, width))
    return Selection.of_mask(labels == labels[point[1], point[0]])


def _region_around(labels: IdArray, point: tuple[int, int]) -> tuple[Box, npt.NDArray[np.bool_]]:
    """The box of the 4-connected region that holds a pixel, and which pixels of it belong."""
    height, width = labels.shape
    reach = _FIRST_WINDOW // 2
    while True:
        window = Box(*point, point[0] + 1, point[1] + 1).grown(reach).clip(height, width)
        seed = (point[0] - window.x0, point[1] - window.y0)
        rectangle, region = _flooded(labels[window.slices], seed)
        place = rectangle.moved(window.x0, window.y0)
        if not _runs_on(place, window, (height, width)):
            return place, region
        reach *= 4
        if 4 * reach > max(height, width):
            reach = max(height, width)  # one flood of the whole costs less than two large ones


def _runs_on(place: Box, window: Box, size: tuple[int, int]) -> bool:
    """Whether a region touches an edge of its window that is not an edge of the image."""
    height, width = size
    return (
        place.x0 == window.x0 > 0
        or place.y0 == window.y0 > 0
        or place.x1 == window.x1 < width
        or place.y1 == window.y1 < height
    )


def _flooded(labels: IdArray, seed: tuple[int, int]) -> tuple[Box, npt.NDArray[np.bool_]]:
    """The flooded rectangle inside an array, and its mask cut to that rectangle."""
    if labels.dtype != np.uint8:  # cv2 floods no 16-bit pictures
        labels = (labels == labels[seed[1], seed[0]]).view(np.uint8)
    height, width = labels.shape
    mask = np.zeros((height + 2, width + 2), np.uint8)
    flags = 4 | cv2.FLOODFILL_MASK_ONLY | cv2.FLOODFILL_FIXED_RANGE | (1 << 8)
    *_, (left, top, across, down) = cv2.floodFill(labels, mask, seed, 0, 0, 0, flags)
    place = Box(left, top, left + across, top + down)
    return place, mask[1:-1, 1:-1][place.slices].view(np.bool_)
