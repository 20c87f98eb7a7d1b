"""The timeline of a clip: the strip, what plays it, and what is under way for it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QSizePolicy,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.duration import clock_text
from app.panels.timeline_strip import TimelineStrip
from app.theme import Tones

SPEEDS = (0.1, 0.25, 0.5, 1.0, 2.0, 4.0)


class TimelinePanel(QWidget):
    """Buttons above the strip; everything that is asked for is a signal or an action."""

    speedRequested = Signal(float)
    reachRequested = Signal(int)
    previewWanted = Signal(bool)
    workCancelRequested = Signal()

    def __init__(self, groups: Sequence[Sequence[QAction]], parent: QWidget | None = None) -> None:
        """`groups` are actions to have buttons for, a gap between two groups."""
        super().__init__(parent)
        self.setObjectName("panel.timeline")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.strip = TimelineStrip(self)
        row = QHBoxLayout()
        row.setContentsMargins(10, 4, 10, 0)
        row.setSpacing(2)
        for number, group in enumerate(groups):
            if number:
                row.addSpacing(10)
            for action in group:
                row.addWidget(self._button(action))
            if number == 0:
                row.addWidget(self._speed_box())
        row.addSpacing(10)
        row.addWidget(self._reach_box())
        row.addWidget(self._preview_box())
        self.work = QLabel(self)
        self.work.setObjectName("timeline.work")
        self.work.setProperty("role", "muted")
        self.work.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        # What is said there never makes the window wider.
        self.work.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.bar = QProgressBar(self)
        self.bar.setObjectName("timeline.progress")
        self.bar.setAccessibleName(self.tr("Progress of the work on the clip"))
        self.bar.setFixedWidth(110)
        self.bar.setTextVisible(False)
        self.cancel = QToolButton(self)
        self.cancel.setObjectName("timeline.cancel")
        self.cancel.setText("✕")
        self.cancel.setToolTip(self.tr("Stop; what is done so far is kept"))
        self.cancel.setAccessibleName(self.tr("Stop the work on the clip"))
        self.cancel.clicked.connect(self.workCancelRequested)
        self.place = QLabel(self)
        self.place.setObjectName("timeline.place")
        self.place.setMinimumWidth(170)
        self.place.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self.work, 1)
        for widget in (self.bar, self.cancel, self.place):
            row.addWidget(widget)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 2)
        layout.setSpacing(2)
        layout.addLayout(row)
        layout.addWidget(self.strip, 1)
        self.set_work("", None)

    def set_place(self, number: int, count: int, seconds: float) -> None:
        """Say which frame is shown, of how many, and when it comes."""
        words = self.tr("{:,} / {:,}   {}")
        self.place.setText(words.format(number, count - 1, clock_text(seconds)))
        self.strip.set_position(number)

    def set_work(self, text: str, share: float | None) -> None:
        """Say what is under way and how far it is, 0 to 1; an empty text says that nothing is."""
        self.work.setText(text)
        self.work.setToolTip(text)
        self.bar.setVisible(share is not None)
        self.cancel.setVisible(share is not None)
        if share is not None:
            self.bar.setRange(0, 1000)
            self.bar.setValue(round(share * 1000))

    def set_tones(self, tones: Tones) -> None:
        """Paint in the colours of a theme."""
        self.strip.set_tones(tones)

    def _button(self, action: QAction) -> QToolButton:
        button = QToolButton(self)
        button.setDefaultAction(action)
        button.setAutoRaise(True)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setObjectName(f"timeline.{action.objectName().removeprefix('action.')}")
        button.setAccessibleName(action.text().replace("&", ""))
        return button

    def _speed_box(self) -> QComboBox:
        self.speed = QComboBox(self)
        self.speed.setObjectName("timeline.speed")
        self.speed.setAccessibleName(self.tr("Speed"))
        self.speed.setToolTip(self.tr("How fast the clip plays"))
        for speed in SPEEDS:
            self.speed.addItem(f"{speed:g}x", speed)
        self.speed.setCurrentIndex(SPEEDS.index(1.0))
        self.speed.currentIndexChanged.connect(
            lambda index: self.speedRequested.emit(SPEEDS[index])
        )
        return self.speed

    def _reach_box(self) -> QSpinBox:
        self.reach = QSpinBox(self)
        self.reach.setObjectName("timeline.reach")
        self.reach.setAccessibleName(self.tr("How many frames labels are carried"))
        self.reach.setToolTip(
            self.tr("How many frames labels are carried; 0: to the next cut or corrected frame")
        )
        self.reach.setRange(0, 9999)
        self.reach.setValue(10)
        self.reach.setSuffix(self.tr(" frames"))
        self.reach.setSpecialValueText(self.tr("to the next cut"))
        self.reach.valueChanged.connect(self.reachRequested)
        return self.reach

    def _preview_box(self) -> QCheckBox:
        self.preview = QCheckBox(self.tr("Preview"), self)
        self.preview.setObjectName("timeline.preview")
        self.preview.setToolTip(
            self.tr("Show the next frame first: the same key goes on, Esc takes it back")
        )
        self.preview.toggled.connect(self.previewWanted)
        return self.preview
