"""Two label sets compared through the window: figures, the differences, a walk through them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.dialogs.compare import CompareDialog
from app.inference.requests import ModelInfo, ModelSpec
from app.main_window import MainWindow
from app.settings import Settings
from segcore.classes import ClassTable
from segcore.labels import write_label_map
from segcore.project import Project

# What Qt's screenless plugin says of windows.
pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints", "raise\\(\\)", extend=True)

CLASSES = ClassTable.from_names(["road", "sky", "car"])
OTHERS = ClassTable.from_names(["moon", "car", "road", "sky"])
SIZE = (120, 160)
WAIT = 40_000
INFO = ModelInfo(
    spec=ModelSpec("asked"),
    name="asked",
    classes=OTHERS,
    device="cpu",
    precision="fp32",
    numerics="fast",
    depths=(2, 2, 2, 2),
    heads=(1, 2, 5, 8),
)


def other_labels(number: int) -> np.ndarray:
    """What the others say: a block of car, one of moon, a thin line; no block in the second."""
    labels = np.full(SIZE, 2, np.uint8)
    labels[:40] = 3
    if number != 1:
        labels[60:100, 20:70] = 1
        labels[60:80, 100 : 120 + 10 * number] = 0
    labels[40, :] = 3  # one row of sky more: a boundary that is off by a pixel
    return labels


class Asked:
    """A model that says what the others say; the grey of a picture is its number."""

    name, sha256, device, precision, classes = "asked", "0" * 64, "cpu", "fp32", OTHERS

    def __init__(self, prediction: type) -> None:
        self._prediction = prediction

    def predict(self, image: np.ndarray, **_: Any) -> Any:
        return self._prediction(labels=other_labels(int(image[0, 0, 0])), classes=OTHERS)


class AskedEngine:
    """Loads nothing and answers inquiries alone."""

    def __init__(self, prediction: type) -> None:
        self._predictor = Asked(prediction)

    def predictor(self, _spec: ModelSpec) -> Asked:
        return self._predictor


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path, fake_prediction: type) -> Iterator[MainWindow]:
    settings = Settings(path=tmp_path / "studio.ini", theme="light", auto_predict=False)
    window = MainWindow(settings, AskedEngine(fake_prediction))  # type: ignore[arg-type]
    window.core.prediction.automatic = False
    qtbot.addWidget(window)
    window.resize(1200, 800)
    with qtbot.waitActive(window, timeout=WAIT):
        window.show()
        window.activateWindow()
    window.core.client.modelLoaded.emit(INFO)
    yield window
    window.close()


@pytest.fixture
def mine(tmp_path: Path, make_pictures: Callable[..., list[Path]]) -> Path:
    """Three pictures in which a model says road under sky."""
    labels = np.zeros(SIZE, np.uint8)
    labels[:40] = 1
    with Project.create(tmp_path / "mine", CLASSES) as project:
        for name in project.add(make_pictures(size=SIZE)):
            project.save(name, labels, project.origin_id("model", "m", "0" * 64))
    return tmp_path / "mine"


@pytest.fixture
def theirs(tmp_path: Path) -> Path:
    folder = tmp_path / "theirs"
    folder.mkdir()
    OTHERS.write(folder / "classes.json")
    for number in range(3):
        write_label_map(folder / f"picture{number}.png", other_labels(number), OTHERS)
    return folder


def opened(qtbot: QtBot, window: MainWindow, project: Path) -> CompareDialog:
    window.files.open_paths([project])
    document = window.core.document
    qtbot.waitUntil(
        lambda: len(window.core.session.names) == 3 and document.labels is not None, timeout=WAIT
    )
    window.actions_by_name["compare_labels"].trigger()
    dialog = window.review.comparison.dialog
    assert isinstance(dialog, CompareDialog)
    return dialog


def compared(qtbot: QtBot, window: MainWindow, dialog: CompareDialog) -> None:
    with qtbot.waitSignal(window.review.comparison.comparing.compared, timeout=WAIT):
        dialog.go.click()


def test_differences_are_walked_kept_taken_and_undone(
    qtbot: QtBot, window: MainWindow, mine: Path, theirs: Path, tmp_path: Path
) -> None:
    dialog = opened(qtbot, window, mine)
    dialog.go.click()
    assert "Choose the project" in dialog.state.text()
    dialog.b.choose_kind("path", place=theirs)
    compared(qtbot, window, dialog)
    assert "agreement" in dialog.summary.text()
    assert "3 pictures were compared" in dialog.state.text()
    assert "moon" in dialog.state.text()
    shown = [dialog.pictures.item(row, 5).text() for row in range(3)]
    assert shown == ["2,960", "2,560", "160"]  # the worst first
    dialog.saveRequested.emit(tmp_path / "c.json")
    assert json.loads((tmp_path / "c.json").read_text())["disagreed"] == 5680

    # A double click opens the picture with the differences over it.
    document, differences = window.core.document, window.review.differences
    dialog.pictures.cellActivated.emit(0, 0)
    qtbot.waitUntil(lambda: is_shown(window, "picture2.png"), timeout=WAIT)
    bar = window.review.difference_bar
    assert bar.isVisible()
    qtbot.waitUntil(lambda: "15.4 %" in bar.state.text(), timeout=WAIT)
    plain = seen(window, (10, 110))
    assert plain == seen(window, (10, 100))  # the same veil over everything that agrees
    assert seen(window, (40, 80)) != plain

    # The walk: the line along the boundary is left out, the largest block comes first.
    dialog.walk.click()
    walk = differences.controller
    qtbot.waitUntil(lambda: walk.region is not None, timeout=WAIT)
    assert "region 1 of 2" in bar.progress.text()
    assert (walk.region.a, walk.region.selection.area) == (0, 2000)
    place, region = walk.region.selection
    mask = np.zeros(SIZE, np.bool_)
    mask[place.slices] = region
    assert bar.take.text() == "Take car"
    assert bar.sides[0].isVisible()

    # T takes what the others say, as one step that a person has made.
    press(qtbot, window, Qt.Key.Key_T)
    qtbot.waitUntil(lambda: bool((document.labels[mask] == 2).all()), timeout=WAIT)
    assert (document.origins[mask] == document.person).all()
    assert (document.labels[~mask] != 2).all()
    qtbot.waitUntil(lambda: walk.region is not None and walk.region.b == 3, timeout=WAIT)
    current = differences.difference.current
    qtbot.waitUntil(lambda: bool((current.a[mask] == current.b[mask]).all()), timeout=WAIT)
    qtbot.waitUntil(lambda: seen(window, (40, 80)) == plain, timeout=WAIT)

    # A class that the project does not have comes with it; undo takes the region back.
    press(qtbot, window, Qt.Key.Key_T)
    qtbot.waitUntil(lambda: document.classes.names[-1] == "moon", timeout=WAIT)
    qtbot.waitUntil(lambda: document.name == "picture0.png", timeout=WAIT)
    qtbot.waitUntil(lambda: walk.region is not None, timeout=WAIT)
    project = window.core.session.project
    assert project is not None
    assert (project.labels("picture2.png")[60:80, 100:140] == 3).all()

    # Enter keeps what the project has and makes it the person's.
    place, region = walk.region.selection
    before = document.labels.copy()
    press(qtbot, window, Qt.Key.Key_Return)
    qtbot.waitUntil(
        lambda: bool((document.origins[place.slices][region] == document.person).all()),
        timeout=WAIT,
    )
    assert np.array_equal(document.labels, before)
    qtbot.waitUntil(lambda: walk.region is not None and walk.region.b == 3, timeout=WAIT)
    second = walk.region.selection
    press(qtbot, window, Qt.Key.Key_2)  # neither is right: it is sky
    # The picture with nothing but a line is passed over, and the walk is at its end.
    qtbot.waitUntil(lambda: not walk.active, timeout=WAIT)
    assert "at its end" in window.banner.text.text()
    assert (project.labels("picture0.png")[second.place.slices][second.region] == 1).all()


def test_back_skip_undo_and_either_side(
    qtbot: QtBot, window: MainWindow, mine: Path, theirs: Path
) -> None:
    dialog = opened(qtbot, window, mine)
    dialog.a.choose_kind("path", place=theirs)  # the project is B now
    dialog.b.choose_kind("project")
    compared(qtbot, window, dialog)
    dialog.rarity.setChecked(True)
    dialog.lines.setChecked(True)
    dialog.walk.click()
    document, differences = window.core.document, window.review.differences
    walk, bar = differences.controller, window.review.difference_bar
    qtbot.waitUntil(lambda: walk.region is not None, timeout=WAIT)
    assert "region 1 of 3" in bar.progress.text()
    first = walk.region
    press(qtbot, window, Qt.Key.Key_S)
    assert walk.region is not first
    press(qtbot, window, Qt.Key.Key_Backspace)
    assert walk.region is first

    # Y shows either side and both.
    place = first.selection.place
    point = (place.x0 + 12, place.y0 + 12)
    looks = []
    for _ in range(3):
        press(qtbot, window, Qt.Key.Key_Y)
        looks.append(seen(window, point))
    assert looks[0] != looks[1]
    assert bar.shown["both"].isChecked()

    before, known = document.labels.copy(), document.origins.copy()
    press(qtbot, window, Qt.Key.Key_T)
    qtbot.waitUntil(document.undo_stack.canUndo, timeout=WAIT)
    assert not np.array_equal(document.labels, before)
    window.actions_by_name["undo"].trigger()
    assert np.array_equal(document.labels, before)
    assert np.array_equal(document.origins, known)

    press(qtbot, window, Qt.Key.Key_N)
    qtbot.waitUntil(lambda: "picture 2 of 3" in bar.progress.text(), timeout=WAIT)
    press(qtbot, window, Qt.Key.Key_Escape)
    assert not walk.active
    assert bar.isVisible()
    press(qtbot, window, Qt.Key.Key_Escape)
    assert not bar.isVisible()
    assert differences.difference.current is None
    press(qtbot, window, Qt.Key.Key_S)
    assert window.core.view_state.tool == "scissors"


def test_the_model_in_use_is_a_side(qtbot: QtBot, window: MainWindow, mine: Path) -> None:
    dialog = opened(qtbot, window, mine)
    dialog.b.choose_kind("model")
    compared(qtbot, window, dialog)
    assert [dialog.pictures.item(row, 5).text() for row in range(3)] == ["2,960", "2,560", "160"]
    differences = window.review.differences
    dialog.pictures.cellActivated.emit(1, 0)
    qtbot.waitUntil(lambda: is_shown(window, "picture0.png"), timeout=WAIT)
    current = differences.difference.current
    assert int((current.a != current.b).sum()) == 2560
    folder = window.review.comparison.comparing.current._folder.name
    assert Path(folder).is_dir()

    # Only what people said: nothing here, so that nothing is judged.
    dialog.a.choose_kind("project", "person")
    compared(qtbot, window, dialog)
    assert "agreement –" in dialog.summary.text()
    assert not Path(folder).exists()
    dialog.b.choose_kind("project", "model")
    with qtbot.waitSignal(window.review.comparison.comparing.refused, timeout=WAIT):
        dialog.go.click()
    assert "never meet" in dialog.state.text()

    # Labels that came without pictures are held against what the model says of the project's.
    project, alone = window.core.session.project, mine.parent / "alone"
    assert project is not None
    alone.mkdir()
    project.classes.write(alone / "classes.json")
    write_label_map(alone / "picture0.png", project.labels("picture0.png"), project.classes)
    dialog.a.choose_kind("path", place=alone)
    dialog.b.choose_kind("model")
    compared(qtbot, window, dialog)
    assert dialog.pictures.item(0, 5).text() == "2,560"


def test_sides_that_are_not_the_project_are_shown_and_not_walked(
    qtbot: QtBot, window: MainWindow, mine: Path, theirs: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    OTHERS.write(other / "classes.json")
    write_label_map(other / "picture0.png", other_labels(1), OTHERS)
    dialog = opened(qtbot, window, mine)
    dialog.a.choose_kind("path", place=other)
    dialog.b.choose_kind("path", place=theirs)
    compared(qtbot, window, dialog)
    assert not dialog.walk.isEnabled()
    assert dialog.not_compared.sentences == [
        "picture1.png: only B (theirs) has labels of it.",
        "picture2.png: only B (theirs) has labels of it.",
    ]
    dialog.differences.click()
    differences = window.review.differences
    qtbot.waitUntil(lambda: differences.difference.current is not None, timeout=WAIT)
    window.review.differences.walk()
    assert "neither of the two" in window.banner.text.text()
    dialog.a.choose_kind("path", place=tmp_path / "nowhere")
    with qtbot.waitSignal(window.review.comparison.comparing.refused, timeout=WAIT):
        dialog.go.click()
    assert "nowhere is not there" in dialog.state.text()
    assert differences.difference.current is None  # the one before was let go


def is_shown(window: MainWindow, name: str) -> bool:
    """Whether the differences of a picture lie over it."""
    current = window.review.differences.difference.current
    return current is not None and current.name == name == window.core.document.name


def press(qtbot: QtBot, window: MainWindow, key: Qt.Key) -> None:
    window.activateWindow()
    window.canvas.setFocus()
    qtbot.keyClick(window.canvas, key)


def seen(window: MainWindow, point: tuple[int, int]) -> tuple[int, ...]:
    """The colour of an image pixel as the canvas shows it, all of the picture in sight."""
    window.canvas.fit()
    image = window.canvas.snapshot()
    view = window.canvas.viewport
    x, y = view.to_device((point[0] + 0.5, point[1] + 0.5))
    color = image.pixelColor(round(x), round(y))
    return color.red(), color.green(), color.blue()
