"""Pictures that are removed keep their labels; pictures that were moved are found again."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from segcore.errors import ProjectError
from segcore.project import Project


def labelled(project, name="a.jpg", value=1):
    labels = np.full((60, 80), value, np.uint8)
    project.save(name, labels)
    project.set_comment(name, "kept")
    project.flush(folded=True)
    return labels


def test_a_removed_picture_comes_back_with_its_labels(project, pictures):
    labels = labelled(project)
    project.record("a.jpg", (0, 0, 80, 1), np.full((1, 80), 2))  # in the journal alone
    labels[0] = 2
    project.remove(["a.jpg"])
    assert "a.jpg" not in project.images
    assert project.labelled() == []
    with pytest.raises(ProjectError, match="no picture"):
        project.labels("a.jpg")
    assert (project.folder / "removed" / "labels" / "a.jpg.png").exists()
    assert not (project.folder / "labels" / "a.jpg.png").exists()
    assert "a.jpg" not in project.add([pictures])  # its folder does not bring it back
    project.close()
    with Project.open(project.folder) as again:
        assert again.removed == ["a.jpg"]
        assert not again.notes
        again.restore(["a.jpg"])
        assert np.array_equal(again.labels("a.jpg"), labels)
        assert again.comment("a.jpg") == "kept"
        again.record("a.jpg", (0, 0, 80, 1), np.full((1, 80), 0))
        again.remove(["a.jpg"])
        assert again.add([pictures / "a.jpg"]) == ["a.jpg"]  # by itself it is wanted
        assert (again.labels("a.jpg")[0] == 0).all()
    with Project.open(project.folder) as third:
        assert third.removed == []
        assert (third.labels("a.jpg")[0] == 0).all()


def test_a_picture_that_is_removed_before_it_was_folded_is_no_trouble(project, monkeypatch):
    troubles = []
    project.on_trouble = troubles.append
    monkeypatch.setattr(project._recorder, "remove", lambda _: None)  # it has not come to that yet
    project.record("a.jpg", (0, 0, 80, 1), np.full((1, 80), 2))
    project.remove(["a.jpg"])
    project._recorder.fold("a.jpg")
    project.flush(folded=True)
    assert troubles == []
    monkeypatch.undo()
    project.close()
    with Project.open(project.folder) as again:
        again.restore(["a.jpg"])
        assert (again.labels("a.jpg")[0] == 2).all()


def test_a_kill_while_removing_is_made_good(project, monkeypatch):
    labels = labelled(project)
    monkeypatch.setattr("segcore.project.recorder.put_away", lambda *_: None)
    project.remove(["a.jpg"])
    project.close()
    monkeypatch.undo()
    with Project.open(project.folder) as again:
        assert (again.folder / "removed" / "labels" / "a.jpg.png").exists()
        monkeypatch.setattr("segcore.project.recorder.bring_back", lambda *_: None)
        again.restore(["a.jpg"])
    monkeypatch.undo()
    with Project.open(project.folder) as third:
        assert np.array_equal(third.labels("a.jpg"), labels)


def test_moved_and_renamed_pictures_are_found(project, pictures, tmp_path):
    rng = np.random.default_rng(0)
    from PIL import Image

    Image.fromarray(rng.integers(0, 255, (60, 80, 3), np.uint8)).save(pictures / "a.jpg")
    labels = labelled(project)
    assert project.source_troubles() == []
    elsewhere = tmp_path / "elsewhere"
    shutil.move(pictures, elsewhere)
    (elsewhere / "a.jpg").rename(elsewhere / "renamed.jpg")
    troubles = project.source_troubles()
    assert {trouble.kind for trouble in troubles} == {"missing"}
    assert len(troubles) == 3
    assert "name the folder" in troubles[0].sentence
    assert set(project.relocate(elsewhere)) == set(project.images)
    project.close()
    with Project.open(project.folder) as again:
        assert again.source_troubles() == []
        assert again.image_path("a.jpg") == elsewhere / "renamed.jpg"
        assert np.array_equal(again.labels("a.jpg"), labels)
        with pytest.raises(ProjectError, match="cannot be searched"):
            again.relocate(tmp_path / "nowhere")


def test_a_changed_picture_is_said(project, pictures):
    labelled(project)
    (pictures / "a.jpg").write_bytes((pictures / "a.jpg").read_bytes() + b"more")
    (trouble,) = project.source_troubles()
    assert (trouble.name, trouble.kind) == ("a.jpg", "changed")
    assert "another picture" in trouble.sentence


def test_a_copy_has_what_was_removed(project, tmp_path):
    labels = labelled(project)
    project.remove(["a.jpg"])
    with project.save_as(tmp_path / "copy") as copy:
        copy.restore(["a.jpg"])
        assert np.array_equal(copy.labels("a.jpg"), labels)
