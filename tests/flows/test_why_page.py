"""Somebody asks why: who competed, which stage missed it, and what would be if."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage

from app.panels.why import WhyPanel
from app.window.why_link import WhyLink

POINT = (160, 150)


@pytest.fixture
def why(person: Any, street: Path) -> WhyPanel:
    """The page in front, a picture predicted."""
    name = min(path.name for path in street.iterdir())
    person.opens(street / name)
    person.waits_for_the_prediction_of(name)
    panel = person.window.findChild(WhyPanel)
    assert isinstance(panel, WhyPanel)
    assert panel.objectName() == "page.why"
    person.window.tabs.setCurrentWidget(person.window.inspect_pages)
    person.window.inspect_pages.show_page("why")
    return panel


def asks(person: Any, why: WhyPanel, point: tuple[int, int] = POINT) -> None:
    person.presses(Qt.Key.Key_Q)
    person.clicks(point)
    words = f"{point[0]}, {point[1]}:"
    person.waits_for(lambda: words in why.headline.text())
    assert why.isVisible()


def test_from_the_pixel_to_the_stage_to_the_picture_without_it(person: Any, why: WhyPanel) -> None:
    window, document = person.window, person.window.core.document
    asks(person, why)
    winner = document.classes[int(document.prediction.labels[POINT[1], POINT[0]])]
    assert why.classes.bars[0].name == winner.name
    assert why.classes.bars[0].color == winner.color
    assert len(why.classes.bars) == 5
    why.more.click()
    assert len(why.classes.bars) == len(document.prediction.classes)
    assert sum(bar.probability for bar in why.classes.bars) == pytest.approx(1)

    # The stages and the bias sum to the distance between the two classes.
    for rival in (1, 3):
        why.right.setCurrentIndex(rival)
        bars = why.classes.bars
        other = next(bar for bar in bars if bar.id == why.right.currentData())
        assert other.id != bars[0].id
        total = sum(term.difference for term in why.terms.terms)
        assert total == pytest.approx(bars[0].logit - other.logit, abs=1e-6)
        most = max(why.terms.terms, key=lambda term: term.difference)
        assert why.cause.text().startswith(f"{most.title} caused it: {most.difference:+.2f} of")
        assert other.name in why.terms.accessibleDescription()

    # A stage is taken out of the whole picture: looked at, and nothing is changed.
    before = document.labels.copy()
    assert [chip.isVisible() for chip in why.without.chips] == [True] * 4
    why.without.chips[3].click()
    link = why.findChild(WhyLink)
    person.waits_for(lambda: link.preview.shown is not None)
    assert (link.preview.shown != before).mean() > 0.1
    assert why.without.chips[3].isChecked()
    why.without.chips[3].click()
    assert link.preview.shown is None
    why.without.chips[0].click()
    person.waits_for(lambda: link.preview.shown is not None)
    window.actions_by_name["tool_brush"].trigger()
    assert link.preview.shown is None
    assert not why.without.chips[0].isChecked()
    assert np.array_equal(document.labels, before)
    assert window.core.document.undo_stack.count() == 0


def test_a_corrected_pixel_says_which_stage_missed_it(person: Any, why: WhyPanel) -> None:
    asks(person, why)
    document = person.window.core.document
    wrong = why.classes.bars[0].name
    right = next(i for i in (8, 2) if document.classes[i].name != wrong)
    person.presses([Qt.Key.Key_9, Qt.Key.Key_3][right == 2])
    person.presses(Qt.Key.Key_B)
    person.drags((POINT[0] - 4, POINT[1]), (POINT[0] + 4, POINT[1]))
    name = document.classes[right].name
    person.waits_for(lambda: why.right.currentText() == name)
    assert " caused it: " in why.cause.text()
    assert f"{wrong} is ahead of {name}" in why.cause.text()
    person.window.actions_by_name["undo"].trigger()
    person.waits_for(lambda: " decided it most: " in why.cause.text())


def test_hide_a_region_see_what_flips_and_undo(person: Any, why: WhyPanel, qtbot: Any) -> None:
    asks(person, why)
    window = person.window
    canvas, state = window.canvas, window.core.view_state
    hiding = why.hiding
    link = why.findChild(WhyLink)
    hiding.draw.click()
    assert state.tool == "region"

    # Esc lets go of a box that is being drawn, and nothing is asked.
    left = Qt.MouseButton.LeftButton
    qtbot.mousePress(canvas, left, pos=person.place_of((100, 100)))
    qtbot.mouseMove(canvas, person.place_of((150, 140)))
    qtbot.keyClick(canvas, Qt.Key.Key_Escape)
    qtbot.mouseRelease(canvas, left, pos=person.place_of((150, 140)))
    assert link.what_if.region is None

    person.drags((140, 130), (160, 150), (200, 190))
    x0, y0, x1, y1 = link.what_if.region
    assert (x0, y0) == (140, 130)
    assert (x1, y1) == (201, 191)
    person.waits_for(hiding.changes["flipped"].isVisible)
    assert "of all pixels flip" in hiding.words.text()
    image = window.core.document.image
    hidden = link._hidden
    outside = np.ones(image.shape[:2], bool)
    outside[y0:y1, x0:x1] = False
    assert np.array_equal(hidden.image[outside], image[outside])
    assert 0 < hidden.flipped < 1
    assert hidden.flipped == pytest.approx(float(hidden.maps["flipped"].values.mean()), rel=1e-3)

    # The changes lie over the picture, one at a time.
    hiding.changes["flipped"].click()
    assert state.overlay_mode == "heat"
    hiding.changes["confidence"].click()
    assert not hiding.changes["flipped"].isChecked()
    assert hiding.changes["confidence"].isChecked()
    assert hidden.maps["confidence"].signed
    hiding.changes["field"].click()
    hiding.changes["field"].click()
    assert state.overlay_mode == "labels"

    # While the button is held the picture is the one that the model saw.
    middle = QPoint(*(side // 2 for side in (canvas.width(), canvas.height())))
    inside = np.s_[y0 + 8 : y1 - 8, x0 + 8 : x1 - 8]  # the box has an outline
    change = np.zeros(image.shape[:2], int)
    change[inside] = np.abs(hidden.image.astype(int) - image).sum(axis=2)[inside]
    row, column = np.unravel_index(change.argmax(), change.shape)
    changed = person.place_of((int(column), int(row)))
    shown = canvas.grab().toImage().pixel(middle)
    state.overlay_visible = False
    plain = canvas.grab().toImage().pixel(changed)
    qtbot.mousePress(hiding.peek, left)
    canvas.wait_until_smooth()
    assert canvas.grab().toImage().pixel(changed) != plain
    qtbot.mouseRelease(hiding.peek, left)
    canvas.wait_until_smooth()
    assert canvas.grab().toImage().pixel(changed) == plain
    state.overlay_visible = True
    assert canvas.grab().toImage().pixel(middle) == shown

    # Work that is called off leaves words and not a bar that stands still.
    window.core.inspection.query(*POINT)
    assert hiding.progress.isVisible()
    link.what_if.hiding.call_off()
    assert not hiding.progress.isVisible()
    assert "Called off" in hiding.words.text()
    link.what_if.hide(link.what_if.region)
    person.waits_for(hiding.changes["flipped"].isVisible)

    hiding.changes["flipped"].click()
    hiding.undo.click()
    assert link.what_if.region is None
    assert state.overlay_mode == "labels"
    assert hiding.undo.isHidden()


def test_sizes_are_compared_and_looked_at(
    person: Any, why: WhyPanel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.controllers.what_if.SCALES", (0.5, 1.0))
    document = person.window.core.document
    link = why.findChild(WhyLink)
    why.sizes.start.click()
    person.waits_for(lambda: len(why.sizes.rows) == 2)
    own = next(row for row in why.sizes.rows if ", 1 times" in row.text())
    assert "100.0 % alike" in own.text()
    assert "mIoU" not in own.text()
    before = document.labels.copy()
    why.sizes.rows[0].click()
    assert (link.preview.shown != before).any()
    why.sizes.rows[1].click()
    assert [row.isChecked() for row in why.sizes.rows] == [False, True]
    assert np.array_equal(link.preview.shown, before)
    why.sizes.rows[1].click()
    assert link.preview.shown is None
    assert np.array_equal(document.labels, before)

    # What a person painted is what the sizes are judged by.
    person.presses(Qt.Key.Key_B)
    person.presses(Qt.Key.Key_3)
    person.drags((30, 30), (60, 30))
    why.sizes.start.click()
    person.waits_for(lambda: "mIoU" in why.sizes.rows[0].text())


def test_the_models_own_grid_lies_over_the_picture(person: Any, why: WhyPanel) -> None:
    canvas = person.window.canvas
    canvas.zoom_to(4.0)
    canvas.wait_until_smooth()
    person.waits_until_nothing_runs()

    width, height = canvas.width() // 2, canvas.height()

    def seen() -> Any:  # the minimap is elsewhere; a panel may take a pixel of the width meanwhile
        image = canvas.grab().toImage().copy(0, 0, width, height)
        image.convertTo(QImage.Format.Format_Grayscale8)
        rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1)
        return rows[:, : image.width()].astype(float)

    plain = seen()
    action = person.window.actions_by_name["native_grid"]
    action.trigger()
    person.waits_for(lambda: canvas.shows_native_grid)
    with_grid = seen()
    action.trigger()
    assert not canvas.shows_native_grid
    canvas.wait_until_smooth()
    # Half a pixel to the side is the same picture.
    assert 5 * np.abs(seen() - plain).mean() < np.abs(with_grid - plain).mean()


def test_another_picture_leaves_nothing_behind(person: Any, why: WhyPanel, street: Path) -> None:
    asks(person, why)
    person.drags((10, 10), (20, 20))
    person.window.core.view_state.tool = "region"
    person.drags((140, 130), (200, 190))
    names = sorted(path.name for path in street.iterdir())
    person.opens(street / names[1])
    person.waits_for(lambda: person.window.core.document.name == names[1])
    link = why.findChild(WhyLink)
    assert link.what_if.region is None
    assert why.query_button.isVisible()
    assert not why.classes.isVisible()
    person.waits_until_nothing_runs()
    assert link._hidden is None
