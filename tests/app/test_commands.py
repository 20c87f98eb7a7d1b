"""Undo commands: a stroke is not painted twice, and every change is made or noted once."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtGui import QUndoStack

from app.commands import AnyEdit, EditCommand, commands_to_pack
from segcore.edits import Stroke


class Target:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.labels = np.zeros((20, 20), np.uint8)
        self.origins = np.zeros((20, 20), np.uint8)
        self.calls: list[str] = []

    def make(self, edit: AnyEdit) -> None:
        self.calls.append("make")
        edit.apply(self.labels, self.origins)

    def note(self, edit: AnyEdit) -> None:
        self.calls.append("note")


def stroke(target: Target, class_id: int) -> AnyEdit:
    stroke = Stroke(target.labels, target.origins)
    stroke.paint_segment((10, 10), (12, 10), 8, class_id, 1)
    edit = stroke.commit("Brush")
    assert edit is not None
    return edit


def test_a_painted_stroke_is_noted_when_pushed_and_made_when_done_again(qapp: Any) -> None:
    target, stack = Target(), QUndoStack()
    stack.push(EditCommand(target, stroke(target, 3), "Brush", applied=True))
    assert target.calls == ["note"]
    stack.undo()
    assert not target.labels.any()
    stack.redo()
    assert target.calls == ["note", "make", "make"]
    assert target.labels[10, 10] == 3


def test_what_has_not_been_applied_is_made_when_pushed(qapp: Any) -> None:
    target, stack = Target(), QUndoStack()
    edit = stroke(target, 3).inverse()
    stack.push(EditCommand(target, edit, "Clear", applied=False))
    assert target.calls == ["make"]
    assert not target.labels.any()


def test_the_newest_commands_stay_unpacked(qapp: Any) -> None:
    target, stack = Target(), QUndoStack()
    for i in range(4):
        stack.push(EditCommand(target, stroke(target, i + 1), "Brush", applied=True))
    one = stack.command(3).nbytes
    to_pack = list(commands_to_pack(stack, 2 * one))
    assert [command is stack.command(i) for command, i in zip(to_pack, (1, 0))] == [True, True]
    for command in to_pack:
        command.pack()
    assert list(commands_to_pack(stack, 2 * one)) == []
