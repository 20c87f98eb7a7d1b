"""What a model sees under scribbles, and a taught classifier applied to a part of a picture.

Features are the kept ones of the stages: a picture that was predicted is not encoded again.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from segcore.assist.evidence import Evidence
from segcore.assist.model_evidence import joined, pitch
from segcore.assist.scribbles import Floats, Ints, Samples, Scribble, TaughtClassifier
from segcore.errors import RequestError
from segcore.geometry import Box, Size, WindowGeometry
from segcore.inference.encoded import EncodedImage
from segcore.inference.prediction import Prediction
from segcore.inference.predictor import Predictor
from segcore.opencv import cv2
from segcore.progress import CancelToken

Image = npt.NDArray[np.uint8]
Parts = npt.NDArray[np.float64]

BLURS = (1.5, 4.0)
"""Standard deviations, in cells, within which colours and their spread are gathered."""
COLOURS = 24
_MARGIN = 12
"""Cells around a place that its colours depend on."""
_MOST_OF_STROKE = 400
"""Pixels of one stroke that are looked at, evenly along it."""


def scribbled(
    predictor: Predictor,
    encoded: EncodedImage,
    scribble: Scribble,
    *,
    cancel: CancelToken | None = None,
) -> Samples:
    """What the model sees under one stroke.

    Raises:
        RequestError: no pixel of it is on the picture.
        Cancelled: it was called off; looked at between windows.
    """
    columns, rows = scribble.pixels(encoded.size)
    if len(columns) == 0:
        raise RequestError("The stroke lies outside the picture: draw it on the picture.")
    chosen = np.linspace(0, len(columns) - 1, min(len(columns), _MOST_OF_STROKE)).astype(np.intp)
    ids = np.full(len(chosen), scribble.class_id, np.int64)
    return pixel_samples(predictor, encoded, columns[chosen], rows[chosen], ids, cancel=cancel)


def pixel_samples(
    predictor: Predictor,
    encoded: EncodedImage,
    columns: Ints,
    rows: Ints,
    ids: Ints,
    *,
    cancel: CancelToken | None = None,
) -> Samples:
    """What the model sees at pixels of the picture, at least one, whose classes are known.

    Args:
        columns, rows: (n,) x and y.
        ids: (n,) class ids.

    Raises:
        Cancelled: it was called off; looked at between windows.
    """
    stages = predictor.with_less_memory(encoded, lambda: _stages_at(encoded, columns, rows, cancel))
    colours = _colours_at(encoded, columns, rows)
    values = np.concatenate([*stages, colours], axis=1)
    channels = tuple(part.shape[1] for part in (*stages, colours))
    return Samples(values, ids.astype(np.int64), channels)


def taught_labels(
    predictor: Predictor,
    encoded: EncodedImage,
    taught: TaughtClassifier,
    place: Box,
    *,
    cancel: CancelToken | None = None,
) -> npt.NDArray[np.generic]:
    """What a classifier says of a part of a picture, (h, w) in ids of its class table.

    Raises:
        RequestError: it was taught on another model, or the place is outside the picture.
        Cancelled: it was called off; looked at between windows.
    """
    taught.check_model(predictor.sha256, predictor.name)
    place = place.clip(*encoded.size)
    if place.is_empty:
        raise RequestError("The place is outside the picture: choose one on it.")
    scores = predictor.with_less_memory(encoded, lambda: _scores(encoded, taught, place, cancel))
    found = Evidence(place, scores, np.zeros((0, 0, *scores.shape[1:]), np.float32)).labels(place)
    return taught.winners(found)


def taught_prediction(
    predictor: Predictor,
    encoded: EncodedImage,
    taught: TaughtClassifier,
    *,
    name: str = "taught",
    cancel: CancelToken | None = None,
) -> Prediction:
    """A whole picture labelled by a classifier, as a prediction of a model of that name.

    Raises: as `taught_labels`.
    """
    labels = taught_labels(predictor, encoded, taught, Box.of_size(encoded.size), cancel=cancel)
    nothing = np.broadcast_to(np.float16(np.nan), encoded.size)
    return Prediction(labels, nothing, taught.classes, name, taught.sha256)  # type: ignore[arg-type]


@torch.inference_mode()
def _stages_at(
    encoded: EncodedImage, columns: Ints, rows: Ints, cancel: CancelToken | None
) -> list[Floats]:
    """(n, C) of each stage, read bilinearly at pixels, each from the window that answers for it."""
    found: list[Floats] = []
    for index, window in enumerate(encoded.windows):
        core = window.core
        mine = (core.x0 <= columns) & (columns < core.x1) & (core.y0 <= rows) & (rows < core.y1)
        if not mine.any():
            continue
        if cancel is not None:
            cancel.raise_if_cancelled()
        along = (columns[mine] + 0.5 - window.box.x0) / window.box.width
        down = (rows[mine] + 0.5 - window.box.y0) / window.box.height
        for stage, feature in enumerate(encoded.stages(index)):
            picture = encoded.backend.picture_of(feature)
            if len(found) <= stage:
                found.append(np.zeros((len(columns), len(picture)), np.float32))
            found[stage][mine] = _read_at(picture, down, along).cpu().numpy()
    return found


def _read_at(picture: Tensor, down: Parts, along: Parts) -> Tensor:
    """(C, h, w) at positions in parts of its height and width: (n, C) float32."""
    above, below, drop = _neighbours(down, picture.shape[1])
    left, right, shift = _neighbours(along, picture.shape[2])

    def corner(y: Ints, x: Ints, weight: Parts) -> Tensor:
        held = torch.from_numpy(weight.astype(np.float32)).to(picture.device)
        return picture[:, torch.from_numpy(y), torch.from_numpy(x)].float() * held

    summed = (
        corner(above, left, (1 - drop) * (1 - shift))
        + corner(above, right, (1 - drop) * shift)
        + corner(below, left, drop * (1 - shift))
        + corner(below, right, drop * shift)
    )
    return summed.T


def _neighbours(parts: Parts, cells: int) -> tuple[Ints, Ints, Parts]:
    at = np.clip(parts * cells - 0.5, 0, cells - 1)
    lower = np.floor(at).astype(np.int64)
    return lower, np.minimum(lower + 1, cells - 1), at - lower


@torch.inference_mode()
def _scores(
    encoded: EncodedImage, taught: TaughtClassifier, place: Box, cancel: CancelToken | None
) -> Floats:
    """(K, h, w) over a place, on a grid as fine as the finest of its windows."""
    touched = [
        index
        for index, window in enumerate(encoded.windows)
        if not window.core.intersect(place).is_empty
    ]
    windows = [encoded.windows[index] for index in touched]
    grid = _grid(place, windows)
    *of_stages, of_colours = taught.parts
    projected: list[list[Tensor]] = [[] for _ in of_stages]
    for index in touched:
        if cancel is not None:
            cancel.raise_if_cancelled()
        for held, weights, feature in zip(projected, of_stages, encoded.stages(index), strict=True):
            picture = encoded.backend.picture_of(feature)
            turned = torch.from_numpy(weights.T.copy()).to(picture.device)
            flat = turned @ picture.reshape(len(picture), -1).float()
            held.append(flat.reshape(-1, *picture.shape[1:]))
    scores = sum(joined(pictures, windows, place, grid) for pictures in projected)
    assert isinstance(scores, Tensor)
    colours = colour_features(encoded.image, place, grid)
    added = of_colours.T @ colours.reshape(len(colours), -1) + taught.bias[:, None]
    return np.asarray(scores.cpu().numpy() + added.reshape(-1, *grid), np.float32)


def _grid(place: Box, windows: list[WindowGeometry]) -> Size:
    down, along = (min(pitch(window)[axis] for window in windows) for axis in (0, 1))
    return max(math.ceil(place.height / down), 1), max(math.ceil(place.width / along), 1)


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


def _colours_at(encoded: EncodedImage, columns: Ints, rows: Ints) -> Floats:
    """(n, COLOURS) of the cells in which pixels fall."""
    place = Box(int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1)
    window = encoded.windows[encoded.window_at((int(columns[0]), int(rows[0])))]
    grid = _grid(place, [window])
    colours = colour_features(encoded.image, place, grid)
    down = (rows - place.y0) * grid[0] // place.height
    along = (columns - place.x0) * grid[1] // place.width
    return np.ascontiguousarray(colours[:, down, along].T)
