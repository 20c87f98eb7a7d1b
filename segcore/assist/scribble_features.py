"""What a model sees under scribbles, and a taught classifier applied to a part of a picture.

Features are the kept ones of the stages: a picture that was predicted is not encoded again.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn.functional import interpolate

from segcore.assist.colour_features import colour_features
from segcore.assist.evidence import Evidence
from segcore.assist.model_evidence import joined, pitch
from segcore.assist.scribbles import Floats, Ints, Samples, Scribble, TaughtClassifier
from segcore.errors import RequestError
from segcore.geometry import Box, Size, WindowGeometry
from segcore.inference.encoded import EncodedImage
from segcore.inference.prediction import Prediction
from segcore.inference.predictor import Predictor
from segcore.progress import CancelToken

Parts = npt.NDArray[np.float64]

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
    groups = predictor.with_less_memory(encoded, lambda: _groups_at(encoded, columns, rows, cancel))
    channels = tuple(part.shape[1] for part in groups)
    return Samples(np.concatenate(groups, axis=1), ids.astype(np.int64), channels)


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
def feature_groups(encoded: EncodedImage, index: int) -> list[Tensor]:
    """What a classifier sees of a window: its four stages and its colours, (C, h, w) each.

    Colours are worked out once and kept with the stages.
    """
    window = encoded.windows[index]

    def colours() -> tuple[Tensor]:
        rows, columns = (-(-side // 4) for side in window.model_size)
        return (torch.from_numpy(colour_features(encoded.image, window.box, (rows, columns))),)

    stages = [encoded.backend.picture_of(feature) for feature in encoded.stages(index)]
    return [*stages, encoded.kept(("colours", index), colours)[0].to(stages[0].device)]


@torch.inference_mode()
def _groups_at(
    encoded: EncodedImage, columns: Ints, rows: Ints, cancel: CancelToken | None
) -> list[Floats]:
    """(n, C) of each group, read bilinearly at pixels, each from the window that answers for it."""
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
        for group, picture in enumerate(feature_groups(encoded, index)):
            if len(found) <= group:
                found.append(np.zeros((len(columns), len(picture)), np.float32))
            found[group][mine] = _read_at(picture, down, along).cpu().numpy()
    return found


def _read_at(picture: Tensor, down: Parts, along: Parts) -> Tensor:
    """(C, h, w) at positions in parts of its height and width: (n, C) float32."""
    above, below, drop = _neighbours(down, picture.shape[1])
    left, right, shift = _neighbours(along, picture.shape[2])

    cells = picture.permute(1, 2, 0).flatten(0, 1)

    def corner(y: Ints, x: Ints, weight: Parts) -> Tensor:
        held = torch.from_numpy(weight.astype(np.float32)).to(picture.device)
        wanted = torch.from_numpy(y * picture.shape[2] + x).to(picture.device)
        return cells.index_select(0, wanted).float() * held[:, None]

    return (
        corner(above, left, (1 - drop) * (1 - shift))
        + corner(above, right, (1 - drop) * shift)
        + corner(below, left, drop * (1 - shift))
        + corner(below, right, drop * shift)
    )


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
    sheets: list[Tensor] = []
    for index in touched:
        if cancel is not None:
            cancel.raise_if_cancelled()
        sheets.append(_projected(feature_groups(encoded, index), taught))
    return np.ascontiguousarray(joined(sheets, windows, place, grid).cpu().numpy())


def _projected(groups: list[Tensor], taught: TaughtClassifier) -> Tensor:
    """(K, h, w): each group's scores on its own grid, brought to the finest one and added."""
    scores = []
    for picture, weights in zip(groups, taught.parts, strict=True):
        turned = torch.from_numpy(weights).to(picture.device).T
        flat = turned @ picture.flatten(1).float()
        scores.append(flat.reshape(1, -1, *picture.shape[1:]))
    finest = scores[0].shape[2:]
    total = torch.from_numpy(taught.bias).to(scores[0].device)[:, None, None] + scores[0][0]
    for each in scores[1:]:
        total += interpolate(each, size=finest, mode="bilinear")[0]
    return total


def _grid(place: Box, windows: list[WindowGeometry]) -> Size:
    down, along = (min(pitch(window)[axis] for window in windows) for axis in (0, 1))
    return max(math.ceil(place.height / down), 1), max(math.ceil(place.width / along), 1)
