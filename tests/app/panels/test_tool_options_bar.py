"""The bar above the canvas in a small window: no option is cut off, every one can be reached."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QFrame, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from app.panels.tool_options import ToolOptionsBar
from app.tool_options import Kept
from app.tool_rows import OPTIONS, default_options

AS_IN_A_WINDOW_OF_1280 = 588


def option_named(bar: ToolOptionsBar, name: str) -> QWidget:
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    (found,) = bar.findChildren(QWidget, f"tool_options.{name}")
    return found


@pytest.mark.qt_log_ignore("raise\\(\\)", "grabbing the keyboard", extend=True)
@pytest.mark.parametrize("proposed", [False, True])
def test_every_option_is_whole_or_behind_the_button(qtbot: QtBot, proposed: bool) -> None:
    bar = ToolOptionsBar()
    qtbot.addWidget(bar)
    bar.resize(AS_IN_A_WINDOW_OF_1280, bar.height())
    bar.show()
    more = bar.findChild(QToolButton, "tool_options.more")
    assert more is not None
    behind = set()
    for tool, options in OPTIONS.items():
        bar.set_tool(tool, default_options(tool))
        words = "By colours, the model is looking  ·  123,456 px" if proposed else ""
        bar.set_proposal(words, (200, 40, 60), active=proposed)
        QCoreApplication.processEvents()
        shown = [each.name for each in options if not isinstance(each, Kept)]
        hidden = [name for name in shown if not option_named(bar, name).isVisible()]
        assert more.isVisible() == bool(hidden), tool
        for name in set(shown) - set(hidden):
            widget = option_named(bar, name)
            assert widget.width() >= widget.minimumSizeHint().width(), (tool, name)
            right = widget.mapTo(bar, widget.rect().topRight()).x()
            assert right < (bar.apply.x() if proposed else bar.protection.x()), (tool, name)
        if hidden:
            behind.add(tool)
            more.click()
            assert all(option_named(bar, name).isVisible() for name in hidden), tool
            bar.findChild(QFrame, "tool_options.rest").close()
    assert {"wand", "superpixels"} <= behind
    assert ("brush" in behind) is proposed
