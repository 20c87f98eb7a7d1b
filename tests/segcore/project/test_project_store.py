"""What a person does with a project: list pictures, label them, come back to them."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segcore.classes import ClassTable
from segcore.edits import Stroke, fill
from segcore.errors import ImageError, ProjectError, RequestError
from segcore.images import read_image
from segcore.labels import read_label_map, write_label_map
from segcore.project import Project

BOX = (10, 20, 50, 60)


def reopened(project):
    project.close()
    return Project.open(project.folder)


def test_an_edit_is_there_at_once_and_after_reopening(project):
    patch = np.full((40, 40), 2)
    project.record("a.jpg", BOX, patch)
    patch[:] = 1  # the array is the caller's again
    expected = np.full((60, 80), 255, np.uint8)
    expected[20:60, 10:50] = 2
    assert np.array_equal(project.labels("a.jpg"), expected)
    with reopened(project) as again:
        assert again.labels("a.jpg").dtype == np.uint8
        assert np.array_equal(again.labels("a.jpg"), expected)
        assert np.array_equal(again.origins("a.jpg") != 0, expected == 2)
        assert again.labelled() == ["a.jpg"]
        assert not again.has_labels("b.png")
        assert (again.labels("b.png") == 255).all()


def test_edits_lie_in_the_journal_within_a_second_and_in_a_png_after_closing(project):
    begin = time.time()
    project.record("a.jpg", BOX, np.full((40, 40), 1))
    while project.last_saved is None:
        assert time.time() - begin < 1
        time.sleep(0.005)
    assert project.last_saved >= begin
    with Project.open(project.folder, read_only=True) as other:
        assert (other.labels("a.jpg")[20:60, 10:50] == 1).all()
    project.close()
    file = read_label_map(project.folder / "labels" / "a.jpg.png")
    assert file.sequence == 1
    assert (file.labels[20:60, 10:50] == 1).all()
    assert read_label_map(project.folder / "origins" / "a.jpg.png").sequence == 1
    assert not (project.folder / "journal" / "a.jpg.journal").exists()


def test_undo_is_an_edit_too(project):
    labels, origins = project.labels("a.jpg"), project.origins("a.jpg")
    stroke = Stroke(labels, origins)
    stroke.paint_segment((5, 5), (70, 50), 11, 1, project.origin_id("person"))
    edit = stroke.commit("Brush")
    project.record_edit("a.jpg", edit)
    bucket = fill(labels, origins, (0, 59), 2, project.origin_id("person"))
    bucket.apply(labels, origins)
    project.record_edit("a.jpg", bucket.packed())
    assert np.array_equal(project.labels("a.jpg"), labels)
    with reopened(project) as again:
        assert np.array_equal(again.labels("a.jpg"), labels)
        assert np.array_equal(again.origins("a.jpg"), origins)
        again.record_edit("a.jpg", bucket.inverse())
        again.record_edit("a.jpg", edit.inverse())
        assert (again.labels("a.jpg") == 255).all()
        assert (again.origins("a.jpg") == 0).all()


def test_a_whole_map_is_saved_with_its_origins(project):
    rng = np.random.default_rng(0)
    labels = rng.choice(np.array([0, 1, 2, 255], np.uint8), (60, 80))
    model = project.origin_id("model", "street-b0", "ab" * 32)
    project.save("b.png", labels, model)
    project.record("b.png", (0, 0, 2, 2), np.full((2, 2), 2))
    labels[:2, :2] = 2
    with reopened(project) as again:
        assert np.array_equal(again.labels("b.png"), labels)
        origins = again.origins("b.png")
        assert (origins[:2, :2] == again.origin_id("person")).all()
        assert ((origins == 0) == (labels == 255)).all()
        assert again.origin_id("model", "street-b0", "ab" * 32) == model
        assert [row.kind for row in again.origin_rows] == ["model", "person"]


def test_numbers_go_on_after_reopening_and_folding(project):
    for value in (0, 1, 2):
        project.record("a.jpg", (0, 0, 80, 60), np.full((60, 80), value))
        project.fold("a.jpg")
        project.flush(folded=True)
        assert (project.labels("a.jpg") == value).all()
    again = reopened(project)
    again.record("a.jpg", (0, 0, 80, 60), np.full((60, 80), 0))
    with reopened(again) as last:
        assert (last.labels("a.jpg") == 0).all()
    assert read_label_map(project.folder / "labels" / "a.jpg.png").sequence == 4


@pytest.mark.parametrize(
    ("box", "patch", "trouble"),
    [
        ((0, 0, 81, 60), np.zeros((60, 81), np.uint8), "outside the picture"),
        ((-1, 0, 5, 5), np.zeros((5, 6), np.uint8), "outside the picture"),
        ((5, 5, 5, 9), np.zeros((4, 0), np.uint8), "empty or outside"),
        ((0, 0, 4, 4), np.zeros((4, 5), np.uint8), "have to agree"),
        ((0, 0, 2, 2), np.full((2, 2), 3), "id 3 is in no class table"),
        ((0, 0, 2, 2), np.full((2, 2), -1), "id -1"),
        ((0, 0, 2, 2), np.full((2, 2), 256 + 1), "id 257"),
        ((0, 0, 2, 2), np.full((2, 2), 1.0), "whole numbers"),
    ],
)
def test_a_patch_that_does_not_fit_is_refused(project, box, patch, trouble):
    with pytest.raises(RequestError, match=trouble):
        project.record("a.jpg", box, patch)
    assert not project.has_labels("a.jpg")


def test_names_that_are_no_pictures_are_refused(project):
    for call in (project.labels, project.image_path, project.status, project.fold):
        with pytest.raises(ProjectError, match="no picture of the project"):
            call("../a.jpg")


def test_a_picture_that_is_gone_is_named_and_its_labels_stay(project, pictures):
    project.record("a.jpg", BOX, np.zeros((40, 40)).astype(np.uint8))
    (pictures / "a.jpg").unlink()
    (pictures / "b.png").unlink()
    with reopened(project) as again:
        assert (again.labels("a.jpg")[20:60, 10:50] == 0).all()
        with pytest.raises(ImageError, match=r"b\.png"):
            again.labels("b.png")


def test_status_and_comments_are_kept(project):
    project.set_status("a.jpg", "done")
    project.set_comment("a.jpg", "the kerb is\nunclear ✓")
    project.record("b.png", (0, 0, 1, 1), np.zeros((1, 1), np.uint8))
    with pytest.raises(ProjectError, match="no status"):
        project.set_status("a.jpg", "perfect")
    with reopened(project) as again:
        assert again.status("a.jpg") == "done"
        assert again.comment("a.jpg") == "the kerb is\nunclear ✓"
        assert again.status("b.png") == "in_work"
        assert again.status("sub/ü ö 写真.jpg") == "new"


def test_a_closed_or_read_only_project_says_so(project):
    project.close()
    project.close()
    for call in (lambda: project.labels("a.jpg"), lambda: project.add([]), project.flush):
        with pytest.raises(ProjectError, match="is closed"):
            call()
    with (
        Project.open(project.folder, read_only=True) as reading,
        pytest.raises(ProjectError, match="read-only"),
    ):
        reading.record("a.jpg", (0, 0, 1, 1), np.zeros((1, 1), np.uint8))


def test_what_is_no_project_is_refused(tmp_path, classes):
    with pytest.raises(ProjectError, match=r"states\.jsonl"):
        Project.open(tmp_path / "nothing")
    with Project.create(tmp_path / "one", classes):
        pass
    with pytest.raises(ProjectError, match="already"):
        Project.create(tmp_path / "one", classes)


# Moving and copying


def test_a_project_moved_with_its_pictures_still_opens(project, tmp_path):
    project.record("a.jpg", BOX, np.full((40, 40), 1))
    project.close()
    whole = b"".join(p.read_bytes() for p in project.folder.rglob("*") if p.is_file())
    assert str(tmp_path).encode() not in whole
    there = tmp_path / "elsewhere" / "deep"
    there.mkdir(parents=True)
    shutil.move(project.folder, there / "renamed")
    shutil.move(tmp_path / "pictures", there / "pictures")
    with Project.open(there / "renamed") as moved:
        assert moved.image_path("a.jpg") == there / "pictures" / "a.jpg"
        assert moved.image_path("a.jpg").exists()
        assert (moved.labels("a.jpg")[20:60, 10:50] == 1).all()
        assert moved.labels("b.png").shape == (60, 80)


def test_the_project_of_a_folder_is_the_same_next_time(pictures, classes, own_user_folders):
    with Project.for_pictures(pictures, classes) as first:
        assert first.folder.is_relative_to(own_user_folders)
        names = first.add([pictures])
        first.record("a.jpg", BOX, np.full((40, 40), 1))
    with Project.for_pictures(pictures / ".." / "pictures") as second:
        assert second.folder == first.folder
        assert list(second.images) == names
        assert second.image_path("b.png").samefile(pictures / "b.png")
        assert (second.labels("a.jpg")[20:60, 10:50] == 1).all()


def test_save_as_goes_on_elsewhere(project, pictures, tmp_path):
    project.record("a.jpg", BOX, np.full((40, 40), 1))
    project.set_status("b.png", "done")
    old = project.folder
    with project.save_as(pictures) as kept:  # beside the pictures themselves
        assert kept.folder == pictures
        assert kept.image_path("a.jpg") == pictures / "a.jpg"
        assert (kept.labels("a.jpg")[20:60, 10:50] == 1).all()
        assert kept.status("b.png") == "done"
        kept.record("a.jpg", (0, 0, 1, 1), np.full((1, 1), 2))
        assert kept.add([pictures]) == list(kept.images)  # its own PNG files are no pictures
        assert len(kept.images) == 3
    with Project.open(old) as before:
        assert before.labels("a.jpg")[0, 0] == 255
        with pytest.raises(ProjectError, match="already"):
            before.save_as(pictures)
        assert before.labels("a.jpg").shape == (60, 80)  # still open


def test_save_as_takes_frames_along_that_lie_nowhere_else(project, pictures, tmp_path):
    frame = project.folder / "live" / "2026-11-23 14.00.00.000.png"
    frame.parent.mkdir()
    frame.write_bytes((pictures / "b.png").read_bytes())
    [name] = project.add([frame])
    project.record(name, (0, 0, 1, 1), np.full((1, 1), 1))
    old = project.folder
    (tmp_path / "copy" / "live").mkdir(parents=True)
    (tmp_path / "copy" / "live" / "other.txt").touch()
    (tmp_path / "taken" / name).mkdir(parents=True)
    with pytest.raises(ProjectError, match="There is live/2026"):
        project.save_as(tmp_path / "taken")
    project.save_as(tmp_path / "copy").close()
    shutil.rmtree(old)
    with Project.open(tmp_path / "copy") as copy:
        assert copy.image_path(name) == tmp_path / "copy" / name
        assert read_image(copy.image_path(name)).shape == (*copy.labels(name).shape, 3)
        assert copy.labels(name)[0, 0] == 1
        assert copy.add([copy.folder / "live"]) == [name]
    assert (tmp_path / "copy" / "live" / "other.txt").exists()


# Classes


def test_ids_never_move(project):
    project.record("a.jpg", BOX, np.full((40, 40), 1))
    with pytest.raises(ProjectError, match="'road' would move from id 0 to 1"):
        project.set_classes(ClassTable.from_names(["sky", "road", "car"]))
    with pytest.raises(ProjectError, match="'car' would go"):
        project.set_classes(ClassTable.from_names(["road", "sky"]))
    project.set_classes(ClassTable.from_names(["street", "sky", "car", "tree"]))
    project.record("a.jpg", (0, 0, 1, 1), np.full((1, 1), 3))
    with reopened(project) as again:
        assert again.classes.names == ("street", "sky", "car", "tree")
        assert again.labels("a.jpg")[0, 0] == 3


def test_while_nothing_is_labelled_the_table_may_be_any(project):
    project.set_classes(ClassTable.from_names(["tree"]))
    assert project.classes.names == ("tree",)


def test_more_than_255_classes_widen_every_map(project):
    project.record("a.jpg", BOX, np.full((40, 40), 1))
    project.save("b.png", np.zeros((60, 80), np.uint8))
    wide = project.classes
    for index in range(300):
        wide = wide.with_class(f"class {index}")
    project.set_classes(wide)
    project.record("a.jpg", (0, 0, 1, 1), np.full((1, 1), 302))
    for opened in (project, reopened(project)):
        if opened is not project:
            labels = opened.labels("a.jpg")
            assert labels.dtype == np.uint16
            assert labels[0, 0] == 302
            assert labels[30, 30] == 1
            assert labels[59, 79] == 65535
            assert (opened.labels("b.png") == 0).all()
            opened.close()
    assert read_label_map(project.folder / "labels" / "b.png.png").labels.dtype == np.uint16


def test_a_kill_between_classes_and_maps_leaves_them_readable(project, monkeypatch):
    project.record("a.jpg", BOX, np.full((40, 40), 1))
    project.fold("a.jpg")
    project.flush(folded=True)
    project.record("a.jpg", (0, 0, 1, 1), np.full((1, 1), 255))
    monkeypatch.setattr("segcore.project.recorder.Recorder.rewrite_all", lambda _: None)
    wide = ClassTable.from_names([*project.classes.names, *map(str, range(300))])
    project.set_classes(wide)
    labels = project.labels("a.jpg")
    assert labels.dtype == np.uint16
    assert labels[0, 0] == 65535
    assert labels[30, 30] == 1


# What others put there


def test_label_files_of_others_count_as_imported(project):
    labels = np.full((60, 80), 255, np.uint8)
    labels[:30] = 1
    (project.folder / "labels").mkdir()
    write_label_map(project.folder / "labels" / "b.png.png", labels, None)
    assert project.has_labels("b.png")
    origins = project.origins("b.png")
    imported = project.origin_id("imported")
    assert np.array_equal(origins, np.where(labels == 255, 0, imported))


def test_a_damaged_label_file_is_named_and_not_written_over(project):
    project.record("a.jpg", BOX, np.full((40, 40), 1))
    with reopened(project) as again:
        path = again.folder / "labels" / "a.jpg.png"
        path.write_bytes(path.read_bytes()[:-40])
        broken = path.read_bytes()
        with pytest.raises(ImageError, match=r"a\.jpg\.png"):
            again.labels("a.jpg")
        troubles = []
        again.on_trouble = troubles.append
        again.record("a.jpg", (0, 0, 1, 1), np.full((1, 1), 2))
        again.fold("a.jpg")
        with pytest.raises(ProjectError, match="stay in the journal"):
            again.flush(folded=True)
        assert "a.jpg" in troubles[0]
        assert path.read_bytes() == broken
        assert (again.folder / "journal" / "a.jpg.journal").exists()


def test_a_thousand_pictures_are_added_and_listed_fast(tmp_path, classes):
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(2000):
        (folder / f"{number}.jpg").touch()
    begin = time.perf_counter()
    with Project.create(tmp_path / "project", classes) as project:
        assert len(project.add([folder])) == 2000
    with Project.open(tmp_path / "project") as project:
        assert list(project.images[:3]) == ["0.jpg", "1.jpg", "2.jpg"]
    assert time.perf_counter() - begin < 2


def test_every_line_of_the_picture_list_is_json(project):
    project.set_comment("a.jpg", "é")
    project.close()
    for line in (project.folder / "states.jsonl").read_text(encoding="ascii").splitlines():
        json.loads(line)


def test_an_upright_picture_has_upright_labels(tmp_path, classes):
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(np.zeros((30, 50, 3), np.uint8)).save(tmp_path / "turned.jpg", exif=exif)
    with Project.create(tmp_path / "project", classes) as project:
        assert project.add([tmp_path / "turned.jpg"]) == ["turned.jpg"]
        assert project.labels("turned.jpg").shape == (50, 30)


def test_real_pictures(shared_data: Path, tmp_path, classes):
    with Project.create(tmp_path / "project", classes) as project:
        names = project.add([shared_data / "street" / "images" / "val"])
        assert len(names) == 101
        shape = project.labels(names[0]).shape
        assert shape == (360, 480)
        project.record(names[0], (0, 0, 480, 360), np.zeros(shape, np.uint8))
    with Project.open(tmp_path / "project") as project:
        assert project.labelled() == [names[0]]
