from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.duration import duration_text
from app.panels.jobs import JobRow, JobsPanel


@pytest.fixture
def panel(qtbot: QtBot) -> JobsPanel:
    panel = JobsPanel()
    qtbot.addWidget(panel)
    panel.show()
    return panel


def test_short_work_is_never_shown(qtbot: QtBot, panel: JobsPanel) -> None:
    panel.set_job(JobRow(1, "predict", "Predicting a.png"))
    panel.remove_job(1)
    qtbot.wait(350)
    assert not panel.bar.isVisible()


def test_long_work_shows_how_far_it_is_and_how_long_it_takes(
    qtbot: QtBot, panel: JobsPanel
) -> None:
    panel.set_job(JobRow(1, "batch", "Predicting 800 pictures", 132, 800, 200.0))
    qtbot.waitUntil(panel.bar.isVisible)
    assert (panel.bar.value(), panel.bar.maximum()) == (132, 800)
    assert panel.left.text() == "132/800  3 min"
    panel.set_job(JobRow(1, "batch", "Predicting 800 pictures", 800, 800, 0.2))
    assert panel.left.text() == "800/800  1 s"
    panel.remove_job(1)
    assert not panel.bar.isVisible()


def test_how_far_it_is_is_told_without_laying_everything_out_anew(
    qtbot: QtBot, panel: JobsPanel
) -> None:
    panel.set_job(JobRow(1, "batch", "Predicting 800 pictures", 8, 800, 200.0))
    qtbot.waitUntil(panel.bar.isVisible)
    panel.set_job(JobRow(1, "batch", "Predicting 800 pictures", 132, 800, 200.0))
    needed = panel.left.fontMetrics().horizontalAdvance(panel.left.text())
    assert panel.left.width() >= needed
    qtbot.wait(50)
    asked = LayoutRequests(panel)
    for done in range(133, 140):
        panel.set_job(JobRow(1, "batch", "Predicting 800 pictures", done, 800, 200.0 - done))
        qtbot.wait(5)
    assert panel.left.text() == "139/800  1 min"
    assert asked.count == 0


def test_the_time_left_is_not_cut_off_by_the_padding_of_the_status_bar(
    qtbot: QtBot, panel: JobsPanel
) -> None:
    panel.left.setStyleSheet("padding: 0 6px")
    panel.set_job(JobRow(1, "batch", "Predicting 101 pictures", 9, 101, 21.0))
    qtbot.waitUntil(panel.bar.isVisible)
    needed = panel.left.fontMetrics().horizontalAdvance("9/101  21 s")
    assert panel.left.contentsRect().width() >= needed


class LayoutRequests(QObject):
    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        self.count = 0
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        self.count += event.type() == QEvent.Type.LayoutRequest
        return super().eventFilter(watched, event)


def test_a_batch_stays_in_view_and_cancel_means_it(qtbot: QtBot, panel: JobsPanel) -> None:
    panel.set_job(JobRow(1, "batch", "Predicting 800 pictures", 1, 800))
    panel.set_job(JobRow(2, "query", "Attention"))
    qtbot.waitUntil(panel.bar.isVisible)
    assert panel.label.text() == "Predicting 800 pictures (+1)"
    with qtbot.waitSignal(panel.cancelRequested) as asked:
        panel.cancel.click()
    assert asked.args == ["batch"]


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.1, "1 s"), (8.4, "8 s"), (185, "3 min"), (4800, "1 h 20 min")]
)
def test_durations(seconds: float, text: str) -> None:
    assert duration_text(seconds) == text
