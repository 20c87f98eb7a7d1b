"""Samples of every number type as 8-bit RGB, and orientations."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image, ImageOps

from segcore.decoding.pixels import rgb_of_picture, rgb_of_samples, upright

RNG = np.random.default_rng(5)


def test_sixteen_bits_are_scaled_and_rounded() -> None:
    values = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    expected = np.floor(values.astype(np.float64) * 255 / 65535 + 0.5).astype(np.uint8)
    for channel in range(3):
        np.testing.assert_array_equal(rgb_of_samples(values)[..., channel], expected)
    wide = values.astype(np.int32)
    np.testing.assert_array_equal(rgb_of_samples(wide, sixteen_bit=True)[..., 0], expected)


def test_floats_within_one_are_shares_and_others_are_stretched() -> None:
    shares = np.array([[0.25, 0.5, 1.0]], np.float32)
    assert rgb_of_samples(shares)[0, :, 0].tolist() == [64, 128, 255]
    heights = np.array([[-10.0, 0.0, 30.0, np.nan, np.inf, -np.inf]])
    assert rgb_of_samples(heights)[0, :, 0].tolist() == [0, 64, 255, 0, 255, 0]


@given(
    hnp.arrays(
        st.sampled_from([np.float32, np.float64, np.int8, np.int16, np.int32, np.uint32, np.int64]),
        (2, 3),
    )
)
@example(np.array([[-1.7e308, 1.7e308, 0], [5e-324, np.nan, np.inf]]))
@example(np.array([[-5e-324, 5e-324, 0], [0, np.nan, -np.inf]]))
def test_any_numbers_become_a_picture_without_complaint(samples: np.ndarray) -> None:
    assert rgb_of_samples(samples).shape == (2, 3, 3)


@pytest.mark.parametrize(("channels", "taken"), [(1, [0, 0, 0]), (2, [0, 0, 0]), (3, [0, 1, 2]),
                                                 (4, [0, 1, 2]), (8, [0, 1, 2])])  # fmt: skip
def test_channels(channels: int, taken: list[int]) -> None:
    samples = RNG.integers(0, 256, (5, 6, channels), np.uint8)
    np.testing.assert_array_equal(rgb_of_samples(samples), samples[..., taken])


def test_booleans_are_black_and_white() -> None:
    assert rgb_of_samples(np.array([[True, False]]))[0, :, 1].tolist() == [255, 0]


@pytest.mark.parametrize("bad", [np.zeros((2, 3), complex), np.zeros((0, 3)), np.zeros(3)])
def test_what_is_no_picture_is_refused(bad: np.ndarray) -> None:
    with pytest.raises(ValueError, match="samples of shape"):
        rgb_of_samples(bad)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientations_are_those_of_pillow(orientation: int) -> None:
    image = RNG.integers(0, 256, (4, 7, 3), np.uint8)
    picture = Image.fromarray(image)
    picture.getexif()[274] = orientation
    turned = upright(image, orientation)
    assert turned.flags.c_contiguous
    np.testing.assert_array_equal(turned, np.asarray(ImageOps.exif_transpose(picture)))


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "RGBX", "CMYK", "YCbCr"])
def test_modes_are_converted_as_pillow_does_strip_by_strip(mode: str) -> None:
    # wider than a strip is high: many strips
    picture = Image.fromarray(RNG.integers(0, 256, (9, 20_000, 3), np.uint8)).convert(mode)
    np.testing.assert_array_equal(rgb_of_picture(picture), np.asarray(picture.convert("RGB")))


def test_colour_below_alpha_is_kept() -> None:
    colours = RNG.integers(0, 256, (5, 6, 4), np.uint8)
    colours[..., 3] = 0
    np.testing.assert_array_equal(rgb_of_picture(Image.fromarray(colours)), colours[..., :3])
