"""One step of what can be undone: an edit of the document's labels, in memory or on disk."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from segcore.edits import Edit, PackedEdit
from segcore.project import Kind, widened

AnyEdit = Edit | PackedEdit


def ids_of(edit: AnyEdit) -> npt.NDArray[Any]:
    """The ids that an edit writes, each once."""
    return np.unique(np.concatenate([np.unique(patch.after) for patch in edit.patches]))


class EditTarget(Protocol):
    """What an edit is made on: the document."""

    @property
    def is_wide(self) -> bool:
        """Whether labels have 16 bits."""

    def make(self, edit: AnyEdit, kind: Kind, command: EditCommand) -> None:
        """Apply an edit to the labels, record it and tell the views."""

    def note(self, edit: AnyEdit, command: EditCommand) -> None:
        """Record an edit that the labels show already, and tell the views."""

    def stored(self, step: int) -> Edit:
        """The edit of a step of the project's history.

        Raises:
            LookupError, SegcoreError: it is not there any more, or cannot be read.
        """

    def keeps(self, step: int) -> bool:
        """Whether the project has a step on disk."""


class EditCommand:
    """One edit on the undo stack.

    The stack calls `redo` as soon as a command is pushed; a stroke has been painted by then, so
    the first `redo` of an `applied` edit changes nothing and only records it.

    Attributes:
        text: what was done.
        step: the number of the edit in the project's history, once it has one.
    """

    def __init__(
        self,
        target: EditTarget,
        edit: AnyEdit | None,
        text: str,
        *,
        applied: bool = False,
        step: int | None = None,
    ) -> None:
        self.text = text
        self.step = step
        self._target = target
        self._edit = edit
        self._applied = applied
        self._noted = step is not None

    @property
    def nbytes(self) -> int:
        """Memory that it holds."""
        edit = self._edit
        return 0 if edit is None else edit.nbytes

    @property
    def is_held(self) -> bool:
        """Whether its edit is in memory."""
        return self._edit is not None

    def redo(self) -> None:
        """Make the edit, unless it has been made by whoever pushed it.

        Raises:
            LookupError, SegcoreError: it was on disk and is not there any more.
        """
        edit = self._ready()
        if self._applied:
            self._applied = False
            self._noted = True
            self._target.note(edit, self)
        else:
            kind = Kind.REDO if self._noted else Kind.DO
            self._noted = True
            self._target.make(edit, kind, self)

    def undo(self) -> None:
        """Make the inverse of the edit; raises as `redo`."""
        self._target.make(self._ready().inverse(), Kind.UNDO, self)

    def load(self) -> None:
        """Have the edit in memory; may run on another thread, raises as `redo`."""
        if self._edit is None and self.step is not None:
            self._edit = self._target.stored(self.step)

    def release(self) -> None:
        """Let the memory go where the disk has the edit, and reduce it where not; as `load`."""
        edit = self._edit
        if edit is not None:
            on_disk = self.step is not None and self._target.keeps(self.step)
            self._edit = None if on_disk else edit.packed()

    def _ready(self) -> AnyEdit:
        self.load()
        edit = self._edit
        if edit is None:
            raise LookupError(self.text)
        if self._target.is_wide:
            edit = self._edit = widened(edit)
        return edit
