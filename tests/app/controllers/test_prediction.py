"""From opening a picture to labels in the project, with a model that the test holds in hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.controllers.labelling import LabellingController
from app.controllers.opening import OpeningController
from app.controllers.prediction import PredictionController
from app.document import Document
from app.inference.client import InferenceClient
from app.inference.requests import ModelSpec
from app.session import Session
from app.user_error import UserError
from app.view_state import ViewState
from segcore.project import Project

MODEL = ModelSpec("fake")


@dataclass
class House:
    """The window without its widgets."""

    document: Document
    session: Session
    client: InferenceClient
    prediction: PredictionController
    labelling: LabellingController
    view_state: ViewState
    failures: list[UserError]
    notices: list[str]

    def open(self, qtbot: Any, paths: list[Path], count: int) -> None:
        self.session.open_paths(paths)
        qtbot.waitUntil(lambda: len(self.session.names) == count and self.document.name is not None)

    def go_to(self, qtbot: Any, index: int) -> None:
        self.session.open_index(index)
        qtbot.waitUntil(lambda: self.document.name == self.session.names[index])

    def grey(self) -> int:
        return int(self.document.image[0, 0, 0])


@pytest.fixture
def house(qapp: object, engine: Any) -> Iterator[House]:
    document, session, client = Document(), Session(), InferenceClient(engine)
    opening = OpeningController(document, session)
    prediction = PredictionController(document, session, client)
    view_state = ViewState()
    labelling = LabellingController(document, view_state)
    failures: list[UserError] = []
    notices: list[str] = []
    for sender in (document, session, prediction):
        sender.failed.connect(failures.append)
    prediction.notice.connect(notices.append)
    yield House(document, session, client, prediction, labelling, view_state, failures, notices)
    engine.gate.set()
    labelling.end_stroke()
    assert client.shutdown(5)
    prediction.shutdown()
    document.shutdown()
    session.shutdown()
    assert opening is not None


def load(qtbot: Any, house: House, spec: ModelSpec = MODEL) -> None:
    with qtbot.waitSignal(house.prediction.modelSettled):
        house.prediction.set_model(spec)


def test_an_unlabelled_picture_is_predicted_when_it_opens(
    qtbot: Any, house: House, make_pictures: Callable[..., list[Path]]
) -> None:
    load(qtbot, house)
    house.open(qtbot, [make_pictures(3)[0].parent], 3)
    qtbot.waitUntil(lambda: house.document.labelled)
    assert (house.document.labels == 0).all()
    assert house.document.classes.names == ("road", "sky", "car")
    house.go_to(qtbot, 2)
    qtbot.waitUntil(lambda: house.document.labelled)
    assert (house.document.labels == 2).all()
    assert house.document.undo_stack.count() == 0


def test_a_picture_opened_before_the_model_came_is_predicted_then(
    qtbot: Any, house: House, make_pictures: Callable[..., list[Path]]
) -> None:
    house.open(qtbot, [make_pictures(1)[0]], 1)
    assert not house.document.labelled
    load(qtbot, house)
    qtbot.waitUntil(lambda: house.document.labelled)


def test_a_picture_with_labels_is_left_alone(
    qtbot: Any, house: House, engine: Any, make_pictures: Callable[..., list[Path]]
) -> None:
    load(qtbot, house)
    house.open(qtbot, [make_pictures(2)[0].parent], 2)
    qtbot.waitUntil(lambda: house.document.labelled)
    house.go_to(qtbot, 1)
    qtbot.waitUntil(lambda: house.document.labelled)
    house.go_to(qtbot, 0)
    assert house.document.labelled
    qtbot.wait(50)
    assert [what for kind, what in engine.ran if kind == "predict"] == house.session.names


def test_nothing_is_predicted_by_itself_when_that_is_switched_off(
    qtbot: Any, house: House, engine: Any, make_pictures: Callable[..., list[Path]]
) -> None:
    house.prediction.automatic = False
    load(qtbot, house)
    house.open(qtbot, [make_pictures(1)[0]], 1)
    qtbot.wait(50)
    assert not house.document.labelled
    house.prediction.predict()
    qtbot.waitUntil(lambda: house.document.labelled)


def test_an_answer_for_the_picture_before_is_dropped(
    qtbot: Any, house: House, engine: Any, make_pictures: Callable[..., list[Path]]
) -> None:
    load(qtbot, house)
    engine.gate.clear()
    house.open(qtbot, [make_pictures(3)[0].parent], 3)
    qtbot.waitUntil(lambda: any(kind == "predict" for kind, _ in engine.ran))
    house.go_to(qtbot, 1)
    house.go_to(qtbot, 2)
    engine.gate.set()
    qtbot.waitUntil(lambda: house.document.labelled)
    assert (house.document.labels == 2).all()
    qtbot.wait(50)
    assert (house.document.labels == 2).all()
    assert not house.session.project.has_labels(house.session.names[1])


def test_a_bad_model_leaves_the_good_one(
    qtbot: Any, house: House, make_pictures: Callable[..., list[Path]]
) -> None:
    load(qtbot, house)
    load(qtbot, house, ModelSpec("broken"))
    assert house.failures[-1].sentence == "broken is no model: choose another."
    assert "CheckpointError" in house.failures[-1].details
    assert house.prediction.model is not None
    assert house.prediction.model.name == "fake"
    house.open(qtbot, [make_pictures(1)[0]], 1)
    qtbot.waitUntil(lambda: house.document.labelled)


def test_a_prediction_that_comes_mid_stroke_goes_under_it(
    qtbot: Any, house: House, engine: Any, make_pictures: Callable[..., list[Path]]
) -> None:
    load(qtbot, house)
    house.open(qtbot, [make_pictures(1)[0]], 1)
    qtbot.waitUntil(lambda: house.document.labelled)
    engine.gate.clear()
    house.prediction.predict()
    house.view_state.active_class, house.view_state.brush_size = 2, 6
    house.labelling.begin_stroke(10, 10)
    engine.gate.set()
    qtbot.wait(100)
    house.labelling.extend_stroke(30, 10)
    house.labelling.end_stroke()
    qtbot.wait(150)
    assert house.document.labels[10, 20] == 2
    assert house.document.labels[30, 30] == 0
    house.labelling.undo()
    qtbot.wait(20)
    assert house.document.labels[10, 20] == 0


def test_predict_all_saves_beneath_a_persons_pixels_and_shows_in_the_open_picture(
    qtbot: Any, house: House, engine: Any, make_pictures: Callable[..., list[Path]]
) -> None:
    house.prediction.automatic = False
    load(qtbot, house)
    house.open(qtbot, [make_pictures(6)[0].parent], 6)
    names = house.session.names
    house.document.set_classes(house.prediction.model.classes)
    house.view_state.active_class, house.view_state.brush_size = 2, 6
    house.go_to(qtbot, 1)
    house.labelling.begin_stroke(10, 10)
    house.labelling.end_stroke()
    house.go_to(qtbot, 4)
    house.labelling.begin_stroke(10, 10)
    house.labelling.end_stroke()
    labelled: list[str] = []
    house.prediction.pictureLabelled.connect(labelled.append)
    house.prediction.predict_all()
    qtbot.waitUntil(lambda: len(labelled) == 6)
    qtbot.waitUntil(lambda: house.document.labels[30, 30] == 1)
    assert house.document.labels[10, 10] == 2
    house.document.flush()
    project = house.session.project
    for index, name in enumerate(names):
        labels = project.labels(name)
        assert labels[30, 30] == index % 3
        assert labels[10, 10] == (2 if index in (1, 4) else index % 3)
    assert house.failures == []


def test_a_picture_closed_before_its_batch_answer_came_is_saved_all_the_same(
    qtbot: Any, house: House, engine: Any, make_pictures: Callable[..., list[Path]]
) -> None:
    house.prediction.automatic = False
    load(qtbot, house)
    house.open(qtbot, [make_pictures(3)[0].parent], 3)
    labelled: list[str] = []
    house.prediction.pictureLabelled.connect(labelled.append)
    house.prediction.predict_all()
    house.go_to(qtbot, 1)
    house.go_to(qtbot, 2)
    qtbot.waitUntil(lambda: len(labelled) == 3)
    house.document.flush()
    project = house.session.project
    qtbot.waitUntil(lambda: all(project.has_labels(name) for name in house.session.names))
    assert [int(project.labels(name)[0, 0]) for name in house.session.names] == [0, 1, 2]


def test_one_bad_picture_of_a_batch_is_named(
    qtbot: Any, house: House, make_pictures: Callable[..., list[Path]]
) -> None:
    house.prediction.automatic = False
    load(qtbot, house)
    paths = make_pictures(4)
    house.open(qtbot, [paths[0].parent], 4)
    paths[2].write_bytes(b"no picture")
    bad: list[tuple[str, str]] = []
    house.prediction.pictureFailed.connect(lambda *what: bad.append(what))
    house.prediction.predict_all()
    qtbot.waitUntil(lambda: house.failures != [])
    assert [name for name, _ in bad] == [house.session.names[2]]
    assert "1 of 4" in house.failures[0].sentence


def test_saving_the_project_elsewhere_goes_on_there(
    qtbot: Any, house: House, make_pictures: Callable[..., list[Path]], tmp_path: Path
) -> None:
    load(qtbot, house)
    house.open(qtbot, [make_pictures(3)[0].parent], 3)
    house.go_to(qtbot, 1)
    qtbot.waitUntil(lambda: house.document.labelled)
    house.view_state.active_class = 2
    house.labelling.begin_stroke(10, 10)
    house.labelling.end_stroke()
    house.session.save_as(tmp_path / "kept")
    qtbot.waitUntil(
        lambda: (
            house.document.project is not None
            and house.document.project.folder == tmp_path / "kept"
        )
    )
    assert house.grey() == 1
    assert house.document.labels[10, 10] == 2
    house.session.save_as(tmp_path / "kept")
    qtbot.waitUntil(lambda: house.failures != [])
    qtbot.waitUntil(lambda: house.document.name == house.session.names[1])


def test_closing_in_the_middle_of_everything_loses_nothing(
    qtbot: Any, house: House, engine: Any, make_pictures: Callable[..., list[Path]]
) -> None:
    load(qtbot, house)
    folder = make_pictures(8)[0].parent
    house.open(qtbot, [folder], 8)
    qtbot.waitUntil(lambda: house.document.labelled)
    engine.step_seconds = 0.02
    house.prediction.predict_all()
    house.view_state.active_class, house.view_state.brush_size = 2, 9
    for i in range(5):
        house.labelling.begin_stroke(10 * i, 10)
        house.labelling.extend_stroke(10 * i, 30)
        house.labelling.end_stroke()
    house.labelling.begin_stroke(55, 5)
    house.labelling.end_stroke()
    expected = house.document.labels.copy()
    name = house.document.name
    assert house.client.shutdown(5)
    house.prediction.shutdown()
    house.document.shutdown()
    house.session.shutdown()
    with Project.for_pictures(folder, read_only=True) as project:
        np.testing.assert_array_equal(project.labels(name), expected)
