from __future__ import annotations

import pytest
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.action_rows import ACTIONS, MENUS, SEPARATOR
from app.actions import Actions, effective_keys, key_conflicts

ROWS = [info for info in ACTIONS if info.name != SEPARATOR]

DESIGN_KEYS = {
    "previous": {"A"},
    "next": {"D"},
    "tool_brush": {"B"},
    "tool_eraser": {"E"},
    "tool_fill": {"G"},
    "tool_query": {"Q"},
    "toggle_overlay": {"V"},
    "brush_smaller": {"["},
    "brush_larger": {"]"},
    "fit": {"F"},
    "undo": {"Ctrl+Z"},
    "redo": {"Ctrl+Shift+Z", "Ctrl+Y"},
    "save": {"Ctrl+S"},
    "cancel": {"Esc"},
    **{f"class_{number}": {str(number % 10)} for number in range(1, 11)},
}


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    widget = QWidget()
    qtbot.addWidget(widget)
    return widget


def test_no_two_actions_have_a_name_or_a_key_in_common() -> None:
    assert len({info.name for info in ROWS}) == len(ROWS)
    assert key_conflicts({info.object_name: info.keys for info in ROWS}) == {}


def test_every_action_is_in_a_menu_that_exists() -> None:
    assert {info.menu.split("/")[0] for info in ROWS} <= {name for name, _title in MENUS}


@pytest.mark.parametrize(("name", "keys"), DESIGN_KEYS.items())
def test_keys_are_those_of_the_design(window: QWidget, name: str, keys: set[str]) -> None:
    action = Actions(window)[name]
    assert {sequence.toString() for sequence in action.shortcuts()} == keys
    assert action.objectName() == f"action.{name}"


def test_a_persons_keys_replace_an_actions_own(window: QWidget) -> None:
    actions = Actions(window, {"action.predict": ["P"]})
    assert actions["predict"].shortcuts() == [QKeySequence("P")]
    assert "(P)" in actions["predict"].toolTip()
    actions.set_keys({})
    assert actions["predict"].shortcuts() == [QKeySequence("Ctrl+Return")]


def test_an_action_may_be_left_without_keys(window: QWidget) -> None:
    actions = Actions(window, {"action.predict": []})
    assert actions["predict"].shortcuts() == []
    assert "(" not in actions["predict"].toolTip()


def test_tool_tips_say_the_keys(window: QWidget) -> None:
    assert Actions(window)["redo"].toolTip() == "Redo  (Ctrl+Shift+Z, Ctrl+Y)"


def test_an_action_that_is_dimmed_says_why(window: QWidget) -> None:
    actions = Actions(window)
    tip = actions["predict"].statusTip()
    actions.allow("predict", "No picture is open.")
    assert not actions["predict"].isEnabled()
    assert actions["predict"].statusTip() == "No picture is open."
    actions.set_keys({"action.predict": ["P"]})
    assert actions["predict"].toolTip() == f"{tip}  (P)\nNo picture is open."
    actions.allow("predict")
    assert actions["predict"].isEnabled()
    assert actions["predict"].statusTip() == tip
    assert actions["predict"].toolTip() == f"{tip}  (P)"


def test_numbers_stand_in_the_texts_of_stages(window: QWidget) -> None:
    assert Actions(window)["stage_3"].text() == "Stage &3"


def test_conflicts_name_the_key_and_both_actions() -> None:
    keys = {"action.a": ("G",), "action.b": ("g", "X"), "action.c": ("Y",)}
    assert key_conflicts(keys) == {"G": ("action.a", "action.b")}


def test_a_key_that_begins_another_sequence_is_a_conflict() -> None:
    conflicts = key_conflicts({"action.a": ("Ctrl+K",), "action.b": ("Ctrl+K, B",)})
    assert conflicts == {"Ctrl+K": ("action.a", "action.b")}


def test_effective_keys_are_the_persons_or_the_actions_own() -> None:
    info = next(info for info in ROWS if info.name == "fit")
    assert effective_keys(info, {}) == ("F",)
    assert effective_keys(info, {"action.fit": ["Ctrl+0"]}) == ("Ctrl+0",)
