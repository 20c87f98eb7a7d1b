"""The files of a project that are not labels: the picture list, origins, the index."""

from __future__ import annotations

import sqlite3

import numpy as np
import pytest

from segcore.errors import ProjectError
from segcore.project import Project, states
from segcore.project.index import INDEX_NAME
from segcore.project.states import STATES_NAME


def label(project, *names):
    for name in names:
        project.record(name, (0, 0, 1, 1), np.zeros((1, 1), np.uint8))


@pytest.mark.parametrize("damage", ["missing", "garbage", "cut", "none"])
def test_the_index_is_made_anew_from_the_rest(project, damage):
    label(project, "a.jpg", "b.png")
    project.close()
    path = project.folder / INDEX_NAME
    if damage == "missing":
        path.unlink()
    elif damage == "garbage":
        path.write_bytes(b"no database at all" * 300)
    elif damage == "cut":
        path.write_bytes(path.read_bytes()[:5000])
    with Project.open(project.folder) as again:
        assert again.labelled() == ["a.jpg", "b.png"]
        label(again, "sub/ü ö 写真.jpg")
        assert len(again.labelled()) == 3


def test_the_index_of_a_killed_program_is_not_believed(project):
    label(project, "a.jpg")
    assert project.labelled() == ["a.jpg"]
    known = project._recorder._known
    known._index.rebuild([])  # as if a row had never reached the disk
    known._is_whole = False
    label(project, "b.png")
    project.close()
    with Project.open(project.folder) as again:
        assert again.labelled() == ["a.jpg", "b.png"]


def test_hashes_are_taken_when_a_picture_is_first_labelled(project):
    label(project, "a.jpg")
    project.close()
    content = states.read_states(project.folder)
    assert len(content.pictures["a.jpg"].sha256) == 64
    assert not content.pictures["b.png"].sha256


def test_a_torn_line_is_cut_and_the_rest_kept(project):
    project.set_status("a.jpg", "done")
    project.close()
    path = project.folder / STATES_NAME
    with path.open("ab") as file:
        file.write(b'{"image": "b.png", "stat')
    with Project.open(project.folder, read_only=True) as reading:
        assert "cut short" in reading.notes[0]
    with Project.open(project.folder) as again:
        assert again.status("a.jpg") == "done"
        again.set_status("b.png", "approved")
    with Project.open(project.folder) as third:
        assert not third.notes
        assert third.status("b.png") == "approved"


def test_a_line_that_says_nothing_known_is_passed_over_and_named(project):
    project.close()
    with (project.folder / STATES_NAME).open("ab") as file:
        file.write(b"\xff garbage\n[1]\n" + b'{"image": "b.png", "status": "done"}\n')
    with Project.open(project.folder) as again:
        assert len(again.notes) == 2
        assert "line 5" in again.notes[0]
        assert again.status("b.png") == "done"


def test_a_long_picture_list_is_written_anew(project, monkeypatch):
    for number in range(2000):
        project.set_comment("a.jpg", str(number))
    project.close()
    assert states.read_states(project.folder).worth_compacting
    with Project.open(project.folder) as again:
        assert again.comment("a.jpg") == "1999"
        again.set_comment("b.png", "after")
    content = states.read_states(project.folder)
    assert content.lines < 10
    assert content.pictures["b.png"].comment == "after"
    assert list(content.pictures) == list(project.images)


@pytest.mark.parametrize(
    ("head", "trouble"),
    [
        ('{"format": "segformer-studio project", "version": 2}', "newer version"),
        ('{"format": "other"}', "not a picture list"),
        ("", "not a picture list"),
        ("null", "not a picture list"),
    ],
)
def test_the_picture_list_of_another_program_is_refused(project, head, trouble):
    project.close()
    (project.folder / STATES_NAME).write_text(head + "\n", encoding="utf-8")
    with pytest.raises(ProjectError, match=trouble):
        Project.open(project.folder)


def test_origins_get_one_number_each_for_ever(project):
    first = project.origin_id("model", "b0", "aa")
    assert project.origin_id("model", "b0", "bb") == first + 1
    assert project.origin_id("model", "b0", "aa") == first
    with pytest.raises(ProjectError, match="no kind of origin"):
        project.origin_id("ghost")
    for number in range(253):
        project.origin_id("imported", str(number))
    with pytest.raises(ProjectError, match="255 origins"):
        project.origin_id("imported", "one more")


def test_damaged_classes_and_origins_are_named(project):
    label(project, "a.jpg")
    project.close()
    (project.folder / "origins.json").write_text("[{]", encoding="utf-8")
    with pytest.raises(ProjectError, match=r"origins\.json"):
        Project.open(project.folder)
    (project.folder / "classes.json").write_text("{}", encoding="utf-8")
    with pytest.raises(ProjectError, match=r"classes\.json"):
        Project.open(project.folder, read_only=True)


def test_a_project_that_could_not_be_opened_is_not_locked(project):
    project.close()
    path = project.folder / STATES_NAME
    whole = path.read_bytes()
    path.write_bytes(b"")
    with pytest.raises(ProjectError):
        Project.open(project.folder)
    path.write_bytes(whole)
    Project.open(project.folder).close()


@pytest.mark.parametrize("mode", ["EXCLUSIVE", "NORMAL"])
def test_a_locked_index_is_made_anew(project, mode):
    project.record("a.jpg", (0, 0, 4, 4), np.full((4, 4), 1))
    project.close()
    holder = sqlite3.connect(project.folder / INDEX_NAME, isolation_level=None)
    try:
        holder.execute(f"PRAGMA locking_mode = {mode}")
        holder.execute("BEGIN EXCLUSIVE")
        with Project.open(project.folder) as again:
            assert again.labelled() == ["a.jpg"]
            assert (again.labels("a.jpg")[:4, :4] == 1).all()
    finally:
        holder.close()
