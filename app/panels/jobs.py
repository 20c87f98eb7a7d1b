"""Work in the background, in the status bar: what, how far, how long still, and a way to stop."""

from __future__ import annotations

from dataclasses import dataclass, replace

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QToolButton, QWidget

from app.duration import duration_text

_PATIENCE_MS = 250
"""Work that ends sooner is not shown: a flicker tells nobody anything."""

_SHORTEST = "00 min"
"""There is room for at least this."""


@dataclass(frozen=True)
class JobRow:
    """A job that is under way; without `total` it is not known how far it is.

    `paused` says that it rests.
    """

    id: int
    kind: str
    title: str
    done: int = 0
    total: int = 0
    seconds_left: float | None = None
    paused: bool = False


class JobsPanel(QWidget):
    """Shows the job that the person waits for, and how many there are besides.

    `pauseRequested(kind, paused)`: a batch is to rest, or to go on.
    """

    cancelRequested = Signal(str)
    pauseRequested = Signal(str, bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("panel.jobs")
        self._jobs: dict[int, JobRow] = {}
        self.label = QLabel(self)
        self.label.setObjectName("jobs.label")
        self.bar = QProgressBar(self)
        self.bar.setObjectName("jobs.progress")
        self.bar.setAccessibleName(self.tr("Progress"))
        self.bar.setFixedWidth(140)
        self.bar.setTextVisible(False)
        self.left = QLabel(self)
        self.left.setObjectName("jobs.time_left")
        self.pause = QToolButton(self)
        self.pause.setObjectName("jobs.pause")
        self.pause.setText("❚❚")
        self.pause.setCheckable(True)
        self.pause.setToolTip(self.tr("Pause this work; the same button goes on"))
        self.pause.setAccessibleName(self.tr("Pause this work"))
        self.pause.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.pause.clicked.connect(self._request_pause)
        self.cancel = QToolButton(self)
        self.cancel.setObjectName("jobs.cancel")
        self.cancel.setText("✕")
        self.cancel.setToolTip(self.tr("Cancel this work"))
        self.cancel.setAccessibleName(self.tr("Cancel this work"))
        self.cancel.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.cancel.clicked.connect(self._request_cancel)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        for widget in (self.label, self.bar, self.left, self.pause, self.cancel):
            layout.addWidget(widget)
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.setInterval(_PATIENCE_MS)
        self._patience.timeout.connect(self._show_work)
        self._show_contents(visible=False)

    @property
    def shown(self) -> JobRow | None:
        """The job in view: a batch before the short ones, the newest of each."""
        rows = sorted(self._jobs.values(), key=lambda row: (row.kind == "batch", row.id))
        return rows[-1] if rows else None

    def set_job(self, row: JobRow) -> None:
        """Show a job, or how far it has come; where that is not said, as far as before."""
        known = self._jobs.get(row.id)
        if known is not None and not row.total:
            row = replace(row, done=known.done, total=known.total)
        self._jobs[row.id] = row
        if self.bar.isVisibleTo(self):
            self._show_work()
        elif not self._patience.isActive():
            self._patience.start()

    def remove_job(self, job_id: int) -> None:
        """Forget a job that has ended."""
        self._jobs.pop(job_id, None)
        if not self._jobs:
            self._patience.stop()
            self._show_contents(visible=False)
            self.left.setMinimumWidth(0)
        elif self.bar.isVisibleTo(self):
            self._show_work()

    def _show_work(self) -> None:
        row = self.shown
        if row is None:
            return
        others = len(self._jobs) - 1
        more = self.tr(" (+{})").format(others) if others else ""
        title = self.tr("Paused: {}").format(row.title) if row.paused else row.title
        self.label.setText(title + more)
        self.bar.setRange(0, row.total)
        self.bar.setValue(row.done)
        count = f"{row.done:,}/{row.total:,}" if row.kind == "batch" and row.total else ""
        resting = row.paused or row.seconds_left is None
        left = "" if resting else duration_text(row.seconds_left or 0.0)
        self._show_left("  ".join(part for part in (count, left) if part))
        self._show_contents(visible=True)
        self.pause.setVisible(row.kind == "batch")
        self.pause.setChecked(row.paused)

    def _show_left(self, text: str) -> None:
        """Count and time left, in a room of fixed size that only grows.

        Else the whole status bar would be laid out and painted anew, five times a second, and the
        bar beside it would not stay where it is while the seconds run down.
        """
        metrics = self.left.fontMetrics()
        around = self.left.width() - self.left.contentsRect().width()  # the style has padding
        needed = metrics.horizontalAdvance(max(text, _SHORTEST, key=len) + " ") + around
        width = max(needed, self.left.minimumWidth())
        self.left.setFixedSize(width, metrics.height())
        self.left.setText(text)

    def _show_contents(self, *, visible: bool) -> None:
        for widget in (self.label, self.bar, self.left, self.pause, self.cancel):
            widget.setVisible(visible)

    def _request_pause(self, paused: bool) -> None:
        if (row := self.shown) is not None:
            self.pauseRequested.emit(row.kind, paused)

    def _request_cancel(self) -> None:
        if (row := self.shown) is not None:
            self.cancelRequested.emit(row.kind)
