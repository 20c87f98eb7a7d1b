"""Correcting with clicks, boxes, scissors, cells and sliders, in the real window with its model."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QPushButton

from app.assistants.scene import Memo
from segcore import resources
from segcore.assist import model_evidence
from segcore.opencv import cv2

HELD = "Bicyclist"
LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton


@pytest.fixture
def opened(person: Any, street: Path) -> Any:
    """The first street, predicted, with a class in hand that is not what the model says there."""
    names = sorted(path.name for path in street.iterdir())
    person.opens(street)
    person.waits_for_the_prediction_of(names[0])
    person.waits_until_nothing_runs()
    core = person.window.core
    core.view_state.active_class = core.document.classes.id_of(HELD)
    return person


def truth_of(name: str) -> np.ndarray[Any, Any]:
    """(240, 320) the drawn labels of a street."""
    labels = next(labels for picture, labels in resources.sample_paths() if picture.name == name)
    with Image.open(labels) as image:
        return np.asarray(image.resize((320, 240), Image.Resampling.NEAREST))


def middle_of_the_largest(mask: np.ndarray[Any, Any]) -> tuple[int, int]:
    count, pieces, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    assert count > 1
    largest = pieces == 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax())
    depth = cv2.distanceTransform(np.pad(largest.astype(np.uint8), 1), cv2.DIST_L2, 3)[1:-1, 1:-1]
    y, x = np.unravel_index(int(depth.argmax()), depth.shape)
    return int(x), int(y)


def presses_at(person: Any, point: tuple[int, int], button: Qt.MouseButton = LEFT) -> None:
    person._qtbot.mouseClick(person.window.canvas, button, pos=person.place_of(point))


def proposed(person: Any) -> Any:
    """What is previewed now, once it is."""
    assisting = person.window.core.assisting
    person.waits_for(
        lambda: (
            not assisting.is_busy and assisting.preview is not None and assisting.preview.count > 0
        )
    )
    return assisting.preview


def test_clicks_add_and_remove_until_enter_makes_one_edit(opened: Any) -> None:
    window, document = opened.window, opened.window.core.document
    car = document.classes.id_of("Car")
    point = middle_of_the_largest(truth_of(document.name) == car)
    before = document.labels.copy()
    document_edits = window.core.document.undo_stack.count()

    opened.presses(Qt.Key.Key_C)
    presses_at(opened, point)
    first = proposed(opened)
    inside = first.outcome.proposal.mask(before.shape)
    assert inside[point[1], point[0]]
    assert np.array_equal(document.labels, before), "a preview changes nothing"

    away = tuple(np.argwhere(inside & ~np.eye(*inside.shape, dtype=bool))[0][::-1].tolist())
    presses_at(opened, away, RIGHT)
    opened.waits_for(lambda: window.core.assisting.preview not in (None, first))
    second = window.core.assisting.preview.outcome.proposal.mask(before.shape)
    assert not second[away[1], away[0]]
    assert second[point[1], point[0]]

    opened.presses(Qt.Key.Key_Return)
    opened.waits_for(lambda: not np.array_equal(document.labels, before))
    assert (document.labels[second] == document.classes.id_of(HELD)).all()
    assert np.array_equal(document.labels[~second], before[~second])
    assert document.undo_stack.count() == document_edits + 1
    window.actions_by_name["undo"].trigger()
    opened.waits_for(lambda: np.array_equal(document.labels, before))


def test_escape_drops_what_was_clicked(opened: Any) -> None:
    document = opened.window.core.document
    before = document.labels.copy()
    opened.presses(Qt.Key.Key_C)
    presses_at(opened, (160, 200))
    proposed(opened)
    opened.presses(Qt.Key.Key_Escape)
    opened.waits_for(lambda: opened.window.core.assisting.preview is None)
    opened.presses(Qt.Key.Key_Return)
    assert np.array_equal(document.labels, before)


def test_a_box_is_refined_and_grabbed(opened: Any) -> None:
    window, document = opened.window, opened.window.core.document
    before = document.labels.copy()
    box = (slice(100, 200), slice(40, 240))
    for key, modifier in ((Qt.Key.Key_R, None), (Qt.Key.Key_R, Qt.KeyboardModifier.ShiftModifier)):
        opened.presses(key, modifier)
        opened.drags((40, 100), (140, 150), (239, 199))
        proposal = proposed(opened).outcome.proposal
        outside = proposal.mask(before.shape) if hasattr(proposal, "mask") else None
        place = proposal.place
        assert place.x0 >= 40
        assert place.y0 >= 100
        assert place.x1 <= 240
        assert place.y1 <= 200
        opened.presses(Qt.Key.Key_Return)
        opened.waits_for(lambda: not np.array_equal(document.labels, before))
        changed = document.labels != before
        assert outside is None or not (changed & ~outside).any()
        changed[box] = False
        assert not changed.any()
        window.actions_by_name["undo"].trigger()
        opened.waits_for(lambda: np.array_equal(document.labels, before))


def test_a_box_in_which_nothing_would_change_is_said_to_be_one(opened: Any) -> None:
    window, document = opened.window, opened.window.core.document
    before = document.labels.copy()
    box = ((40, 100), (140, 150), (239, 199))
    opened.presses(Qt.Key.Key_R)
    opened.drags(*box)
    proposed(opened)
    opened.presses(Qt.Key.Key_Return)
    opened.waits_for(lambda: not np.array_equal(document.labels, before))
    opened.drags(*box)
    bar = window.view_parts.tool_options
    opened.waits_for(lambda: "says the same" in bar.words.toolTip() and bar.words.isVisible())
    opened.presses(Qt.Key.Key_Escape)
    opened.waits_for(lambda: not bar.words.isVisible())


def test_scissors_close_on_a_double_click(opened: Any) -> None:
    document = opened.window.core.document
    before = document.labels.copy()
    opened.presses(Qt.Key.Key_S)
    for point in ((60, 60), (200, 60), (200, 160)):
        presses_at(opened, point)
    opened._qtbot.mouseDClick(opened.window.canvas, LEFT, pos=opened.place_of((60, 160)))
    opened.waits_for(lambda: not np.array_equal(document.labels, before))
    assert document.labels[110, 130] == document.classes.id_of(HELD)


def test_cells_under_the_pointer_are_collected(opened: Any) -> None:
    document = opened.window.core.document
    before = document.labels.copy()
    opened.presses(Qt.Key.Key_W)
    opened.drags((100, 60), (130, 62), (160, 64))
    opened.waits_for(lambda: not np.array_equal(document.labels, before))
    held = document.classes.id_of(HELD)
    assert (document.labels[60, 100], document.labels[64, 160]) == (held, held)


def test_sliders_change_what_nobody_has_painted(opened: Any) -> None:
    window, document = opened.window, opened.window.core.document
    before = document.labels.copy()
    panel = window.logit_sliders.panel
    window.actions_by_name["logit_sliders"].trigger()
    road = window.models.model.classes.id_of("Road")
    panel.slider(road).setValue(100)
    assert proposed(opened).count > 0
    assert np.array_equal(document.labels, before)
    panel.apply.click()
    opened.waits_for(lambda: not np.array_equal(document.labels, before))
    changed = document.labels != before
    assert set(np.unique(document.labels[changed])) == {document.classes.id_of("Road")}
    assert panel.is_neutral


def test_the_second_best_brush_changes_what_it_covers(opened: Any) -> None:
    document = opened.window.core.document
    before = document.labels.copy()
    opened.presses(Qt.Key.Key_E, Qt.KeyboardModifier.ShiftModifier)
    opened.drags((150, 120), (160, 120), (170, 120))
    opened.waits_for(lambda: not np.array_equal(document.labels, before))
    changed = document.labels != before
    assert changed[120, 160]
    assert not changed[:100].any()


def test_clicks_are_answered_by_the_two_files_that_a_person_chooses(
    opened: Any, click_model_files: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window, document = opened.window, opened.window.core.document
    files = [
        click_model_files.encoder(tmp_path / "encoder.onnx", prepares_itself=True),
        click_model_files.decoder(tmp_path / "decoder.onnx"),
    ]
    asked = []

    def choose(_parent: Any, title: str, *_: Any) -> tuple[str, str]:
        asked.append(title)
        return str(files[len(asked) - 1]), ""

    monkeypatch.setattr(QFileDialog, "getOpenFileName", choose)
    window.actions_by_name["click_model"].trigger()
    assert ["encoder" in asked[0], "decoder" in asked[1]] == [True, True]
    assert window.core.view_state.tool == "click"
    presses_at(opened, (120, 100))
    square = proposed(opened).outcome.proposal
    reach = 320 * click_model_files.RADIUS
    assert square.place.x0 == pytest.approx(120 - reach, abs=1.5)
    assert square.place.y1 == pytest.approx(101 + reach, abs=1.5)
    opened.presses(Qt.Key.Key_Return)
    held = document.classes.id_of(HELD)
    opened.waits_for(lambda: bool((document.labels[square.place.slices] == held).all()))


def test_a_click_model_that_is_none_is_said_and_clicks_go_on_without(
    opened: Any, tmp_path: Path
) -> None:
    window = opened.window
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"nothing")
    window.click_model.use(str(broken), str(broken))
    presses_at(opened, (120, 100))
    opened.waits_for(lambda: "broken.onnx is no ONNX model" in window.banner.text.text())
    opened.presses(Qt.Key.Key_Escape)
    window.core.view_state.set_option("click", "engine", "model")
    presses_at(opened, (120, 100))
    assert proposed(opened).count > 0


def test_what_clicks_need_is_there_before_the_first(opened: Any) -> None:
    """Once the tool is in hand the model is not asked any more by clicks nearby."""
    window = opened.window
    opened.presses(Qt.Key.Key_C)
    QTest.mouseMove(window.canvas, opened.place_of((150, 120)))
    memo: Memo = window.core.assisting._scenes._memo
    opened.waits_for(lambda: {"looked around", "click ground"} <= set(memo._kept))
    found = memo._kept["looked around"][1][0]
    presses_at(opened, (160, 125))
    proposed(opened)
    assert memo._kept["looked around"][1][0] is found


def test_a_rough_answer_is_shown_while_the_full_one_is_worked_out(opened: Any) -> None:
    window = opened.window
    shown = []
    window.core.assisting.previewChanged.connect(shown.append)
    opened.presses(Qt.Key.Key_R, Qt.KeyboardModifier.ShiftModifier)
    opened.drags((40, 100), (140, 150), (239, 199))
    full = proposed(opened).outcome.proposal
    rough, *_, last = [each for each in shown if each is not None and each.count]
    assert last.outcome.proposal is full
    assert rough.outcome.proposal is not full
    found, wanted = rough.outcome.proposal.mask((240, 320)), full.mask((240, 320))
    assert (found & wanted).sum() > 0.5 * (found | wanted).sum()


def test_a_click_is_answered_by_colours_until_the_model_has_looked(
    opened: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assisting = opened.window.core.assisting
    may_look, look = threading.Event(), model_evidence.evidence_around

    def slowly(*given: Any, **more: Any) -> Any:
        assert may_look.wait(60)
        return look(*given, **more)

    monkeypatch.setattr(model_evidence, "evidence_around", slowly)
    opened.presses(Qt.Key.Key_C)
    presses_at(opened, (160, 125))
    try:
        opened.waits_for(lambda: assisting.preview is not None and assisting.preview.count > 0)
        assert assisting.is_busy
        assert "by colours" in assisting.preview.outcome.note
    finally:
        may_look.set()
    assert "by colours" not in proposed(opened).outcome.note


def test_apply_waits_until_the_box_is_drawn(opened: Any) -> None:
    window, canvas = opened.window, opened.window.canvas
    apply = window.findChild(QPushButton, "tool_options.apply")
    opened.presses(Qt.Key.Key_M)
    QTest.mousePress(canvas, LEFT, pos=opened.place_of((40, 40)))
    for point in ((60, 60), (100, 90)):
        QTest.mouseMove(canvas, opened.place_of(point))
    proposed(opened)
    assert not apply.isVisible()
    QTest.mouseRelease(canvas, LEFT, pos=opened.place_of((100, 90)))
    opened.waits_for(lambda: not window.core.assisting.is_busy)
    opened.presses(Qt.Key.Key_C)
    presses_at(opened, (150, 120))
    proposed(opened)
    assert apply.isVisible()
