"""The frames of a clip that stand out: those a person worked on, and those chosen for labelling."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Signal

from app.controllers.clip import ClipController

Numbers = npt.NDArray[np.int64]


class ClipMarks(QObject):
    """Numbers of frames, rising; `changed()` when they are others."""

    changed = Signal()

    def __init__(self, clip: ClipController, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._clip = clip
        self._clip_name = clip.name
        self.corrected: Numbers = np.zeros(0, np.int64)
        self.chosen: Numbers = np.zeros(0, np.int64)
        clip.clipChanged.connect(self._follow_clip)

    def set_corrected(self, numbers: Numbers) -> None:
        """The frames that a person worked on, in order."""
        if not np.array_equal(numbers, self.corrected):
            self.corrected = numbers
            self.changed.emit()

    def set_chosen(self, numbers: Sequence[int]) -> None:
        """The frames that were chosen for labelling."""
        self.chosen = np.array(sorted(numbers), np.int64)
        self.changed.emit()

    def go_to_corrected(self, direction: int) -> None:
        """Open the next corrected frame (1) or the one before (-1), if there is one."""
        here = self._clip.current
        marks = self.corrected
        ahead = marks[marks > here] if direction > 0 else marks[marks < here][::-1]
        if len(ahead):
            self._clip.go_to(int(ahead[0]))

    def go_to_chosen(self) -> None:
        """Open the next chosen frame; after the last comes the first."""
        if len(self.chosen):
            ahead = self.chosen[self.chosen > self._clip.current]
            self._clip.go_to(int(ahead[0] if len(ahead) else self.chosen[0]))

    def _follow_clip(self) -> None:
        """Another clip has marks of its own."""
        if self._clip.name != self._clip_name:
            self._clip_name = self._clip.name
            self.corrected = self.chosen = np.zeros(0, np.int64)
            self.changed.emit()
