"""Where the model looks, as a person asks it: views, hovering, comparing, a region to label."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.controllers.attention import AttentionController
from app.panels.attention import AttentionPanel
from segcore.geometry import Box

SHIFT = Qt.KeyboardModifier.ShiftModifier
CTRL = Qt.KeyboardModifier.ControlModifier
CLICKED = (160, 150)


@pytest.fixture
def page(person: Any, street: Path) -> AttentionPanel:
    """The attention page after a click on the first street."""
    names = sorted(path.name for path in street.iterdir())
    person.opens(street)
    person.waits_for_the_prediction_of(names[0])
    person.presses(Qt.Key.Key_Q)
    person.clicks(CLICKED)
    person.window.inspect_pages.show_page("attention")
    page = person.window.inspect_pages.currentWidget()
    assert isinstance(page, AttentionPanel)
    person.waits_for(lambda: len(page.maps.buttons) == 2)
    return page


def moves_to(widget: QWidget, place: QPoint) -> None:
    """Move over a widget; a real pointer, as pytest-qt has it, gets lost without a display."""
    at, none = QPointF(place), Qt.MouseButton.NoButton
    globally = QPointF(widget.mapToGlobal(place))
    kind, keys = QEvent.Type.MouseMove, Qt.KeyboardModifier.NoModifier
    QApplication.sendEvent(widget, QMouseEvent(kind, at, globally, none, none, keys))


def _says(page: AttentionPanel, point: tuple[int, int], window: Any, person: Any) -> bool:
    """Rest the pointer on a pixel and look whether the page speaks of it."""
    moves_to(window.canvas, person.place_of(point))
    x, y = window.canvas._hover or (-1, -1)
    near = abs(x - point[0]) <= 1 and abs(y - point[1]) <= 1
    return near and f"Pixel {x}, {y}:" in page.message.text()


def view_of(page: AttentionPanel, view: str) -> None:
    page.view.setCurrentIndex(page.view.findData(view))


def test_views_stages_and_blocks(person: Any, page: AttentionPanel) -> None:
    assert [button.text() for button in page.maps.buttons] == ["mean", "head 0"]
    assert "160, 150" in page.message.text()
    canvas, state = person.window.canvas, person.window.core.view_state

    page.stage.stages[3].click()
    person.waits_for(lambda: len(page.maps.buttons) == 9)
    page.maps.buttons[3].click()
    assert state.overlay_mode == "heat"
    first = canvas.snapshot()
    page.stage.block.setCurrentIndex(1)
    person.waits_for(lambda: "block 1, head 2" in canvas._layers.scale.meaning)
    assert canvas.snapshot() != first
    assert canvas._layers.scale.unit == "of 1"

    for view, said in (
        ("towards", "seen from"),
        ("received", "Mean over all tokens"),
        ("rollout", "through stages 4 to 1"),
    ):
        view_of(page, view)
        person.waits_for(lambda: said in page.message.text() and page.maps.isEnabled())  # noqa: B023
    assert [button.text() for button in page.maps.buttons] == ["rollout"]
    assert not page.stage.block.isEnabled()
    # The chosen head has no place in a rollout: nothing lies over the picture any more.
    assert state.overlay_mode == "labels"


def test_the_keys_are_blocks_unless_smoothing_is_wanted(person: Any, page: AttentionPanel) -> None:
    page.choose("mean")
    canvas = person.window.canvas
    canvas.set_query_point(None)
    blocks = canvas.snapshot()
    page.smooth.click()
    smooth = canvas.snapshot()
    page.smooth.click()
    page.grid.click()
    grid = canvas.snapshot()
    page.grid.click()
    assert canvas.snapshot() == blocks
    assert smooth != blocks
    assert grid not in (blocks, smooth)


def test_the_map_follows_the_pointer_and_comes_back(
    qtbot: QtBot, person: Any, page: AttentionPanel
) -> None:
    window = person.window
    window.inspect_pages.show_page("attention")
    fields_asked = []
    window.core.client.jobChanged.connect(
        lambda status: fields_asked.append(status.id) if status.kind in ("erf", "query") else None
    )
    person.waits_until_nothing_runs()
    fields_asked.clear()
    person.presses(Qt.Key.Key_L, SHIFT)
    assert page.live.isChecked()
    assert window.core.view_state.overlay_mode == "heat"
    for point in ((60, 200), (250, 60)):
        person.waits_for(lambda: _says(page, point, window, person))  # noqa: B023
    assert window.core.inspection.point == CLICKED
    assert not fields_asked
    # Out of the picture the clicked pixel counts again.
    moves_to(window.canvas, QPoint(1, 1))
    person.waits_for(lambda: "Pixel 160, 150" in page.message.text())
    person.presses(Qt.Key.Key_L, SHIFT)
    assert not page.live.isChecked()
    moves_to(window.canvas, person.place_of((60, 200)))
    qtbot.wait(60)
    assert "Pixel 160, 150" in page.message.text()


def test_two_queries_stand_side_by_side_with_their_difference(
    person: Any, page: AttentionPanel
) -> None:
    page.comparison.pin.click()
    person.clicks((60, 60))
    person.waits_for(lambda: len(page.comparison.maps.buttons) == 3)
    assert [button.text() for button in page.comparison.maps.buttons] == ["A", "B", "B − A"]
    page.maps.buttons[1].click()
    page.comparison.maps.buttons[2].click()
    layers = person.window.canvas._layers
    assert layers.scale.signed
    a, b, difference = (np.asarray(page._maps[key]) for key in ("a", "b", "difference"))
    np.testing.assert_allclose(difference, b - a)
    assert layers.scale.low == -layers.scale.high == pytest.approx(-np.abs(difference).max())
    # At another stage A comes along, without being clicked again.
    page.stage.stages[1].click()
    person.waits_for(lambda: "stage 2" in layers.scale.meaning)
    assert len(page.comparison.maps.buttons) == 3
    page.comparison.pin.click()
    person.waits_for(lambda: not page.comparison.maps.isVisible())


def test_every_head_is_measured_and_the_chart_enlarged(person: Any, page: AttentionPanel) -> None:
    page.spread.measure.click()
    person.waits_for(page.spread.chart.isVisible)
    page.spread.chart.click()
    dialog = person.window.findChild(object, "dialog.chart")
    person.waits_for(lambda: not dialog.picture.pixmap().isNull())
    folder = person.window.settings.path.parent
    folder.mkdir(exist_ok=True)
    for kind, begins in (("png", b"\x89PNG"), ("svg", b"<?xml"), ("csv", b"stage,block,head")):
        dialog.message.clear()
        dialog.saveRequested.emit(str(folder / f"chart.{kind}"))
        person.waits_for(lambda: dialog.message.text() != "")
        assert (folder / f"chart.{kind}").read_bytes().startswith(begins)
    dialog.message.clear()
    dialog.saveRequested.emit(str(folder / "chart.docx"))
    person.waits_for(lambda: "one of png, svg, pdf, csv" in dialog.message.text())
    dialog.close()


def test_a_region_of_the_map_becomes_a_label_and_is_undone(
    person: Any, page: AttentionPanel
) -> None:
    window = person.window
    document, bar = window.core.document, window.view_parts.region
    assert not bar.isVisible()
    assert not window.actions_by_name["label_region"].isEnabled()
    page.choose("head0")
    assert bar.isVisible()
    person.presses(Qt.Key.Key_9)
    car = window.core.view_state.active_class
    assert document.classes[car].name in bar.label.text()
    bar.outline.click()
    layers = window.canvas._layers
    person.waits_for(lambda: layers.region is not None)
    half = layers.region
    bar.share.setValue(30)
    person.waits_for(lambda: layers.region is not half and "30 %  ·" in bar.words.text())

    before, origins_before = document.labels.copy(), document.origins.copy()
    inside = page._maps["head0"].region(0.3, before.shape)
    count = document.undo_stack.count()
    person.presses(Qt.Key.Key_G, SHIFT)
    person.waits_for(lambda: document.undo_stack.count() == count + 1)
    assert np.array_equal(document.labels, np.where(inside, car, before))
    assert (document.origins[inside] == document.person).all()
    assert np.array_equal(document.origins[~inside], origins_before[~inside])
    assert "Label Region" in window.actions_by_name["undo"].text()
    person.presses(Qt.Key.Key_Z, CTRL)
    assert np.array_equal(document.labels, before)
    assert np.array_equal(document.origins, origins_before)

    # A receptive field can be labelled alike, and leaving the picture loses nothing.
    window.inspect_pages.setCurrentIndex(0)
    person.waits_for(lambda: len(window.inspect.fields.buttons) == 5)
    window.inspect.fields.buttons[3].click()
    field = window.inspect._maps["field.stage4"].region(0.3, before.shape)
    name = document.name
    bar.label.click()
    window.core.session.next()
    person.waits_for(lambda: document.name != name)
    window.core.session.previous()
    person.waits_for(lambda: document.name == name)
    assert np.array_equal(document.labels, np.where(field, car, before))


def test_a_network_without_attention_and_a_place_without_a_key(
    person: Any, page: AttentionPanel
) -> None:
    view_of(page, "towards")
    person.clicks((300, 235))  # 240 rows: the last 16 are left over where R is 8 and patches 4
    person.waits_for(lambda: "without a key" in page.message.text())
    assert not page.maps.isVisible()
    controller = person.window.findChild(AttentionController)
    page.set_structure((2, 2, 2, 2), ())
    page.clear()
    assert "no attention" in page.message.text()
    assert not page.query_button.isVisible()
    assert controller.view == "towards"
    assert Box.of_size(person.window.core.document.labels.shape).size == (240, 320)
