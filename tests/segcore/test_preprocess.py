"""Resizing and normalising, held against transformers."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from segcore.errors import CheckpointError
from segcore.preprocess import Preprocess

RNG = np.random.default_rng(7)


def picture(height: int, width: int) -> np.ndarray:
    """Smooth parts and noise, so that every filter has something to do."""
    y, x = np.mgrid[:height, :width]
    waves = 127 + 120 * np.sin(x / 7)[..., None] * np.cos(y / 11)[..., None]
    return np.clip(waves + RNG.normal(0, 30, (height, width, 3)), 0, 255).astype(np.uint8)


def test_real_ade_configuration(shared_data: Path) -> None:
    name = "models/ade-config/segformer-b0-ade_preprocessor_config.json"
    preprocess = Preprocess.from_json(json.loads((shared_data / name).read_text()))
    assert preprocess == Preprocess(do_resize=True, size=(512, 512), reduce_labels=True)
    assert preprocess.model_size((3000, 4000)) == (512, 512)


@pytest.mark.parametrize("resample", range(6))
@pytest.mark.parametrize("size", [(64, 96), (33, 250), (120, 80)])
def test_equal_to_transformers(resample: int, size: tuple[int, int]) -> None:
    processors = pytest.importorskip("transformers.models.segformer.image_processing_pil_segformer")
    config: dict[str, Any] = {
        "do_resize": True,
        "size": {"height": size[0], "width": size[1]},
        "resample": resample,
        "image_mean": [0.4, 0.5, 0.6],
        "image_std": [0.2, 0.3, 0.25],
    }
    image = picture(121, 190)
    oracle = processors.SegformerImageProcessorPil(**config)(image, return_tensors="np")
    preprocess = Preprocess.from_json(config)
    ours = preprocess.normalised(preprocess.resized(image))
    assert ours.dtype == np.float32
    assert ours.flags.c_contiguous
    np.testing.assert_array_equal(ours, oracle["pixel_values"][0])


@pytest.mark.parametrize("switched_off", ["do_rescale", "do_normalize", "do_resize"])
def test_each_step_can_be_left_out_as_in_transformers(switched_off: str) -> None:
    processors = pytest.importorskip("transformers.models.segformer.image_processing_pil_segformer")
    config: dict[str, Any] = {"size": {"height": 32, "width": 48}, switched_off: False}
    image = picture(60, 70)
    oracle = processors.SegformerImageProcessorPil(**config)(image, return_tensors="np")
    preprocess = Preprocess.from_json(config)
    ours = preprocess.normalised(preprocess.resized(image))
    np.testing.assert_array_equal(ours, oracle["pixel_values"][0].astype(np.float32))


def test_affine_is_the_same_to_rounding() -> None:
    for preprocess in (Preprocess(), Preprocess(do_normalize=False), Preprocess(do_rescale=False)):
        image = picture(20, 30)
        scale, shift = preprocess.affine()
        assert scale.dtype == shift.dtype == np.float32
        by_affine = (image * scale + shift).transpose(2, 0, 1)
        np.testing.assert_allclose(preprocess.normalised(image), by_affine, rtol=1e-5, atol=2e-6)


def test_own_size_is_not_touched() -> None:
    image = picture(20, 30)
    assert Preprocess().resized(image) is image
    assert Preprocess().model_size((20, 30)) == (20, 30)
    assert Preprocess().resized(image, (8, 9)).shape == (8, 9, 3)


@pytest.mark.parametrize(
    ("size", "expected"),
    [(512, (512, 512)), ({"height": 3, "width": 4}, (3, 4)), ([5, 6], (5, 6))],
)
def test_sizes_of_every_year(size: object, expected: tuple[int, int]) -> None:
    assert Preprocess.from_json({"size": size}).size == expected


def test_what_is_left_out_is_as_in_transformers() -> None:
    assert Preprocess.from_json({}) == Preprocess(do_resize=True, size=(512, 512))
    assert Preprocess.from_json({"reduce_labels": True}).reduce_labels


@pytest.mark.parametrize(
    "data",
    [
        {"size": {"shortest_edge": 0}},
        {"size": {"shortest_edge": "short"}},
        {"size": {"shortest_edge": 32, "height": 64}},
        {"size": {"longest_edge": 512}},
        {"size": {"max_height": 64, "max_width": 96}},
        {"size": {"height": 64}},
        {"size": True},
        {"size": 0},
        {"size": "512"},
        {"resample": 9},
        {"resample": "bilinear"},
        {"resample": None},
        {"image_std": [1, 0, 1]},
        {"image_mean": [1, 2]},
        {"image_mean": "grey"},
        {"rescale_factor": None},
    ],
)
def test_impossible_values_are_refused(data: dict[str, Any]) -> None:
    with pytest.raises(CheckpointError, match=r"preprocessor_config\.json"):
        Preprocess.from_json(data)


def test_json_comes_back() -> None:
    for preprocess in (
        Preprocess(),
        Preprocess(do_resize=True, size=(3, 4), reduce_labels=True),
        Preprocess(do_resize=True, shortest_edge=40),
        Preprocess(do_resize=True, shortest_edge=40, longest_edge=90),
        Preprocess(do_rescale=False, do_normalize=False),
    ):
        assert Preprocess.from_json(json.loads(json.dumps(preprocess.to_json()))) == preprocess


def assert_as_transformers(config: dict[str, Any], image: np.ndarray) -> None:
    processors = pytest.importorskip("transformers.models.segformer.image_processing_pil_segformer")
    oracle = processors.SegformerImageProcessorPil(**config)(image, return_tensors="np")
    preprocess = Preprocess.from_json(config)
    ours = preprocess.normalised(preprocess.resized(image))
    np.testing.assert_array_equal(ours, oracle["pixel_values"][0].astype(np.float32))
    # What is saved asks for the same again.
    assert Preprocess.from_json(preprocess.to_json()) == preprocess


@pytest.mark.parametrize("size", [(121, 190), (190, 121), (64, 64), (40, 333), (333, 41)])
@pytest.mark.parametrize(
    "asked",
    [
        {"shortest_edge": 48},
        {"shortest_edge": 90},
        {"shortest_edge": 48, "longest_edge": 75},
        {"shortest_edge": 90, "longest_edge": 200},
        {"shortest_edge": 64, "longest_edge": None},
    ],
    ids=str,
)
def test_ratio_is_kept_as_in_transformers(asked: dict[str, int], size: tuple[int, int]) -> None:
    assert_as_transformers({"size": asked}, picture(*size))


@pytest.mark.parametrize(
    "config",
    [
        {"size": 80},
        {"size": {"height": 40, "width": 72}, "crop_size": 33, "do_center_crop": True},
        {"size": 64, "rescale_factor": 1 / 127.5},
        {"size": 64, "do_rescale": False, "rescale_factor": None},
        {"size": 64, "image_mean": 0.5, "image_std": 0.25},
        {"size": 64, "do_normalize": False, "image_mean": None, "image_std": None},
        {"size": 64, "do_rescale": False, "do_normalize": False},
        {"size": 64, "do_rescale": False, "image_mean": [120, 110, 100], "image_std": [58, 57, 56]},
        {"do_resize": False, "size": None},
        {"do_resize": False, "resample": None},
        {"size": 64, "do_reduce_labels": True},
    ],
    ids=str,
)
def test_odd_words_are_obeyed_as_in_transformers(config: dict[str, Any]) -> None:
    assert_as_transformers(config, picture(70, 111))


def test_words_that_are_not_obeyed_are_told_and_harmless_ones_are_not() -> None:
    (note,) = Preprocess.from_json(
        {
            "image_processor_type": "BeitImageProcessor",
            "do_center_crop": True,
            "crop_size": {"height": 33, "width": 33},
            "do_pad": True,
            "size_divisor": 32,
            "do_flip_channel_order": False,
        }
    ).notes
    for word in ("BeitImageProcessor", "do_center_crop: True", "crop_size", "do_pad", "32"):
        assert word in note
    assert "do_flip_channel_order" not in note
    harmless = {
        "image_processor_type": "SegformerImageProcessorFast",
        "_valid_processor_keys": ["images", "size"],
        "do_center_crop": False,
        "crop_size": 512,
        "do_convert_rgb": True,
        "data_format": "channels_first",
        "do_pad": None,
    }
    assert Preprocess.from_json(harmless).notes == ()


@pytest.mark.parametrize(
    ("preprocess", "words"),
    [
        (Preprocess(), "at their own size"),
        (Preprocess(do_resize=True, size=(512, 640)), "at 512 x 640"),
        (
            Preprocess(do_resize=True, shortest_edge=512, longest_edge=2048),
            "512, .* at most at 2048",
        ),
    ],
)
def test_sizes_in_words(preprocess: Preprocess, words: str) -> None:
    assert re.search(words, preprocess.input_words)
