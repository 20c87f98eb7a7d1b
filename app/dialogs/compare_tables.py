"""The tables of a comparison: one row a class, one row a picture, and what was not compared."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QTableWidgetItem, QWidget

from app.dialogs.findings import FindingsList
from app.dialogs.score_table import (
    MOST_PICTURES,
    NumberItem,
    PicturesTable,
    ScoreTable,
    percent,
    swatch,
)
from segcore.formats.contract import Finding

if TYPE_CHECKING:
    from segcore.comparison import ComparisonReport


class ComparedClassesTable(ScoreTable):
    """IoU and boundary F of each class, and how many pixels each side has of it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("compare.classes", parent)
        self.setAccessibleName(self.tr("Agreement on the classes"))
        self.set_titles(
            (
                self.tr("Class"),
                self.tr("IoU"),
                self.tr("Boundary F"),
                self.tr("Pixels A"),
                self.tr("Pixels B"),
            )
        )

    def set_report(self, report: ComparisonReport) -> None:
        """Show what was found."""
        self.setSortingEnabled(False)
        self.setRowCount(len(report.occurring))
        for row, (info, numbers) in enumerate(zip(report.occurring, report.class_rows())):
            self.put(row, 0, QTableWidgetItem(swatch(info), info.name))
            for column, share in ((1, numbers[1]), (2, numbers[2])):
                value = math.nan if share is None else share
                self.put(row, column, NumberItem(value, percent(value)))
            for column, pixels in ((3, numbers[3]), (4, numbers[4])):
                self.put(row, column, NumberItem(pixels, f"{pixels:,}"))
        self.setSortingEnabled(True)
        self.sortByColumn(-1, Qt.SortOrder.AscendingOrder)


class ComparedPicturesTable(PicturesTable):
    """Pictures, those on which the sides agree least first."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("compare.pictures", parent)
        self.set_titles(
            (
                self.tr("Picture"),
                self.tr("mIoU"),
                self.tr("Agreement"),
                self.tr("Kappa"),
                self.tr("Boundary F"),
                self.tr("Pixels that differ"),
            )
        )

    def set_report(self, report: ComparisonReport) -> None:
        """Show the worst of the pictures, which are in that order."""
        self.setSortingEnabled(False)
        shown = report.pictures[:MOST_PICTURES]
        self.setRowCount(len(shown))
        for row, each in enumerate(shown):
            self.put(row, 0, QTableWidgetItem(each.picture))
            kappa = NumberItem(each.kappa, number(each.kappa))
            self.put(row, 1, NumberItem(each.miou, percent(each.miou)))
            self.put(row, 2, NumberItem(each.agreement, percent(each.agreement)))
            self.put(row, 3, kappa)
            self.put(row, 4, NumberItem(each.boundary_f, percent(each.boundary_f)))
            self.put(row, 5, NumberItem(each.disagreed, f"{each.disagreed:,}"))
        self.setSortingEnabled(True)
        self.sortByColumn(-1, Qt.SortOrder.AscendingOrder)


class NotComparedList(FindingsList):
    """Pictures that one side alone has, that several could be, or that could not be read."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("compare.not_compared", parent)
        self.setAccessibleName(self.tr("What was not compared"))

    def set_report(self, report: ComparisonReport) -> int:
        """Show what was left out, and say how much."""
        matched = report.matched
        found = [Finding("hindrance", f"{name}: {why}") for name, why in report.failed]
        for each in matched.ambiguous:
            text = self.tr("{a} could each be {b}.").format(
                a=", ".join(each.a), b=", ".join(each.b)
            )
            found.append(Finding("loss", text))
        words = self.tr("{name}: only {side} ({title}) has labels of it.")
        only = (("A", report.title_a, matched.only_a), ("B", report.title_b, matched.only_b))
        for side, title, names in only:
            found += [
                Finding("loss", words.format(name=name, side=side, title=title)) for name in names
            ]
        self.set_findings(found, self.tr("Both sides have the same pictures."))
        return len(found)


def number(value: float) -> str:
    """`0.713`; a dash for what is no number."""
    return "–" if math.isnan(value) else f"{value:.3f}"
