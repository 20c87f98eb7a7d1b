"""Tables of names and numbers, sorted by any column."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from segcore.classes import ClassInfo

MOST_PICTURES = 1000
"""Pictures that are listed, the worst; the files that are saved have all."""


class ScoreTable(QTableWidget):
    """Rows of a name and numbers, sorted by any column."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setTabKeyNavigation(False)
        self.setShowGrid(False)
        self.setAlternatingRowColors(True)
        self.verticalHeader().hide()

    def set_titles(self, titles: Sequence[str]) -> None:
        """What the columns are."""
        self.setColumnCount(len(titles))
        for column, title in enumerate(titles):  # as what stands below them
            item = QTableWidgetItem(title)
            _align(item, column)
            self.setHorizontalHeaderItem(column, item)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)

    def put(self, row: int, column: int, item: QTableWidgetItem) -> None:
        """Lay an item into a row; numbers stand on the right."""
        _align(item, column)
        self.setItem(row, column, item)


class NumberItem(QTableWidgetItem):
    """Sorted by its value; what is no number stands below all."""

    def __init__(self, value: float, text: str) -> None:
        super().__init__(text)
        self.value = -1.0 if math.isnan(value) else value

    def __lt__(self, other: QTableWidgetItem) -> bool:
        return isinstance(other, NumberItem) and self.value < other.value


class PicturesTable(ScoreTable):
    """Pictures, the worst first; `pictureRequested` carries the name of one to be opened."""

    pictureRequested = Signal(str)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, parent)
        self.setAccessibleName(self.tr("Pictures, the worst first"))
        self.setToolTip(self.tr("A double click, or Enter, opens a picture"))
        self.cellActivated.connect(self._request)

    def _request(self, row: int, _column: int) -> None:
        item = self.item(row, 0)
        if item is not None:
            self.pictureRequested.emit(item.text())


def _align(item: QTableWidgetItem, column: int) -> None:
    """Names on the left, numbers on the right."""
    side = Qt.AlignmentFlag.AlignRight if column else Qt.AlignmentFlag.AlignLeft
    item.setTextAlignment(side | Qt.AlignmentFlag.AlignVCenter)


def percent(share: float) -> str:
    """`71.3 %`; a dash for what is no number."""
    return "–" if math.isnan(share) else f"{100 * share:.1f} %"


def swatch(info: ClassInfo) -> QIcon:
    """A square of the class's colour, with an edge that is seen on any ground."""
    pixmap = QPixmap(12, 12)
    pixmap.fill(QColor(*info.color))
    painter = QPainter(pixmap)
    painter.setPen(QColor("#808080"))
    painter.drawRect(0, 0, 11, 11)
    painter.end()
    return QIcon(pixmap)
