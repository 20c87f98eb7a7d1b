"""Colour pictures on the disk: whole, as their ending says, or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segcore.classes import ClassTable
from segcore.errors import Cancelled, ImageError
from segcore.picture_files import write_picture
from segcore.progress import CancelToken
from segcore.render import blend, class_colours

CLASSES = ClassTable.from_names(["red", "blue"], [(200, 0, 0), (0, 0, 200)])


@pytest.fixture
def picture() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (60, 90, 3), np.uint8)


def test_a_png_comes_back_equal_and_a_jpeg_nearly(tmp_path: Path, picture: np.ndarray) -> None:
    write_picture(tmp_path / "a.png", picture)
    assert np.array_equal(np.asarray(Image.open(tmp_path / "a.png")), picture)
    smooth = np.tile(np.arange(90, dtype=np.uint8)[None, :, None], (60, 1, 3))
    for name in ("a.jpg", "a.JPEG"):
        write_picture(tmp_path / name, smooth)
        with Image.open(tmp_path / name) as read:
            assert read.format == "JPEG"
            assert np.abs(np.asarray(read).astype(int) - smooth).max() <= 4


@pytest.mark.parametrize("name", ["a.gif", "a", "a.png.txt"])
def test_another_ending_is_refused(tmp_path: Path, picture: np.ndarray, name: str) -> None:
    with pytest.raises(ImageError, match=r"\.png or \.jpg"):
        write_picture(tmp_path / name, picture)
    assert list(tmp_path.iterdir()) == []


def test_what_the_disk_refuses_is_one_sentence(tmp_path: Path, picture: np.ndarray) -> None:
    with pytest.raises(ImageError, match=r"missing/a\.png cannot be written") as caught:
        write_picture(tmp_path / "missing" / "a.png", picture)
    assert "\n" not in str(caught.value)
    if os.geteuid() != 0:
        tmp_path.chmod(0o500)
        with pytest.raises(ImageError, match="cannot be written"):
            write_picture(tmp_path / "a.png", picture)
        tmp_path.chmod(0o700)


def test_called_off_the_old_file_stays(tmp_path: Path, picture: np.ndarray) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"old")
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        write_picture(path, picture, token)
    assert path.read_bytes() == b"old"
    assert [each.name for each in tmp_path.iterdir()] == ["a.png"]


def test_blending_leaves_hidden_classes_out_and_draws_outlines() -> None:
    image = np.full((6, 8, 3), 100, np.uint8)
    labels = np.zeros((6, 8), np.uint8)
    labels[:, 4:] = 1
    labels[0] = 255
    hidden = blend(image, labels, CLASSES, 0.5, hidden={1})
    assert hidden[2, 1].tolist() == [150, 50, 50]
    assert hidden[2, 6].tolist() == [100, 100, 100]
    assert hidden[0, 1].tolist() == [100, 100, 100]
    outlined = blend(image, labels, CLASSES, 0.5, outlined=True)
    assert outlined[3, 3].tolist() == [200, 0, 0]
    assert outlined[3, 4].tolist() == [0, 0, 200]
    assert outlined[3, 1].tolist() == [100, 100, 100]


def test_a_mask_has_the_colours_of_its_palette() -> None:
    labels = np.array([[0, 1, 255]], np.uint8)
    assert np.array_equal(class_colours(labels, CLASSES), CLASSES.lut()[labels])
    wide = ClassTable.from_names([f"c{i}" for i in range(300)])
    labels16 = np.array([[0, 299, 65535]], np.uint16)
    assert np.array_equal(class_colours(labels16, wide), wide.lut()[labels16])
