"""A window with one chart, as large as it is made, that can be saved."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QImage, QPixmap, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from app.dialogs.room import take_room

_REST = 120
"""Milliseconds without another resize after which the chart is drawn anew."""


class ChartDialog(QDialog):
    """Asks to have its chart drawn at `chart_size`, and to have it saved under a path."""

    drawRequested = Signal()
    saveRequested = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("dialog.chart")
        self.picture = QLabel(self)
        self.picture.setObjectName("chart.picture")
        self.picture.setAccessibleName(self.tr("Chart"))
        self.picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.picture.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        self.picture.setMinimumSize(360, 320)
        self.message = QLabel(self)
        self.message.setObjectName("chart.message")
        self.message.setProperty("role", "muted")
        self.save = QPushButton(self.tr("Save As…"), self)
        self.save.setObjectName("chart.save")
        self.save.setAutoDefault(False)
        self.save.clicked.connect(self._ask_for_path)
        row = QHBoxLayout()
        row.addWidget(self.message, 1)
        row.addWidget(self.save)
        layout = QVBoxLayout(self)
        layout.addWidget(self.picture, 1)
        layout.addLayout(row)
        take_room(self, 820, 680)
        self._resized = QTimer(self)
        self._resized.setSingleShot(True)
        self._resized.setInterval(_REST)
        self._resized.timeout.connect(self.drawRequested)

    @property
    def chart_size(self) -> QSize:
        """Logical pixels that the chart may have."""
        return self.picture.size()

    def set_chart(self, image: QImage) -> None:
        """Show a chart, drawn for the screen's resolution."""
        image.setDevicePixelRatio(self.devicePixelRatioF())
        self.picture.setPixmap(QPixmap.fromImage(image))

    def say(self, sentence: str) -> None:
        """Say what has become of saving."""
        self.message.setText(sentence)

    def showEvent(self, event: QShowEvent) -> None:
        """Qt: have the chart drawn."""
        super().showEvent(event)
        self.message.clear()
        self._resized.start()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt: have the chart drawn anew once the size stays."""
        super().resizeEvent(event)
        self._resized.start()

    def _ask_for_path(self) -> None:
        kinds = ("PNG (*.png)", "SVG (*.svg)", "PDF (*.pdf)", "CSV (*.csv)")
        path, kind = QFileDialog.getSaveFileName(
            self, self.tr("Save the chart"), "attention_spread.png", ";;".join(kinds)
        )
        if path:
            ending = kind[kind.find("*") + 1 : -1]
            self.saveRequested.emit(path if "." in path.rsplit("/", 1)[-1] else path + ending)
