"""Averages over pictures: what is in them, what is skipped, and what is kept when called off."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from segcore.errors import ImageError, RequestError
from segcore.inspection import ErfSettings, average_fields, average_rows, receptive_field
from segcore.inspection.erf_graph import FieldGraph
from segcore.progress import CancelToken

SETTINGS = ErfSettings(("stage1", "stage2"))


@pytest.fixture
def folder(tmp_path, picture):
    for number in range(3):
        Image.fromarray(picture(48, 64, number)).save(tmp_path / f"{number}.png")
    return tmp_path


def test_the_mean_of_a_folder_without_what_cannot_be_used(street, folder, picture):
    (folder / "broken.png").write_bytes(b"no picture")
    Image.fromarray(picture(20, 20)).save(folder / "tiny.png")
    Image.fromarray(picture(64, 48)).save(folder / "upright.png")
    told, counts = [], []
    result = average_fields(
        street,
        folder,
        SETTINGS,
        progress=told.append,
        partial=lambda so_far: counts.append((so_far.count, len(so_far.skipped))),
    )
    images = [picture(48, 64, number) for number in range(3)]
    expected = receptive_field(street, images, SETTINGS.targets)
    for target, heat_map in result.maps.items():
        np.testing.assert_allclose(heat_map, expected[target], rtol=1e-5, atol=1e-8)
    assert result.count == 3
    assert result.complete
    names = [skipped.name.rsplit("/", 1)[-1] for skipped in result.skipped]
    assert names == ["broken.png", "tiny.png", "upright.png"]
    for skipped, word in zip(result.skipped, ("broken.png", "too small", "one size")):
        assert word in skipped.sentence
        assert skipped.name in skipped.sentence
        assert "\n" not in skipped.sentence
    assert counts == [(1, 0), (2, 0), (3, 0), (3, 1), (3, 2), (3, 3)]
    assert (told[-1].done, told[-1].total) == (12, 12)
    assert told[-1].seconds_left == 0


def test_another_size_for_all(street, folder, picture):
    Image.fromarray(picture(20, 20)).save(folder / "tiny.png")
    result = average_fields(street, folder, ErfSettings(("stage1",), size=(32, 64)))
    assert result.count == 4
    assert result.maps["stage1"].shape == (32, 64)


def test_called_off_half_way_the_mean_so_far_is_kept(street, picture):
    token = CancelToken()
    pictures = [(f"picture {number}", picture(32, 32, number)) for number in range(4)]

    def stop(progress):
        if progress.done == 5:  # in the middle of the third picture
            token.cancel()

    result = average_fields(street, pictures, SETTINGS, cancel=token, progress=stop)
    assert not result.complete
    assert result.pictures == ("picture 0", "picture 1")
    assert result.total == 4
    expected = receptive_field(street, [image for _, image in pictures[:2]], SETTINGS.targets)
    np.testing.assert_allclose(result.maps["stage2"], expected["stage2"], rtol=1e-5, atol=1e-8)


def test_called_off_at_once_there_is_nothing(street, picture):
    token = CancelToken()
    token.cancel()
    result = average_fields(street, [("a", picture(32, 32))], SETTINGS, cancel=token)
    assert (result.count, result.complete, dict(result.maps)) == (0, False, {})


def test_several_models_are_of_the_same_pictures(street, picture):
    """The second row cannot use the small picture, so that it is in neither mean."""
    pictures = [("large", picture(64, 64)), ("small", picture(32, 32))]
    rows = [
        (street, ErfSettings(("stage1",), size=(32, 32))),
        (street, ErfSettings(("stage1",), point=(40, 40))),
    ]
    first, second = average_rows(rows, pictures)
    assert first.pictures == second.pictures == ("large",)
    assert "outside" in first.skipped[0].sentence


def test_a_gradient_that_is_not_a_number_is_skipped(street, picture, monkeypatch):
    """As RepLKNet's script does it."""
    taken = FieldGraph._gradient
    calls = iter(range(10))

    def broken(self, target, cancel):
        found = taken(self, target, cancel)
        return found * torch.nan if next(calls) == 1 else found

    monkeypatch.setattr(FieldGraph, "_gradient", broken)
    pictures = [(str(number), picture(32, 32, number)) for number in range(3)]
    result = average_fields(street, pictures, ErfSettings(("stage1",)))
    assert result.pictures == ("0", "2")
    assert "not a number" in result.skipped[0].sentence
    assert np.isfinite(result.maps["stage1"].values).all()


def test_an_empty_folder_and_a_class_that_is_not_there(street, tmp_path, picture):
    with pytest.raises(ImageError, match="holds no pictures"):
        average_fields(street, tmp_path)
    with pytest.raises(RequestError, match="choose 0 to 10"):
        average_fields(street, [("a", picture(32, 32))], ErfSettings(class_id=11))
