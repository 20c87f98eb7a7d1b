"""A part of a picture at another size, without making the whole of it at that size."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from PIL import Image

from segcore.geometry import Box, Size

Picture = npt.NDArray[np.uint8]

_SUPPORT = {0: 0.5, 1: 3.0, 2: 1.0, 3: 2.0, 4: 0.5, 5: 1.0}
"""How far Pillow's filters reach, in pixels of the larger of both pictures."""


def resized_part(image: Picture, canvas: Size, box: Box, resample: int) -> Picture:
    """What `box` holds of an image resized to `canvas`, to the rounding between Pillow's passes.

    Only the pixels that the filter takes are looked at: a window of a 400-megapixel picture needs
    no copy of the picture.

    Args:
        image: (H, W, 3) uint8.
        canvas: (height, width) of the whole resized image.
        box: in its pixels.
        resample: Pillow's code of the filter.

    Returns:
        (box.height, box.width, 3) uint8.
    """
    rows = _source(image.shape[0], canvas[0], box.y0, box.y1, resample)
    columns = _source(image.shape[1], canvas[1], box.x0, box.x1, resample)
    picture = Image.fromarray(image[rows[0], columns[0]])
    source = (columns[1], rows[1], columns[2], rows[2])
    size = (box.width, box.height)
    return np.asarray(picture.resize(size, Image.Resampling(resample), box=source))


def _source(
    pixels: int, canvas: int, begin: int, end: int, resample: int
) -> tuple[slice, float, float]:
    """The image pixels to look at along an axis, and the part of them that becomes the box."""
    step = pixels / canvas
    reach = _SUPPORT[resample] * max(step, 1) + 1
    first = max(math.floor(begin * step - reach), 0)
    last = min(math.ceil(end * step + reach), pixels)
    stop = min(end * step - first, last - first)
    return slice(first, last), begin * step - first, stop
