"""What can be undone is there after a restart, after kills too, and only what fits the labels."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from segcore.classes import ClassTable
from segcore.edits import Edit, label_region
from segcore.errors import ProjectError
from segcore.geometry import Box
from segcore.project import Kind, Move, Project
from segcore.project.class_changes import ClassChange, change_everywhere
from segcore.project.journal import read_journal

SIZE = (60, 80)


def block(project, name, box, class_id, text="Brush"):
    """A painted block, recorded; the step's number."""
    maps = project.maps(name)
    edit = label_region(
        maps.labels,
        maps.origins,
        Box(*box),
        np.ones(Box(*box).size, np.bool_),
        class_id=class_id,
        origin=project.origin_id("person"),
        name=text,
    )
    assert edit is not None
    return project.record_edit(name, edit)


def undo(project, name):
    history = project.history(name)
    step = history.steps[history.position - 1]
    project.record_edit(
        name, project.edit_of(name, step.sequence).inverse(), Move(Kind.UNDO, step.text)
    )


def redo(project, name):
    history = project.history(name)
    step = history.steps[history.position]
    project.record_edit(name, project.edit_of(name, step.sequence), Move(Kind.REDO, step.text))


def left_behind(project):
    """End a project as a kill does."""
    project.flush()
    project._recorder.abandon()
    project._closed = True


def log_of(project, name="a.jpg"):
    return project.folder / "history" / f"{name}.edits"


def texts(project, name="a.jpg"):
    history = project.history(name)
    return [step.text for step in history.steps], history.position


def test_undo_and_redo_go_on_after_closing(project):
    states = [project.maps("a.jpg")]
    for number in range(3):
        block(project, "a.jpg", (number * 10, 0, number * 10 + 20, 30), number, f"stroke {number}")
        states.append(project.maps("a.jpg"))
    undo(project, "a.jpg")
    project.close()
    with Project.open(project.folder) as again:
        assert texts(again) == (["stroke 0", "stroke 1", "stroke 2"], 2)
        undo(again, "a.jpg")
        undo(again, "a.jpg")
        assert (again.labels("a.jpg") == 255).all()
        for state in states[1:]:
            redo(again, "a.jpg")
            assert np.array_equal(again.labels("a.jpg"), state.labels)
            assert np.array_equal(again.origins("a.jpg"), state.origins)
        undo(again, "a.jpg")
        block(again, "a.jpg", (0, 0, 5, 5), 1, "another way")
        assert texts(again) == (["stroke 0", "stroke 1", "another way"], 3)


def test_edits_that_came_by_another_way_end_what_can_be_undone(project):
    block(project, "a.jpg", (0, 0, 20, 20), 0)
    project.record("a.jpg", (0, 0, 10, 10), np.full((10, 10), 1))
    history = project.history("a.jpg")
    assert history.steps == ()
    assert "cannot be undone" in history.note
    assert project.history("a.jpg").note == ""
    block(project, "a.jpg", (0, 0, 20, 20), 2, "after")
    with Project.open(_closed(project)) as again:
        assert texts(again) == (["after"], 1)
        undo(again, "a.jpg")
        assert (again.labels("a.jpg")[:10, :10] == 1).all()


def _closed(project):
    project.close()
    return project.folder


def test_a_map_that_another_program_replaced_has_no_history(project):
    block(project, "a.jpg", (0, 0, 20, 20), 0)
    project.close()
    path = project.folder / "labels" / "a.jpg.png"
    with Image.open(path) as picture:
        Image.fromarray(np.array(picture)).save(path)
    with Project.open(project.folder) as again:
        assert texts(again) == ([], 0)


