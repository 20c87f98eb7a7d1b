"""A model judged through the window: the figures, the worst picture, files."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.dialogs.evaluate import APPROVED, FOLDER, EvaluateDialog
from app.inference.requests import ModelInfo, ModelSpec
from app.main_window import MainWindow
from app.settings import Settings
from segcore.classes import ClassTable
from segcore.evaluation_figures import calibration_figure, confusion_figure
from segcore.formats.contract import ExportOptions
from segcore.formats.export import export_set
from segcore.formats.project_set import set_of_project
from segcore.formats.table import FORMATS
from segcore.project import Project

# What Qt's screenless plugin says of windows.
pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints", "raise\\(\\)", extend=True)

CLASSES = ClassTable.from_names(["road", "sky", "car"])
GIVEN = ClassTable.from_names(["car", "moon", "road"])  # the model's, in an order of its own
INFO = ModelInfo(
    spec=ModelSpec("judged"),
    name="judged",
    classes=GIVEN,
    device="cpu",
    precision="fp32",
    numerics="fast",
    depths=(2, 2, 2, 2),
    heads=(1, 2, 5, 8),
)


class Judged:
    """A model that says road everywhere, and car in the first rows: as many as a pixel is grey."""

    name, sha256, device, precision, classes = "judged", "0" * 64, "cpu", "fp32", GIVEN

    def __init__(self, prediction: type) -> None:
        self._prediction = prediction

    def predict(self, image: np.ndarray, **_: Any) -> Any:
        labels = np.full(image.shape[:2], 2, np.uint8)
        labels[: image[0, 0, 0] * 10] = 0
        found = self._prediction(labels=labels, classes=GIVEN)
        found.confidence = np.full(labels.shape, 0.75, np.float16)
        return found


class JudgedEngine:
    """Loads nothing and answers inquiries alone."""

    def __init__(self, prediction: type) -> None:
        self._predictor = Judged(prediction)

    def predictor(self, _spec: ModelSpec) -> Judged:
        return self._predictor


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path, fake_prediction: type) -> Iterator[MainWindow]:
    settings = Settings(path=tmp_path / "studio.ini", theme="light", auto_predict=False)
    window = MainWindow(settings, JudgedEngine(fake_prediction))  # type: ignore[arg-type]
    window.core.prediction.automatic = False
    qtbot.addWidget(window)
    window.resize(1200, 800)
    window.show()
    window.core.client.modelLoaded.emit(INFO)
    yield window
    window.close()


@pytest.fixture
def labelled(tmp_path: Path, make_pictures: Callable[..., list[Path]]) -> Path:
    """Three pictures of road, of which the model gets 0, 10 and 20 of 40 rows wrong."""
    with Project.create(tmp_path / "yard", CLASSES) as project:
        for name in project.add(make_pictures()):
            project.save(name, np.zeros((40, 60), np.uint8), project.origin_id("person"))
        project.set_status(project.images[1], "approved")
    return tmp_path / "yard"


def evaluated(qtbot: QtBot, window: MainWindow, source: str = "") -> EvaluateDialog:
    window.actions_by_name["evaluate"].trigger()
    dialog = window.evaluate.dialog
    assert isinstance(dialog, EvaluateDialog)
    assert "judged" in dialog.model.text()
    if source:
        dialog.source.setCurrentIndex(dialog.source.findData(source))
    with qtbot.waitSignal(window.evaluate.evaluating.evaluated, timeout=10_000):
        dialog.go.click()
    return dialog


def test_the_model_is_judged_and_the_worst_picture_opens(
    qtbot: QtBot, window: MainWindow, labelled: Path, tmp_path: Path
) -> None:
    window.files.open_paths([labelled])
    qtbot.waitUntil(lambda: len(window.core.session.names) == 3, timeout=10_000)
    dialog = evaluated(qtbot, window)
    # Road: 90 of 120 rows; car is nowhere in the truth.
    assert "mIoU 37.5 %" in dialog.summary.text()
    assert "frequency-weighted 75.0 %" in dialog.summary.text()
    assert "calibration error 0.0 %" in dialog.summary.text()
    assert "sky" in dialog.state.text()
    assert "moon" in dialog.state.text()
    assert dialog.classes.item(0, 1).text() == "75.0 %"
    assert dialog.classes.item(1, 1).text() == "–"
    assert [dialog.pictures.item(row, 4).text() for row in range(3)] == ["1,200", "600", "0"]

    worst = dialog.pictures.item(0, 0).text()
    dialog.pictures.cellActivated.emit(0, 0)
    qtbot.waitUntil(lambda: window.core.document.name == worst, timeout=10_000)

    dialog.saveRequested.emit(tmp_path / "all.json")
    dialog.saveRequested.emit(tmp_path / "all.csv")
    kept = json.loads((tmp_path / "all.json").read_text())
    assert kept["confusion"] == [[5400, 0, 1800], [0, 0, 0], [0, 0, 0]]
    assert kept["settings"]["model"] == "judged"
    assert worst in (tmp_path / "all.csv").read_text().splitlines()[1]


def test_approved_pictures_or_a_folder_may_judge(
    qtbot: QtBot, window: MainWindow, labelled: Path, tmp_path: Path
) -> None:
    window.files.open_paths([labelled])
    qtbot.waitUntil(lambda: len(window.core.session.names) == 3, timeout=10_000)
    dialog = evaluated(qtbot, window, APPROVED)
    assert "1 picture was judged" in dialog.state.text()
    assert "accuracy 75.0 %" in dialog.summary.text()

    project = window.core.session.project
    assert project is not None
    export_set(set_of_project(project), tmp_path / "coco", FORMATS["coco"])
    dialog.folder.setText(str(tmp_path / "coco"))
    dialog = evaluated(qtbot, window, FOLDER)
    assert "3 pictures were judged" in dialog.state.text()
    assert "mIoU 37.5 %" in dialog.summary.text()

    alone = ExportOptions(pictures=False)
    export_set(set_of_project(project), tmp_path / "alone", FORMATS["hf"], alone)
    dialog.folder.setText(str(tmp_path / "alone"))
    dialog = evaluated(qtbot, window, FOLDER)
    assert "3 pictures were judged" in dialog.state.text()
    assert dialog.pictures.item(0, 0).text() in window.core.session.names


def test_what_cannot_be_judged_is_a_sentence(qtbot: QtBot, window: MainWindow) -> None:
    window.actions_by_name["evaluate"].trigger()
    dialog = window.evaluate.dialog
    assert dialog is not None
    with qtbot.waitSignal(window.evaluate.evaluating.refused, timeout=10_000):
        dialog.go.click()
    assert "No project is open" in dialog.state.text()
    assert dialog.go.isEnabled()


def test_figures_show_the_numbers(
    qtbot: QtBot, window: MainWindow, labelled: Path, tmp_path: Path
) -> None:
    window.files.open_paths([labelled])
    qtbot.waitUntil(lambda: len(window.core.session.names) == 3, timeout=10_000)
    with qtbot.waitSignal(window.evaluate.evaluating.evaluated, timeout=10_000) as told:
        window.actions_by_name["evaluate"].trigger()
        assert window.evaluate.dialog is not None
        window.evaluate.dialog.go.click()
    (report,) = told.args
    shares = confusion_figure(report).axes[0].images[0].get_array()
    np.testing.assert_allclose(shares, [[0.75, 0.25], [0, 0]])
    bars = calibration_figure(report).axes[0].patches
    assert [bar.get_height() for bar in bars] == [pytest.approx(0.75)]
