"""Brush, eraser and pick, from points to what another start of the program would find."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.controllers.labelling import LabellingController
from app.document import Document
from app.pictures.claims import Claims
from app.pictures.opened_image import OpenedImage
from app.pictures.reading import read_picture
from app.view_state import ViewState
from segcore.geometry import Box
from segcore.project import Project

IGNORE = 255


@dataclass
class Desk:
    """One picture open for painting."""

    document: Document
    view_state: ViewState
    labelling: LabellingController
    boxes: list[Box]


def opened(project: Project, name: str) -> OpenedImage:
    picture = read_picture(project, Claims(), name)
    person = project.origin_id("person")
    return OpenedImage(
        name,
        picture.image,
        picture.labels,
        picture.origins,
        picture.labelled,
        project,
        person,
    )


@pytest.fixture
def desk(qapp: object, project: Any, fake_prediction: Callable[..., Any]) -> Iterator[Desk]:
    document, view_state = Document(), ViewState()
    labelling = LabellingController(document, view_state)
    document.open(opened(project, project.images[0]))
    document.set_prediction(fake_prediction(1))
    view_state.brush_size = 5
    view_state.active_class = 2
    boxes: list[Box] = []
    document.labelsChanged.connect(boxes.append)
    yield Desk(document, view_state, labelling, boxes)
    document.shutdown()


def test_what_can_wait_hears_of_strokes(desk: Desk) -> None:
    told: list[bool] = []
    desk.labelling.strokingChanged.connect(lambda: told.append(desk.labelling.is_stroking))
    desk.labelling.begin_stroke(10, 10)
    assert told == [True]
    desk.labelling.end_stroke()
    desk.labelling.begin_stroke(20, 10)
    desk.labelling.abort_stroke()
    assert told == [True, False, True, False]


def test_a_stroke_shows_while_it_is_drawn_and_is_one_undo_step(desk: Desk) -> None:
    desk.labelling.begin_stroke(10, 10)
    assert desk.document.labels[10, 10] == 2
    assert desk.document.undo_stack.count() == 0
    desk.labelling.extend_stroke(30, 10)
    desk.labelling.extend_stroke(30, 20)
    assert all(desk.document.labels[y, x] == 2 for x, y in [(20, 10), (30, 15)])
    desk.labelling.end_stroke()
    assert desk.document.undo_stack.count() == 1
    assert all(box.width < 30 for box in desk.boxes)
    desk.labelling.undo()
    assert (desk.document.labels == 1).all()
    assert (desk.document.origins != desk.document.person).all()
    desk.labelling.redo()
    assert desk.document.origins[10, 20] == desk.document.person


def test_who_painted_follows_once_the_hand_has_seen_the_labels(desk: Desk, qtbot: QtBot) -> None:
    document, labelling = desk.document, desk.labelling
    assert document.labels is not None
    assert document.origins is not None
    labelling.begin_stroke(5, 5)
    labelling.extend_stroke(9, 5)
    assert document.labels[5, 11] == 2
    assert document.origins[5, 11] != document.person
    qtbot.waitUntil(lambda: document.origins[5, 11] == document.person)
    labelling.extend_stroke(9, 11)
    labelling.end_stroke()
    assert document.origins[9, 9] == document.person


def test_an_aborted_stroke_never_was(desk: Desk, project: Any) -> None:
    desk.labelling.begin_stroke(10, 10)
    desk.labelling.extend_stroke(30, 30)
    desk.labelling.abort_stroke()
    assert (desk.document.labels == 1).all()
    assert desk.document.undo_stack.count() == 0
    assert desk.boxes[-1].contains((20, 20))


def test_undo_during_a_stroke_takes_back_that_stroke_only(desk: Desk) -> None:
    desk.labelling.begin_stroke(10, 10)
    desk.labelling.end_stroke()
    desk.labelling.begin_stroke(40, 30)
    desk.labelling.undo()
    assert desk.document.labels[30, 40] == 1
    assert desk.document.labels[10, 10] == 2
    desk.labelling.extend_stroke(50, 30)
    desk.labelling.end_stroke()
    assert desk.document.labels[30, 50] == 1


def test_the_eraser_makes_pixels_nobodys(desk: Desk) -> None:
    desk.labelling.begin_stroke(10, 10, erase=True)
    desk.labelling.end_stroke()
    desk.view_state.tool = "eraser"
    desk.labelling.begin_stroke(40, 30)
    desk.labelling.end_stroke()
    for x, y in [(10, 10), (40, 30)]:
        assert desk.document.labels[y, x] == IGNORE
        assert desk.document.origins[y, x] == 0


def test_a_pick_takes_the_class_of_a_pixel(desk: Desk) -> None:
    desk.labelling.pick(30, 30)
    assert desk.view_state.active_class == 1
    desk.labelling.pick(10**6, 0)
    assert desk.view_state.active_class == 1


def test_an_unlabelled_pixel_has_no_class_to_pick(desk: Desk) -> None:
    desk.labelling.begin_stroke(10, 10, erase=True)
    desk.labelling.end_stroke()
    desk.labelling.pick(10, 10)
    assert desk.view_state.active_class == 2


def test_a_class_that_is_not_there_cannot_be_painted(desk: Desk) -> None:
    desk.view_state.active_class = 9
    desk.labelling.begin_stroke(10, 10)
    desk.labelling.extend_stroke(20, 10)
    desk.labelling.end_stroke()
    assert (desk.document.labels == 1).all()


def test_nothing_open_nothing_painted(desk: Desk) -> None:
    desk.document.close_image()
    desk.labelling.begin_stroke(10, 10)
    desk.labelling.extend_stroke(20, 10)
    desk.labelling.end_stroke()
    desk.labelling.pick(1, 1)


def test_a_stroke_under_way_is_kept_when_the_picture_changes(desk: Desk, project: Any) -> None:
    first, second = project.images[:2]
    desk.labelling.begin_stroke(10, 10)
    desk.labelling.extend_stroke(20, 10)
    desk.document.open(opened(project, second))
    assert not desk.labelling.is_stroking
    desk.document.recorder.flush()
    assert project.labels(first)[10, 15] == 2
    assert (desk.document.labels == IGNORE).all()


def test_a_prediction_waits_for_the_stroke_under_way(
    desk: Desk, fake_prediction: Callable[..., Any]
) -> None:
    desk.labelling.begin_stroke(10, 10)
    desk.document.set_prediction(fake_prediction(0))
    assert desk.document.labels[30, 30] == 1
    desk.labelling.end_stroke()
    desk.document.set_prediction(fake_prediction(0))
    assert desk.document.labels[30, 30] == 0
    assert desk.document.labels[10, 10] == 2


def test_a_day_of_random_work_is_found_again_to_the_pixel(desk: Desk, project: Any) -> None:
    random = np.random.default_rng(5)
    for _ in range(150):
        x, y = int(random.integers(60)), int(random.integers(40))
        action = random.integers(5)
        desk.view_state.active_class = int(random.integers(3))
        desk.view_state.brush_size = int(random.integers(1, 20))
        if action <= 2:
            desk.labelling.begin_stroke(x, y, erase=bool(random.integers(2)))
            desk.labelling.extend_stroke(int(random.integers(-20, 80)), y)
            desk.labelling.end_stroke()
        elif action == 3:
            desk.labelling.undo()
        else:
            desk.labelling.redo()
    name = desk.document.name
    labels, origins = desk.document.labels.copy(), desk.document.origins.copy()
    desk.document.shutdown()
    folder = project.folder
    project.close()
    with Project.open(folder, read_only=True) as again:
        np.testing.assert_array_equal(again.labels(name), labels)
        np.testing.assert_array_equal(again.origins(name), origins)
