"""What undo and redo do: an edit of the document's labels, and its inverse."""

from __future__ import annotations

from typing import Protocol

from PySide6.QtGui import QUndoCommand

from segcore.edits import Edit


class EditTarget(Protocol):
    """What an edit is made on: the document."""

    def make(self, edit: Edit) -> None:
        """Apply an edit to the labels, record it and tell the views."""

    def note(self, edit: Edit) -> None:
        """Record an edit that the labels show already, and tell the views."""


class EditCommand(QUndoCommand):
    """One edit on the undo stack.

    The stack calls `redo` as soon as a command is pushed; a stroke has been painted by then, so
    the first `redo` of an `applied` edit changes nothing and only records it.
    """

    def __init__(self, target: EditTarget, edit: Edit, text: str, *, applied: bool) -> None:
        super().__init__(text)
        self._target = target
        self._edit = edit
        self._inverse = edit.inverse()
        self._applied = applied

    def redo(self) -> None:
        """Make the edit, unless it has been made by whoever pushed it."""
        if self._applied:
            self._applied = False
            self._target.note(self._edit)
        else:
            self._target.make(self._edit)

    def undo(self) -> None:
        """Make the inverse of the edit."""
        self._target.make(self._inverse)
