"""Classes are merged, deleted and split off in every picture, and no id ever moves."""

from __future__ import annotations

import json

import numpy as np
import pytest

from segcore.classes import ClassInfo, ClassTable
from segcore.errors import Cancelled, ClassTableError, ProjectError
from segcore.project import Kind, Move, Project, class_changes
from segcore.project.class_changes import (
    begin,
    carry_out,
    change_everywhere,
    delete,
    merge,
    pixels_of,
    split_off,
)

SIZE = (60, 80)
OTHER = "sub/ü ö 写真.jpg"


@pytest.fixture
def labelled(project):
    """Two pictures with road in the upper half, sky below, a car in the corner."""
    for name in ("a.jpg", OTHER):
        labels = np.zeros(SIZE, np.uint8)
        labels[30:] = 1
        labels[:10, :10] = 2
        project.save(name, labels, project.origin_id("person"))
    return project


def test_a_merged_class_is_nowhere_and_its_id_stays(labelled):
    assert pixels_of(labelled, 2) == {"a.jpg": 100, OTHER: 100}
    change_everywhere(labelled, merge(labelled.classes, 2, 0))
    for name in ("a.jpg", OTHER):
        assert (labelled.labels(name)[:30] == 0).all()
        assert (labelled.origins(name) == 1).all()
    table = labelled.classes
    assert table[2] == ClassInfo(2, "car", table[2].color, retired=True, into=0)
    assert [info.name for info in table.shown] == ["road", "sky"]
    assert table.id_of("car") == 0
    assert len(table.with_class("bike")) == 4
    labelled.close()
    with Project.open(labelled.folder) as again:
        assert again.classes == table
        assert not again.notes
        assert pixels_of(again, 2) == {}


def test_a_deleted_class_leaves_nobodys_pixels(labelled):
    change_everywhere(labelled, delete(labelled.classes, 2))
    labels, origins = labelled.labels("a.jpg"), labelled.origins("a.jpg")
    assert (labels[:10, :10] == 255).all()
    assert (origins[:10, :10] == 0).all()
    assert (labels[10:30] == 0).all()
    assert labelled.classes.id_of("car") is None
    assert labelled.classes.knows("car")


def test_a_class_is_split_off_in_chosen_pictures(labelled):
    table, change = split_off(labelled.classes, 2, "bus", [OTHER])
    change_everywhere(labelled, change, table)
    assert labelled.classes.names == ("road", "sky", "car", "bus")
    assert (labelled.labels("a.jpg")[:10, :10] == 2).all()
    assert (labelled.labels(OTHER)[:10, :10] == 3).all()


def test_a_change_is_one_step_back_in_each_picture(labelled):
    before = labelled.maps("a.jpg")
    change_everywhere(labelled, delete(labelled.classes, 2))
    history = labelled.history("a.jpg")
    assert [step.text for step in history.steps] == ["Delete car"]
    step = labelled.edit_of("a.jpg", history.steps[0].sequence)
    labelled.record_edit("a.jpg", step.inverse(), Move(Kind.UNDO))
    assert np.array_equal(labelled.labels("a.jpg"), before.labels)
    assert np.array_equal(labelled.origins("a.jpg"), before.origins)
    assert (labelled.labels(OTHER)[:10, :10] == 255).all()


@pytest.mark.parametrize("stage", ["planned", "retired", "one picture"])
def test_a_kill_in_a_change_is_made_good_on_opening(labelled, monkeypatch, stage):
    class KillError(BaseException):
        pass

    def killed(*_):
        raise KillError

    change = merge(labelled.classes, 2, 1)
    if stage == "planned":
        monkeypatch.setattr(Project, "set_classes", killed)
        with pytest.raises(KillError):
            begin(labelled, change)
        monkeypatch.undo()
    else:
        begin(labelled, change)
        if stage == "one picture":
            carry_out(labelled, change, lambda name: None if name == OTHER else lambda: None)
    labelled.flush()
    labelled._recorder.abandon()
    labelled._closed = True
    with Project.open(labelled.folder) as again:
        assert "cut short has been finished: Merge car into sky" in again.notes[0]
        assert pixels_of(again, 2) == {}
        assert (again.labels(OTHER)[:10, :10] == 1).all()
        assert again.classes[2].retired
        assert not (again.folder / "class_change.json").exists()
    with Project.open(labelled.folder) as third:
        assert not third.notes


