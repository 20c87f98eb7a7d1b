"""The undo stack: a stroke is not painted twice, and every change is made or noted once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QObject

from app.commands import AnyEdit, EditCommand
from app.undo_stack import UndoStack
from segcore.edits import Edit, Stroke
from segcore.project import Kind


class Target:
    """Keeps what it is told; its disk has every edit under its number."""

    is_wide = False

    def __init__(self) -> None:
        self.labels = np.zeros((20, 20), np.uint8)
        self.origins = np.zeros((20, 20), np.uint8)
        self.calls: list[str] = []
        self.disk: dict[int, Edit] = {}

    def make(self, edit: AnyEdit, kind: Kind, command: EditCommand) -> None:
        self.calls.append(f"make {kind.name}")
        edit.apply(self.labels, self.origins)
        self._keep(edit, kind, command)

    def note(self, edit: AnyEdit, command: EditCommand) -> None:
        self.calls.append("note")
        self._keep(edit, Kind.DO, command)

    def stored(self, step: int) -> Edit:
        return self.disk[step]

    def keeps(self, step: int) -> bool:
        return step in self.disk

    def _keep(self, edit: AnyEdit, kind: Kind, command: EditCommand) -> None:
        if kind is Kind.DO:
            assert isinstance(edit, Edit)
            command.step = len(self.disk) + 1
            self.disk[command.step] = edit


def stroke(target: Target, class_id: int) -> AnyEdit:
    stroke = Stroke(target.labels, target.origins)
    stroke.paint_segment((10, 10), (12, 10), 8, class_id, 1)
    edit = stroke.commit("Brush")
    assert edit is not None
    return edit


def at_once(work: Callable[[], None]) -> None:
    work()


@pytest.fixture
def stack(qapp: Any) -> UndoStack:
    parent = QObject()
    stack = UndoStack(at_once, parent)
    stack.kept = parent  # type: ignore[attr-defined]
    return stack


def test_a_painted_stroke_is_noted_when_pushed_and_made_when_done_again(stack: UndoStack) -> None:
    target = Target()
    stack.push(EditCommand(target, stroke(target, 3), "Brush", applied=True))
    assert target.calls == ["note"]
    stack.undo()
    assert not target.labels.any()
    stack.redo()
    assert target.calls == ["note", "make UNDO", "make REDO"]
    assert target.labels[10, 10] == 3


def test_what_has_not_been_applied_is_made_when_pushed(stack: UndoStack) -> None:
    target = Target()
    edit = stroke(target, 3).inverse()
    stack.push(EditCommand(target, edit, "Clear"))
    stack.undo()
    stack.redo()
    assert target.calls == ["make DO", "make UNDO", "make REDO"]
    assert not target.labels.any()


def test_only_what_was_used_last_is_held(stack: UndoStack, monkeypatch: pytest.MonkeyPatch) -> None:
    target = Target()
    edits = [stroke(target, i + 1) for i in range(4)]
    monkeypatch.setattr("app.undo_stack.HELD_BYTES", 2 * edits[3].nbytes)
    for edit in edits:
        stack.push(EditCommand(target, edit, "Brush", applied=True))
    assert [stack.command(i).is_held for i in range(4)] == [False, False, True, True]
    for _ in range(4):
        stack.undo()
    assert not target.labels.any()
    assert not stack.command(3).is_held
    for _ in range(4):
        stack.redo()
    assert target.labels[10, 10] == 4


def test_the_actions_hear_of_every_change_and_of_no_other(stack: UndoStack) -> None:
    heard: list[Any] = []
    stack.canUndoChanged.connect(heard.append)
    stack.canRedoChanged.connect(heard.append)
    stack.undoTextChanged.connect(heard.append)
    stack.redoTextChanged.connect(heard.append)
    target = Target()
    stack.undo()
    stack.redo()
    assert heard == []
    stack.push(EditCommand(target, stroke(target, 1), "Brush", applied=True))
    assert heard == [True, "Brush"]
    heard.clear()
    stack.push(EditCommand(target, stroke(target, 2), "Fill", applied=True))
    assert heard == ["Fill"]
    heard.clear()
    stack.undo()
    assert heard == [True, "Brush", "Fill"]
    heard.clear()
    stack.push(EditCommand(target, stroke(target, 3), "Wand", applied=True))
    assert heard == [False, "Wand", ""]
    assert stack.count() == 2
