from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent, QKeySequence
from PySide6.QtWidgets import QAbstractButton, QComboBox, QLineEdit, QSlider, QWidget
from pytestqt.qtbot import QtBot

from app.gesture import Gesture
from app.inference.requests import AtHand, Choice, ModelInfo, ModelSpec
from app.main_window import MainWindow
from app.settings import Settings
from app.user_error import UserError
from segcore.classes import ClassTable
from segcore.errors import ProjectError
from segcore.project import Project

# What Qt's screenless plugin says of every window with a smallest size.
pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints", extend=True)

CLASSES = ClassTable.from_names(["road", "sky", "car"])
INFO = ModelInfo(
    spec=ModelSpec("street-b0"),
    name="street-b0",
    classes=CLASSES,
    device="cpu",
    precision="fp32",
    numerics="fast",
    depths=(2, 2, 2, 2),
    heads=(1, 2, 5, 8),
    variant="B0",
    licence="CC BY-NC 4.0",
    notes=("An NVIDIA driver is here, but PyTorch is a CPU build.",),
)


class NoEngine:
    """An engine that is never asked: these tests load no model."""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(path=tmp_path / "studio.ini", theme="light")


@pytest.fixture
def make_window(qtbot: QtBot) -> Iterator[Callable[[Settings], MainWindow]]:
    windows: list[MainWindow] = []

    def make(settings: Settings) -> MainWindow:
        window = MainWindow(settings, NoEngine())  # type: ignore[arg-type]
        windows.append(window)
        qtbot.addWidget(window)
        window.resize(1200, 800)
        window.show()
        return window

    yield make
    for window in windows:
        window.close()


@pytest.fixture
def window(make_window: Callable[[Settings], MainWindow], settings: Settings) -> MainWindow:
    return make_window(settings)


def open_pictures(qtbot: QtBot, window: MainWindow, folder: Path) -> None:
    window.files.open_paths([folder])
    qtbot.waitUntil(lambda: window.core.document.image is not None, timeout=10_000)


def test_every_control_has_a_stable_name_and_says_what_it_is(window: MainWindow) -> None:
    for kind in (QAbstractButton, QComboBox, QLineEdit, QSlider):
        for control in window.findChildren(kind):
            if not control.isVisibleTo(window) or control.objectName().startswith("qt_"):
                continue
            if isinstance(control.parent(), QComboBox) or "Spin" in type(control.parent()).__name__:
                continue
            assert control.objectName(), control
            said = control.accessibleName() or getattr(control, "text", str)()
            assert said, control.objectName()


def test_all_actions_are_on_the_window_and_do_something(window: MainWindow) -> None:
    for action in window.actions_by_name:
        assert action in window.actions()
        connected = action.receivers("2triggered(bool)") + action.receivers("2toggled(bool)")
        assert connected > 0 or action.actionGroup() is not None, action.objectName()


def test_predict_waits_for_a_picture_and_a_model(
    qtbot: QtBot, window: MainWindow, make_pictures: Callable[..., list[Path]]
) -> None:
    predict = window.actions_by_name["predict"]
    assert not predict.isEnabled()
    open_pictures(qtbot, window, make_pictures()[0].parent)
    assert not predict.isEnabled()
    window.core.prediction.automatic = False
    window.core.client.modelLoaded.emit(INFO)
    assert predict.isEnabled()


def test_the_model_in_use_is_named_with_its_licence_and_device(window: MainWindow) -> None:
    window.core.client.modelLoaded.emit(INFO)
    window.core.prediction.modelSettled.emit(INFO)
    assert window.model_bar.badge.isVisible()
    assert "non-commercial" in window.model_bar.model.toolTip()
    assert window.status.device.text() == "cpu fp32"
    assert window.banner.text.text() == INFO.notes[0]
    assert window.inspect.block.count() == 2


def test_devices_and_models_at_hand_are_offered_once_they_are_known(window: MainWindow) -> None:
    found = AtHand(
        (Choice("cpu", "CPU"), Choice("cuda:0", "cuda:0 Card")), (Choice("/own/yard", "yard"),)
    )
    window.core.client.atHandFound.emit(found)
    bar = window.model_bar
    assert bar.device.findText("cuda:0 Card") == 2
    assert bar.model.findData("/own/yard") > 0
    assert bar.model.currentData() == "street-b0"


def test_folder_goes_to_the_list_and_keys_walk_it(
    qtbot: QtBot, window: MainWindow, make_pictures: Callable[..., list[Path]]
) -> None:
    open_pictures(qtbot, window, make_pictures()[0].parent)
    document = window.core.document
    assert window.images.rows.rowCount() == 3
    first = document.name
    window.canvas.setFocus()
    qtbot.keyClick(window.canvas, Qt.Key.Key_D)
    qtbot.waitUntil(lambda: document.name not in (None, first))
    assert document.name in window.windowTitle()
    qtbot.keyClick(window.canvas, Qt.Key.Key_A)
    qtbot.waitUntil(lambda: document.name == first)
    assert not window.actions_by_name["previous"].isEnabled()


