"""The page of receptive fields asks for one thing at a time and takes only its answer."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from threading import Event, current_thread
from typing import Any

import numpy as np
import pytest
from PIL import Image as PillowImage
from PySide6.QtCore import QObject, Signal

from app.controllers.fields import FieldsController
from app.field_choices import PRESETS
from app.inference.inquiries.fields import PicturesAhead, erf_settings, pausing
from app.inference.inquiry import InquiryAnswer
from app.inference.requests import ModelInfo, ModelSpec
from segcore.classes import ClassTable
from segcore.errors import Cancelled, ImageError
from segcore.inspection.erf_settings import ErfSettings
from segcore.progress import Progress

pytestmark = pytest.mark.qt


class Client(QObject):
    modelLoaded = Signal(object)
    inquiryAnswered = Signal(object)
    jobChanged = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.submitted: list[Any] = []

    def submit(self, inquiry: Any) -> int:
        self.submitted.append(inquiry)
        return len(self.submitted)


class Surrounding(QObject):
    """Document and inspection in one: a picture, and a pixel that is asked about."""

    imageChanged = Signal()
    pointChanged = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.image = np.zeros((40, 60, 3), np.uint8)
        self.name = "a.png"
        self.point: tuple[int, int] | None = None

    def ask_about(self, x: int, y: int) -> None:
        self.point = (x, y)
        self.pointChanged.emit(self.point)


@pytest.fixture
def parts() -> tuple[FieldsController, Client, Surrounding]:
    client, around = Client(), Surrounding()
    controller = FieldsController(around, None, client, around)  # type: ignore[arg-type]
    info = ModelInfo(
        ModelSpec("m"), "m", ClassTable.from_names(["a"]), "cpu", "fp32", "fast", (2,), (1,)
    )
    client.modelLoaded.emit(info)
    return controller, client, around


def test_only_the_answer_to_the_newest_question_is_shown(parts: Any) -> None:
    controller, client, around = parts
    shown: list[Any] = []
    controller.pixelChanged.connect(lambda fields, point: shown.append((fields, point)))
    controller.set_active(True)
    around.ask_about(1, 2)
    around.ask_about(3, 4)
    first, second = client.submitted
    client.inquiryAnswered.emit(InquiryAnswer(first, "old"))
    assert shown == []
    client.inquiryAnswered.emit(InquiryAnswer(second, "new"))
    assert shown == [("new", (3, 4))]
    around.imageChanged.emit()
    client.inquiryAnswered.emit(InquiryAnswer(second, "late"))
    assert len(shown) == 1


def test_nothing_is_asked_while_nobody_looks_nor_twice(parts: Any) -> None:
    controller, client, around = parts
    around.ask_about(1, 2)
    assert client.submitted == []
    controller.set_active(True)
    assert len(client.submitted) == 1
    controller.set_active(False)
    controller.set_active(True)
    controller.set_choices(PRESETS["contract"])
    assert len(client.submitted) == 1, "it is on its way"
    controller.set_choices(PRESETS["luo"])
    assert len(client.submitted) == 2


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_presets_are_the_cores(name: str) -> None:
    assert erf_settings(PRESETS[name], None).preset == name
    sized = erf_settings(PRESETS["replknet"], None)
    assert sized.size == (1024, 1024), "as the script has it"
    assert isinstance(sized, ErfSettings)


def test_pictures_are_read_ahead_on_another_thread(
    make_pictures: Callable[..., list[Path]], monkeypatch: pytest.MonkeyPatch
) -> None:
    import segcore.images

    read: list[tuple[str, str]] = []

    def read_image(path: Path) -> Any:
        read.append((path.name, current_thread().name))
        with PillowImage.open(path) as image:
            return np.asarray(image)

    monkeypatch.setattr(segcore.images, "read_image", read_image)
    paths = {path.name: path for path in make_pictures(5)}
    with PicturesAhead(paths) as pictures:
        name, image = pictures[0][0], pictures[0][1]
        assert (name, image[0, 0, 0]) == ("picture0.png", 0)
        deadline = time.monotonic() + 5
        while len(read) < 3 and time.monotonic() < deadline:
            time.sleep(0.005)
        time.sleep(0.05)
        assert [each for each, _thread in read] == [f"picture{i}.png" for i in range(3)]
        assert pictures[1][1][0, 0, 0] == 1
    assert all(thread.startswith("fields-read") for _name, thread in read)


def test_a_broken_picture_is_refused_when_its_turn_comes(tmp_path: Path) -> None:
    (tmp_path / "broken.png").write_bytes(b"no picture")
    with PicturesAhead({"broken.png": tmp_path / "broken.png"}) as pictures:
        assert pictures[0][0] == "broken.png"
        with pytest.raises(ImageError, match="broken"):
            pictures[0][1]


def test_a_pause_gives_way_and_a_stop_ends_it() -> None:
    told: list[Progress] = []
    paused, stopped = Event(), Event()

    def progress(made: Progress) -> None:
        told.append(made)
        if len(told) == 4:
            paused.clear()

    report = pausing(progress, paused, stopped)
    paused.set()
    report(Progress(1, 3))
    assert len(told) == 4
    stopped.set()
    with pytest.raises(Cancelled):
        report(Progress(2, 3))
