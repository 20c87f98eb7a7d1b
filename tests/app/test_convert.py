"""Pixels across the border between NumPy and Qt."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtGui import QColor, QImage

from app.convert import shared_qimage, to_array, to_qcolor, to_qimage


@pytest.fixture
def rgb() -> np.ndarray:
    # An odd width: rows of a QImage are padded to four bytes.
    return np.random.default_rng(0).integers(0, 256, (5, 7, 3)).astype(np.uint8)


def test_there_and_back(rgb: np.ndarray) -> None:
    assert np.array_equal(to_array(to_qimage(rgb)), rgb)


def test_colours_keep_their_order(rgb: np.ndarray) -> None:
    image = to_qimage(rgb)
    assert image.pixelColor(6, 4) == QColor(*(int(part) for part in rgb[4, 6]))


def test_strides_do_not_matter(rgb: np.ndarray) -> None:
    assert np.array_equal(to_array(to_qimage(rgb[::-2, 1::2])), rgb[::-2, 1::2])


def test_grey_and_alpha() -> None:
    grey = np.array([[3, 200]], np.uint8)
    assert to_array(to_qimage(grey))[0].tolist() == [[3, 3, 3], [200, 200, 200]]
    rgba = np.array([[[10, 20, 30, 40]]], np.uint8)
    assert to_qimage(rgba).pixelColor(0, 0).getRgb() == (10, 20, 30, 40)


def test_an_image_owns_its_pixels(rgb: np.ndarray) -> None:
    image = to_qimage(rgb)
    before = to_array(image)
    rgb[:] = 0
    assert np.array_equal(to_array(image), before)


def test_a_shared_image_shows_what_is_written() -> None:
    pixels = np.zeros((6, 8, 4), np.uint8)
    part = pixels[1:4, 2:5]
    image = shared_qimage(part, opaque=False)
    part[1, 2] = (30, 20, 10, 255)
    assert image.pixelColor(2, 1).getRgb() == (10, 20, 30, 255)
    assert image.pixelColor(1, 1).alpha() == 0
    assert shared_qimage(pixels, opaque=True).format() == QImage.Format.Format_RGB32


@pytest.mark.parametrize(
    "array",
    [np.zeros((2, 2), np.float32), np.zeros((2, 2, 2), np.uint8), np.zeros(4, np.uint8)],
)
def test_other_arrays_are_refused(array: np.ndarray) -> None:
    with pytest.raises(ValueError, match="uint8"):
        to_qimage(array)


@pytest.mark.parametrize(
    "array", [np.zeros((2, 4, 4), np.uint8)[:, ::2], np.zeros((2, 2, 3), np.uint8)]
)
def test_what_cannot_be_shared_is_refused(array: np.ndarray) -> None:
    with pytest.raises(ValueError, match="packed"):
        shared_qimage(array, opaque=True)


def test_colour() -> None:
    assert to_qcolor((1, 2, 3)).getRgb() == (1, 2, 3, 255)
    assert to_qcolor((1, 2, 3), 4).alpha() == 4