def test_letters_typed_into_the_filter_stay_letters(
    qtbot: QtBot, window: MainWindow, make_pictures: Callable[..., list[Path]]
) -> None:
    open_pictures(qtbot, window, make_pictures()[0].parent)
    name = window.core.document.name
    window.images.filter.setFocus()
    qtbot.keyClicks(window.images.filter, "dbq1")
    assert window.images.filter.text() == "dbq1"
    assert window.core.view_state.tool == "pan"
    assert window.core.document.name == name


def test_tools_classes_and_brush_follow_the_keys(qtbot: QtBot, window: MainWindow) -> None:
    state = window.core.view_state
    window.core.document.set_classes(CLASSES)
    window.canvas.setFocus()
    for key, tool in (
        (Qt.Key.Key_B, "brush"),
        (Qt.Key.Key_E, "eraser"),
        (Qt.Key.Key_G, "fill"),
        (Qt.Key.Key_Q, "query"),
    ):
        qtbot.keyClick(window.canvas, key)
        assert state.tool == tool
        assert window.actions_by_name[f"tool_{tool}"].isChecked()
    qtbot.keyClick(window.canvas, Qt.Key.Key_3)
    assert state.active_class == 2
    assert window.classes.list.currentIndex().row() == 2
    qtbot.keyClick(window.canvas, Qt.Key.Key_9)
    assert state.active_class == 2
    size = state.brush_size
    qtbot.keyClick(window.canvas, Qt.Key.Key_BracketRight)
    assert state.brush_size > size
    qtbot.keyClick(window.canvas, Qt.Key.Key_BracketLeft)
    assert state.brush_size == size
    qtbot.keyClick(window.canvas, Qt.Key.Key_V)
    assert not state.overlay_visible
    assert not window.actions_by_name["toggle_overlay"].isChecked()


def test_overlay_choices_reach_the_view_and_come_back(window: MainWindow) -> None:
    state = window.core.view_state
    window.model_bar.opacity.setValue(20)
    assert state.overlay_opacity == pytest.approx(0.2)
    window.actions_by_name["overlay_confidence"].trigger()
    assert (state.overlay_mode, window.model_bar.mode.currentData()) == ("confidence",) * 2
    state.overlay_mode = "labels"
    assert window.actions_by_name["overlay_labels"].isChecked()
    window.classes.hiddenClassesRequested.emit(frozenset({1}))
    assert state.hidden_classes == {1}


def test_what_cannot_be_opened_is_said_and_not_remembered(
    qtbot: QtBot,
    window: MainWindow,
    settings: Settings,
    tmp_path: Path,
    make_pictures: Callable[..., list[Path]],
) -> None:
    folder = make_pictures()[0].parent
    open_pictures(qtbot, window, folder)
    name = window.core.document.name
    (tmp_path / "empty").mkdir()
    (tmp_path / "notes.txt").write_text("no picture")
    for path, said in (
        (tmp_path / "empty", "holds no pictures"),
        (tmp_path / "notes.txt", "is no picture"),
        (tmp_path / "gone.png", "is not there"),
    ):
        with qtbot.waitSignal(window.core.session.listingEnded, timeout=10_000):
            window.files.open_paths([path])
        assert path.name in window.banner.text.text()
        assert said in window.banner.text.text()
    assert window.core.document.name == name
    assert settings.recent_paths == [str(folder)]
    assert settings.last_paths == [str(folder)]


def test_dropped_folders_are_opened_and_remembered(
    qtbot: QtBot, window: MainWindow, settings: Settings, make_pictures: Callable[..., list[Path]]
) -> None:
    folder = make_pictures()[0].parent
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(folder))])
    window.dropEvent(
        QDropEvent(
            QPointF(10, 10),
            Qt.DropAction.CopyAction,
            data,
            Qt.MouseButton.LeftButton,
            Qt.KeyboardModifier.NoModifier,
        )
    )
    qtbot.waitUntil(lambda: window.core.document.image is not None, timeout=10_000)
    assert settings.recent_paths[0] == str(folder)
    assert Settings.load(settings.path).last_paths == [str(folder)]
    assert window.recent_menu.actions()[0].data() == str(folder)


