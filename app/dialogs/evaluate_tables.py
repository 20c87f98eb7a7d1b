"""The tables of an evaluation: one row a class, one row a picture."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QTableWidgetItem, QWidget

from app.dialogs.score_table import (
    MOST_PICTURES,
    NumberItem,
    PicturesTable,
    ScoreTable,
    percent,
    swatch,
)
from segcore.evaluation import PictureScore, Report

__all__ = ["ClassScoresTable", "WorstPicturesTable", "percent"]


class ClassScoresTable(ScoreTable):
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
            self.put(row, 0, QTableWidgetItem(swatch(info), info.name))
            for column, value in enumerate(
                (scores.iou[row], scores.accuracy[row], report.boundary_f_per_class[row]), 1
            ):
                self.put(row, column, NumberItem(float(value), percent(float(value))))
            pixels = int(scores.pixels[row])
            self.put(row, 4, NumberItem(pixels, f"{pixels:,}"))
        self.setSortingEnabled(True)
        self.sortByColumn(-1, Qt.SortOrder.AscendingOrder)


class WorstPicturesTable(PicturesTable):
    """Pictures, the worst first."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("evaluate.pictures", parent)
        self.set_titles(
            (
                self.tr("Picture"),
                self.tr("mIoU"),
                self.tr("Accuracy"),
                self.tr("Boundary F"),
                self.tr("Wrong pixels"),
            )
        )

    def set_pictures(self, pictures: Sequence[PictureScore]) -> None:
        """Show the worst of the pictures, which are in that order."""
        self.setSortingEnabled(False)
        shown = pictures[:MOST_PICTURES]
        self.setRowCount(len(shown))
        for row, each in enumerate(shown):
            self.put(row, 0, QTableWidgetItem(each.name))
            for column, value in enumerate((each.miou, each.pixel_accuracy, each.boundary_f), 1):
                self.put(row, column, NumberItem(value, percent(value)))
            self.put(row, 4, NumberItem(each.wrong, f"{each.wrong:,}"))
        self.setSortingEnabled(True)
        self.sortByColumn(-1, Qt.SortOrder.AscendingOrder)
