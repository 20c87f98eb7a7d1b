"""The undo stack of the open picture: as Qt's, but begun from a history and without a limit.

Qt's own stack holds every command in memory and can only be filled by doing what is on it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import QObject, Signal

from app.commands import EditCommand
from segcore.errors import SegcoreError

HELD_BYTES = 192 << 20
"""Of the edits used last, which undo at once; the others are read from disk."""


class UndoStack(QObject):
    """What can be undone and done again.

    Args:
        behind: has a function called on another thread, where edits are read and let go.
    """

    canUndoChanged = Signal(bool)
    canRedoChanged = Signal(bool)
    undoTextChanged = Signal(str)
    redoTextChanged = Signal(str)
    indexChanged = Signal(int)
    broken = Signal(str)

    def __init__(self, behind: Callable[[Callable[[], None]], None], parent: QObject) -> None:
        super().__init__(parent)
        self._behind = behind
        self._commands: list[EditCommand] = []
        self._index = 0
        self._held: dict[EditCommand, int] = {}
        self._held_bytes = 0
        self._told = (False, False, "", "")

    def push(self, command: EditCommand) -> None:
        """Do a command and put it on the stack, in the place of all that could be done again."""
        command.redo()
        for gone in self._commands[self._index :]:
            self._held_bytes -= self._held.pop(gone, 0)
        del self._commands[self._index :]
        self._commands.append(command)
        self._index += 1
        self._use(command)
        self._tell()

    def undo(self) -> None:
        """Take back the last command that is done."""
        if not self.canUndo():
            return
        command = self._commands[self._index - 1]
        try:
            command.undo()
        except (LookupError, SegcoreError) as error:
            self._drop(self._commands[self._index :], 0, error)
            return
        self._index -= 1
        self._use(command)
        self._tell()

    def redo(self) -> None:
        """Do the command again that was taken back last."""
        if not self.canRedo():
            return
        command = self._commands[self._index]
        try:
            command.redo()
        except (LookupError, SegcoreError) as error:
            self._drop(self._commands[: self._index], self._index, error)
            return
        self._index += 1
        self._use(command)
        self._tell()

    def restore(self, commands: Sequence[EditCommand], index: int) -> None:
        """Begin with commands of which the first `index` are done."""
        self._commands, self._index = list(commands), index
        self._held, self._held_bytes = {}, 0
        self._tell()
        self._load_near()

    def clear(self) -> None:
        """Forget everything."""
        self.restore((), 0)

    def count(self) -> int:
        """How many commands there are."""
        return len(self._commands)

    def index(self) -> int:
        """How many of them are done."""
        return self._index

    def command(self, position: int) -> EditCommand:
        """The command at a position, from 0, the oldest first."""
        return self._commands[position]

    def canUndo(self) -> bool:
        """Whether something is done."""
        return self._index > 0

    def canRedo(self) -> bool:
        """Whether something can be done again."""
        return self._index < len(self._commands)

    def undoText(self) -> str:
        """What would be undone."""
        return self._commands[self._index - 1].text if self.canUndo() else ""

    def redoText(self) -> str:
        """What would be done again."""
        return self._commands[self._index].text if self.canRedo() else ""

    def _drop(self, kept: list[EditCommand], index: int, error: Exception) -> None:
        """Go on without the side of the stack that cannot be read."""
        self.restore(kept, index)
        self.broken.emit(str(error) if isinstance(error, SegcoreError) else "")

    def _use(self, command: EditCommand) -> None:
        """Hold what was used last, let go of what was not, read what may be used next."""
        self._held_bytes -= self._held.pop(command, 0)
        self._held[command] = command.nbytes
        self._held_bytes += command.nbytes
        while self._held_bytes > HELD_BYTES and len(self._held) > 1:
            oldest = next(iter(self._held))
            self._held_bytes -= self._held.pop(oldest)
            self._behind(oldest.release)
        self._load_near()

    def _load_near(self) -> None:
        for command in self._commands[max(self._index - 1, 0) : self._index + 1]:
            if not command.is_held:
                self._behind(partial(_load_quietly, command))

    def _tell(self) -> None:
        before = self._told
        now = self._told = (self.canUndo(), self.canRedo(), self.undoText(), self.redoText())
        if now[0] != before[0]:
            self.canUndoChanged.emit(now[0])
        if now[1] != before[1]:
            self.canRedoChanged.emit(now[1])
        if now[2] != before[2]:
            self.undoTextChanged.emit(now[2])
        if now[3] != before[3]:
            self.redoTextChanged.emit(now[3])
        self.indexChanged.emit(self._index)


def _load_quietly(command: EditCommand) -> None:
    try:
        command.load()
    except (LookupError, SegcoreError):
        return  # said when somebody wants it
