"""The document: predictions under a person's pixels, undo, and everything in the project."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.document import Document
from app.pictures.claims import Claims
from app.pictures.opened_image import OpenedImage
from app.pictures.reading import read_picture
from segcore.classes import ClassTable
from segcore.edits import Stroke
from segcore.errors import ProjectError
from segcore.geometry import Box
from segcore.project import Project


def opened(project: Project, name: str) -> OpenedImage:
    picture = read_picture(project, Claims(), name)
    return OpenedImage(
        name,
        picture.image,
        picture.labels,
        picture.origins,
        picture.labelled,
        project,
        project.origin_id("person"),
        history=project.history(name),
    )


def paint(document: Document, start: tuple[int, int], class_id: int, diameter: int = 6) -> Box:
    assert document.labels is not None
    assert document.origins is not None
    stroke = Stroke(document.labels, document.origins)
    stroke.paint_segment(start, start, diameter, class_id, document.person)
    edit = stroke.commit("Brush")
    assert edit is not None
    document.push(edit)
    return edit.box


def labels_on_disk(project: Project, name: str) -> Any:
    """What another start of the program would find."""
    folder = project.folder
    project.close()
    with Project.open(folder, read_only=True) as again:
        return again.labels(name), again.origins(name)


@pytest.fixture
def document(qapp: object) -> Iterator[Document]:
    document = Document()
    yield document
    document.shutdown()


def test_the_first_prediction_becomes_the_base_without_an_undo_step(
    document: Document, project: Any, fake_prediction: Any
) -> None:
    name = project.images[0]
    document.open(opened(project, name))
    boxes: list[Box] = []
    document.labelsChanged.connect(boxes.append)
    document.set_prediction(fake_prediction(2))
    assert document.undo_stack.count() == 0
    assert boxes == [Box(0, 0, 60, 40)]
    document.flush()
    labels, origins = labels_on_disk(project, name)
    assert (labels == 2).all()
    assert len(np.unique(origins)) == 1
    assert origins[0, 0] not in (0, document.person)


def test_a_prediction_never_overwrites_a_persons_pixels(
    document: Document, project: Any, fake_prediction: Any
) -> None:
    document.open(opened(project, project.images[0]))
    paint(document, (10, 10), 0)
    mine = document.origins == document.person
    document.set_prediction(fake_prediction(2))
    assert (document.labels[mine] == 0).all()
    assert (document.labels[~mine] == 2).all()
    assert document.undo_stack.undoText() == "Predict"
    document.undo_stack.undo()
    assert (document.labels[~mine] == document.classes.ignore).all()
    assert (document.labels[mine] == 0).all()


def test_stroke_undo_and_redo_are_all_on_disk(
    document: Document, project: Any, fake_prediction: Any
) -> None:
    name = project.images[1]
    document.open(opened(project, name))
    document.set_prediction(fake_prediction(1))
    first = paint(document, (10, 10), 0)
    paint(document, (40, 20), 2)
    boxes: list[Box] = []
    document.labelsChanged.connect(boxes.append)
    document.undo_stack.undo()
    document.undo_stack.undo()
    document.undo_stack.redo()
    assert boxes[-1] == first
    assert document.labels[10, 10] == 0
    assert document.labels[20, 40] == 1
    expected = document.labels.copy(), document.origins.copy()
    document.close_image()
    document.flush()
    labels, origins = labels_on_disk(project, name)
    np.testing.assert_array_equal(labels, expected[0])
    np.testing.assert_array_equal(origins, expected[1])


def test_every_edit_is_on_disk_within_a_second_and_said_to_be(
    qtbot: Any, document: Document, project: Any, fake_prediction: Any
) -> None:
    document.open(opened(project, project.images[0]))
    saved: list[datetime] = []
    document.savedChanged.connect(saved.append)
    paint(document, (10, 10), 0)
    qtbot.waitUntil(lambda: saved != [], timeout=1500)
    assert abs((datetime.now() - saved[-1]).total_seconds()) < 5
    assert list((project.folder / "journal").rglob("*.journal"))


def test_what_was_worked_out_for_other_labels_is_refused(
    document: Document, project: Any, fake_prediction: Any
) -> None:
    from app.lay_under import lay_under

    document.open(opened(project, project.images[0]))
    prediction = fake_prediction(2)
    ground = document.ground()
    laid = lay_under(prediction, ground, ground.origin_of(prediction))
    paint(document, (10, 10), 0)
    assert not document.put_in_place(prediction, laid)
    assert document.labels[10, 10] == 0
    assert document.labels[30, 50] == document.classes.ignore


def test_classes_are_matched_by_name_and_none_is_renumbered(
    document: Document, project: Any, fake_prediction: Any
) -> None:
    document.open(opened(project, project.images[0]))
    theirs = ClassTable.from_names(["tree", "car", "road"])
    labels = np.zeros((40, 60), np.uint8)
    labels[:, 20:] = 1
    labels[:, 40:] = 2
    document.set_prediction(fake_prediction(labels=labels, classes=theirs))
    assert document.classes.names == ("road", "sky", "car", "tree")
    assert [int(document.labels[0, x]) for x in (0, 30, 50)] == [3, 2, 0]
    document.flush()
    assert project.classes.names == ("road", "sky", "car", "tree")


def test_a_new_project_takes_the_models_classes(
    document: Document, tmp_path: Path, make_pictures: Any, fake_prediction: Any
) -> None:
    with Project.create(tmp_path / "new", ClassTable(())) as project:
        project.add(make_pictures())
        document.open(opened(project, project.images[0]))
        document.set_prediction(fake_prediction(1))
        assert document.classes.names == ("road", "sky", "car")
        assert document.classes[1].color == fake_prediction(1).classes[1].color
        document.close_image()
        document.flush()


def test_the_next_picture_swaps_everything_together(
    document: Document, project: Any, fake_prediction: Any
) -> None:
    document.open(opened(project, project.images[0]))
    document.set_prediction(fake_prediction(1))
    paint(document, (10, 10), 0)
    seen: list[tuple[str | None, int, object, bool]] = []

    def look() -> None:
        if document.image is not None:
            grey = int(document.image[0, 0, 0])
            is_blank = bool((document.labels == 255).all())
            seen.append((document.name, grey, document.prediction, is_blank))

    document.imageChanged.connect(look)
    document.open(opened(project, project.images[1]))
    assert seen == [(project.images[1], 1, None, True)]
    assert document.undo_stack.count() == 0


def test_a_picture_is_given_free_after_its_edits_are_recorded(
    document: Document, project: Any, fake_prediction: Any
) -> None:
    from dataclasses import replace

    name = project.images[0]
    found: list[int] = []
    first = replace(
        opened(project, name), release=lambda: found.append(int(project.labels(name)[10, 10]))
    )
    document.open(first)
    document.set_prediction(fake_prediction(1))
    paint(document, (10, 10), 2)
    document.close_image()
    document.recorder.flush()
    assert found == [2]


def test_far_undo_steps_are_on_disk_alone_and_still_exact(
    document: Document, project: Any, fake_prediction: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.undo_stack.HELD_BYTES", 3000)
    document.open(opened(project, project.images[0]))
    document.set_prediction(fake_prediction(1))
    states = [document.labels.copy()]
    for i in range(12):
        paint(document, (4 * i, 3 * i), i % 3, diameter=15)
        states.append(document.labels.copy())
        document.flush()
    document.recorder.flush()
    assert not document.undo_stack.command(0).is_held
    assert document.undo_stack.command(11).is_held
    for state in reversed(states[:-1]):
        document.undo_stack.undo()
        np.testing.assert_array_equal(document.labels, state)
    for state in states[1:]:
        document.undo_stack.redo()
        np.testing.assert_array_equal(document.labels, state)


def test_a_refusing_disk_is_said_once_and_nothing_is_lost(
    qtbot: Any, document: Document, project: Any, fake_prediction: Any, monkeypatch: Any
) -> None:
    document.open(opened(project, project.images[0]))
    document.set_prediction(fake_prediction(1))
    document.recorder.flush()
    failures: list[Any] = []
    document.failed.connect(failures.append)

    def refuse(*_: object) -> None:
        raise ProjectError("The disk is full: make room.")

    monkeypatch.setattr(project, "record_edit", refuse)
    for x in (10, 20, 30):
        paint(document, (x, 10), 0)
    qtbot.waitUntil(lambda: failures != [])
    document.recorder.flush()
    qtbot.wait(20)
    assert [failure.sentence for failure in failures] == ["The disk is full: make room."]
    assert document.labels[10, 20] == 0


def test_more_than_255_classes_widen_the_open_labels(
    document: Document, project: Any, fake_prediction: Any
) -> None:
    document.open(opened(project, project.images[0]))
    paint(document, (10, 10), 2)
    names = [f"class {i}" for i in range(300)]
    many = ClassTable.from_names(names)
    document.set_prediction(fake_prediction(299, classes=many))
    assert document.labels.dtype == np.uint16
    assert document.labels[10, 10] == 2
    assert document.classes[int(document.labels[30, 30])].name == "class 299"
    document.close_image()
    document.recorder.flush()
    again = opened(project, project.images[0])
    assert again.labels[10, 10] == 2
    assert project.classes[int(again.labels[30, 30])].name == "class 299"


def test_undo_goes_on_where_an_earlier_start_left_it(
    document: Document, project: Any, fake_prediction: Any
) -> None:
    name = project.images[0]
    document.open(opened(project, name))
    document.set_prediction(fake_prediction(1))
    states = [document.labels.copy()]
    for i in range(400):  # more than the 300 that there once were
        paint(document, (i % 50, i % 37), i % 3)
        states.append(document.labels.copy())
    for _ in range(3):
        document.undo_stack.undo()
    document.close_image()
    document.flush()
    folder = project.folder
    project.close()
    with Project.open(folder) as again:
        document.open(opened(again, name))
        stack = document.undo_stack
        assert (stack.count(), stack.index()) == (400, 397)
        assert stack.undoText() == "Brush"
        for state in states[398:]:
            stack.redo()
            np.testing.assert_array_equal(document.labels, state)
        for state in reversed(states[:-1]):
            stack.undo()
            np.testing.assert_array_equal(document.labels, state)
        assert not stack.canUndo()
        paint(document, (20, 20), 2)
        assert (stack.count(), stack.index()) == (1, 1)
        document.close_image()
        document.flush()
        assert [step.text for step in again.history(name).steps] == ["Brush"]


def test_steps_of_before_the_classes_grew_undo(
    document: Document, project: Any, fake_prediction: Any
) -> None:
    document.open(opened(project, project.images[0]))
    paint(document, (10, 10), 2)
    wide = ClassTable.from_names([*document.classes.names, *map(str, range(300))])
    document.set_classes(wide)
    document.undo_stack.undo()
    assert document.labels.dtype == np.uint16
    assert (document.labels == 65535).all()
    document.undo_stack.redo()
    assert document.labels[10, 10] == 2
    document.flush()
    assert project.labels(project.images[0])[10, 10] == 2


def test_a_step_that_is_gone_from_the_disk_is_said(
    document: Document, project: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.undo_stack.HELD_BYTES", 100)
    document.open(opened(project, project.images[0]))
    for i in range(3):
        paint(document, (10 + i, 10), i)
        document.flush()
    document.recorder.flush()
    failures: list[Any] = []
    document.failed.connect(failures.append)
    log = project.folder / "history" / f"{project.images[0]}.edits"
    content = bytearray(log.read_bytes())
    content[60] ^= 0xFF  # inside the first edit
    log.write_bytes(bytes(content))
    for _ in range(3):
        document.undo_stack.undo()
    assert "damaged" in failures[0].sentence
    assert not document.undo_stack.canUndo()
    assert document.undo_stack.canRedo()
    document.undo_stack.redo()
