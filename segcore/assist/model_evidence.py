"""Take evidence of a part of a picture from a model: the one file here that clicks need torch for.

Only the windows that the part touches go through the network, and their features are kept.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from segcore.assist.evidence import Evidence
from segcore.errors import RequestError
from segcore.geometry import Box, Point, Size, WindowGeometry
from segcore.inference.encoded import EncodedImage
from segcore.inference.predictor import Predictor
from segcore.progress import CancelToken

Parts = npt.NDArray[np.float64]

MOST_CELLS = 256
"""Cells a side of what is taken around a point: a megapixel where cells are 4 pixels wide."""
CHANNELS = 16
"""That are left of each stage's features: those along which the cells differ most."""
STAGES = 4
_ON_A_CELL = 1e-4
"""Cells by which a place may miss the middle of one and be read from it alone."""


def evidence_around(
    predictor: Predictor,
    encoded: EncodedImage,
    point: Point,
    *,
    most_cells: int = MOST_CELLS,
    cancel: CancelToken | None = None,
) -> Evidence:
    """Evidence of a square around an image pixel, or of the whole picture where that is smaller.

    Raises:
        RequestError: the point is outside the picture.
        Cancelled: it was called off; looked at between windows.
    """
    window = encoded.windows[encoded.window_at(point)]
    down, along = pitch(window)
    height, width = encoded.size
    rows, columns = (
        min(max(round(most_cells * each), 1), side)
        for each, side in ((down, height), (along, width))
    )
    y0 = _on_a_cell(min(max(point[1] - rows // 2, 0), height - rows), down)
    x0 = _on_a_cell(min(max(point[0] - columns // 2, 0), width - columns), along)
    return evidence_in(predictor, encoded, Box(x0, y0, x0 + columns, y0 + rows), cancel=cancel)


def evidence_in(
    predictor: Predictor,
    encoded: EncodedImage,
    box: Box,
    *,
    features: bool = True,
    cancel: CancelToken | None = None,
) -> Evidence:
    """Evidence of a part of a picture, on a grid as fine as the finest of its windows.

    Of a protocol with several passes it is the first one's. Where windows overlap each pixel is
    taken from the window that answers for it.

    Args:
        box: image pixels.
        features: whether features are wanted; without them there are 0 places.

    Raises:
        RequestError: the box has no pixel in the picture.
        Cancelled: it was called off; looked at between windows.
    """
    place = box.clip(*encoded.size)
    if place.is_empty:
        raise RequestError(f"The box {tuple(box)} is outside the picture: choose one on it.")
    return predictor.with_less_memory(
        encoded, lambda: _gathered(encoded, place, features=features, cancel=cancel)
    )


@torch.inference_mode()
def _gathered(
    encoded: EncodedImage, place: Box, *, features: bool, cancel: CancelToken | None
) -> Evidence:
    touched = {
        index: window
        for index, window in enumerate(encoded.windows)
        if not window.core.intersect(place).is_empty
    }
    down = min(pitch(window)[0] for window in touched.values())
    along = min(pitch(window)[1] for window in touched.values())
    grid = (max(math.ceil(place.height / down), 1), max(math.ceil(place.width / along), 1))
    logits: list[Tensor] = []
    places: list[list[Tensor]] = []
    for index in touched:
        if cancel is not None:
            cancel.raise_if_cancelled()
        stages = encoded.stages(index)
        logits.append(encoded.logits(index).float())
        if features:
            places.append([encoded.backend.picture_of(stage).float() for stage in stages])
    windows = list(touched.values())
    sheet = joined(logits, windows, place, grid)
    vectors = np.zeros((STAGES if features else 0, CHANNELS, *grid), np.float32)
    for stage, pictures in enumerate(zip(*places)):
        found = joined(_principal(pictures), windows, place, grid)
        found /= found.norm(dim=0).clamp_min(1e-6)
        vectors[stage, : len(found)] = found.cpu().numpy()
    return Evidence(place, np.ascontiguousarray(sheet.cpu().numpy()), vectors)


def joined(
    pictures: Sequence[Tensor], windows: Sequence[WindowGeometry], place: Box, grid: Size
) -> Tensor:
    """(C, h, w) over windows to one (C, *grid) over `place`, each cell from its window.

    Cells are read bilinearly, so that pictures of every stage may be joined on one grid.
    """
    sheet = pictures[0].new_zeros((len(pictures[0]), *grid))
    for picture, window in zip(pictures, windows):
        rows, columns = _cells_within(window.core, place, grid)
        middles = (
            (np.arange(rows.start, rows.stop) + 0.5) / grid[0],
            (np.arange(columns.start, columns.stop) + 0.5) / grid[1],
        )
        sheet[:, rows, columns] = _sampled(picture, window, place, middles)
    return sheet


def _on_a_cell(start: int, pitch_of_cells: float) -> int:
    """A pixel at which a cell begins, at or before another: then cells need not be resampled."""
    return start - start % max(round(pitch_of_cells), 1)


def _principal(pictures: Sequence[Tensor]) -> list[Tensor]:
    """(C, h, w) features to (D, h, w): centred, along the D axes in which their cells differ most.

    Axes of much variance count for less than they would by themselves (the fourth root), so that
    what tells most of the picture apart does not drown what tells its rarer things apart.
    """
    channels = len(pictures[0])
    # Cell by cell, as most backends have them: no picture is turned around in memory.
    cells = [picture.permute(1, 2, 0).reshape(-1, channels) for picture in pictures]
    everywhere = cells[0] if len(cells) == 1 else torch.cat(cells)
    mean = everywhere.mean(dim=0)
    centred = everywhere - mean
    spread = (centred.T @ centred / len(centred)).double().cpu()
    values, axes = torch.linalg.eigh(spread)
    kept = min(CHANNELS, channels)
    values, axes = values[-kept:].clamp_min(1e-6), axes[:, -kept:]
    turned = (axes / values**0.25).float().to(centred.device)
    sizes = [picture.shape[1:] for picture in pictures]
    parts = (centred @ turned).split([height * width for height, width in sizes])
    return [part.T.reshape(kept, *size) for part, size in zip(parts, sizes)]


def pitch(window: WindowGeometry) -> tuple[float, float]:
    """Image pixels from cell to cell of the logit grid, down and along."""
    grid = [-(-side // 4) for side in window.model_size]
    return window.box.height / grid[0], window.box.width / grid[1]


def _cells_within(core: Box, place: Box, grid: tuple[int, int]) -> tuple[slice, slice]:
    """The cells of a grid over `place` whose middle a window answers for."""

    def cells(begin: int, end: int, start: int, pixels: int, count: int) -> slice:
        step = pixels / count
        first = math.ceil((begin - start) / step - 0.5)
        last = math.ceil((end - start) / step - 0.5)
        return slice(min(max(first, 0), count), min(max(last, 0), count))

    return (
        cells(core.y0, core.y1, place.y0, place.height, grid[0]),
        cells(core.x0, core.x1, place.x0, place.width, grid[1]),
    )


def _sampled(
    picture: Tensor, window: WindowGeometry, place: Box, middles: tuple[Parts, Parts]
) -> Tensor:
    """(C, h, w) over a window, read at the `middles` of cells, which are in parts of `place`."""
    box = window.box
    down = (middles[0] * place.height + place.y0 - box.y0) / box.height
    along = (middles[1] * place.width + place.x0 - box.x0) / box.width
    return _read_along(_read_along(picture, 1, down), 2, along)


def _read_along(picture: Tensor, axis: int, parts: Parts) -> Tensor:
    """A picture read between its cells, linearly, at some parts of one of its axes."""
    cells = picture.shape[axis]
    at = np.clip(parts * cells - 0.5, 0, cells - 1)
    lower = np.floor(at + 1e-6).astype(np.int64)
    weight = np.clip(at - lower, 0, 1).astype(np.float32)
    if len(lower) and weight.max() < _ON_A_CELL and (np.diff(lower) == 1).all():
        return picture.narrow(axis, int(lower[0]), len(lower))
    upper = np.minimum(lower + 1, cells - 1)
    first, second = (
        picture.index_select(axis, torch.from_numpy(each).to(picture.device))
        for each in (lower, upper)
    )
    shape = [1, 1, 1]
    shape[axis] = len(lower)
    return torch.lerp(first, second, torch.from_numpy(weight).to(picture.device).reshape(shape))
