"""The timeline: from places to frames, keys, ranges, and that it is drawn."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction
from pytestqt.qtbot import QtBot

from app.panels.timeline import TimelinePanel
from app.panels.timeline_strip import DONE, PREDICTED


@pytest.fixture
def panel(qtbot: QtBot) -> TimelinePanel:
    play = QAction("Play")
    play.setObjectName("action.play")
    panel = TimelinePanel([[play]])
    panel.play = play
    qtbot.addWidget(panel)
    panel.resize(900, 120)
    panel.show()
    panel.strip.set_clip(100)
    return panel


def place(panel: TimelinePanel, number: int) -> QPoint:
    return QPoint(round(panel.strip.x_of(number)), 40)


def test_dragging_scrubs_and_letting_go_opens(panel: TimelinePanel, qtbot: QtBot) -> None:
    dragged: list[int] = []
    asked: list[int] = []
    panel.strip.frameDragged.connect(dragged.append)
    panel.strip.frameRequested.connect(asked.append)
    qtbot.mousePress(panel.strip, Qt.MouseButton.LeftButton, pos=place(panel, 10))
    qtbot.mouseMove(panel.strip, place(panel, 42))
    qtbot.mouseRelease(panel.strip, Qt.MouseButton.LeftButton, pos=place(panel, 70))
    assert dragged[0] == 10
    assert asked == [70]


def test_shift_drag_chooses_a_range_and_shift_click_none(
    panel: TimelinePanel, qtbot: QtBot
) -> None:
    ranges: list[object] = []
    panel.strip.rangeRequested.connect(ranges.append)
    shift, left = Qt.KeyboardModifier.ShiftModifier, Qt.MouseButton.LeftButton
    qtbot.mousePress(panel.strip, left, shift, place(panel, 30))
    qtbot.mouseMove(panel.strip, place(panel, 60))
    qtbot.mouseRelease(panel.strip, left, shift, place(panel, 30))
    assert ranges[0] == (30, 30)
    assert ranges[-1] is None


def test_keys_step_and_space_plays(panel: TimelinePanel, qtbot: QtBot) -> None:
    steps: list[int] = []
    plays: list[bool] = []
    panel.strip.stepRequested.connect(steps.append)
    panel.strip.playRequested.connect(lambda: plays.append(True))
    for key in (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_PageDown, Qt.Key.Key_Space):
        qtbot.keyClick(panel.strip, key)
    assert steps == [-1, 1, 10]
    assert plays == [True]


@pytest.mark.parametrize("count", [100, 100_000])
def test_what_is_known_of_frames_is_seen(panel: TimelinePanel, count: int) -> None:
    panel.strip.set_clip(count)
    empty = panel.grab().toImage()
    statuses = np.full(count, PREDICTED, np.uint8)
    statuses[count // 2 :] = DONE
    flicker = np.full(count, np.nan, np.float32)
    flicker[count // 3] = 0.4
    panel.strip.set_statuses(statuses)
    panel.strip.set_curves(np.full(count, 0.9, np.float32), flicker)
    panel.strip.set_marks(np.array([5]), np.array([9]))
    panel.strip.set_range((count // 4, count // 2))
    known = panel.grab().toImage()
    assert known != empty
    strip = panel.strip.grab().toImage()
    row = 19
    at = [strip.pixelColor(round(panel.strip.x_of(count * part)), row) for part in (0.2, 0.8)]
    assert at[0] != at[1]
