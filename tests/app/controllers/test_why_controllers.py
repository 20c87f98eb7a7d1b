"""Asking why: only for what is looked at, stale answers dropped, a person's class is the right."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from app.controllers.explain import ExplainController
from app.controllers.inspection import InspectionController
from app.controllers.what_if import WhatIfController
from app.document import Document
from app.inference.client import InferenceClient
from app.inference.inquiries import explain as inquiries
from app.inference.requests import LoadModel, ModelSpec
from app.pictures.claims import Claims
from app.pictures.opened_image import OpenedImage
from app.pictures.reading import read_picture
from segcore.classes import ClassTable
from segcore.edits import Stroke
from segcore.errors import RequestError
from segcore.geometry import Box
from segcore.progress import Progress

MODEL_CLASSES = ClassTable.from_names(["sky", "car", "road"])
"""The document's classes in another order."""


@dataclass
class Bench:
    """An open picture, a model, and answers that the test lets go."""

    document: Document
    inspection: InspectionController
    explain: ExplainController
    what_if: WhatIfController
    gate: threading.Event
    ran: list[Any] = field(default_factory=list)
    explained: list[tuple[Any, Any]] = field(default_factory=list)
    hidden: list[Any] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    broken: bool = False

    def latest(self) -> tuple[int, int] | None:
        return self.explained[-1][0].explanation.point if self.explained else None


@pytest.fixture
def bench(
    qtbot: Any, client: InferenceClient, project: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Bench]:
    document = Document()
    inspection = InspectionController(document, client)
    explain = ExplainController(document, client, inspection)
    what_if = WhatIfController(document, client, inspection)
    bench = Bench(document, inspection, explain, what_if, threading.Event())
    bench.gate.set()
    explain.explained.connect(lambda why, right: bench.explained.append((why, right)))
    explain.refused.connect(bench.refused.append)
    what_if.hidden.connect(bench.hidden.append)

    def answer(inquiry: Any, _desk: Any, _cancel: Any, progress: Any, _partial: Any) -> Any:
        bench.ran.append(inquiry)
        while not bench.gate.wait(0.002):
            progress(Progress(0, 0))
        if bench.broken:
            raise RequestError("This head cannot be shared out: choose another model.")
        if isinstance(inquiry, inquiries.HideInquiry):
            return SimpleNamespace(point=inquiry.point, region=inquiry.region)
        winner = SimpleNamespace(id=2, name="road")
        explanation = SimpleNamespace(point=inquiry.point, winner=winner)
        return inquiries.Why(explanation, (), MODEL_CLASSES)

    for kind in (inquiries.WhyInquiry, inquiries.HideInquiry):
        monkeypatch.setattr(kind, "answer", answer)
    loaded: list[object] = []
    client.modelLoaded.connect(loaded.append)
    client.submit(LoadModel(ModelSpec("model")))
    qtbot.waitUntil(lambda: bool(loaded))
    picture = read_picture(project, Claims(), "picture1.png")
    document.open(
        OpenedImage(
            "picture1.png",
            picture.image,
            picture.labels,
            picture.origins,
            picture.labelled,
            project,
            project.origin_id("person"),
        )
    )
    yield bench
    bench.gate.set()
    document.shutdown()


def paint(document: Document, point: tuple[int, int], label: int) -> None:
    stroke = Stroke(document.labels, document.origins)
    stroke.paint_segment(point, point, 3, label, document.person)
    document.push(stroke.commit("Brush"))


def settles(qtbot: Any, bench: Bench) -> None:
    """Let everything that was asked be answered."""
    bench.gate.set()
    qtbot.wait(60)


def test_nothing_is_asked_until_somebody_looks(bench: Bench, qtbot: Any) -> None:
    bench.inspection.query(3, 4)
    settles(qtbot, bench)
    assert bench.ran == []
    bench.explain.set_active(active=True)
    qtbot.waitUntil(lambda: bench.latest() == (3, 4))
    bench.explain.set_active(active=False)
    bench.explain.set_active(active=True)
    settles(qtbot, bench)
    assert len(bench.ran) == 1


def test_an_answer_to_an_older_question_is_dropped(bench: Bench, qtbot: Any) -> None:
    bench.explain.set_active(active=True)
    bench.gate.clear()
    bench.inspection.query(1, 1)
    qtbot.waitUntil(lambda: len(bench.ran) == 1)
    bench.inspection.query(2, 2)
    bench.gate.set()
    qtbot.waitUntil(lambda: bench.latest() == (2, 2))
    assert [why.explanation.point for why, _ in bench.explained] == [(2, 2)]
    bench.gate.clear()
    bench.inspection.query(5, 5)
    bench.inspection.clear()
    settles(qtbot, bench)
    assert bench.latest() == (2, 2)


def test_a_persons_other_class_is_the_right_one_by_its_name(bench: Bench, qtbot: Any) -> None:
    bench.explain.set_active(active=True)
    bench.inspection.query(3, 4)
    qtbot.waitUntil(lambda: bench.latest() == (3, 4))
    assert bench.explained[-1][1] is None
    paint(bench.document, (3, 4), 2)  # "car" here, which the model calls 1
    assert bench.explained[-1][1] == 1
    count = len(bench.explained)
    paint(bench.document, (30, 30), 1)
    assert len(bench.explained) == count, "a stroke elsewhere says nothing of this pixel"
    paint(bench.document, (3, 4), 0)  # "road", as the model says
    assert bench.explained[-1][1] is None


def test_what_cannot_be_explained_says_why(bench: Bench, qtbot: Any) -> None:
    bench.broken = True
    bench.explain.set_active(active=True)
    bench.inspection.query(3, 4)
    qtbot.waitUntil(lambda: bool(bench.refused))
    assert bench.refused == ["This head cannot be shared out: choose another model."]
    assert bench.explained == []


def test_a_hidden_region_follows_the_query_and_ends_with_the_picture(
    bench: Bench, qtbot: Any
) -> None:
    region = Box(2, 2, 9, 9)
    bench.inspection.query(3, 4)
    bench.what_if.hide(region)
    qtbot.waitUntil(lambda: bool(bench.hidden) and bench.hidden[-1] is not None)
    bench.gate.clear()
    bench.inspection.query(20, 20)
    assert bench.hidden[-1] is None
    bench.what_if.unhide()
    settles(qtbot, bench)
    assert bench.hidden[-1] is None
    bench.what_if.hide(region)
    qtbot.waitUntil(lambda: bench.hidden[-1] is not None)
    assert bench.hidden[-1].point == (20, 20)
    bench.document.close_image()
    assert bench.what_if.region is None
    assert bench.hidden[-1] is None


def test_what_people_said_is_the_truth_of_the_sizes() -> None:
    labels = np.array([[0, 1, 2]], np.uint8)
    origins = np.array([[0, 3, 5]], np.uint8)
    said = inquiries.Said(labels, origins, (0, 5))
    np.testing.assert_array_equal(said.truth(255), [[255, 1, 255]])
    assert said.truth(255).dtype == np.uint8
    assert inquiries.Said(labels, origins, (0, 3, 5)).truth(255) is None
