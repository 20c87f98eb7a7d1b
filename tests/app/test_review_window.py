"""Going through a data set in the window: several pictures at once, filters, figures."""

from __future__ import annotations

import csv
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QItemSelectionModel, Qt
from pytestqt.qtbot import QtBot

from app.dialogs.comment import CommentDialog
from app.inference.requests import ModelSpec
from app.main_window import MainWindow
from app.settings import Settings
from segcore.classes import ClassTable
from segcore.project import Project

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints", "raise\\(\\)", extend=True)

CLASSES = ClassTable.from_names(["road", "sky", "car"])
COUNT = 40
WAIT = 60_000
"""Milliseconds; making fonts known to the charts takes its time on a loaded machine."""


@pytest.fixture
def window(
    qtbot: QtBot, tmp_path: Path, engine: Any, make_pictures: Callable[..., list[Path]]
) -> Iterator[MainWindow]:
    """A window on a project of 40 pictures; the first three have labels, the third has a car."""
    settings = Settings(path=tmp_path / "studio.ini", theme="light", auto_predict=False)
    with Project.create(tmp_path / "yard", CLASSES) as project:
        names = project.add(make_pictures(COUNT))
        for name in names[:3]:
            project.save(name, np.ones((40, 60), np.uint8), project.origin_id("person"))
        project.record(names[2], (0, 0, 30, 40), np.full((40, 30), 2, np.uint8))
    window = MainWindow(settings, engine)
    window.core.prediction.automatic = False
    qtbot.addWidget(window)
    window.resize(1200, 700)
    with qtbot.waitActive(window, timeout=WAIT):
        window.show()
        window.activateWindow()
    window.files.open_paths([tmp_path / "yard"])
    qtbot.waitUntil(
        lambda: len(window.core.session.names) == COUNT and window.core.document.image is not None,
        timeout=WAIT,
    )
    yield window
    engine.gate.set()
    window.close()


def choose(window: MainWindow, *positions: int) -> None:
    selection = window.images.list.selectionModel()
    selection.clearSelection()
    for position in positions:
        row = window.images.rows.row_of(position)
        selection.select(window.images.rows.index(row), QItemSelectionModel.SelectionFlag.Select)


def listed(window: MainWindow) -> list[int]:
    rows = window.images.rows
    return [rows.position(row) for row in range(rows.rowCount())]


def test_status_and_comment_go_to_all_that_are_chosen_and_filters_find_them(
    qtbot: QtBot, window: MainWindow
) -> None:
    core, filters = window.core, window.images.filters
    project = core.session.project
    assert project is not None
    names = core.session.names
    choose(window, 1, 2, 7)
    window.actions_by_name["status_approved"].trigger()
    known = window.images.rows.table
    qtbot.waitUntil(lambda: known.status(7) == "approved", timeout=WAIT)
    assert [project.status(names[place]) for place in (1, 2, 7)] == ["approved"] * 3
    assert project.status(names[3]) == "new"

    choose(window, 2, 5)
    window.actions_by_name["comment"].trigger()
    dialog = window.findChild(CommentDialog)
    assert dialog is not None
    dialog.text.setPlainText("look again")
    qtbot.keyClick(dialog, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: bool(known.facts.commented[[2, 5]].all()), timeout=WAIT)
    assert [project.state(names[place]).comment for place in (1, 2, 5)] == [
        "",
        "look again",
        "look again",
    ]

    filters._statuses["approved"].setChecked(True)
    qtbot.waitUntil(lambda: listed(window) == [1, 2, 7], timeout=WAIT)
    filters._commented.setChecked(True)
    qtbot.waitUntil(lambda: listed(window) == [2], timeout=WAIT)
    filters.clear()
    qtbot.waitUntil(lambda: len(listed(window)) == COUNT, timeout=WAIT)
    # By class: answered from the statistics, which count the labels for that.
    filters.classes.setCurrentIndex(filters.classes.findData(2))
    qtbot.waitUntil(lambda: listed(window) == [2], timeout=WAIT)
    filters.classes.setCurrentIndex(filters.classes.findData(1))
    qtbot.waitUntil(lambda: listed(window) == [0, 1, 2], timeout=WAIT)
    window.images.filter.setText("picture1.")
    qtbot.waitUntil(lambda: listed(window) == [1], timeout=WAIT)


def test_the_figures_are_counted_drawn_and_saved(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    panel = window.review.stats
    window.actions_by_name["statistics"].trigger()
    qtbot.waitUntil(lambda: "3 labelled pictures" in panel.words.text(), timeout=WAIT)
    panel.choice.setCurrentIndex(panel.choice.findData("pixels"))
    qtbot.waitUntil(lambda: not panel.chart.pixmap().isNull(), timeout=WAIT)
    table = [
        [panel.table.item(row, column).text() for column in range(panel.table.columnCount())]
        for row in range(panel.table.rowCount())
    ]
    assert [row[1:3] for row in table] == [["road", "0"], ["sky", "6,000"], ["car", "1,200"]]
    with qtbot.waitSignal(window.review.statistics.controller.saved, timeout=WAIT):
        panel.saveRequested.emit(str(tmp_path / "pixels.csv"))
    with (tmp_path / "pixels.csv").open(newline="") as stream:
        rows = [row for row in csv.reader(stream) if row and not row[0].startswith("#")]
    assert ["car", "1200"] in [row[1:3] for row in rows]


def test_predicting_all_begins_with_what_is_in_sight(
    qtbot: QtBot, window: MainWindow, engine: Any
) -> None:
    core, panel = window.core, window.images
    with qtbot.waitSignal(core.prediction.modelChanged, timeout=WAIT):
        core.prediction.set_model(ModelSpec("fake"))
    panel.list.scrollToBottom()
    seen = panel.positions_in_sight()
    assert seen[-1] == COUNT - 1
    assert 0 < len(seen) < COUNT
    engine.ran.clear()
    labelled: list[str] = []
    core.prediction.pictureLabelled.connect(labelled.append)
    window.actions_by_name["predict_all"].trigger()
    qtbot.waitUntil(lambda: len(labelled) == COUNT - 1, timeout=WAIT)  # 13 is unlucky
    order = [what for kind, what in engine.ran if kind == "batch"]
    assert order[: len(seen)] == seen
    rest = order[len(seen) :]
    assert rest == sorted(rest)


def test_threads_end_with_the_window(qtbot: QtBot, window: MainWindow) -> None:
    window.actions_by_name["statistics"].trigger()
    panel = window.review.stats
    qtbot.waitUntil(lambda: "3 labelled pictures" in panel.words.text(), timeout=WAIT)
    choose(window, 0)
    walk, differences = window.review.walk.controller, window.review.differences
    for controller in (walk, differences.controller, differences.difference):
        controller._thread.submit(threading.get_ident).result()
    own = {"walk_0", "difference_0", "statistics_0", "comparing_0"}
    assert own & {thread.name for thread in threading.enumerate()}
    window.close()
    assert not own & {thread.name for thread in threading.enumerate()}
