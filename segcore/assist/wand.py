"""The magic wand: pixels of a colour like the one that is clicked."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from segcore.assist.windows import growing_windows, runs_on
from segcore.edits.selection import Selection
from segcore.geometry import Box, Point, check_point
from segcore.opencv import cv2

Image = npt.NDArray[np.uint8]

ROUGH_PIXELS = 300_000
"""That a rough answer looks at."""
EDGE = 0.25
"""The part of the tolerance that two neighbouring pixels may differ by where edges stop the wand,
twice over: a step of one pixel counts from both of its sides."""


def magic_wand(
    image: Image,
    point: Point,
    tolerance: int,
    *,
    contiguous: bool = True,
    stops_at_edges: bool = False,
    within: Box | None = None,
    rough: bool = False,
) -> Selection:
    """The pixels whose red, green and blue each differ from the clicked pixel's by `tolerance`
    at most.

    Args:
        image: (H, W, 3) uint8 RGB.
        point: (x, y), the pixel that is clicked.
        tolerance: 0 to 255.
        contiguous: only pixels that hang together with the clicked one, side to side.
        stops_at_edges: also stop where neighbours differ by much, so that what has the same colour
            behind a thin line is left out; has no effect unless contiguous.
        within: only look here; the whole picture without it. What hangs together is sought in
            windows that grow for as long as it runs on.
        rough: look at fewer pixels of a large window: to be shown at once.

    Raises:
        RequestError: the point is outside the image.
    """
    size = image.shape[0], image.shape[1]
    check_point(point, size)
    everywhere = Box.of_size(size)
    allowed = everywhere if within is None else within.intersect(everywhere)
    if not allowed.contains(point):
        allowed = everywhere
    if not contiguous:
        return _alike(image, allowed, image[point[1], point[0]], tolerance)
    for window in growing_windows(point, allowed):
        step = math.ceil(math.sqrt(window.area / ROUGH_PIXELS)) if rough else 1
        if step > 1:
            return _thinned(
                image, allowed, point, tolerance, step=step, stops_at_edges=stops_at_edges
            )
        found = _flooded(image, window, point, tolerance, stops_at_edges=stops_at_edges)
        if not runs_on(found.place, window, allowed):
            break
    return found


def _thinned(
    image: Image, place: Box, point: Point, tolerance: int, *, step: int, stops_at_edges: bool
) -> Selection:
    """What is found in a place of which only one pixel in `step` x `step` is looked at."""
    step = max(step, math.ceil(math.sqrt(place.area / ROUGH_PIXELS)))
    top = place.y0 + (point[1] - place.y0) % step
    left = place.x0 + (point[0] - place.x0) % step
    thin = image[top : place.y1 : step, left : place.x1 : step]
    seed = ((point[0] - left) // step, (point[1] - top) // step)
    whole = Box.of_size((thin.shape[0], thin.shape[1]))
    found = _flooded(thin, whole, seed, tolerance, stops_at_edges=stops_at_edges)
    # Each stands for the pixels around it.
    corner = left - step // 2, top - step // 2
    x0, y0, x1, y1 = (edge * step for edge in found.place)
    size = found.place.width * step, found.place.height * step
    region = cv2.resize(found.region.view(np.uint8), size, interpolation=cv2.INTER_NEAREST)
    spread = Selection(Box(x0, y0, x1, y1).moved(*corner), np.asarray(region).view(np.bool_))
    inside = spread.place.intersect(place)
    return Selection(inside, spread.region[inside.moved(-spread.place.x0, -spread.place.y0).slices])


def _alike(image: Image, place: Box, color: Image, tolerance: int) -> Selection:
    low = np.clip(color.astype(int) - tolerance, 0, 255)
    high = np.clip(color.astype(int) + tolerance, 0, 255)
    region = cv2.inRange(image[place.slices], tuple(low.tolist()), tuple(high.tolist()))
    return Selection(place, region.view(np.bool_) & True).trimmed()


def _flooded(
    image: Image, window: Box, point: Point, tolerance: int, *, stops_at_edges: bool
) -> Selection:
    part = np.ascontiguousarray(image[window.slices])
    seed = (point[0] - window.x0, point[1] - window.y0)
    mask = np.zeros((part.shape[0] + 2, part.shape[1] + 2), np.uint8)
    if stops_at_edges:
        mask[1:-1, 1:-1] = _edges(part, tolerance)
        mask[seed[1] + 1, seed[0] + 1] = 0
    flags = 4 | cv2.FLOODFILL_MASK_ONLY | cv2.FLOODFILL_FIXED_RANGE | (2 << 8)
    span = (tolerance,) * 3
    cv2.floodFill(part, mask, seed, 0, span, span, flags)
    found = mask == 2
    if stops_at_edges:
        # The edge's own pixels belong to whichever side has their colour.
        near = cv2.dilate(found.view(np.uint8), np.ones((3, 3), np.uint8))[1:-1, 1:-1]
        color = part[seed[1], seed[0]].astype(np.int16)
        alike = (np.abs(part.astype(np.int16) - color) <= tolerance).all(axis=2)
        region = found[1:-1, 1:-1] | ((near > 0) & alike)
    else:
        region = found[1:-1, 1:-1]
    return Selection(window, region).trimmed()


def _edges(part: Image, tolerance: int) -> npt.NDArray[np.uint8]:
    """(h, w) 1 where a pixel differs from its neighbours by more than a share of the tolerance."""
    spread = cv2.morphologyEx(part, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)).max(axis=2)
    return np.asarray(spread > max(2 * EDGE * tolerance, 8), np.uint8)
