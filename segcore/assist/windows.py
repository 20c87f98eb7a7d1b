"""Parts of a picture that are looked at, so that a large picture costs no more than a small one."""

from __future__ import annotations

from collections.abc import Iterator

from segcore.geometry import Box, Point, Size, check_point

FIRST_REACH = 256
"""Pixels from a point to the sides of the first window around it."""


def window_around(point: Point, side: int, size: Size) -> Box:
    """A window of at most `side` x `side` pixels around a pixel, moved to lie inside the picture.

    Raises:
        RequestError: the point is outside the picture.
    """
    check_point(point, size)
    (x0, x1), (y0, y1) = (
        _extent(at, side, length) for at, length in zip(point, (size[1], size[0]))
    )
    return Box(x0, y0, x1, y1)


def growing_windows(point: Point, within: Box) -> Iterator[Box]:
    """Windows around a pixel of `within`, each four times as wide, up to all of `within`."""
    reach = FIRST_REACH
    while True:
        pixel = Box(point[0], point[1], point[0] + 1, point[1] + 1)
        window = pixel.grown(reach).intersect(within)
        yield window
        if window == within:
            return
        reach *= 4


def runs_on(place: Box, window: Box, within: Box) -> bool:
    """Whether something found in a window may go on beyond it and still inside `within`."""
    return (
        place.x0 == window.x0 > within.x0
        or place.y0 == window.y0 > within.y0
        or place.x1 == window.x1 < within.x1
        or place.y1 == window.y1 < within.y1
    )


def _extent(at: int, side: int, length: int) -> tuple[int, int]:
    start = min(max(at - side // 2, 0), max(length - side, 0))
    return start, min(start + side, length)
