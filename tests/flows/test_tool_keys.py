"""Every key of a tool, pressed in the real window."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from app.action_rows import ACTIONS
from app.actions import key_conflicts

TOOLS = [info for info in ACTIONS if info.group == "tool"]


def test_every_tools_key_chooses_the_tool(person: Any, street: Path) -> None:
    window = person.window
    person.opens(street)
    person.waits_for(lambda: window.core.document.image is not None)
    state, canvas = window.core.view_state, window.canvas
    chosen = {}
    for info in TOOLS:
        for key in info.keys:
            state.tool = "brush" if info.name == "tool_pan" else "pan"
            canvas.setFocus()
            QTest.keySequence(canvas, QKeySequence(key))
            chosen[info.name, key] = f"tool_{state.tool}"
    assert chosen == {(name, key): name for name, key in chosen}
    assert {name for name, _ in chosen} == {info.name for info in TOOLS}, "every tool has a key"


def test_no_two_actions_of_the_window_have_a_key_in_common(person: Any) -> None:
    portable = QKeySequence.SequenceFormat.PortableText
    keys = {
        f"{number} {action.objectName() or action.text()}": tuple(
            sequence.toString(portable) for sequence in action.shortcuts()
        )
        for number, action in enumerate(_all_actions(person.window))
    }
    assert key_conflicts(keys) == {}


def _all_actions(window: Any) -> list[Any]:
    """The window's own actions, and those of its widgets that work anywhere in it."""
    found = list(window.actions())
    for widget in window.findChildren(QWidget):
        found += [action for action in widget.actions() if action not in found]
    return found
