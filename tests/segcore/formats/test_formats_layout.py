"""The files of every format as other programs read them: Pillow, json, readers of theirs."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import yaml  # type: ignore[import-untyped]
from numpy.typing import NDArray
from PIL import Image

from segcore.classes import ClassTable
from segcore.formats.cityscapes_names import LABEL_IDS
from segcore.formats.contract import LabelledPicture, LabelledSet
from segcore.formats.export import export_set
from segcore.formats.importing import import_set
from segcore.formats.table import FORMATS

CLASSES = ClassTable.from_names(["road", "sky", "car"], [(8, 8, 8), (8, 8, 8), (224, 224, 192)])
LABELS = np.array([[0, 1, 2, 255], [2, 2, 0, 0], [255, 1, 1, 0]], np.uint8)
STEM = "aachen_000000_000019_leftImg8bit"


@pytest.fixture
def exported(tmp_path: Path) -> Callable[[str], Path]:
    """Exports one picture in a format and gives the folder."""
    image = tmp_path / f"{STEM}.png"
    Image.fromarray(np.zeros((3, 4, 3), np.uint8)).save(image)
    picture = LabelledPicture(image.name, image, (3, 4), lambda: LABELS)

    def make(name: str) -> Path:
        export_set(LabelledSet(CLASSES, [picture]), tmp_path / name, FORMATS[name])
        classes = json.loads((tmp_path / name / "classes.json").read_text(encoding="utf-8"))
        assert [row["name"] for row in classes["classes"]] == ["road", "sky", "car"]
        return tmp_path / name

    return make


def grey(path: Path) -> NDArray[np.uint8]:
    """The samples of a file that has to be 8-bit grey."""
    with Image.open(path) as picture:
        assert picture.mode == "L"
        return np.asarray(picture)


def test_png(exported: Callable[[str], Path]) -> None:
    out = exported("png")
    assert (np.asarray(Image.open(out / "labels" / f"{STEM}.png")) == LABELS).all()
    assert (out / "images" / f"{STEM}.png").is_file()


def test_mmseg_and_hf_hold_ids_and_255(exported: Callable[[str], Path]) -> None:
    assert (grey(exported("mmseg") / "ann_dir/train" / f"{STEM}.png") == LABELS).all()
    out = exported("hf")
    assert (grey(out / "annotations/train" / f"{STEM}.png") == LABELS).all()
    assert json.loads((out / "id2label.json").read_text()) == {"0": "road", "1": "sky", "2": "car"}
    assert (out / "images/train" / f"{STEM}.png").is_file()


def test_ade_counts_from_one(exported: Callable[[str], Path]) -> None:
    expected = np.where(LABELS == 255, 0, LABELS.astype(int) + 1)
    assert (grey(exported("ade") / "annotations/training" / f"{STEM}.png") == expected).all()


def test_yolo_declares_folders_and_names(exported: Callable[[str], Path]) -> None:
    out = exported("yolo")
    data = yaml.safe_load((out / "data.yaml").read_text(encoding="utf-8"))
    assert data["train"] == "images/train"
    assert data["masks_dir"] == "masks"
    assert data["names"] == {0: "road", 1: "sky", 2: "car"}
    (image,) = (out / data["train"]).iterdir()
    assert (grey(out / "masks/train" / f"{image.stem}.png") == LABELS).all()


def test_voc_by_index_and_by_declared_colour(exported: Callable[[str], Path]) -> None:
    out = exported("voc")
    assert (out / "ImageSets/Segmentation/train.txt").read_text().split("\n")[:-1] == [STEM]
    with Image.open(out / "SegmentationClass" / f"{STEM}.png") as picture:
        assert picture.mode == "P"
        assert (np.asarray(picture) == LABELS).all()
        colors = np.asarray(picture.convert("RGB"))
    rows = [
        line.split(":")
        for line in (out / "labelmap.txt").read_text().splitlines()
        if not line.startswith("#")
    ]
    assert all(len(row) == 4 for row in rows)
    assert rows[-1][1] == "224,224,192"
    _colours_tell_labels(colors, [(row[0], tuple(map(int, row[1].split(",")))) for row in rows])


def test_datumaro_by_declared_colour(exported: Callable[[str], Path]) -> None:
    out = exported("datumaro")
    meta = json.loads((out / "dataset_meta.json").read_text(encoding="utf-8"))
    colors = np.asarray(Image.open(out / "masks" / f"{STEM}.png"))
    assert colors.shape == (3, 4, 3)
    names = [meta["label_map"][str(i)] for i in range(len(meta["label_map"]))]
    _colours_tell_labels(colors, list(zip(names, map(tuple, meta["segmentation_colors"]))))


def _colours_tell_labels(
    colors: NDArray[np.uint8], rows: list[tuple[str, tuple[int, ...]]]
) -> None:
    """Every pixel has the colour of exactly one declared row, that of its class."""
    assert len({color for _, color in rows}) == len(rows) == len(CLASSES) + 1
    assert [name for name, _ in rows[:3]] == ["road", "sky", "car"]
    for class_id, (_, color) in enumerate(rows):
        meant = (class_id if class_id < 3 else 255) == LABELS
        assert ((colors == color).all(axis=2) == meant).all()


def test_cityscapes_holds_label_ids_under_the_names_of_its_scripts(
    exported: Callable[[str], Path],
) -> None:
    out = exported("cityscapes")
    path = out / "gtFine/train/aachen/aachen_000000_000019_gtFine_labelIds.png"
    expected = np.zeros_like(LABELS)
    for class_id, name in enumerate(CLASSES.names):
        expected[class_id == LABELS] = LABEL_IDS[name]
    assert (grey(path) == expected).all()
    assert (LABEL_IDS["road"], LABEL_IDS["sky"], LABEL_IDS["car"]) == (7, 23, 26)
    assert (out / "leftImg8bit/train/aachen" / f"{STEM}.png").is_file()


def test_npz(exported: Callable[[str], Path]) -> None:
    with np.load(exported("npz") / "labels" / f"{STEM}.npz") as arrays:
        assert (arrays["labels"] == LABELS).all()


def test_voc_masks_in_colours_of_the_original_data_set(shared_data: Path, tmp_path: Path) -> None:
    source = shared_data / "labels-from-elsewhere" / "voc"
    for folder in ("JPEGImages", "SegmentationClass"):
        (tmp_path / folder).mkdir()
    for path in source.glob("*_target.png"):
        stem = path.stem.removesuffix("_target")
        (tmp_path / "SegmentationClass" / f"{stem}.png").write_bytes(path.read_bytes())
        picture = (source / f"{stem}_image.png").read_bytes()
        (tmp_path / "JPEGImages" / f"{stem}.png").write_bytes(picture)

    labelled = import_set(tmp_path, FORMATS["voc"]).labelled

    assert len(labelled.pictures) == 3
    assert len(labelled.classes) == 21
    for picture in labelled.pictures:
        colors = np.asarray(
            Image.open(tmp_path / "SegmentationClass" / picture.name).convert("RGB")
        )
        labels = picture.labels()
        for info in labelled.classes:
            assert ((labels == info.id) == (colors == info.color).all(axis=2)).all()
        assert len(np.unique(labels)) > 1
