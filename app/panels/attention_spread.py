"""The chart of how far and how sharply each head looks, small; a click enlarges it."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QIcon, QImage, QPixmap
from PySide6.QtWidgets import QLabel, QPushButton, QToolButton, QVBoxLayout, QWidget

CHART = QSize(272, 300)
"""Logical pixels of the small chart."""


class SpreadView(QWidget):
    """Asks for the measurement, then shows its chart; `enlargeRequested` when that is clicked."""

    measureRequested = Signal()
    enlargeRequested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        heading = QLabel(self.tr("How far each head looks"), self)
        heading.setProperty("role", "heading")
        self.message = QLabel(self)
        self.message.setObjectName("attention.spread_message")
        self.message.setWordWrap(True)
        self.message.setProperty("role", "muted")
        self.measure = QPushButton(self.tr("Measure every head"), self)
        self.measure.setObjectName("attention.measure_spread")
        self.measure.clicked.connect(self.measureRequested)
        self.chart = QToolButton(self)
        self.chart.setObjectName("attention.spread_chart")
        self.chart.setAccessibleName(self.tr("Chart of distance and entropy of every head"))
        self.chart.setToolTip(self.tr("Click for a larger chart, to look at and to save"))
        self.chart.setProperty("thumbnail", "true")
        self.chart.setIconSize(CHART)
        self.chart.clicked.connect(self.enlargeRequested)
        for widget in (heading, self.message):
            layout.addWidget(widget)
        layout.addWidget(self.measure, 0, Qt.AlignmentFlag.AlignLeft)
        layout.addWidget(self.chart, 0, Qt.AlignmentFlag.AlignHCenter)
        self.clear()

    def clear(self) -> None:
        """Nothing has been measured of this picture and model."""
        self.message.setText(
            self.tr("Mean distance and entropy, over all tokens of the picture, head by head.")
        )
        self.measure.setEnabled(True)
        self.measure.show()
        self.chart.hide()

    def wait(self) -> None:
        """The measurement is under way."""
        self.measure.setEnabled(False)

    def say(self, sentence: str) -> None:
        """Say why there is no chart."""
        self.clear()
        if sentence:
            self.message.setText(sentence)

    def set_chart(self, image: QImage) -> None:
        """Show the chart, as many pixels as the screen has in `CHART`."""
        image.setDevicePixelRatio(self.devicePixelRatioF())
        self.chart.setIcon(QIcon(QPixmap.fromImage(image)))
        self.measure.hide()
        self.chart.show()
