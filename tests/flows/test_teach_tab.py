"""Teaching by scribbles in the real window: a new class, its own undo, one edit, other pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QProcess, Qt

from app.controllers.fine_tuning import FineTuningController
from app.controllers.teaching import TOOL

SHEET = (slice(60, 120), slice(100, 180))
ELSEWHERE = (slice(150, 210), slice(40, 120))


def put_sheet(path: Path, place: tuple[slice, slice]) -> None:
    """Lay a striped sheet, which no checkpoint knows, over a picture."""
    with Image.open(path) as image:
        pixels = np.asarray(image.convert("RGB")).copy()
    rows, columns = np.mgrid[:60, :80]
    stripes = ((rows + columns) // 6 % 2).astype(np.bool_)
    pixels[place] = np.where(stripes[..., None], (230, 60, 200), (40, 230, 210))
    Image.fromarray(pixels).save(path)


@pytest.fixture
def taught(person: Any, street: Path) -> Any:
    """Two streets with a sheet on each, the first open, a new class in hand and scribbled."""
    paths = sorted(street.iterdir())
    for path in paths[2:]:
        path.unlink()
    put_sheet(paths[0], SHEET)
    put_sheet(paths[1], ELSEWHERE)
    person.opens(street)
    person.waits_for_the_prediction_of(paths[0].name)
    person.waits_until_nothing_runs()
    window = person.window
    panel = window.teach_link.panel
    window.tabs.setCurrentWidget(panel)
    panel.new_class.click()
    assert window.core.view_state.tool == TOOL
    person.sheet = window.core.view_state.active_class
    person.drags((110, 75), (150, 90), (170, 112))
    assert len(window.core.teaching.strokes) == 1
    window.core.view_state.active_class = 3
    person.drags((20, 200), (150, 215), (300, 220))
    person.drags((20, 20), (60, 60))
    proposed(person)
    return person


def proposed(person: Any) -> Any:
    assisting = person.window.core.assisting
    person.waits_for(
        lambda: (
            not assisting.is_busy
            and assisting.preview is not None
            and assisting.preview.gesture.tool == TOOL
        )
    )
    return assisting.preview


def test_strokes_have_an_undo_of_their_own_and_become_one_edit(taught: Any) -> None:
    window, core = taught.window, taught.window.core
    edits = core.document.undo_stack.count()
    before = core.document.labels.copy()
    window.actions_by_name["undo"].trigger()
    assert len(core.teaching.strokes) == 2
    window.actions_by_name["redo"].trigger()
    assert len(core.teaching.strokes) == 3
    assert core.document.undo_stack.count() == edits
    np.testing.assert_array_equal(core.document.labels, before)

    proposed(taught)
    # What a person said stays unless asked otherwise.
    core.view_state.tool = "brush"
    core.view_state.active_class = 5
    taught.drags((130, 80), (140, 80))
    mine = (core.document.origins == core.document.person).copy()
    assert mine.any()
    edits = core.document.undo_stack.count()
    core.view_state.tool = TOOL
    proposed(taught)
    window.teach_link.panel.accept.click()
    taught.waits_for(lambda: core.document.undo_stack.count() == edits + 1)
    labels = core.document.labels
    assert (labels[mine] == 5).all()
    assert (labels[SHEET] == taught.sheet)[~mine[SHEET]].mean() > 0.6
    taught_row = next(row.id for row in core.document.project.origin_rows if row.name == "taught")
    assert (core.document.origins[labels == taught.sheet] == taught_row).all()
    core.document.undo_stack.undo()
    assert not (core.document.labels == taught.sheet).any()


def test_what_was_taught_is_applied_to_other_pictures_and_kept(taught: Any, tmp_path: Path) -> None:
    core, panel = taught.window.core, taught.window.teach_link.panel
    other = core.session.names[1]
    assert panel.apply_all.isEnabled()
    panel.apply_all.click()
    taught.waits_for(lambda: core.document.project.has_labels(other))
    taught.waits_for(lambda: not core.teaching.is_applying)
    found = core.document.project.labels(other) == taught.sheet
    assert found[ELSEWHERE].mean() > 0.5

    core.teaching.save(tmp_path / "sheet.taught")
    core.teaching.load(tmp_path / "sheet.taught")
    assert core.teaching.strokes == ()
    assert proposed(taught).count > 0


def test_ctrl_takes_strokes_away(taught: Any) -> None:
    teaching = taught.window.core.teaching
    canvas, qtbot = taught.window.canvas, taught._qtbot
    left, control = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ControlModifier
    qtbot.mousePress(canvas, left, control, taught.place_of((10, 45)))
    qtbot.mouseMove(canvas, taught.place_of((60, 40)))
    qtbot.mouseRelease(canvas, left, control, taught.place_of((60, 40)))
    assert len(teaching.strokes) == 2
    assert teaching.undo()
    assert len(teaching.strokes) == 3


def test_a_training_runs_beside_the_work_and_can_be_called_off(
    taught: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    core, tuning = taught.window.core, taught.window.teach_link.tuning
    section = taught.window.teach_link.panel.tuning
    started: list[list[str]] = []

    def start(process: QProcess, program: str, words: list[str]) -> None:
        started.append(words)
        events = (
            '{"event": "step", "step": 1, "steps": 4, "loss": 2.0}\\n'
            '{"event": "validation", "step": 2, "miou": 0.4}\\n'
        )
        code = f"import sys, time; sys.stdout.write('{events}'); sys.stdout.flush(); time.sleep(60)"
        real(process, program, ["-c", code])

    real = QProcess.start
    monkeypatch.setattr(QProcess, "start", start)
    section.start.click()
    assert isinstance(tuning, FineTuningController)
    assert tuning.is_running
    assert started[0][3:5] == ["train", str(core.session.project.folder)]
    taught.waits_for(lambda: bool(section.chart.mious))
    assert section.chart.losses == [(1, 2.0)]
    assert section.pause.isVisibleTo(section)
    section.cancel.click()
    taught.waits_for(lambda: not tuning.is_running)
    assert tuning.new_model is None
    assert not section.accept.isVisibleTo(section)
