"""Averages of receptive fields over pictures: which, where, how far, and a way to stop."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from app.duration import duration_text

Which = Literal["all", "first", "chosen"]
_MOST = 100_000


class AverageSection(QWidget):
    """Asks for averages: `averageRequested` has which pictures, how many, and whether at the
    queried pixel instead of the middle."""

    averageRequested = Signal(str, int, bool)
    pauseRequested = Signal(bool)
    stopRequested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("fields.average_section")
        self.which = QComboBox(self)
        self.which.setObjectName("fields.which")
        self.which.setAccessibleName(self.tr("Which pictures"))
        for value, text in (
            ("first", self.tr("First")),
            ("all", self.tr("All")),
            ("chosen", self.tr("From the open one on")),
        ):
            self.which.addItem(text, value)
        self.which.currentIndexChanged.connect(self._follow_which)
        self.count = QSpinBox(self)
        self.count.setObjectName("fields.count")
        self.count.setAccessibleName(self.tr("How many pictures"))
        self.count.setRange(1, _MOST)
        self.count.setValue(20)
        self.place = QComboBox(self)
        self.place.setObjectName("fields.place")
        self.place.setAccessibleName(self.tr("At which place of each picture"))
        self.place.addItem(self.tr("Middle"), "middle")
        self.place.addItem(self.tr("Pixel"), "pixel")
        self.start = QPushButton(self.tr("Average"), self)
        self.start.setObjectName("fields.average")
        self.start.clicked.connect(self._request)
        self.pause = QPushButton(self.tr("Pause"), self)
        self.pause.setObjectName("fields.pause")
        self.pause.setCheckable(True)
        self.pause.toggled.connect(self._toggle_pause)
        self.stop = QPushButton(self.tr("Stop"), self)
        self.stop.setObjectName("fields.stop")
        self.stop.setToolTip(self.tr("Stop, and keep the average so far"))
        self.stop.clicked.connect(self.stopRequested)
        self.bar = QProgressBar(self)
        self.bar.setObjectName("fields.progress")
        self.bar.setAccessibleName(self.tr("Progress of the average"))
        self.bar.setTextVisible(False)
        self.words = QLabel(self)
        self.words.setObjectName("fields.average_words")
        self.words.setProperty("role", "muted")
        self.words.setWordWrap(True)
        self._lay_out()
        self.set_running(running=False)
        self.say("")

    @property
    def at_pixel(self) -> bool:
        """Whether fields are taken at the queried pixel instead of the middle."""
        return bool(self.place.currentData() == "pixel")

    @property
    def wanted(self) -> tuple[str, int]:
        """Which pictures, and how many of them at most."""
        which = self.which.currentData()
        return which, _MOST if which == "all" else self.count.value()

    def set_running(self, *, running: bool) -> None:
        """Show the way to stop, or the way to begin."""
        self.start.setEnabled(not running)
        for widget in (self.bar, self.pause, self.stop):
            widget.setVisible(running)
        if not running:
            self.pause.setChecked(False)

    def set_progress(self, done: int, total: int, seconds_left: float | None) -> None:
        """Say how far it is."""
        self.bar.setRange(0, total)
        self.bar.setValue(done)
        words = self.tr("{} of {} pictures").format(done, total)
        if seconds_left is not None and done < total:
            words = self.tr("{}, {} left").format(words, duration_text(seconds_left))
        self.say(words)

    def say(self, words: str, tip: str = "") -> None:
        """A sentence under the buttons."""
        self.words.setText(words)
        self.words.setToolTip(tip)
        self.words.setVisible(bool(words))

    def _request(self) -> None:
        self.averageRequested.emit(*self.wanted, self.at_pixel)

    def _toggle_pause(self, paused: bool) -> None:
        self.pause.setText(self.tr("Go on") if paused else self.tr("Pause"))
        self.pauseRequested.emit(paused)

    def _follow_which(self) -> None:
        self.count.setVisible(self.which.currentData() != "all")

    def _lay_out(self) -> None:
        heading = QLabel(self.tr("Average over pictures"), self)
        heading.setProperty("role", "heading")
        choosers = QHBoxLayout()
        choosers.setSpacing(6)
        self.which.setMinimumContentsLength(5)
        self.which.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        choosers.addWidget(self.which, 1)
        choosers.addWidget(self.count)
        choosers.addWidget(self.place)
        buttons = QHBoxLayout()
        buttons.setSpacing(6)
        for button in (self.start, self.pause, self.stop):
            buttons.addWidget(button)
        buttons.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(heading)
        layout.addLayout(choosers)
        layout.addLayout(buttons)
        layout.addWidget(self.bar)
        layout.addWidget(self.words)
