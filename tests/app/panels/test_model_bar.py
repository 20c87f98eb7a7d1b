from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from pytestqt.qtbot import QtBot

from app.panels.model_bar import ModelBar, ModelChoice


@pytest.fixture
def actions() -> list[QAction]:
    return [QAction(text) for text in ("&Predict", "Predict &All", "Show &Overlay", "Cont&ours")]


@pytest.fixture
def bar(qtbot: QtBot, actions: list[QAction]) -> ModelBar:
    bar = ModelBar(actions)
    qtbot.addWidget(bar)
    bar.set_models(
        [ModelChoice("street-b0", "street-b0")], [ModelChoice("/m/mine.pth", "mine.pth")]
    )
    bar.set_model("street-b0")
    bar.show()
    return bar


def choose(bar: ModelBar, text: str) -> None:
    index = bar.model.findText(text)
    assert index >= 0
    bar.model.setCurrentIndex(index)
    bar.model.activated.emit(index)


def test_another_model_is_asked_for_by_its_source(qtbot: QtBot, bar: ModelBar) -> None:
    with qtbot.waitSignal(bar.modelRequested) as asked:
        choose(bar, "mine.pth")
    assert asked.args == ["/m/mine.pth"]
    # Until it is loaded, the one that answers is named.
    assert bar.model.currentText() == "street-b0"


def test_files_and_folders_are_asked_for(qtbot: QtBot, bar: ModelBar) -> None:
    with qtbot.waitSignal(bar.modelFileRequested):
        choose(bar, "Model from file…")
    with qtbot.waitSignal(bar.modelFolderRequested):
        choose(bar, "Model from folder…")
    assert bar.model.currentText() == "street-b0"


def test_a_model_that_is_in_no_list_is_named_all_the_same(bar: ModelBar) -> None:
    bar.set_model("/far/away")
    assert bar.model.currentData() == "/far/away"


def test_a_licence_that_forbids_commercial_use_is_said(bar: ModelBar) -> None:
    assert not bar.badge.isVisible()
    bar.set_model("street-b0", tip="Licence: CC BY-NC 4.0", non_commercial=True)
    assert bar.badge.isVisible()
    assert "CC BY-NC" in bar.model.toolTip()


def test_device_and_precision_are_asked_for_and_shown(qtbot: QtBot, bar: ModelBar) -> None:
    bar.set_devices([("cpu", "CPU"), ("cuda:0", "cuda:0 Card")])
    bar.set_device("cuda:0", "bf16")
    assert (bar.device.currentData(), bar.precision.currentData()) == ("cuda:0", "bf16")
    bar.device.setCurrentIndex(1)
    with qtbot.waitSignal(bar.deviceRequested) as asked:
        bar.device.activated.emit(1)
    assert asked.args == ["cpu"]


def test_opacity_is_asked_for_and_shown_without_asking(qtbot: QtBot, bar: ModelBar) -> None:
    with qtbot.assertNotEmitted(bar.opacityRequested):
        bar.set_overlay("heat", 0.25)
    assert bar.opacity_text.text() == "25 %"
    assert bar.mode.currentData() == "heat"
    with qtbot.waitSignal(bar.opacityRequested) as asked:
        bar.opacity.setValue(70)
    assert asked.args == [0.7]


def test_the_predict_button_is_as_able_as_its_action(
    qtbot: QtBot, bar: ModelBar, actions: list[QAction]
) -> None:
    actions[0].setEnabled(False)
    assert not bar.predict.isEnabled()
    actions[0].setEnabled(True)
    with qtbot.waitSignal(actions[0].triggered):
        qtbot.mouseClick(bar.predict, Qt.MouseButton.LeftButton)


def test_devices_are_those_that_are_here_and_the_chosen_one_stays(bar: ModelBar) -> None:
    assert [bar.device.itemData(i) for i in range(bar.device.count())] == ["auto", "cpu"]
    bar.set_device("cuda:1", "auto")
    assert bar.device.currentData() == "auto"
    bar.set_devices([("cpu", "CPU"), ("cuda:0", "cuda:0 A"), ("cuda:1", "cuda:1 B")])
    assert bar.device.currentData() == "cuda:1"
    assert bar.device.currentText() == "cuda:1 B"
    bar.set_devices([("cpu", "CPU")])
    assert bar.device.currentData() == "auto"


def test_models_of_the_own_folder_are_asked_for_by_their_path(qtbot: QtBot, bar: ModelBar) -> None:
    bar.set_models([ModelChoice("street-b0", "street-b0")], [], [ModelChoice("/own/yard", "yard")])
    assert bar.model.currentText() == "street-b0"
    with qtbot.waitSignal(bar.modelRequested) as asked:
        choose(bar, "yard")
    assert asked.args == ["/own/yard"]
