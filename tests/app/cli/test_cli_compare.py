"""`compare`: two label sets of different kinds, and what cannot be compared."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from segcore.classes import ClassTable
from segcore.labels import write_label_map
from segcore.project import Project

MINE = ClassTable.from_names(["road", "sky", "car"])
THEIRS = ClassTable.from_names(["car", "road"])  # ids of their own, and no sky


@pytest.fixture
def sets(tmp_path: Path) -> Path:
    """A project of two pictures, and label maps of the first and of one that the project lacks."""
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    for name in ("one", "two"):
        Image.new("RGB", (30, 20), (90, 90, 90)).save(pictures / f"{name}.jpg")
    labels = np.zeros((20, 30), np.uint8)
    labels[:5] = 1
    with Project.create(tmp_path / "mine", MINE) as project:
        for name in project.add([pictures]):
            project.save(name, labels, project.origin_id("model", "m", "0" * 64))
            project.record(name, (0, 10, 30, 20), labels[10:])
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    THEIRS.write(theirs / "classes.json")
    other = np.ones((20, 30), np.uint8)  # road
    other[15:, 20:] = 0  # car
    write_label_map(theirs / "one.png", other, THEIRS)
    write_label_map(theirs / "three.png", other, THEIRS)
    return tmp_path


def test_figures_files_and_what_is_left_out(command: Callable[..., Any], sets: Path) -> None:
    table = sets / "out" / "c.csv"
    table.parent.mkdir()
    ended = command(
        "compare",
        *(sets / "mine", sets / "theirs", "--json"),
        *("-o", sets / "drawn", "--csv", table),
    )
    assert ended.status == 1  # not everything could be compared
    assert "two.jpg: only A (mine) has labels of it." in ended.err
    assert "three.png: only B (theirs) has labels of it." in ended.err
    assert "Only the first side has sky" in ended.err
    report = ended.json
    assert [each["name"] for each in report["classes"]] == ["road", "sky", "car"]
    assert report["confusion"] == [[400, 0, 50], [150, 0, 0], [0, 0, 0]]
    assert report["agreement"] == pytest.approx(400 / 600)
    assert report["classes"][0]["iou"] == pytest.approx(400 / 600)
    assert report["miou"] == pytest.approx(400 / 600 / 3)
    assert report["unmatched_pictures"]["a"] == ["two.jpg"]
    with Image.open(sets / "drawn" / "one.png") as drawn:
        assert drawn.size == (68, 20)
    with table.open(newline="") as stream:
        (row,) = csv.DictReader(stream)
    assert row["disagreed"] == "200"


def test_only_what_a_person_said_and_a_table_to_read(
    command: Callable[..., Any], sets: Path
) -> None:
    (sets / "theirs" / "three.png").unlink()
    ended = command("compare", sets / "mine", sets / "theirs", "--a-by", "person")
    lines = [" ".join(line.split()) for line in ended.out.splitlines()]
    # Of the lower half, which a person said, a sixth differs.
    assert "agreement 83.3 %" in lines
    assert "labelled by one 0 (A), 300 (B)" in lines
    assert "road car 50" in lines
    assert "road 83.3 %" in " ".join(lines)
    counted = command(
        "compare", sets / "mine", sets / "theirs", "--a-by", "person", "--unlabelled", "--json"
    )
    assert counted.json["agreement"] == pytest.approx(250 / 600)
    assert command("compare", sets / "mine", sets / "mine").status == 0


def test_nothing_in_common_is_said(command: Callable[..., Any], sets: Path) -> None:
    """A project in which no person said anything, for one."""
    with Project.create(sets / "bare", MINE) as project:
        for name in project.add([sets / "pictures"]):
            project.save(name, np.zeros((20, 30), np.uint8), project.origin_id("model", "m", "0"))
    ended = command("compare", sets / "bare", sets / "mine", "--a-by", "person")
    assert ended.status == 1
    assert ended.out == ""
    assert ended.err == (
        '"bare, what people said" and "mine" have no labelled pixel in common: there is nothing to '
        "compare.\n"
    )


def test_what_is_no_label_set_is_said_in_a_sentence(
    command: Callable[..., Any], sets: Path
) -> None:
    ended = command("compare", sets / "mine", sets / "pictures")
    assert ended.status == 1
    assert "pictures is neither a project nor holds labels" in ended.err
    ended = command("compare", sets / "mine", sets / "theirs", "--b-by", "person")
    assert ended.status == 1
    assert "does not tell who said what" in ended.err
    assert command("compare", sets / "mine").status == 2
    assert command("compare", sets / "mine", sets / "theirs", "-m", "street-b0").status == 2
    (sets / "theirs" / "one.png").write_bytes(b"")
    ended = command("compare", sets / "mine", sets / "theirs")
    assert ended.status == 1
    assert "one.png" in ended.err
