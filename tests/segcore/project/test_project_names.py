"""Names of pictures: what they are called, and that they lead nowhere else."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segcore.errors import ProjectError
from segcore.project import Project
from segcore.project.names import check_name, map_path


def draw(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.zeros((6, 8, 3), np.uint8)).save(path)
    return path


@pytest.fixture
def empty(tmp_path, classes):
    with Project.create(tmp_path / "project", classes) as project:
        yield project


def label(project, name):
    project.record(name, (0, 0, 8, 6), np.ones((6, 8), np.uint8))


def test_pictures_inside_are_named_from_the_project_and_outside_from_their_folder(empty, tmp_path):
    draw(empty.folder / "images" / "in.png")
    draw(tmp_path / "outside" / "day" / "out.png")
    assert empty.add([empty.folder]) == ["images/in.png"]
    assert empty.add([tmp_path / "outside"]) == ["day/out.png"]
    label(empty, "images/in.png")
    empty.fold("images/in.png")
    empty.flush(folded=True)
    assert empty.add([empty.folder]) == ["images/in.png"]  # its label PNG is no picture
    assert list(empty.images) == ["images/in.png", "day/out.png"]


def test_equal_names_of_other_folders_get_the_folder_before_them(empty, tmp_path):
    for folder in ("one/images", "two/images", "three/images"):
        draw(tmp_path / folder / "0.png")
    draw(tmp_path / "two" / "images" / "1.png")
    assert empty.add([tmp_path / "one" / "images"]) == ["0.png"]
    assert empty.add([tmp_path / "two" / "images"]) == ["images/0.png", "images/1.png"]
    assert empty.add([tmp_path / "three" / "images"]) == ["images-2/0.png"]
    assert empty.add([tmp_path / "two" / "images"]) == ["images/0.png", "images/1.png"]
    assert empty.image_path("images-2/0.png") == tmp_path / "three" / "images" / "0.png"
    single = draw(tmp_path / "four" / "0.png")
    assert empty.add([single]) == ["four/0.png"]
    assert empty.add([single, tmp_path / "one" / "images" / "0.png"]) == ["four/0.png", "0.png"]


def test_what_does_not_exist_is_named(empty, tmp_path):
    with pytest.raises(ProjectError, match=r"gone\.png does not exist"):
        empty.add([tmp_path / "gone.png"])


@pytest.mark.parametrize(
    "name",
    [
        "with space.png",
        "ünï/写真 №1.png",
        "x" * 240 + ".png",
        "x" * 250 + ".png",
        "ü" * 120 + ".png",
        "d" * 250 + "/" + "e" * 250 + ".png",
        "semi;colon'quote\"%s.png",
    ],
)
@pytest.mark.skipif(sys.platform == "win32", reason="names that Windows does not have")
def test_odd_and_long_names_are_labelled_and_found_again(empty, tmp_path, name):
    draw(tmp_path / "pictures" / name)
    assert empty.add([tmp_path / "pictures"]) == [name]
    label(empty, name)
    empty.flush()
    empty._recorder.abandon()
    empty._closed = True
    with Project.open(empty.folder) as again:
        assert not again.notes
        assert (again.labels(name) == 1).all()
    with Project.open(empty.folder) as third:
        assert third.labelled() == [name]
        assert (third.labels(name) == 1).all()


@pytest.mark.skipif(sys.platform != "linux", reason="names that are no UTF-8")
def test_names_that_are_no_text(empty, tmp_path):
    name = b"caf\xe9.png".decode("utf-8", "surrogateescape")
    draw(tmp_path / "pictures" / "x.png").rename(tmp_path / "pictures" / name)
    assert empty.add([tmp_path / "pictures"]) == [name]
    label(empty, name)
    empty.close()
    with Project.open(empty.folder) as again:
        assert again.labelled() == [name]


def test_long_names_that_begin_alike_are_kept_apart(tmp_path):
    first, second = (map_path(tmp_path, "labels", "x" * 251 + end) for end in ("a.png", "b.png"))
    assert first != second
    assert len(first.name) <= 255


@pytest.mark.parametrize("name", ["", "/etc/x.png", "../x.png", "a/../../x.png", "a//b.png", "./a"])
def test_names_that_lead_elsewhere_are_refused(name):
    with pytest.raises(ProjectError, match="no name of a picture"):
        check_name(name)


def test_an_entry_that_leads_elsewhere_is_passed_over(project):
    project.close()
    with (project.folder / "states.jsonl").open("a", encoding="ascii") as file:
        file.write('{"image": "../../x.png", "source": "a.jpg"}\n')
    with Project.open(project.folder) as again:
        assert len(again.images) == 3
        assert "'../../x.png' is no name" in again.notes[0]


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_labels_cannot_be_led_out_by_a_link(project, tmp_path):
    (tmp_path / "target").mkdir()
    (project.folder / "labels").symlink_to(tmp_path / "target")
    with pytest.raises(ProjectError, match="symbolic link"):
        project.record("a.jpg", (0, 0, 1, 1), np.zeros((1, 1), np.uint8))


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_folders_reached_by_links_are_the_same_folder(tmp_path, classes):
    draw(tmp_path / "real" / "pictures" / "a.png")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with Project.create(tmp_path / "link" / "project", classes) as project:
        assert project.add([tmp_path / "link" / "pictures"]) == ["a.png"]
        assert project.add([tmp_path / "real" / "pictures"]) == ["a.png"]
        assert project.image_path("a.png").exists()
        assert len(project.images) == 1
