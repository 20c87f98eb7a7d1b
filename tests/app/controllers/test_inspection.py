"""Asking about a pixel: attention first, then the fields; only the newest question counts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from app.controllers.inspection import AttentionView, InspectionController
from app.document import Document
from app.inference.client import InferenceClient
from app.inference.requests import LoadModel, ModelSpec
from app.pictures.claims import Claims
from app.pictures.opened_image import OpenedImage
from app.pictures.reading import read_picture
from segcore.project import Project


@dataclass
class Lab:
    """An open picture, a model and what has been answered."""

    document: Document
    client: InferenceClient
    inspection: InspectionController
    answers: list[tuple[str, Any]] = field(default_factory=list)

    def kinds(self) -> list[str]:
        return [kind for kind, _ in self.answers]


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
def lab(qtbot: Any, client: InferenceClient, project: Any) -> Iterator[Lab]:
    document = Document()
    inspection = InspectionController(document, client)
    lab = Lab(document, client, inspection)
    inspection.attentionChanged.connect(lambda view: lab.answers.append(("attention", view)))
    inspection.erfChanged.connect(lambda *what: lab.answers.append(("erf", what)))
    document.open(opened(project, project.images[0]))
    with qtbot.waitSignal(client.modelLoaded):
        client.submit(LoadModel(ModelSpec("fake")))
    yield lab
    document.shutdown()


def test_attention_comes_before_the_fields(qtbot: Any, lab: Lab) -> None:
    lab.inspection.query(20, 10)
    qtbot.waitUntil(lambda: len(lab.answers) == 2)
    assert lab.kinds() == ["attention", "erf"]
    view: AttentionView = lab.answers[0][1]
    assert (view.point, view.stage, view.block, len(view.heads)) == ((20, 10), 1, 0, 2)
    assert view.cell == (20, 8, 24, 12)
    fields, point, _figures = lab.answers[1][1]
    assert point == (20, 10)
    assert list(fields) == ["stage1", "stage2", "stage3", "stage4", "head"]


def test_another_block_asks_for_its_attention_alone(qtbot: Any, lab: Lab, engine: Any) -> None:
    lab.inspection.query(20, 10)
    qtbot.waitUntil(lambda: len(lab.answers) == 2)
    lab.inspection.set_stage(3)
    lab.inspection.set_block(1)
    qtbot.waitUntil(lambda: lab.answers[-1][0] == "attention" and lab.answers[-1][1].block == 1)
    qtbot.wait(30)
    assert lab.kinds().count("erf") == 1
    assert lab.answers[-1][1].stage == 3
    assert [kind for kind, _ in engine.ran].count("erf") == 1


def test_a_block_that_the_stage_lacks_becomes_its_last(qtbot: Any, lab: Lab) -> None:
    lab.inspection.set_block(40)
    assert lab.inspection.block == 1
    lab.inspection.set_stage(7)
    assert lab.inspection.stage == 1


def test_of_many_clicks_the_last_is_answered_last(qtbot: Any, lab: Lab, engine: Any) -> None:
    engine.step_seconds = 0.02
    for x in range(40):
        lab.inspection.query(x, 10)
        qtbot.wait(1)
    qtbot.waitUntil(lambda: ("erf" in lab.kinds()) and lab.answers[-1][0] == "erf", timeout=5000)
    assert lab.answers[-1][1][1] == (39, 10)
    assert [a.point for kind, a in lab.answers if kind == "attention"][-1] == (39, 10)
    assert lab.kinds().count("erf") < 20


def test_the_next_picture_drops_the_question(
    qtbot: Any, lab: Lab, engine: Any, project: Any
) -> None:
    points: list[object] = []
    lab.inspection.pointChanged.connect(points.append)
    engine.gate.clear()
    lab.inspection.query(20, 10)
    qtbot.waitUntil(lambda: any(kind == "erf" for kind, _ in engine.ran))
    lab.document.open(opened(project, project.images[1]))
    assert points[-1] is None
    engine.gate.set()
    qtbot.wait(80)
    assert "erf" not in lab.kinds()


def test_a_point_outside_is_no_question(qtbot: Any, lab: Lab, engine: Any) -> None:
    before = len(engine.ran)
    for x, y in [(-1, 0), (60, 0), (0, 40)]:
        lab.inspection.query(x, y)
    qtbot.wait(30)
    assert len(engine.ran) == before
    assert lab.inspection.point is None


def test_the_chosen_map_is_laid_over_and_taken_away(qtbot: Any, lab: Lab) -> None:
    chosen: list[object] = []
    lab.inspection.heatMapChosen.connect(chosen.append)
    lab.inspection.query(20, 10)
    qtbot.waitUntil(lambda: len(lab.answers) == 2)
    mean = lab.answers[0][1].mean
    lab.inspection.choose(mean)
    lab.inspection.clear()
    assert chosen == [mean, None]


def test_fields_that_nobody_looks_at_wait_until_somebody_does(qtbot: Any, lab: Lab) -> None:
    lab.inspection.want_fields(wanted=False)
    lab.inspection.query(3, 4)
    qtbot.waitUntil(lambda: "attention" in lab.kinds())
    qtbot.wait(50)
    assert lab.kinds() == ["attention"]
    lab.inspection.want_fields(wanted=True)
    qtbot.waitUntil(lambda: "erf" in lab.kinds())
    assert lab.answers[-1][1][1] == (3, 4)
    lab.inspection.want_fields(wanted=True)
    qtbot.wait(50)
    assert lab.kinds() == ["attention", "erf"]
