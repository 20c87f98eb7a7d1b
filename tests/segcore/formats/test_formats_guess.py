"""Formats told by what lies in a folder: those that are written here, others."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segcore.classes import ClassTable
from segcore.formats.contract import LabelledPicture, LabelledSet
from segcore.formats.export import export_set
from segcore.formats.guess import guess_format
from segcore.formats.splits import SplitPlan, split_set
from segcore.formats.table import FORMATS


@pytest.fixture
def labelled(tmp_path: Path) -> LabelledSet:
    labels = np.zeros((6, 8), np.uint8)
    labels[2:4, 3:6] = 1
    pictures = []
    for number in range(4):
        path = tmp_path / f"x{number}.png"
        Image.new("RGB", (8, 6)).save(path)
        pictures.append(LabelledPicture(path.name, path, (6, 8), lambda: labels))
    return LabelledSet(ClassTable.from_names(["road", "sky"]), pictures)


@pytest.mark.parametrize("parts", [1, 2])
@pytest.mark.parametrize("name", FORMATS)
def test_every_format_that_is_written_is_recognised(
    name: str, parts: int, labelled: LabelledSet, tmp_path: Path
) -> None:
    if parts == 2:
        labelled = split_set(labelled, SplitPlan({"train": 0.5, "val": 0.5}))
    export_set(labelled, tmp_path / "out", FORMATS[name])
    assert guess_format(tmp_path / "out") == name


def test_single_files_and_nothing_at_all(labelled: LabelledSet, tmp_path: Path) -> None:
    for name, file in (
        ("coco", "annotations/instances_train.json"),
        ("cvat", "annotations.xml"),
        ("label_studio", "tasks.json"),
        ("yolo", "data.yaml"),
        ("yolo_polygons", "data.yaml"),
    ):
        export_set(labelled, tmp_path / name, FORMATS[name])
        assert guess_format(tmp_path / name / file) == name
    (tmp_path / "empty").mkdir()
    assert guess_format(tmp_path / "empty") is None
    assert guess_format(tmp_path / "gone") is None


def test_labels_from_elsewhere(shared_data: Path) -> None:
    found = {guess_format(place) for place in (shared_data / "labels-from-elsewhere").iterdir()}
    assert {"labelme", "cvat"} <= found
