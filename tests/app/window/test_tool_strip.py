"""The tool strip: every button in sight at every height."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from app.window.tool_strip import ToolStrip

GROUPS = (3, 3, 5, 2, 2, 3, 4)


@pytest.fixture
def strip(qtbot: QtBot) -> Iterator[ToolStrip]:
    window = QWidget()
    groups = []
    for group, count in enumerate(GROUPS):
        actions = [QAction(f"&Tool {group}{place}", window) for place in range(count)]
        for place, action in enumerate(actions):
            action.setObjectName(f"action.tool_{group}_{place}")
        groups.append(actions)
    strip = ToolStrip(groups)
    row = QHBoxLayout(window)
    row.setContentsMargins(0, 0, 0, 0)
    row.addWidget(strip)
    row.addWidget(QWidget(), 1)
    qtbot.addWidget(window)
    window.resize(600, 1400)
    window.show()
    yield strip
    window.close()


@pytest.mark.parametrize("height", [1400, 800, 600, 500])
def test_every_button_is_in_sight(qtbot: QtBot, strip: ToolStrip, height: int) -> None:
    strip.window().resize(600, height)
    qtbot.waitUntil(lambda: strip.height() == height)
    last = max(button.geometry().bottom() for button in strip.buttons)
    assert last < height
    places = {(b.geometry().x(), b.geometry().y()) for b in strip.buttons}
    assert len(places) == len(strip.buttons) == sum(GROUPS)


def test_a_low_window_gets_more_columns_and_a_high_one_takes_them_back(
    qtbot: QtBot, strip: ToolStrip
) -> None:
    assert strip.columns == 1
    strip.window().resize(600, 600)
    qtbot.waitUntil(lambda: strip.columns > 1)
    strip.window().resize(600, 1400)
    qtbot.waitUntil(lambda: strip.columns == 1)


def test_a_button_does_its_action_and_has_a_name(qtbot: QtBot, strip: ToolStrip) -> None:
    button = strip.buttons[4]
    assert button.objectName() == "tool.tool_1_1"
    assert button.accessibleName() == "Tool 11"
    with qtbot.waitSignal(button.defaultAction().triggered):
        button.click()
