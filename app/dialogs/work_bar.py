"""How far a dialog's work is, how long it still takes, and a way to call it off."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QWidget

from app.duration import duration_text
from segcore.progress import Progress


class WorkBar(QWidget):
    """A bar with the time left; keeps its place while nothing runs."""

    cancelRequested = Signal()

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.bar = QProgressBar(self)
        self.bar.setObjectName(f"{name}.progress")
        self.bar.setAccessibleName(self.tr("Progress"))
        self.bar.setTextVisible(False)
        self.left = QLabel(self)
        self.left.setObjectName(f"{name}.time_left")
        self.left.setProperty("role", "muted")
        self.left.setMinimumWidth(
            self.fontMetrics().horizontalAdvance("100,000 / 100,000   00 min")
        )
        self.left.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.cancel = QPushButton(self.tr("Ca&ncel"), self)
        self.cancel.setObjectName(f"{name}.cancel")
        self.cancel.setAutoDefault(False)
        self.cancel.clicked.connect(self.cancelRequested)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for widget, stretch in ((self.bar, 1), (self.left, 0), (self.cancel, 0)):
            layout.addWidget(widget, stretch)
        self.set_running(running=False)

    def set_running(self, *, running: bool) -> None:
        """Work has begun, or has ended."""
        self.cancel.setEnabled(running)
        self.bar.setRange(0, 0 if running else 1)
        self.bar.setValue(0)
        self.left.clear()

    def set_progress(self, progress: Progress) -> None:
        """How far it is."""
        self.bar.setRange(0, max(progress.total, 1))
        self.bar.setValue(progress.done)
        left = progress.seconds_left
        words = f"{progress.done:,} / {progress.total:,}"
        self.left.setText(words if left is None else f"{words}   {duration_text(left)}")
