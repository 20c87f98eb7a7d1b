from __future__ import annotations

import pytest
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
