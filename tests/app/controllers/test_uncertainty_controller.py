"""Entropy and margin in the window: asked for once, dropped when stale, asked again when void."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from app.controllers.uncertainty import UncertaintyController
from app.document import Document
from app.inference.client import InferenceClient
from app.inference.requests import LoadModel, ModelSpec
from app.inference.uncertainty import UncertaintyInquiry
from app.pictures.claims import Claims
from app.pictures.opened_image import OpenedImage
from app.pictures.reading import read_picture
from segcore.errors import RequestError
from segcore.progress import Progress
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
    )


@dataclass
class Bench:
    """An open picture, a model, and answers that the test lets go."""

    document: Document
    client: InferenceClient
    project: Any
    uncertainty: UncertaintyController
    gate: threading.Event
    prediction: Any
    ran: list[str] = field(default_factory=list)
    shown: dict[str, Any] = field(default_factory=dict)
    broken: bool = False

    def predict(self, sha256: str = "") -> None:
        prediction = self.prediction(1)
        prediction.sha256 = sha256
        self.document.set_prediction(prediction)


@pytest.fixture
def bench(
    qtbot: Any,
    client: InferenceClient,
    project: Any,
    fake_prediction: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Bench]:
    document = Document()
    uncertainty = UncertaintyController(document, client)
    gate = threading.Event()
    bench = Bench(document, client, project, uncertainty, gate, fake_prediction)
    bench.gate.set()
    bench.uncertainty.measureChanged.connect(bench.shown.__setitem__)

    def answer(inquiry: Any, _desk: Any, _cancel: Any, progress: Any, _partial: Any) -> Any:
        bench.ran.append(inquiry.measure)
        while not bench.gate.wait(0.002):
            progress(Progress(0, 1))
        progress(Progress(1, 1))
        if bench.broken:
            raise RequestError("It went wrong: try again.")
        return np.full(inquiry.image.shape[:2], len(bench.ran), np.float16)

    monkeypatch.setattr(UncertaintyInquiry, "answer", answer)
    document.open(opened(project, project.images[0]))
    with qtbot.waitSignal(client.modelLoaded):
        client.submit(LoadModel(ModelSpec("fake")))
    yield bench
    bench.gate.set()
    document.shutdown()


def test_a_picture_that_is_not_predicted_is_asked_about_all_the_same(
    qtbot: Any, bench: Bench
) -> None:
    bench.uncertainty.want("entropy")
    qtbot.waitUntil(lambda: "entropy" in bench.shown)
    assert bench.uncertainty.value_at(3, 4) == ("entropy", 1.0)
    bench.predict()
    qtbot.waitUntil(lambda: bench.uncertainty.value_at(3, 4) == ("entropy", 2.0))


def test_each_measure_of_a_prediction_is_asked_once(qtbot: Any, bench: Bench) -> None:
    bench.predict()
    bench.uncertainty.want("entropy")
    qtbot.waitUntil(lambda: "entropy" in bench.shown)
    assert bench.uncertainty.value_at(3, 4) == ("entropy", 1.0)
    bench.uncertainty.want("margin")
    qtbot.waitUntil(lambda: "margin" in bench.shown)
    bench.uncertainty.want("labels")
    assert bench.uncertainty.value_at(3, 4) is None
    bench.uncertainty.want("entropy")
    assert bench.uncertainty.value_at(3, 4) == ("entropy", 1.0)
    assert bench.ran == ["entropy", "margin"]


def test_another_prediction_drops_what_is_under_way_and_asks_anew(qtbot: Any, bench: Bench) -> None:
    bench.gate.clear()
    bench.predict()
    bench.uncertainty.want("entropy")
    qtbot.waitUntil(lambda: bench.ran == ["entropy"])
    bench.predict()
    bench.gate.set()
    qtbot.waitUntil(lambda: "entropy" in bench.shown)
    qtbot.wait(30)
    assert bench.ran == ["entropy", "entropy"]
    assert bench.uncertainty.value_at(0, 0) == ("entropy", 2.0)


def test_the_next_picture_takes_the_maps_away(qtbot: Any, bench: Bench) -> None:
    bench.uncertainty.want("margin")
    bench.predict()
    qtbot.waitUntil(lambda: bench.shown.get("margin") is not None)
    bench.document.open(opened(bench.project, bench.project.images[1]))
    assert bench.shown["margin"] is None
    assert bench.uncertainty.value_at(0, 0) is None


def test_labels_of_another_model_are_said_to_be_so(qtbot: Any, bench: Bench) -> None:
    said: list[str] = []
    bench.uncertainty.notice.connect(said.append)
    bench.predict(sha256="f" * 64)
    bench.uncertainty.want("entropy")
    qtbot.wait(20)
    assert bench.ran == []
    assert "Another model" in said[0]


def test_called_off_or_failed_it_is_asked_again_when_chosen_again(qtbot: Any, bench: Bench) -> None:
    bench.gate.clear()
    bench.predict()
    bench.uncertainty.want("entropy")
    qtbot.waitUntil(lambda: bench.ran == ["entropy"])
    bench.client.cancel()
    bench.gate.set()
    qtbot.wait(30)
    assert bench.shown == {}
    failed: list[Any] = []
    bench.uncertainty.failed.connect(failed.append)
    bench.broken = True
    bench.uncertainty.want("labels")
    bench.uncertainty.want("entropy")
    qtbot.waitUntil(lambda: len(failed) == 1)
    assert failed[0].sentence == "It went wrong: try again."
    bench.broken = False
    bench.uncertainty.want("labels")
    bench.uncertainty.want("entropy")
    qtbot.waitUntil(lambda: "entropy" in bench.shown)
