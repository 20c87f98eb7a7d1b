"""The drawn street: exact labels, the same from the same seed, and a camera that can move."""

from __future__ import annotations

import numpy as np
import pytest

from resources.samples.camera import Camera, Panel
from resources.samples.draw import SEEDS
from resources.samples.scene import CLASS_NAMES, ROAD, SKY, Street
from segcore.images import read_image
from segcore.labels import read_label_map
from segcore.resources import class_table, sample_paths


def test_bundled_samples_pair_pictures_with_labels_of_the_street_classes() -> None:
    pairs = sample_paths()
    seen: set[int] = set()
    assert len(pairs) == len(SEEDS)
    for picture, labels in pairs:
        ids = read_label_map(labels).labels
        assert read_image(picture).shape[:2] == ids.shape
        seen |= set(np.unique(ids).tolist())
    assert seen == set(range(len(class_table("camvid"))))


def test_the_script_still_draws_the_bundled_first_street() -> None:
    picture, labels = Street(SEEDS[0]).picture(Camera())
    kept_picture, kept_labels = sample_paths()[0]
    assert np.mean(read_label_map(kept_labels).labels == labels) > 0.999
    difference = read_image(kept_picture).astype(int) - picture
    assert np.abs(difference).mean() < 4  # what JPEG takes away


def test_moving_ahead_changes_the_view_but_not_the_town() -> None:
    street = Street(1)
    here = street.picture(Camera(width=160, height=120))[1]
    again = street.picture(Camera(width=160, height=120))[1]
    ahead = street.picture(Camera(width=160, height=120, z=2.0))[1]
    assert np.array_equal(here, again)
    assert 0.02 < np.mean(here != ahead) < 0.6


@pytest.mark.parametrize(("z", "rows"), [(10.0, 40), (20.0, 20)])
def test_a_wall_is_painted_where_a_pinhole_camera_sees_it(z: float, rows: int) -> None:
    camera = Camera(width=200, height=200, x=0.0, y=0.0, focal=1.0, horizon=0.5)
    camera.start(np.zeros((2, 2, 3), np.uint8), SKY)
    white = np.full((8, 8, 4), 255, np.uint8)
    camera.paint(Panel((-1.0, 1.0, z), (2.0, 0, 0), (0, -2.0, 0), white, ROAD))
    labels = camera.finish()[1]
    painted = np.argwhere(labels == ROAD)
    assert painted[:, 0].min() == pytest.approx(100 - rows / 2, abs=1)
    assert painted[:, 0].max() == pytest.approx(99 + rows / 2, abs=1)
    assert painted[:, 1].min() == pytest.approx(100 - rows / 2, abs=1)


def test_class_names_are_the_street_models() -> None:
    assert tuple(class_table("camvid").names) == CLASS_NAMES