def test_a_kill_between_history_and_journal_takes_the_step_back(project):
    block(project, "a.jpg", (0, 0, 20, 20), 0, "kept")
    project.flush()
    journal = project.folder / "journal" / "a.jpg.journal"
    before = journal.read_bytes()
    block(project, "a.jpg", (10, 10, 40, 40), 1, "torn away")
    left_behind(project)
    journal.write_bytes(before)  # as if the kill had come before the journal was written
    with Project.open(project.folder) as again:
        # the number is given again, to an edit that leaves no step
        again.record("a.jpg", (50, 0, 60, 10), np.full((10, 10), 2))
        left_behind(again)
    assert read_journal(journal).records[-1].sequence == 2
    with Project.open(project.folder) as third:
        assert texts(third) == ([], 0)  # not "torn away", which the labels never had


def test_a_torn_log_loses_its_last_step_alone(project):
    for number in range(3):
        block(project, "a.jpg", (0, number, 80, number + 1), number, f"stroke {number}")
    left_behind(project)
    log, journal = log_of(project), project.folder / "journal" / "a.jpg.journal"
    whole, edits = log.read_bytes(), journal.read_bytes()
    cut = edits.rindex(b"SFJ1")
    for length in range(len(whole) - 40, len(whole)):
        log.write_bytes(whole[:length])
        journal.write_bytes(edits[:cut])
        with Project.open(project.folder) as again:
            assert texts(again) == (["stroke 0", "stroke 1"], 2)
            left_behind(again)


def test_a_damaged_step_is_said_and_the_labels_are_whole(project):
    step = block(project, "a.jpg", (0, 0, 20, 20), 0)
    project.flush()
    log = log_of(project)
    content = bytearray(log.read_bytes())
    content[-1] ^= 0xFF
    log.write_bytes(bytes(content))
    with pytest.raises(ProjectError, match="cannot be undone"):
        project.edit_of("a.jpg", step)
    assert (project.labels("a.jpg")[:20, :20] == 0).all()


def test_a_full_disk_keeps_step_and_edit_together(project, monkeypatch):
    from segcore.project import journal

    block(project, "a.jpg", (0, 0, 20, 20), 0, "first")
    project.flush()
    real, calls = journal.append, []

    def full(path, records, whole):
        calls.append(path.suffix)
        if path.suffix == ".journal":
            raise OSError(28, "No space left on device")
        return real(path, records, whole)

    monkeypatch.setattr(journal, "append", full)
    with suppress(ProjectError):  # said now or with the next edit
        block(project, "a.jpg", (10, 10, 30, 30), 1, "second")
    with pytest.raises(ProjectError, match="No space left"):
        project.flush()
    monkeypatch.undo()
    project.flush()
    assert calls[:2] == [".edits", ".journal"]
    assert texts(project) == (["first", "second"], 2)
    with Project.open(_closed(project)) as again:
        assert texts(again) == (["first", "second"], 2)


def test_the_oldest_steps_go_when_there_are_too_many_bytes(project, monkeypatch):
    rng = np.random.default_rng(0)
    monkeypatch.setattr("segcore.project.history.PictureHistory.trim.__defaults__", (40_000,))
    state = project.maps("a.jpg")
    for number in range(30):
        after = rng.integers(0, 3, SIZE, np.uint8)
        edit = _whole(state, after, project.origin_id("person"), f"noise {number}")
        project.record_edit("a.jpg", edit)
        state = project.maps("a.jpg")
    project.fold("a.jpg")
    project.flush(folded=True)
    history = project.history("a.jpg")
    assert 5 < len(history.steps) < 30
    assert history.steps[-1].text == "noise 29"
    assert "cannot be undone" in history.note
    assert log_of(project).stat().st_size <= 40_000
    undo(project, "a.jpg")
    with Project.open(_closed(project)) as again:
        assert len(again.history("a.jpg").steps) == len(history.steps)
        assert again.history("a.jpg").position == len(history.steps) - 1
        redo(again, "a.jpg")
        assert np.array_equal(again.labels("a.jpg"), state.labels)


def _whole(maps, after, origin, text):
    from segcore.edits.patch import patch_between

    place = Box(0, 0, SIZE[1], SIZE[0])
    said_by = np.full(SIZE, origin, np.uint8)
    patch = patch_between(place, maps.labels, after, maps.origins, said_by)
    return Edit((patch,), text)