def test_cancelling_keeps_the_class_where_it_still_is(labelled):
    change = merge(labelled.classes, 2, 0)
    begin(labelled, change)

    def stop(_progress):
        raise Cancelled

    with pytest.raises(Cancelled):
        carry_out(labelled, change, progress=stop)
    assert not labelled.classes[2].retired
    assert pixels_of(labelled, 2) == {OTHER: 100}
    change_everywhere(labelled, merge(labelled.classes, 2, 0))
    assert pixels_of(labelled, 2) == {}


def test_one_change_at_a_time_and_no_damaged_plan(labelled):
    begin(labelled, merge(labelled.classes, 2, 0))
    with pytest.raises(ProjectError, match="still under way"):
        begin(labelled, merge(labelled.classes, 1, 0))
    (labelled.folder / "class_change.json").write_text("{")
    labelled.close()
    with Project.open(labelled.folder) as again:
        assert "not finished yet" in again.notes[0]
        assert (again.labels("a.jpg")[:10, :10] == 2).all()


def test_a_change_in_more_than_255_classes(labelled):
    table = ClassTable.from_names([*labelled.classes.names, *map(str, range(300))])
    labelled.set_classes(table)
    change_everywhere(labelled, merge(table, 2, 300))
    assert (labelled.labels("a.jpg")[:10, :10] == 300).all()


def test_every_class_id_that_16_bits_hold(project):
    table = ClassTable.from_names([str(number) for number in range(65_534)])
    project.set_classes(table)
    project.record("a.jpg", (0, 0, 1, 1), np.full((1, 1), 65_533))
    project.close()
    with Project.open(project.folder) as again:
        assert again.labels("a.jpg")[0, 0] == 65_533
        assert len(again.classes) == 65_534


# The table itself


def test_the_order_of_display_is_kept_beside_the_ids(tmp_path):
    table = ClassTable.from_names(["road", "sky", "car"]).with_display([2, 0])
    assert [info.name for info in table.shown] == ["car", "road", "sky"]
    assert [info.name for info in table.with_class("bus").shown] == ["car", "road", "sky", "bus"]
    table = table.with_retired(0, 1)
    table.write(tmp_path / "classes.json")
    assert ClassTable.read(tmp_path / "classes.json") == table
    said = json.loads((tmp_path / "classes.json").read_text())
    assert said == table.to_json()
    assert said["display"] == [2, 0]
    assert said["classes"][0]["retired"] is True
    assert "retired" not in said["classes"][1]
    assert [info.name for info in table.shown] == ["car", "sky"]
    for order in ([0, 0], [3], [-1]):
        with pytest.raises(ClassTableError, match="order of display"):
            table.with_display(order)


def test_names_are_given_once():
    table = ClassTable.from_names(["road", "sky", "car"])
    with pytest.raises(ClassTableError, match="already"):
        table.with_changed(0, name="sky")
    with pytest.raises(ClassTableError, match="needs a name"):
        table.with_changed(0, name=" ")
    retired = table.with_retired(2, 0)
    assert retired.with_class("car").id_of("car") == 3
    assert retired.with_class("car").with_revived(2).names == ("road", "sky", "car 2", "car")
    with pytest.raises(ClassTableError, match="cannot go into"):
        retired.with_retired(1, 2)
    # what was merged twice is where it went last
    assert table.with_retired(2, 1).with_retired(1, 0).id_of("car") == 0


@pytest.mark.parametrize(
    "entry", [{"retired": "yes"}, {"retired": True, "into": 9}, {"retired": True, "into": "x"}]
)
def test_impossible_retirements_are_refused(entry):
    classes = [{"id": 0, "name": "road", **entry}]
    with pytest.raises(ClassTableError):
        ClassTable.from_json({"classes": classes})


def test_a_plan_names_what_it_is_about(labelled):
    table, change = split_off(labelled.classes, 0, "lane", ["a.jpg"])
    begin(labelled, change, table)
    assert class_changes.read_plan(labelled.folder) == change
