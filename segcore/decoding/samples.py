"""Samples of a Pillow picture as an array, without holding other threads up."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

_STRIP_BYTES = 96 << 10
"""Under 128 KiB the C library reuses memory rather than asking the system for fresh pages."""


def samples_of_picture(picture: Image.Image) -> npt.NDArray[Any]:
    """(H, W) or (H, W, C) samples of a Pillow picture as they are, in its own dtype.

    Strip by strip: Pillow hands out a picture in one piece, and no other thread runs Python for as
    long as that takes, a third of a second at 400 megapixels.
    """
    width, height = picture.size
    first = np.asarray(picture.crop((0, 0, width, 1)))
    samples = np.empty((height, *first.shape[1:]), first.dtype)
    rows = max(_STRIP_BYTES // first.nbytes, 1)
    for top in range(0, height, rows):
        strip = picture.crop((0, top, width, min(top + rows, height)))
        samples[top : top + rows] = np.asarray(strip)
    return samples
