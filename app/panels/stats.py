"""The figures of the project: a chart at a time, its numbers below, both to be saved."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QImage, QPixmap, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QSizePolicy,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

_REST = 150
_CHART_HEIGHT = 260
_LEAST_CHART_HEIGHT = 120


class StatsPanel(QWidget):
    """Asks to have the pictures counted, and the chosen chart drawn and saved.

    `visibilityChanged` says whether somebody looks, `chartRequested` that a chart of `chart_size`
    is wanted, `saveRequested` carries the path of a file.
    """

    updateRequested = Signal()
    chartRequested = Signal()
    saveRequested = Signal(str)
    visibilityChanged = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("panel.stats")
        self.choice = QComboBox(self)
        self.choice.setObjectName("stats.choice")
        self.choice.setAccessibleName(self.tr("What is counted"))
        for title, name in (
            (self.tr("Pictures by status"), "statuses"),
            (self.tr("Pixels by class"), "pixels"),
            (self.tr("Pictures by class"), "pictures"),
            (self.tr("Pixels by origin"), "origins"),
            (self.tr("Labelled over time"), "days"),
        ):
            self.choice.addItem(title, name)
        self.choice.currentIndexChanged.connect(self.chartRequested)
        self.chart = _Chart(self)
        self.chart.setObjectName("stats.chart")
        self.chart.setAccessibleName(self.tr("Chart"))
        self.chart.setMinimumHeight(_LEAST_CHART_HEIGHT)
        self.chart.setMaximumHeight(_CHART_HEIGHT)
        self.chart.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.chart.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.table = QTableWidget(self)
        self.table.setObjectName("stats.table")
        self.table.setAccessibleName(self.tr("Figures"))
        self.table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.table.setShowGrid(False)
        self.table.verticalHeader().hide()
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.words = QLabel(self)
        self.words.setObjectName("stats.words")
        self.words.setProperty("role", "muted")
        self.words.setWordWrap(True)
        self.renew = QPushButton(self.tr("Count again"), self)
        self.renew.setObjectName("stats.update")
        self.renew.clicked.connect(self.updateRequested)
        self.save = QPushButton(self.tr("Save As…"), self)
        self.save.setObjectName("stats.save")
        self.save.clicked.connect(self._ask_for_path)
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(_REST)
        self._settle.timeout.connect(self.chartRequested)
        self._lay_out()
        self.clear()

    @property
    def chart_name(self) -> str:
        """The chart that is chosen."""
        return str(self.choice.currentData())

    @property
    def chart_size(self) -> QSize:
        """Logical pixels that the chart may have."""
        return self.chart.size()

    def clear(self) -> None:
        """Nothing is counted yet."""
        self.chart.clear()
        self.table.setRowCount(0)
        self.save.setEnabled(False)

    def set_chart(self, image: QImage) -> None:
        """Show a chart."""
        self.chart.setPixmap(QPixmap.fromImage(image))

    def set_table(self, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """Show the figures of the chart."""
        self.save.setEnabled(True)
        self.table.setColumnCount(len(columns))
        self.table.setHorizontalHeaderLabels(list(columns))
        self.table.setRowCount(len(rows))
        for place, row in enumerate(rows):
            for column, value in enumerate(row):
                item = QTableWidgetItem(_as_text(value))
                if not isinstance(value, str):
                    item.setTextAlignment(
                        Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
                    )
                self.table.setItem(place, column, item)

    def say(self, sentence: str) -> None:
        """Say how the counting goes, or what became of saving."""
        self.words.setText(sentence)

    def showEvent(self, event: QShowEvent) -> None:
        """Qt: somebody looks."""
        super().showEvent(event)
        self.visibilityChanged.emit(self.isVisible())

    def hideEvent(self, event: QHideEvent) -> None:
        """Qt: nobody does."""
        super().hideEvent(event)
        self.visibilityChanged.emit(self.isVisible())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt: the chart is drawn anew once the size stays."""
        super().resizeEvent(event)
        self._settle.start()

    def _lay_out(self) -> None:
        buttons = QHBoxLayout()
        buttons.addWidget(self.renew)
        buttons.addStretch(1)
        buttons.addWidget(self.save)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 8, 10, 10)
        layout.addWidget(self.choice)
        layout.addWidget(self.chart)
        layout.addWidget(self.table, 1)
        layout.addWidget(self.words)
        layout.addLayout(buttons)

    def _ask_for_path(self) -> None:
        kinds = ("PNG (*.png)", "SVG (*.svg)", "PDF (*.pdf)", "CSV (*.csv)")
        path, kind = QFileDialog.getSaveFileName(
            self, self.tr("Save the chart"), f"{self.chart_name}.png", ";;".join(kinds)
        )
        if path:
            ending = kind[kind.find("*") + 1 : -1]
            self.saveRequested.emit(path if "." in path.rsplit("/", 1)[-1] else path + ending)


class _Chart(QLabel):
    """Gives way on a low screen; its height follows from the room alone, not from what it shows."""

    def sizeHint(self) -> QSize:
        """Qt: as high as a chart is best read."""
        return QSize(0, _CHART_HEIGHT)

    def minimumSizeHint(self) -> QSize:
        """Qt: less will do."""
        return QSize(0, _LEAST_CHART_HEIGHT)


def _as_text(value: object) -> str:
    if isinstance(value, float):
        return f"{100 * value:.2f} %"
    return f"{value:,}" if isinstance(value, int) else str(value)
