"""What has reached the disk of the open picture, and what could not."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import QObject, QTimer, Signal

from app.recorder import Recorder
from app.user_error import UserError
from segcore.project import Project

_INTERVAL = 250
"""Milliseconds between looks at what the project has put on disk."""


class SavingWatch(QObject):
    """Looks at one project at a time, and says every failure once.

    `savedChanged` carries the `datetime` until which everything is saved, `failed` a `UserError`.
    """

    savedChanged = Signal(object)
    failed = Signal(object)

    def __init__(self, recorder: Recorder, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._project: Project | None = None
        self._last_saved: float | None = None
        self._last_failure = ""
        self._timer = QTimer(self)
        self._timer.setInterval(_INTERVAL)
        self._timer.timeout.connect(self.look)
        recorder.failed.connect(self.tell)
        recorder.done.connect(self.look)

    def begin(self, project: Project) -> None:
        """Look at this project; what it has saved before is no news."""
        self._project, self._last_saved = project, project.last_saved
        self._timer.start()

    def end(self) -> None:
        """Look at none."""
        self._project = None
        self._timer.stop()

    def look(self) -> None:
        """Tell when something has been saved since the last look."""
        saved = None if self._project is None else self._project.last_saved
        if saved and saved != self._last_saved:
            self._last_saved = saved
            self._last_failure = ""
            self.savedChanged.emit(datetime.fromtimestamp(saved))

    def tell(self, failure: UserError) -> None:
        """Say it once: a full disk refuses every edit with the same words until there is room."""
        if failure.sentence != self._last_failure:
            self._last_failure = failure.sentence
            self.failed.emit(failure)
