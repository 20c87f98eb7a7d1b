"""Crops that differ each time: scale, place, mirror and light.

One resampling per crop: the piece of the picture that becomes the crop is cut out first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from segcore.labels import LabelMap
from segcore.opencv import cv2
from segcore.training.samples import Image, Weights

_GREY = (124, 116, 104)  # ImageNet's mean: nothing, after normalising


@dataclass(frozen=True)
class Augmentation:
    """How pictures are varied.

    Attributes:
        scale: least and largest factor, drawn evenly in its logarithm.
        stretch: width against height varies by up to this factor, either way.
        flip: mirror left and right half of the time.
        turn: also any of the quarter turns, for pictures from above.
        brightness, contrast, saturation: largest change, as a share.
        hue: largest change in degrees, of 360.
        most_of_one: a crop of which one class has a larger share is drawn again, up to ten times.
    """

    scale: tuple[float, float] = (0.5, 2.0)
    stretch: float = 1.0
    flip: bool = True
    turn: bool = False
    brightness: float = 0.125
    contrast: float = 0.5
    saturation: float = 0.5
    hue: float = 18.0
    most_of_one: float = 0.75


class Crop(NamedTuple):
    """(h, w, 3) uint8 RGB, (h, w) ids, (h, w) float32 weights or None."""

    picture: Image
    labels: LabelMap
    weights: Weights | None


def cropped(
    sample: Crop,
    size: tuple[int, int],
    how: Augmentation,
    rng: np.random.Generator,
    *,
    ignore: int,
    show: int | None = None,
) -> Crop:
    """A crop of `size` (h, w) from a sample, varied as `how` says; outside the picture is ignore.

    With `show` the crop holds a pixel of that class, where the sample has one.
    """
    for attempt in range(10):
        crop = _cut(sample, size, how, rng, (ignore, show))
        if attempt == 9 or not _monotonous(crop.labels, how.most_of_one, ignore):
            break
    return _turned(Crop(_lit(crop.picture, how, rng), crop.labels, crop.weights), how, rng)


def _cut(
    sample: Crop,
    size: tuple[int, int],
    how: Augmentation,
    rng: np.random.Generator,
    ids: tuple[int, int | None],
) -> Crop:
    """`ids` are what stands for the outside, and the class to be shown."""
    ignore, show = ids
    height, width = sample.labels.shape
    low, high = np.log(how.scale)
    scale = float(np.exp(rng.uniform(low, high)))
    stretch = float(np.exp(rng.uniform(-1, 1) * np.log(how.stretch) / 2))
    # The piece of the picture that becomes the crop, in its own pixels.
    tall = max(round(size[0] / (scale / stretch)), 1)
    wide = max(round(size[1] / (scale * stretch)), 1)
    top, left = _place(height, tall, rng), _place(width, wide, rng)
    if show is not None:
        rows, columns = np.nonzero(sample.labels == show)
        if len(rows):
            chosen = int(rng.integers(len(rows)))
            top = _around(int(rows[chosen]), height, tall, rng)
            left = _around(int(columns[chosen]), width, wide, rng)
    box = (top, left, tall, wide)
    smooth = cv2.INTER_AREA if tall > size[0] else cv2.INTER_LINEAR
    picture = _resized(_piece(sample.picture, box, _GREY), size, smooth)
    labels = _resized(_piece(sample.labels, box, ignore), size, cv2.INTER_NEAREST_EXACT)
    weights = sample.weights
    if weights is not None:
        weights = _resized(_piece(weights, box, 0), size, cv2.INTER_NEAREST_EXACT)
    return Crop(picture, labels, weights)


def _place(length: int, piece: int, rng: np.random.Generator) -> int:
    """Where a piece begins: anywhere inside, or so that the whole length is inside it."""
    room = length - piece
    return int(rng.integers(min(room, 0), max(room, 0) + 1))


def _around(point: int, length: int, piece: int, rng: np.random.Generator) -> int:
    """Where a piece begins that holds `point`, and no more of the outside than it must."""
    begin = point - int(rng.integers(piece))
    room = length - piece
    return min(max(begin, min(room, 0)), max(room, 0))


def _piece(plane: np.ndarray, box: tuple[int, int, int, int], outside: object) -> np.ndarray:
    top, left, tall, wide = box
    height, width = plane.shape[:2]
    inner = plane[max(top, 0) : top + tall, max(left, 0) : left + wide]
    if inner.shape[:2] == (tall, wide):
        return inner
    whole = np.empty((tall, wide, *plane.shape[2:]), plane.dtype)
    whole[:] = outside
    at = max(-top, 0), max(-left, 0)
    assert top + tall >= height or top >= 0, "pieces lie inside or around"
    whole[at[0] : at[0] + inner.shape[0], at[1] : at[1] + inner.shape[1]] = inner
    assert width > 0
    return whole


def _resized(plane: np.ndarray, size: tuple[int, int], how: int) -> np.ndarray:
    if plane.shape[:2] == size:
        return np.ascontiguousarray(plane)
    resized: np.ndarray = cv2.resize(plane, (size[1], size[0]), interpolation=how)
    return resized


def _monotonous(labels: LabelMap, most: float, ignore: int) -> bool:
    known = labels[labels != ignore]
    return bool(known.size) and int(np.bincount(known).max()) > most * known.size


def _lit(picture: Image, how: Augmentation, rng: np.random.Generator) -> Image:
    """Brightness, contrast, saturation and hue, each of them half of the time."""
    drawn = rng.uniform(-1, 1, 4)
    used = rng.random(4) < 0.5
    offset = 255 * how.brightness * drawn[0] if used[0] else 0.0
    gain = 1 + how.contrast * drawn[1] if used[1] else 1.0
    colour = 1 + how.saturation * drawn[2] if used[2] else 1.0
    turn = how.hue * drawn[3] if used[3] else 0.0
    # All of it is one affine map of RGB, taken about the picture's mean grey.
    matrix = gain * _hue_and_saturation(turn, colour)
    shift = offset + (1 - gain) * float(picture[::8, ::8].mean())
    transform = np.concatenate([matrix, np.full((3, 1), shift)], axis=1)
    return np.asarray(cv2.transform(picture, transform.astype(np.float32)), np.uint8)


def _hue_and_saturation(degrees: float, colour: float) -> np.ndarray:
    """(3, 3): turn about the grey axis, then towards or away from the luminance."""
    cosine, sine = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    third, root = (1 - cosine) / 3, sine / np.sqrt(3)
    turned = np.array(
        [
            [cosine + third, third - root, third + root],
            [third + root, cosine + third, third - root],
            [third - root, third + root, cosine + third],
        ]
    )
    luminance = np.array([0.299, 0.587, 0.114])
    saturated = colour * np.eye(3) + (1 - colour) * luminance[None]
    product: np.ndarray = saturated @ turned
    return product


def _turned(crop: Crop, how: Augmentation, rng: np.random.Generator) -> Crop:
    flip = how.flip and rng.random() < 0.5
    # A quarter turn keeps the shape of square crops alone.
    square = crop.labels.shape[0] == crop.labels.shape[1]
    quarters = int(rng.integers(4)) if how.turn else 0
    if not square:
        quarters = quarters // 2 * 2

    def turned(plane: np.ndarray) -> np.ndarray:
        plane = np.rot90(plane, quarters)
        return plane[:, ::-1] if flip else plane

    weights = None if crop.weights is None else turned(crop.weights)
    return Crop(turned(crop.picture), turned(crop.labels), weights)