def test_steps_of_before_more_than_255_classes_still_undo(project):
    block(project, "a.jpg", (0, 0, 20, 20), 1)
    wide = ClassTable.from_names([*project.classes.names, *map(str, range(300))])
    project.set_classes(wide)
    undo(project, "a.jpg")
    assert (project.labels("a.jpg") == 65535).all()
    redo(project, "a.jpg")
    assert (project.labels("a.jpg")[:20, :20] == 1).all()


def test_a_copy_of_the_project_has_the_history(project, tmp_path):
    block(project, "a.jpg", (0, 0, 20, 20), 1)
    with project.save_as(tmp_path / "copy") as copy:
        assert texts(copy) == (["Brush"], 1)


def test_what_is_done_says_how_far_a_picture_is(project):
    model = project.origin_id("model", "street-b0", "ab" * 32)
    project.save("a.jpg", np.zeros(SIZE, np.uint8), model)
    assert project.status("a.jpg") == "predicted"
    maps = project.maps("a.jpg")
    erased = label_region(
        maps.labels, maps.origins, Box(5, 5, 9, 9), np.eye(4, dtype=bool), class_id=255, origin=0
    )
    project.record_edit("a.jpg", erased)
    assert project.status("a.jpg") == "in_work"
    project.record("b.png", (0, 0, 2, 2), np.full((2, 2), 1))
    assert project.status("b.png") == "in_work"


@dataclass
class Model:
    """What a picture must be: every state on a stack."""

    states: list = field(default_factory=list)
    position: int = 0

    def do(self, state):
        del self.states[self.position + 1 :]
        self.states.append(state)
        self.position += 1


ACTIONS = st.lists(
    st.one_of(
        st.tuples(st.just("paint"), st.integers(0, 70), st.integers(0, 50), st.integers(0, 2)),
        st.just(("undo",)),
        st.just(("redo",)),
        st.just(("reopen",)),
        st.just(("kill",)),
        st.just(("fold",)),
        st.just(("elsewhere",)),
        st.tuples(st.just("change"), st.integers(0, 2), st.integers(0, 2)),
    ),
    max_size=25,
)


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(actions=ACTIONS)
def test_any_sequence_of_actions_leaves_the_map_that_it_should(tmp_path_factory, actions):
    folder = tmp_path_factory.mktemp("any")
    Image.fromarray(np.zeros((*SIZE, 3), np.uint8)).save(folder / "a.png")
    project = Project.create(folder / "project", ClassTable.from_names(["road", "sky", "car"]))
    name = project.add([folder / "a.png"])[0]
    model = Model([np.full(SIZE, 255, np.uint8)])
    try:
        for action, *values in actions:
            if action == "paint":
                x, y, class_id = values
                before = project.labels(name)
                box = Box(x, y, x + 10, y + 10)
                if (before[box.slices] != class_id).any():
                    block(project, name, box, class_id)
                    after = before.copy()
                    after[box.slices] = class_id
                    model.do(after)
            elif action == "undo" and model.position > 0:
                undo(project, name)
                model.position -= 1
            elif action == "redo" and model.position + 1 < len(model.states):
                redo(project, name)
                model.position += 1
            elif action == "fold":
                project.fold(name)
            elif action == "reopen":
                project.close()
                project = Project.open(folder / "project")
            elif action == "kill":
                left_behind(project)
                project = Project.open(folder / "project")
            elif action == "change" and values[0] != values[1]:
                source, target = values
                before = project.labels(name)
                change_everywhere(project, ClassChange(source, target, retires=False))
                if (before == source).any():
                    model.do(np.where(before == source, np.uint8(target), before))
            elif action == "elsewhere":
                project.record(name, (0, 0, 3, 3), np.full((3, 3), 1))
                after = model.states[model.position].copy()
                after[:3, :3] = 1
                model = Model([after])
            history = project.history(name)
            assert (len(history.steps), history.position) == (
                len(model.states) - 1,
                model.position,
            )
            assert np.array_equal(project.labels(name), model.states[model.position])
    finally:
        project.close(discard=True)
