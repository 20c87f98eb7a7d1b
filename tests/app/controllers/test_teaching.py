"""Strokes and what becomes of them, with answers that need no model."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QProcess

from app.controllers.teaching import TOOL
from app.gesture import Gesture
from app.inference.inquiries.flips import FlipsInquiry
from app.inference.inquiries.teach import Taught, TeachInquiry, TeachPicturesInquiry
from app.inference.inquiries.teach_order import TeachOrder, TeachOrderInquiry
from app.inference.requests import ModelSpec
from app.main_window import MainWindow
from app.settings import Settings
from segcore.assist.next_pictures import PictureFacts
from segcore.assist.scribbles import Samples, TaughtClassifier
from segcore.training.flips import Flips


def answered(inquiry: TeachInquiry, *_: Any) -> Taught:
    """Every pixel is the class of the newest stroke; under strokes is what their classes are."""
    samples = {
        stroke: Samples(
            np.full((2, 5), stroke.class_id, np.float32), np.full(2, stroke.class_id), (1,) * 5
        )
        for stroke in inquiry.strokes
    }
    parts = [*inquiry.others, *samples.values()]
    classifier = inquiry.given
    if parts or classifier is None:
        classifier = TaughtClassifier.fitted(
            Samples.together(parts), inquiry.classes, model="fake", model_sha256=""
        )
    newest = inquiry.strokes[-1].class_id if inquiry.strokes else 2
    labels = np.full(inquiry.place.size, newest, np.uint8)
    return Taught(inquiry.place, labels, classifier, samples)


@pytest.fixture
def window(
    qtbot: Any,
    engine: Any,
    make_pictures: Callable[..., list[Path]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[MainWindow]:
    monkeypatch.setattr(TeachInquiry, "answer", answered)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    window = MainWindow(Settings(), engine)
    qtbot.addWidget(window)
    core = window.core
    core.prediction.set_model(ModelSpec("fake"))
    core.session.open_paths([make_pictures()[0].parent])
    qtbot.waitUntil(lambda: core.document.prediction is not None)
    core.view_state.tool = TOOL
    yield window
    window.close()


def draw(window: MainWindow, class_id: int, *points: tuple[int, int], erase: bool = False) -> None:
    window.core.view_state.active_class = class_id
    window.canvas.scribbleRequested.emit(Gesture(TOOL, points, erase=erase))


def shown(qtbot: Any, window: MainWindow) -> Any:
    assisting = window.core.assisting
    qtbot.waitUntil(lambda: assisting.preview is not None and not assisting.is_busy)
    return assisting.preview


def test_one_class_teaches_nothing_and_two_do(qtbot: Any, window: MainWindow) -> None:
    teaching, panel = window.core.teaching, window.teach_link.panel
    draw(window, 1, (5, 5), (20, 5))
    assert not window.core.assisting.is_active
    assert not panel.accept.isEnabled()
    draw(window, 2, (5, 30), (20, 30))
    preview = shown(qtbot, window)
    assert preview.count == preview.outcome.proposal.area == 40 * 60
    qtbot.waitUntil(panel.accept.isEnabled)
    assert teaching.taught_classes == {1, 2}


def test_accepting_is_one_edit_by_what_was_taught(qtbot: Any, window: MainWindow) -> None:
    core = window.core
    draw(window, 1, (5, 5), (20, 5))
    draw(window, 2, (5, 30), (20, 30))
    shown(qtbot, window)
    before, edits = core.document.labels.copy(), core.document.undo_stack.count()
    window.teach_link.panel.accept.click()
    qtbot.waitUntil(lambda: core.document.undo_stack.count() == edits + 1)
    assert (core.document.labels == 2).all()
    row = core.document.origins[0, 0]
    said = next(each for each in core.document.project.origin_rows if each.id == row)
    assert (said.kind, said.name) == ("model", "taught")
    core.document.undo_stack.undo()
    np.testing.assert_array_equal(core.document.labels, before)


def test_what_people_said_stays_unless_asked(qtbot: Any, window: MainWindow) -> None:
    core = window.core
    core.view_state.tool = "brush"
    core.view_state.active_class = 1
    core.labelling.begin_stroke(10, 10)
    core.labelling.end_stroke()
    mine = core.document.origins == core.document.person
    core.view_state.tool = TOOL
    draw(window, 1, (5, 5), (20, 5))
    draw(window, 2, (5, 30), (20, 30))
    assert shown(qtbot, window).count == 40 * 60 - mine.sum()
    window.teach_link.panel.over_people.click()
    qtbot.waitUntil(lambda: shown(qtbot, window).count == 40 * 60)


def test_strokes_are_undone_redone_erased_and_cleared(qtbot: Any, window: MainWindow) -> None:
    teaching, actions = window.core.teaching, window.actions_by_name
    draw(window, 1, (5, 5), (20, 5))
    draw(window, 2, (5, 30), (20, 30))
    actions["undo"].trigger()
    assert [stroke.class_id for stroke in teaching.strokes] == [1]
    actions["redo"].trigger()
    assert [stroke.class_id for stroke in teaching.strokes] == [1, 2]
    draw(window, 2, (12, 0), (12, 10), erase=True)
    assert [stroke.class_id for stroke in teaching.strokes] == [2]
    assert teaching.undo()
    window.teach_link.panel.clear.click()
    assert teaching.strokes == ()
    assert teaching.undo()
    assert len(teaching.strokes) == 2


def test_strokes_of_one_picture_teach_the_next(qtbot: Any, window: MainWindow) -> None:
    core = window.core
    draw(window, 1, (5, 5), (20, 5))
    draw(window, 2, (5, 30), (20, 30))
    shown(qtbot, window)
    first = core.document.name
    core.session.next()
    qtbot.waitUntil(lambda: core.document.name != first and core.document.prediction is not None)
    preview = shown(qtbot, window)
    assert core.teaching.strokes == ()
    assert preview.outcome.model == ("taught", core.teaching.classifier.sha256)


def test_pictures_are_labelled_in_the_background(
    qtbot: Any, window: MainWindow, fake_prediction: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    core = window.core

    def label(inquiry: TeachPicturesInquiry, *rest: Any) -> list[tuple[str, str]]:
        for name in inquiry.names:
            assert inquiry.store.save(name, fake_prediction(2, model="taught"))
            rest[-1](name)
        return []

    monkeypatch.setattr(TeachPicturesInquiry, "answer", label)
    draw(window, 1, (5, 5), (20, 5))
    draw(window, 2, (5, 30), (20, 30))
    shown(qtbot, window)
    done: list[str] = []
    core.teaching.pictureLabelled.connect(done.append)
    window.teach_link.panel.apply_all.click()
    qtbot.waitUntil(lambda: len(done) == 2 and not core.teaching.is_applying)
    assert core.document.name not in done
    assert all((core.document.project.labels(name) == 2).all() for name in done)


def test_what_was_taught_comes_back_from_a_file(
    qtbot: Any, window: MainWindow, tmp_path: Path
) -> None:
    teaching = window.core.teaching
    draw(window, 1, (5, 5), (20, 5))
    draw(window, 2, (5, 30), (20, 30))
    shown(qtbot, window)
    qtbot.waitUntil(lambda: teaching.classifier is not None)
    teaching.save(tmp_path / "kept.taught")
    teaching.load(tmp_path / "kept.taught")
    assert teaching.strokes == ()
    assert shown(qtbot, window).count == 40 * 60
    failures: list[Any] = []
    teaching.failed.connect(failures.append)
    (tmp_path / "bad.taught").write_bytes(b"nothing")
    teaching.load(tmp_path / "bad.taught")
    assert "bad.taught" in failures[0].sentence
    assert teaching.classifier is not None


def test_the_list_can_begin_with_what_would_teach_most(
    qtbot: Any, window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    core, box = window.core, window.images.order
    asked: list[TeachOrderInquiry] = []

    def order(inquiry: TeachOrderInquiry, *_: Any) -> TeachOrder:
        asked.append(inquiry)
        assert inquiry.store.read(inquiry.names[0]).shape == (40, 60, 3)
        left = [name for name in inquiry.names[::-1] if not inquiry.store.is_labelled(name)]
        facts = {inquiry.names[0]: PictureFacts(np.ones(2, np.float32), 0.5)}
        return TeachOrder(tuple(left), facts)

    monkeypatch.setattr(TeachOrderInquiry, "answer", order)
    core.document.project.set_status(core.session.names[2], "approved")
    box.setCurrentIndex(box.findData("teaches"))
    qtbot.waitUntil(lambda: list(window.images.rows.positions) == [1, 0, 2])
    core.document.project.set_status(core.session.names[1], "done")
    box.activated.emit(box.currentIndex())
    box.activated.emit(box.currentIndex())
    qtbot.waitUntil(lambda: list(window.images.rows.positions) == [0, 1, 2])
    assert not asked[0].known
    assert list(asked[-1].known) == [core.session.names[0]]
    box.setCurrentIndex(box.findData("listed"))
    assert list(window.images.rows.positions) == [0, 1, 2]


def test_a_new_model_is_looked_at_used_and_given_back(
    qtbot: Any, window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def compare(inquiry: FlipsInquiry, *rest: Any) -> Flips:
        found = Flips(pixels=100, flipped=7, better=4, worse=1, unjudged=2)
        rest[-1]((inquiry.names[0], found))
        return found

    monkeypatch.setattr(FlipsInquiry, "answer", compare)
    link, core = window.teach_link, window.core
    link.tuning.new_model = tmp_path / "tuned-1"
    link.tuning.preview()
    section = link.panel.tuning
    qtbot.waitUntil(lambda: "4 better, 1 worse" in section.words.text())
    before = core.prediction.model
    link.tuning.accept()
    qtbot.waitUntil(lambda: core.prediction.model.spec.source == str(tmp_path / "tuned-1"))
    assert section.back.isVisibleTo(section)
    section.back.click()
    qtbot.waitUntil(lambda: core.prediction.model == replace(before))


def test_a_training_that_fails_says_why_and_nothing_has_changed(
    qtbot: Any, window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the command writes to stderr last is what the person reads."""
    sentence = 'Only the class "a" is labelled: label some pixels of another class too.'
    code = f"import sys; sys.stderr.write('warning\\n' + {sentence!r} + '\\n'); sys.exit(1)"
    start = QProcess.start
    monkeypatch.setattr(
        QProcess, "start", lambda process, program, _words: start(process, program, ["-c", code])
    )
    link, model = window.teach_link, window.core.prediction.model
    link.panel.tuning.start.click()
    assert link.tuning.is_running
    qtbot.waitUntil(lambda: not link.tuning.is_running)
    assert link.panel.tuning.words.text() == sentence
    assert link.tuning.compared is None
    assert window.core.prediction.model is model
    assert link.panel.tuning.start.isVisibleTo(link.panel.tuning)
