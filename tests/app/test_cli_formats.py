"""`import`, `export` and `formats` from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from app.cli.main import main
from segcore.classes import ClassTable
from segcore.labels import read_label_map, write_label_map


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two labelled pictures in the `png` layout."""
    table = ClassTable.from_names(["road", "sky"])
    for kind in ("images", "labels"):
        (tmp_path / "set" / kind).mkdir(parents=True)
    for number in range(2):
        image = np.full((3, 4, 3), number, np.uint8)
        Image.fromarray(image).save(tmp_path / "set" / "images" / f"{number} ü.png")
        labels = np.full((3, 4), number, np.uint8)
        write_label_map(tmp_path / "set" / "labels" / f"{number} ü.png", labels, table)
    table.write(tmp_path / "set" / "classes.json")
    return tmp_path


def test_labels_go_in_and_out_again(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project, out = str(folder / "project"), folder / "out"
    assert main(["import", str(folder / "set"), "-f", "png", "-p", project]) == 0
    assert main(["export", project, "-f", "hf", "-o", str(out), "--dry-run", "--json"]) == 0
    lines = capsys.readouterr().out
    assert json.loads(lines[lines.index("{") :])["written"] is False
    assert not out.exists()
    assert main(["export", project, "-f", "hf", "-o", str(out)]) == 0
    labels = read_label_map(out / "annotations" / "train" / "1 ü.png").labels
    assert (labels == 1).all()
    assert (out / "images" / "train" / "1 ü.png").is_file()


def test_every_problem_is_a_line_and_the_status_is_one(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for path in (folder / "set" / "labels").iterdir():
        path.write_bytes(b"no PNG")
    project = folder / "project"
    assert main(["import", str(folder / "set"), "-f", "png", "-p", str(project)]) == 1
    errors = capsys.readouterr().err.splitlines()
    assert len(errors) == 2
    assert "0 ü.png" in errors[0]
    assert not project.exists()


def test_what_a_format_cannot_hold_is_one_sentence(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project, out = str(folder / "project"), folder / "out"
    classes = ClassTable.from_names([f"class {number}" for number in range(256)])
    (folder / "set" / "labels" / "0 ü.png").unlink()
    (folder / "set" / "labels" / "1 ü.png").unlink()
    classes.write(folder / "set" / "classes.json")
    assert main(["import", str(folder / "set"), "-f", "png", "-p", project]) == 0
    capsys.readouterr()
    assert main(["export", project, "-f", "voc", "-o", str(out)]) == 1
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert not out.exists()


def test_statuses_and_shares_choose_pictures(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from segcore.project import Project

    main(["import", str(folder / "set"), "-f", "png", "-p", str(folder / "project")])
    with Project.open(folder / "project") as project:
        project.set_status("1 ü.png", "done")
    export = ["export", str(folder / "project"), "-f", "png"]
    assert main([*export, "-o", str(folder / "done"), "--status", "done", "--no-pictures"]) == 0
    assert [path.name for path in (folder / "done" / "labels").iterdir()] == ["1 ü.png"]
    assert not (folder / "done" / "images").exists()
    assert main([*export, "-o", str(folder / "split"), "--split", "train=1,val=1"]) == 0
    for part in ("train", "val"):
        assert len(list((folder / "split" / "labels" / part).iterdir())) == 1
    assert main([*export, "-o", str(folder / "x"), "--status", "finished"]) == 1
    assert "finished" in capsys.readouterr().err


def test_the_list_names_every_format(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["formats", "--json"]) == 0
    names = {row["name"] for row in json.loads(capsys.readouterr().out)}
    assert names >= {"png", "coco", "cityscapes", "voc", "yolo", "labelme", "datumaro", "ade", "hf"}
    assert main(["export", "nowhere", "-f", "word", "-o", "x"]) == 1
