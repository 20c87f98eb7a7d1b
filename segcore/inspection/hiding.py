"""Hiding a region of a picture, so that the model cannot see what is there."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from segcore.errors import RequestError
from segcore.geometry import Box
from segcore.opencv import cv2

Filling = Literal["blur", "mean", "inpaint"]
FILLINGS: tuple[Filling, ...] = ("blur", "mean", "inpaint")

_INPAINT_RADIUS = 5
_MARGIN = 16
"""Pixels around the region from which inpainting takes its colours."""

Image = npt.NDArray[np.uint8]


def hide(image: Image, region: Box, filling: str = "blur") -> Image:
    """A copy of the picture in which a region shows nothing of what is there.

    - `blur`: a Gaussian of a quarter of the region's shorter side, over the picture around it too;
    - `mean`: the mean colour of the whole picture, which leaves an edge of its own;
    - `inpaint`: continued from what surrounds it (Telea 2004), which leaves none.

    Args:
        image: (H, W, 3) uint8 RGB.
        region: image pixels; what of it lies outside the picture does not count.

    Raises:
        RequestError: the region is empty or the whole picture, or there is no such filling.
    """
    height, width = image.shape[:2]
    inside = region.clip(height, width)
    if inside.is_empty:
        raise RequestError("There is nothing to hide: draw a region inside the picture.")
    if inside.size == (height, width):
        raise RequestError("The whole picture would be hidden: draw a smaller region.")
    if filling not in FILLINGS:
        raise RequestError(f'There is no filling "{filling}": choose {", ".join(FILLINGS)}.')
    hidden = image.copy()
    hidden[inside.slices] = _FILLED[filling](image, inside)
    return hidden


def _blurred(image: Image, region: Box) -> Image:
    sigma = max(min(region.size) / 4, 1.0)
    around = region.grown(int(3 * sigma) + 1).clip(*image.shape[:2])
    blurred = cv2.GaussianBlur(image[around.slices], (0, 0), sigma)
    return _within(blurred, around, region)


def _mean(image: Image, region: Box) -> Image:
    colour = np.rint(image.reshape(-1, 3).mean(axis=0)).astype(np.uint8)
    return np.broadcast_to(colour, (*region.size, 3))


def _inpainted(image: Image, region: Box) -> Image:
    around = region.grown(_MARGIN).clip(*image.shape[:2])
    mask = np.zeros(around.size, np.uint8)
    mask[region.moved(-around.x0, -around.y0).slices] = 1
    part = np.ascontiguousarray(image[around.slices])
    return _within(cv2.inpaint(part, mask, _INPAINT_RADIUS, cv2.INPAINT_TELEA), around, region)


def _within(part: npt.NDArray[Any], around: Box, region: Box) -> Image:
    inside: Image = part[region.moved(-around.x0, -around.y0).slices]
    return inside


_FILLED = {"blur": _blurred, "mean": _mean, "inpaint": _inpainted}
