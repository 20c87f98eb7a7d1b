"""Colours around the cells of a grid over a picture: what a taught classifier sees besides stages.

Plain NumPy and OpenCV.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from segcore.geometry import Box, Size
from segcore.opencv import cv2

Floats = npt.NDArray[np.float32]
Image = npt.NDArray[np.uint8]

BLURS = (1.5, 4.0)
"""Standard deviations, in cells, within which colours and their spread are gathered."""
COLOURS = 24
_MARGIN = 12
"""Cells around a place that its colours depend on."""


def colour_features(image: Image, place: Box, grid: Size) -> Floats:
    """Colours of the cells of a grid over a place, (COLOURS, h, w) float32.

    Of each cell L*a*b* and its spread inside the cell, both also over wider neighbourhoods, and
    products of colours, for which a linear map can draw rounded borders between them.
    """
    down, along = place.height / grid[0], place.width / grid[1]
    rows, columns = math.ceil(_MARGIN * down), math.ceil(_MARGIN * along)
    around = Box(place.x0 - columns, place.y0 - rows, place.x1 + columns, place.y1 + rows)
    around = around.clip(image.shape[0], image.shape[1])
    part = np.ascontiguousarray(image[around.slices])
    lab = np.asarray(cv2.cvtColor(part, cv2.COLOR_RGB2LAB), np.float32)
    lab *= np.float32(1 / 64)
    lab -= np.float32(2)
    cells = max(round(around.width / along), 1), max(round(around.height / down), 1)
    mean, square = (
        np.asarray(cv2.resize(each, cells, interpolation=cv2.INTER_AREA), np.float32)
        for each in (lab, np.square(lab))
    )
    found = [mean, 4 * _spread(mean, square)]
    for sigma in BLURS:
        wide, squares = (
            np.asarray(cv2.GaussianBlur(each, (0, 0), sigma), np.float32) for each in (mean, square)
        )
        found += [wide, 3 * _spread(wide, squares)]
    light, green, blue = np.moveaxis(mean, 2, 0)
    found += [np.square(mean), np.stack([light * green, light * blue, green * blue], axis=2)]
    top, left = round((place.y0 - around.y0) / down), round((place.x0 - around.x0) / along)
    rows_in = np.clip(np.arange(top, top + grid[0]), 0, cells[1] - 1)
    columns_in = np.clip(np.arange(left, left + grid[1]), 0, cells[0] - 1)
    together = np.concatenate(found, axis=2)[np.ix_(rows_in, columns_in)]
    return np.ascontiguousarray(together.transpose(2, 0, 1), np.float32)


def _spread(mean: Floats, square: Floats) -> Floats:
    return np.asarray(np.sqrt(np.maximum(square - np.square(mean), 0)), np.float32)
