"""The tables of an evaluation: one row a class, one row a picture."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QIcon, QPixmap
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from segcore.classes import ClassInfo
from segcore.evaluation import PictureScore, Report

_MOST_PICTURES = 1000
"""Pictures that are listed, the worst; the files that are saved have all."""


class _Table(QTableWidget):
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
        self.setHorizontalHeaderLabels(list(titles))
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)

    def put(self, row: int, column: int, item: QTableWidgetItem) -> None:
        """Lay an item into a row; numbers stand on the right."""
        if column:
            item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.setItem(row, column, item)


class _Number(QTableWidgetItem):
    """Sorted by its value; what is no number stands below all."""

    def __init__(self, value: float, text: str) -> None:
        super().__init__(text)
        self.value = -1.0 if math.isnan(value) else value

    def __lt__(self, other: QTableWidgetItem) -> bool:
        return isinstance(other, _Number) and self.value < other.value


class ClassScoresTable(_Table):
    """IoU, accuracy and boundary F of each class."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("evaluate.classes", parent)
        titles = (
            self.tr("Class"),
            self.tr("IoU"),
            self.tr("Accuracy"),
            self.tr("Boundary F"),
            self.tr("Pixels"),
        )
        self.set_titles(titles)
        self.setAccessibleName(self.tr("Scores of the classes"))

    def set_report(self, report: Report) -> None:
        """Show what was found."""
        scores = report.scores
        self.setSortingEnabled(False)
        self.setRowCount(len(report.classes))
        for row, info in enumerate(report.classes):
            self.put(row, 0, QTableWidgetItem(_swatch(info), info.name))
            for column, value in enumerate(
                (scores.iou[row], scores.accuracy[row], report.boundary_f_per_class[row]), 1
            ):
                self.put(row, column, _Number(float(value), percent(float(value))))
            pixels = int(scores.pixels[row])
            self.put(row, 4, _Number(pixels, f"{pixels:,}"))
        self.setSortingEnabled(True)
        self.sortByColumn(-1, Qt.SortOrder.AscendingOrder)


class WorstPicturesTable(_Table):
    """Pictures, the worst first; `pictureRequested` carries the name of one to be opened."""

    pictureRequested = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("evaluate.pictures", parent)
        titles = (
            self.tr("Picture"),
            self.tr("mIoU"),
            self.tr("Accuracy"),
            self.tr("Boundary F"),
            self.tr("Wrong pixels"),
        )
        self.set_titles(titles)
        self.setAccessibleName(self.tr("Pictures, the worst first"))
        self.setToolTip(self.tr("A double click, or Enter, opens a picture"))
        self.cellActivated.connect(self._request)

    def set_pictures(self, pictures: Sequence[PictureScore]) -> None:
        """Show the worst of the pictures, which are in that order."""
        self.setSortingEnabled(False)
        shown = pictures[:_MOST_PICTURES]
        self.setRowCount(len(shown))
        for row, each in enumerate(shown):
            self.put(row, 0, QTableWidgetItem(each.name))
            for column, value in enumerate((each.miou, each.pixel_accuracy, each.boundary_f), 1):
                self.put(row, column, _Number(value, percent(value)))
            self.put(row, 4, _Number(each.wrong, f"{each.wrong:,}"))
        self.setSortingEnabled(True)
        self.sortByColumn(-1, Qt.SortOrder.AscendingOrder)

    def _request(self, row: int, _column: int) -> None:
        item = self.item(row, 0)
        if item is not None:
            self.pictureRequested.emit(item.text())


def percent(share: float) -> str:
    """`71.3 %`; a dash for what is no number."""
    return "–" if math.isnan(share) else f"{100 * share:.1f} %"


def _swatch(info: ClassInfo) -> QIcon:
    pixmap = QPixmap(12, 12)
    pixmap.fill(QColor(*info.color))
    return QIcon(pixmap)
