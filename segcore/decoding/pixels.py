"""Samples of every kind a file may hold, turned into 8-bit RGB."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, cast

import numpy as np
import numpy.typing as npt
from PIL import Image

from segcore.opencv import cv2

RGB = npt.NDArray[np.uint8]

# A strip of Pillow's pixels is copied at a time. Under 128 KiB the C library reuses memory rather
# than asking the system for fresh pages, which takes three times as long; and no second copy of a
# large picture is made.
_STRIP_BYTES = 96 << 10


def rgb_of_picture(picture: Image.Image) -> RGB:
    """(H, W, 3) uint8 RGB of a loaded Pillow picture of any mode.

    Alpha is dropped and the colour below it kept, as Pillow's `convert("RGB")` and OpenCV do and
    therefore the loaders with which models are trained; laying the picture over white would show
    the model edges that nobody recorded. Palettes are looked up; CMYK and Lab are converted
    without a profile of the file's own.
    """
    if picture.mode.startswith("I") or picture.mode == "F":
        return rgb_of_samples(np.asarray(picture), sixteen_bit=picture.mode == "I")
    picture.info.pop("transparency", None)  # the palette's alpha is dropped with the rest
    if picture.mode == "LAB":
        picture = picture.convert("RGB")
    width, height = picture.size
    image = np.empty((height, width, 3), np.uint8)
    rows = max(_STRIP_BYTES // (3 * width), 1)
    for top in range(0, height, rows):
        strip = picture.crop((0, top, width, min(top + rows, height)))
        image[top : top + rows] = np.asarray(strip.convert("RGB"))
    return image


def rgb_of_samples(samples: npt.NDArray[Any], *, sixteen_bit: bool = False) -> RGB:
    """(H, W, 3) uint8 RGB of (H, W) or (H, W, C) samples of any number type.

    - uint8 stays;
    - uint16 is v · 255 / 65535, rounded; so are wider integers when `sixteen_bit` says that they
      hold no more;
    - booleans are black and white;
    - floats that lie within 0 … 1 are v · 255, rounded;
    - all other numbers are stretched from their least to their greatest finite value. NaN is
      black, infinities are the ends.

    One or two channels are grey (and alpha); of more than three the first three are taken.

    Raises:
        ValueError: complex numbers, or no rows and columns.
    """
    if samples.ndim == 2:
        samples = samples[..., None]
    if samples.ndim != 3 or 0 in samples.shape or samples.dtype.kind not in "buif":
        raise ValueError(f"samples of shape {samples.shape} and type {samples.dtype}")
    samples = samples[..., : 1 if samples.shape[2] < 3 else 3]
    eight_bit = _eight_bit(samples, sixteen_bit=sixteen_bit)
    if eight_bit.shape[2] == 1:
        eight_bit = np.repeat(eight_bit, 3, axis=2)
    return np.ascontiguousarray(eight_bit)


def upright(image: RGB, orientation: int) -> RGB:
    """The image as its EXIF orientation (1 to 8) means it to be seen; C-contiguous."""
    turn = _TURNS.get(orientation, np.ascontiguousarray)
    return cast("RGB", turn(image))


# OpenCV's copies are many times faster than those of a turned view by NumPy.
_TURNS: dict[int, Callable[[RGB], Any]] = {
    2: lambda image: cv2.flip(image, 1),
    3: lambda image: cv2.rotate(image, cv2.ROTATE_180),
    4: lambda image: cv2.flip(image, 0),
    5: cv2.transpose,
    6: lambda image: cv2.rotate(image, cv2.ROTATE_90_CLOCKWISE),
    7: lambda image: cv2.flip(cv2.rotate(image, cv2.ROTATE_90_CLOCKWISE), 0),
    8: lambda image: cv2.rotate(image, cv2.ROTATE_90_COUNTERCLOCKWISE),
}


def _eight_bit(samples: npt.NDArray[Any], *, sixteen_bit: bool) -> RGB:
    if samples.dtype == np.uint8:
        return samples
    if samples.dtype == np.bool_:
        return samples.astype(np.uint8) * np.uint8(255)
    if samples.dtype.kind in "ui" and (samples.dtype == np.uint16 or sixteen_bit):
        clipped = samples if samples.dtype == np.uint16 else samples.clip(0, 65535)
        return np.take(_sixteen_to_eight(), clipped)
    return _stretched(samples)


@cache
def _sixteen_to_eight() -> npt.NDArray[np.uint8]:
    return ((np.arange(65536, dtype=np.uint32) + 128) // 257).astype(np.uint8)


def _stretched(samples: npt.NDArray[Any]) -> RGB:
    values = samples.astype(np.float64)
    finite = values[np.isfinite(values)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
    if samples.dtype.kind == "f" and low >= 0 and high <= 1:
        low, high = 0.0, 1.0
    values = np.nan_to_num(values, nan=low, posinf=high, neginf=low)
    half = high / 2 - low / 2  # the whole may be more than the largest number
    if not half > 0:
        return np.zeros(values.shape, np.uint8)
    return ((values / 2 - low / 2) / half * 255 + 0.5).astype(np.uint8)
