"""Values of a grid's cells at the pixels that the grid lies over, fast."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from segcore.geometry import Box, Size
from segcore.opencv import cv2

Floats = npt.NDArray[np.float32]


def spread(values: Floats, place: Box, size: Size) -> Floats:
    """(place height, place width) the values of cells at the pixels of a place, bilinear.

    Pixels lie between cells to a thirty-second of a cell: enough for what is looked at or pulled to
    the picture's edges afterwards, and not the same to the last bit as a model's own upsampling.

    Args:
        values: (h, w) float32, a grid over a part of `size` (H, W) pixels.
        place: pixels of that part.
    """
    down, along = (cells / side for cells, side in zip(values.shape, size))
    # Where the middle of a pixel lies among the middles of the cells.
    matrix = np.array(
        [
            [along, 0, (place.x0 + 0.5) * along - 0.5],
            [0, down, (place.y0 + 0.5) * down - 0.5],
        ]
    )
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    wanted = place.width, place.height
    found = cv2.warpAffine(values, matrix, wanted, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(found, np.float32).reshape(place.size)
