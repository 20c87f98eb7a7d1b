"""Crops: picture, labels and weights move together, and nothing is made up."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segcore.training.augmentation import Augmentation, Crop, cropped

IGNORE = 255
COLOURS = np.array([(10, 10, 10), (240, 20, 20), (20, 240, 20), (20, 20, 240)], np.uint8)
DARK = {"brightness": 0.0, "contrast": 0.0, "saturation": 0.0, "hue": 0.0}


def sample(height: int, width: int) -> Crop:
    """Four quarters of four colours; the weights tell the classes too."""
    y, x = np.mgrid[:height, :width]
    labels = (2 * (y >= height // 2) + (x >= width // 2)).astype(np.uint8)
    return Crop(COLOURS[labels], labels, labels.astype(np.float32))


@settings(max_examples=60, deadline=None)
@given(
    size=st.tuples(st.integers(24, 90), st.integers(24, 90)),
    crop=st.tuples(st.integers(8, 70), st.integers(8, 70)),
    turn=st.booleans(),
    seed=st.integers(0, 1000),
)
def test_labels_and_weights_lie_where_the_picture_does(
    size: tuple[int, int], crop: tuple[int, int], turn: bool, seed: int
) -> None:
    how = Augmentation(scale=(0.4, 2.5), stretch=1.3, turn=turn, most_of_one=1.0, **DARK)
    found = cropped(sample(*size), crop, how, np.random.default_rng(seed), ignore=IGNORE)
    assert found.picture.shape == (*crop, 3)
    assert found.labels.shape == crop
    assert found.weights is not None
    inside = found.labels != IGNORE
    assert inside.any()
    np.testing.assert_array_equal(found.weights[inside], found.labels[inside])
    assert (found.weights[~inside] == 0).all()
    # Colours mix along borders alone.
    distance = np.abs(found.picture[:, :, None].astype(int) - COLOURS[None, None]).sum(-1)
    agrees = distance.argmin(-1) == found.labels
    clear = (distance.min(-1) < 30) & inside
    assert agrees[clear].mean() > 0.93 if clear.any() else True


def test_the_same_seed_gives_the_same_crop_and_another_one_another() -> None:
    crops = [
        cropped(sample(60, 80), (32, 48), Augmentation(), np.random.default_rng(s), ignore=IGNORE)
        for s in (1, 1, 2)
    ]
    np.testing.assert_array_equal(crops[0].picture, crops[1].picture)
    assert not np.array_equal(crops[0].picture, crops[2].picture)


def test_a_crop_that_is_to_show_a_class_shows_it() -> None:
    labels = np.zeros((200, 200), np.uint8)
    labels[150, 30] = 1
    picture = Crop(COLOURS[labels], labels, None)
    how = Augmentation(scale=(1, 1), most_of_one=1.0)
    for seed in range(20):
        found = cropped(picture, (32, 32), how, np.random.default_rng(seed), ignore=IGNORE, show=1)
        assert (found.labels == 1).any()


def test_a_class_that_fills_the_crop_is_avoided_where_it_can_be() -> None:
    labels = np.zeros((64, 640), np.uint8)
    labels[:, 300:340] = 1
    how = Augmentation(scale=(1, 1), most_of_one=0.9)
    mixed = [
        (cropped(
            Crop(COLOURS[labels], labels, None), (64, 64), how, np.random.default_rng(seed),
            ignore=IGNORE,
        ).labels == 1).any()
        for seed in range(30)
    ]  # fmt: skip
    assert np.mean(mixed) > 0.5  # one try alone has 16 %


def test_light_changes_within_bounds_and_grey_stays_grey() -> None:
    grey = np.full((40, 40, 3), 120, np.uint8)
    how = Augmentation(scale=(1, 1), most_of_one=1.0, contrast=0.0)
    seen = set()
    for seed in range(40):
        crop = cropped(
            Crop(grey, np.zeros((40, 40), np.uint8), None), (32, 32), how,
            np.random.default_rng(seed), ignore=IGNORE,
        )  # fmt: skip
        values = np.unique(crop.picture)
        assert int(values.max()) - int(values.min()) <= 1
        seen.add(int(values[0]))
    assert min(seen) >= 120 - 33
    assert max(seen) <= 120 + 33
    assert len(seen) > 5


@pytest.mark.parametrize("square", [True, False])
def test_quarter_turns_keep_the_shape(square: bool) -> None:
    crop = (32, 32) if square else (32, 48)
    how = Augmentation(scale=(1, 1), turn=True, flip=False, most_of_one=1.0, **DARK)
    corners = {
        int(
            cropped(sample(*crop), crop, how, np.random.default_rng(seed), ignore=IGNORE).labels[
                0, 0
            ]
        )
        for seed in range(30)
    }
    assert corners == ({0, 1, 2, 3} if square else {0, 3})
