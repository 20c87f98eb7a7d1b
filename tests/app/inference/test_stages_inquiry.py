"""The network as it is, asked through the desk: the core's own numbers and features, made ready."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest

from app.inference.engine import SegcoreEngine
from app.inference.inquiries.stages import FeaturesInquiry, NumbersInquiry, Shelf
from app.inference.requests import ModelSpec
from app.stage_views import CHANNELS_A_PAGE, FeatureView, Place
from segcore.progress import CancelToken

SPEC = ModelSpec("street-b0", device="cpu", backend="torch")


@pytest.fixture(scope="module")
def desk() -> SegcoreEngine:
    return SegcoreEngine()


@pytest.fixture(scope="module")
def image() -> np.ndarray:
    coarse = np.random.default_rng(4).integers(0, 256, (7, 9, 3), np.uint8)
    return cv2.resize(coarse, (150, 100), interpolation=cv2.INTER_CUBIC)


@pytest.fixture(scope="module")
def features(desk: SegcoreEngine, image: np.ndarray) -> dict[str, np.ndarray]:
    """What the predictor itself gives for every stage."""
    predictor = desk.predictor(SPEC)
    ((_, found),) = predictor.features(predictor.encode(image))
    return found


def ask(desk: SegcoreEngine, image: np.ndarray, place: Place, **words: Any) -> FeatureView:
    inquiry = FeaturesInquiry(SPEC, "x.png", image, words.pop("point", None), place, **words)
    return inquiry.answer(desk, CancelToken(), lambda _progress: None, lambda _value: None)


def test_numbers_come_at_once_and_then_with_times(
    desk: SegcoreEngine, image: np.ndarray, features: dict[str, np.ndarray]
) -> None:
    from segcore.models import count_macs

    early: list[Any] = []
    inquiry = NumbersInquiry(SPEC, "x.png", image, None)
    numbers = inquiry.answer(desk, CancelToken(), lambda _progress: None, early.append)

    counted = count_macs(desk.predictor(SPEC).config, image.shape[:2])
    assert [(row.macs, row.parameters, row.shape) for row in numbers.rows] == [
        (row.macs, row.parameters, row.shape) for row in counted
    ]
    for row in numbers.rows[:4]:
        assert row.shape == features[row.name].shape
        assert row.tokens == row.shape[1] * row.shape[2]
    assert all(row.seconds is None for row in early[0].rows)
    assert all(row.seconds is not None and row.seconds > 0 for row in numbers.rows)
    assert numbers.size == (100, 150)
    assert numbers.refusal == ""


def test_channels_are_the_predictors_features(
    desk: SegcoreEngine, image: np.ndarray, features: dict[str, np.ndarray]
) -> None:
    expected = features["stage2"]
    view = ask(desk, image, Place("stage2"))
    assert view.shape == expected.shape
    assert view.blocks == 2
    variances = expected.reshape(len(expected), -1).var(axis=1)
    best = np.argsort(-variances, kind="stable")[:CHANNELS_A_PAGE]
    assert [one.number for one in view.channels] == best.tolist()
    for one in view.channels:
        np.testing.assert_allclose(np.asarray(one.heat_map), expected[one.number], atol=1e-5)
    assert view.picture.dtype == np.uint8
    assert sum(view.shares) <= 1 + 1e-6
    assert sorted(view.shares, reverse=True) == list(view.shares)


def test_at_a_pixel_the_strongest_channels_come_first(
    desk: SegcoreEngine, image: np.ndarray, features: dict[str, np.ndarray]
) -> None:
    view = ask(desk, image, Place("stage1"), point=(149, 0), order="activation")
    there = np.abs(features["stage1"][:, 0, -1])
    assert view.channels[0].number == there.argmax()
    # Without a pixel there is nothing to order by.
    assert ask(desk, image, Place("stage1"), order="activation").order == "variance"


def test_a_channel_is_found_on_its_page(desk: SegcoreEngine, image: np.ndarray) -> None:
    view = ask(desk, image, Place("fused"), order="number", channel=100)
    assert view.page == 100 // CHANNELS_A_PAGE
    assert 100 in [one.number for one in view.channels]
    assert ask(desk, image, Place("stage1"), channel=999).chosen == 31


def test_walking_keeps_the_steps_and_lies_where_the_keys_are(
    desk: SegcoreEngine, image: np.ndarray
) -> None:
    shelf = Shelf()
    first = ask(desk, image, Place("stage1", 0), shelf=shelf)
    assert first.outline is not None
    assert first.outline.key == "merging"
    assert first.outline.inputs == ((3, 100, 150),)
    assert (first.box.width, first.box.height) == (150, 100)
    keys = [step.key for step in first.steps]
    reduction = ask(desk, image, Place("stage1", 0, keys.index("reduction")), shelf=shelf)
    # 25 x 38 tokens, of which 24 x 32 fall into windows of 8 x 8.
    assert reduction.shape == (32, 3, 4)
    assert (reduction.box.height, reduction.box.width) == (96, round(150 * 32 / 38))
    attention = ask(desk, image, Place("stage1", 0, keys.index("attention")), shelf=shelf)
    assert attention.outline is not None
    assert attention.outline.inputs == ((32, 25, 38), (32, 3, 4), (32, 3, 4))
    last = ask(desk, image, Place("stage1", 1, -1), shelf=shelf)
    assert last.outline is not None
    assert last.outline.key == "stage_norm"
    assert last.place.step == len(last.steps) - 1


def test_the_shelf_forgets_another_picture_and_what_there_is_no_room_for(
    desk: SegcoreEngine, image: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf = Shelf()
    place = Place("stage1", 0, 2)
    before = ask(desk, image, place, shelf=shelf)
    other = np.ascontiguousarray(image[:, ::-1])
    there = ask(desk, other, place, shelf=shelf)
    assert not np.array_equal(before.components[0].heat_map, there.components[0].heat_map)
    monkeypatch.setattr("app.inference.inquiries.stages.SHELF_BYTES", 1)
    again = ask(desk, image, place, shelf=shelf)
    assert np.array_equal(before.components[0].heat_map, again.components[0].heat_map)
