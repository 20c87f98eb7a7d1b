"""Comparing, doubting, adjusting and saving, through the real window with the real model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QWidget

from app.canvas.minimap import Minimap
from app.convert import to_array
from segcore.display import DisplayCurve
from segcore.labels import read_label_map
from segcore.render import blend

ALT_SHIFT = Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.ShiftModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def predicted(person: Any, street: Path) -> Any:
    """Somebody in front of the first picture of the street, predicted."""
    name = min(path.name for path in street.iterdir())
    person.opens(street)
    person.waits_for_the_prediction_of(name)
    person.waits_until_nothing_runs()
    return person


def shot(window: Any) -> np.ndarray:
    QApplication.processEvents()
    return to_array(window.canvas.snapshot())


def test_the_views_are_compared_by_keys_and_kept(predicted: Any) -> None:
    window = predicted.window
    canvas, state = window.canvas, window.core.view_state
    predicted.presses(Qt.Key.Key_F7)
    assert window.actions_by_name["compare_side_by_side"].isChecked()
    left, right = (shot(window)[pane.box.slices] for pane in canvas.panes)
    predicted.presses(Qt.Key.Key_V)
    bare = shot(window)
    assert np.array_equal(left, bare[canvas.panes[0].box.slices])
    assert np.array_equal(left, bare[canvas.panes[1].box.slices])
    assert not np.array_equal(left, right)
    predicted.presses(Qt.Key.Key_V)
    predicted.presses(Qt.Key.Key_Left, ALT_SHIFT)
    assert state.comparison == "swipe"
    before = state.divider
    for _ in range(3):
        predicted.presses(Qt.Key.Key_Left, ALT_SHIFT)
    predicted.presses(Qt.Key.Key_Right, ALT_SHIFT)
    assert state.divider == pytest.approx(before - 0.04)
    predicted.starts_again()
    assert predicted.window.core.view_state.comparison == "swipe"
    assert predicted.window.canvas.comparison.divider == pytest.approx(before - 0.04)
    predicted.presses(Qt.Key.Key_F6)
    assert predicted.window.canvas.comparison.kind == "overlay"


def test_the_minimap_is_toggled_and_moves_the_view(predicted: Any, qtbot: Any) -> None:
    window = predicted.window
    minimap = window.canvas.findChild(Minimap)
    window.canvas.zoom_to(12.0)
    assert minimap.isVisible()
    qtbot.mouseClick(minimap, Qt.MouseButton.LeftButton, pos=QPoint(minimap.width() - 40, 40))
    x, y = window.canvas.viewport.to_image(window.canvas.viewport.centre)
    assert x == pytest.approx(320 * (minimap.width() - 40) / minimap.width(), abs=3)
    assert y == pytest.approx(240 * 40 / minimap.height(), abs=3)
    predicted.presses(Qt.Key.Key_M, SHIFT)
    assert not minimap.isVisible()
    assert not window.core.view_state.minimap


def test_entropy_and_margin_come_from_the_kept_features(predicted: Any) -> None:
    window = predicted.window
    core = window.core
    prediction = core.document.prediction
    window.actions_by_name["overlay_margin"].trigger()
    predicted.waits_for(lambda: core.uncertainty.value_at(10, 10) is not None)
    name, value = core.uncertainty.value_at(10, 10)
    assert name == "margin"
    assert 0 <= value <= float(prediction.confidence[10, 10]) + 2e-3
    window.canvas.cursorMoved.emit(10, 10)
    assert window.readout.words.text().endswith(f"margin {value:.2f}")
    assert window.model_bar.mode.currentData() == "margin"
    window.model_bar.mode.activated.emit(window.model_bar.mode.findData("entropy"))
    predicted.waits_for(lambda: (core.uncertainty.value_at(10, 10) or [""])[0] == "entropy")
    assert window.readout.words.text().count("entropy") == 1
    # Back at once, without another computation.
    jobs: list[Any] = []
    core.client.jobChanged.connect(jobs.append)
    window.actions_by_name["overlay_margin"].trigger()
    assert core.uncertainty.value_at(10, 10) == (name, value)
    assert jobs == []
    # Another prediction makes them void, and what is shown is asked for again.
    window.actions_by_name["predict"].trigger()
    predicted.waits_for(lambda: core.document.prediction is not prediction)
    predicted.waits_for(lambda: core.uncertainty.value_at(10, 10) is not None)
    assert core.uncertainty.value_at(10, 10)[1] == pytest.approx(value, abs=1e-3)


def test_brightness_is_for_the_screen_alone(predicted: Any, qtbot: Any) -> None:
    window = predicted.window
    state, panel = window.core.view_state, window.view_parts.display
    predicted.presses(Qt.Key.Key_V)
    image = window.core.document.image.copy()
    plain = shot(window)
    predicted.presses(Qt.Key.Key_B, SHIFT)
    assert panel.isVisible()
    assert QApplication.focusWidget() is panel.brightness_slider
    qtbot.keyClick(panel.brightness_slider, Qt.Key.Key_PageUp)
    assert state.display.brightness > 0
    expected = DisplayCurve(brightness=state.display.brightness).table()[plain]
    view = window.canvas.viewport
    inside = view.device_box(view.visible, -2).slices
    difference = np.abs(shot(window)[inside].astype(int) - expected[inside])
    assert np.percentile(difference, 99) <= 3  # smoothing comes after the curve
    assert np.array_equal(window.core.document.image, image)
    assert window.view_parts.note.isVisible()
    panel.contrast.setValue(200)
    panel.gamma.setValue(1.5)
    assert state.display.contrast == 2
    assert state.display.gamma == 1.5
    for slider in (panel.contrast_slider, panel.gamma_slider):
        for value in (slider.minimum(), slider.maximum(), 0):
            slider.setValue(value)
    assert (state.display.contrast, state.display.gamma) == (1, 1)
    panel.auto.click()
    assert state.display.contrast > 1
    panel.reset.click()
    assert np.array_equal(shot(window), plain)
    assert not window.view_parts.note.isVisible()
    qtbot.keyClick(panel.brightness_slider, Qt.Key.Key_Escape)
    assert not panel.isVisible()
    assert not window.actions_by_name["adjust_display"].isChecked()


def test_saved_pictures_come_back_equal(
    predicted: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = predicted.window
    document, state, saving = window.core.document, window.core.view_state, window.view_parts.saving
    asked: list[str] = []
    stem = Path(document.name).stem

    def answer(_title: str, what: str, _filters: list[str]) -> Path:
        asked.append(what)
        return tmp_path / f"{stem}_{what}.png"

    monkeypatch.setattr(saving, "ask", answer)
    for name in ("save_mask", "save_overlay", "save_view"):
        window.actions_by_name[name].trigger()
    view = shot(window)
    predicted.waits_for(lambda: len(list(tmp_path.glob("street_01_*.png"))) == 3)
    predicted.waits_for(
        lambda: "view" in (window.banner.current.sentence if window.banner.current else "")
    )
    assert asked == ["mask", "overlay", "view"]
    assert np.array_equal(read_label_map(tmp_path / f"{stem}_mask.png").labels, document.labels)
    with Image.open(tmp_path / f"{stem}_mask.png") as mask:
        assert mask.mode == "P"
        assert tuple(mask.getpalette()[:3]) == document.classes[0].color
    overlay = np.asarray(Image.open(tmp_path / f"{stem}_overlay.png"))
    expected = blend(document.image, document.labels, document.classes, state.overlay_opacity)
    assert np.array_equal(overlay, expected)
    assert np.array_equal(np.asarray(Image.open(tmp_path / f"{stem}_view.png")), view)


def test_what_cannot_be_saved_is_said(predicted: Any, tmp_path: Path) -> None:
    window = predicted.window
    out = window.core.pictures_out
    out.save_overlay(tmp_path / "a.gif")
    predicted.waits_for(lambda: window.banner.current is not None)
    assert window.banner.current.sentence.startswith('a.gif: ".gif" is no ending')
    out.save_mask(tmp_path / "a.jpg")
    predicted.waits_for(lambda: "choose .png" in window.banner.current.sentence)
    out.save_mask(tmp_path / "gone" / "a.png")
    predicted.waits_for(lambda: "cannot be written" in window.banner.current.sentence)
    assert "\n" not in window.banner.current.sentence
    assert list(tmp_path.glob("a*")) == []


def test_the_dialog_proposes_the_name_and_remembers_the_folder(
    predicted: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = predicted.window
    seen: list[str] = []

    def accept(dialog: Any) -> int:
        seen.append(Path(dialog.selectedFiles()[0]).name)
        dialog.setDirectory(str(tmp_path))
        dialog.selectFile("own name")
        return 1

    monkeypatch.setattr("app.window.saving.QFileDialog.exec", accept)
    window.actions_by_name["save_mask"].trigger()
    predicted.waits_for((tmp_path / "own name.png").exists)
    assert seen == ["street_01_mask.png"]
    assert window.settings.pictures_folder == str(tmp_path)


def test_copies_are_on_the_clipboard(predicted: Any) -> None:
    window = predicted.window
    document, state = window.core.document, window.core.view_state
    clipboard = QGuiApplication.clipboard()

    def copied(name: str) -> np.ndarray:
        clipboard.clear()
        window.actions_by_name[name].trigger()
        predicted.waits_for(lambda: not clipboard.image().isNull())
        return to_array(clipboard.image())

    assert np.array_equal(copied("copy_mask"), document.classes.lut()[document.labels])
    state.hidden_classes = frozenset({3})
    expected = blend(
        document.image, document.labels, document.classes, state.overlay_opacity, hidden={3}
    )
    assert np.array_equal(copied("copy_overlay"), expected)
    assert np.array_equal(copied("copy_view"), shot(window))


def test_every_new_control_is_named(predicted: Any) -> None:
    window = predicted.window
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    panel = window.view_parts.display
    for control in panel.findChildren(QWidget):
        if control.focusPolicy() & Qt.FocusPolicy.TabFocus and control.objectName():
            spoken = control.accessibleName() or getattr(control, "text", str)()
            assert spoken, control.objectName()
    for name in ("compare_overlay", "compare_side_by_side", "compare_swipe", "adjust_display"):
        assert window.findChild(QWidget, f"tool.{name}").accessibleName()
