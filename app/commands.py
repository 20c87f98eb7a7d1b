"""What undo and redo do: an edit of the document's labels, and its inverse."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from PySide6.QtGui import QUndoCommand, QUndoStack

from segcore.edits import Edit, PackedEdit

AnyEdit = Edit | PackedEdit


class EditTarget(Protocol):
    """What an edit is made on: the document."""

    def make(self, edit: AnyEdit) -> None:
        """Apply an edit to the labels, record it and tell the views."""

    def note(self, edit: AnyEdit) -> None:
        """Record an edit that the labels show already, and tell the views."""


class EditCommand(QUndoCommand):
    """One edit on the undo stack.

    The stack calls `redo` as soon as a command is pushed; a stroke has been painted by then, so
    the first `redo` of an `applied` edit changes nothing and only records it.
    """

    def __init__(self, target: EditTarget, edit: AnyEdit, text: str, *, applied: bool) -> None:
        super().__init__(text)
        self._target = target
        self._edit = edit
        self._applied = applied

    @property
    def nbytes(self) -> int:
        """Memory that it holds."""
        return self._edit.nbytes

    @property
    def is_packed(self) -> bool:
        """Whether its memory has been reduced already."""
        return isinstance(self._edit, PackedEdit)

    def redo(self) -> None:
        """Make the edit, unless it has been made by whoever pushed it."""
        if self._applied:
            self._applied = False
            self._target.note(self._edit)
        else:
            self._target.make(self._edit)

    def undo(self) -> None:
        """Make the inverse of the edit."""
        self._target.make(self._edit.inverse())

    def pack(self) -> None:
        """Reduce the memory it holds; may run on another thread, for the swap is one step."""
        self._edit = self._edit.packed()


def commands_to_pack(stack: QUndoStack, budget: int) -> Iterator[EditCommand]:
    """The commands below the newest that together hold `budget` bytes, as far as not packed."""
    held = 0
    for index in range(stack.count() - 1, -1, -1):
        command = stack.command(index)
        if not isinstance(command, EditCommand):
            continue
        held += command.nbytes
        if held > budget:
            if command.is_packed:
                return
            yield command