def test_a_path_that_is_not_there_is_said_in_one_sentence(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    window.files.open_paths([tmp_path / "gone.png"])
    qtbot.waitUntil(window.banner.isVisible, timeout=5000)
    assert "gone.png" in window.banner.text.text()


def test_a_broken_picture_is_said_and_the_others_still_open(
    qtbot: QtBot, window: MainWindow, make_pictures: Callable[..., list[Path]]
) -> None:
    paths = make_pictures()
    paths[0].write_bytes(b"not a picture at all")
    window.files.open_paths([paths[0].parent])
    qtbot.waitUntil(window.banner.isVisible, timeout=5000)
    assert paths[0].name in window.banner.text.text()
    assert window.status.zoom.text() == ""
    window.actions_by_name["next"].trigger()
    qtbot.waitUntil(lambda: window.core.document.image is not None, timeout=5000)
    assert window.status.zoom.text().endswith(" %")


def test_an_error_of_any_part_comes_to_the_banner_with_its_details(
    qtbot: QtBot, window: MainWindow
) -> None:
    window.core.prediction.failed.emit(UserError("a.pth is no checkpoint.", "Traceback …"))
    assert window.banner.text.text() == "a.pth is no checkpoint."
    window.banner.details.click()
    dialog = window.findChild(QWidget, "dialog.error_details")
    assert dialog is not None
    dialog.close()


def test_errors_may_come_from_every_thread(qtbot: QtBot, window: MainWindow) -> None:
    import threading

    thread = threading.Thread(target=window.show_failure, args=("It broke.", "Traceback …"))
    thread.start()
    thread.join()
    qtbot.waitUntil(window.banner.isVisible)
    assert window.banner.text.text() == "It broke."


def test_the_window_comes_back_as_it_was_left(
    make_window: Callable[[Settings], MainWindow], settings: Settings
) -> None:
    first = make_window(settings)
    first.resize(1000, 700)
    first.findChild(QWidget, "dock.images").hide()  # type: ignore[union-attr]
    first.core.view_state.overlay_opacity = 0.25
    first.core.view_state.brush_size = 99
    first.close()
    second = make_window(Settings.load(settings.path))
    assert not second.images.isVisible()
    assert second.core.view_state.overlay_opacity == pytest.approx(0.25)
    assert second.core.view_state.brush_size == 99
    assert second.classes.brush.spin.value() == 99


def test_the_picture_that_was_open_is_opened_again(
    qtbot: QtBot,
    make_window: Callable[[Settings], MainWindow],
    settings: Settings,
    make_pictures: Callable[..., list[Path]],
) -> None:
    first = make_window(settings)
    open_pictures(qtbot, first, make_pictures()[0].parent)
    first.core.session.open_index(2)
    qtbot.waitUntil(lambda: first.core.document.name == "picture2.png", timeout=5000)
    first.close()
    second = make_window(Settings.load(settings.path))
    second.files.open_at_start([])
    qtbot.waitUntil(lambda: second.core.document.name == "picture2.png", timeout=5000)


def test_keys_changed_in_the_settings_work_at_once(
    qtbot: QtBot, window: MainWindow, settings: Settings
) -> None:
    settings.shortcuts = {"action.tool_brush": ["J"]}
    window.dialogs.settingsApplied.emit()
    window.canvas.setFocus()
    qtbot.keyClick(window.canvas, Qt.Key.Key_B)
    assert window.core.view_state.tool == "pan"
    qtbot.keyClick(window.canvas, Qt.Key.Key_J)
    assert window.core.view_state.tool == "brush"
    assert window.actions_by_name["tool_brush"].shortcuts() == [QKeySequence("J")]


def test_edits_that_cannot_be_saved_hold_the_window_open_once(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise ProjectError("The disk is full: make room.")

    monkeypatch.setattr(window.core, "save_everything", refuse)
    assert not window.close()
    assert window.banner.text.text().startswith("The disk is full: make room.")
    assert window.close()


def test_a_project_that_another_window_writes_is_shown_and_refuses_changes(
    qtbot: QtBot, window: MainWindow, project: Project, fake_prediction: Any
) -> None:
    told: list[str] = []
    refused: list[str] = []
    window.core.session.notice.connect(told.append)
    window.core.document.failed.connect(lambda error: refused.append(error.sentence))
    open_pictures(qtbot, window, project.folder)
    document = window.core.document
    assert document.read_only
    assert len(told) == 1
    assert "read-only because it is open for writing in process" in told[0]

    before = document.labels.copy()
    window.core.view_state.active_class = 1
    window.core.labelling.begin_stroke(5, 5)
    window.core.labelling.end_stroke()
    window.core.assisting.ask(Gesture("fill", ((5, 5),)))
    window.core.assisting.accept()
    assert (document.labels == before).all()
    assert len(refused) == 2
    assert "read-only" in refused[0]

    window.core.prediction.automatic = False
    document.show_prediction(fake_prediction(2))
    assert (document.labels == 2).all()
    assert len(refused) == 3
    window.core.client.modelLoaded.emit(INFO)
    window.core.prediction.predict_all()
    assert len(refused) == 4
    document.flush()
    name = document.name
    window.actions_by_name["next"].trigger()
    qtbot.waitUntil(lambda: document.name not in (None, name), timeout=5000)
    assert not project.has_labels(name)
    assert len(refused) == 4


def test_a_project_is_saved_elsewhere_and_stays_open(
    qtbot: QtBot,
    window: MainWindow,
    settings: Settings,
    tmp_path: Path,
    make_pictures: Callable[..., list[Path]],
) -> None:
    open_pictures(qtbot, window, make_pictures()[0].parent)
    folder = tmp_path / "kept"
    window.files.save_project_to(folder)
    qtbot.waitUntil(lambda: window.status.project.text() == "kept", timeout=5000)
    qtbot.waitUntil(lambda: window.core.document.image is not None, timeout=5000)
    assert (folder / "classes.json").is_file()
    assert settings.last_paths == [str(folder)]
