"""Figures of merit of receptive fields: a column a target, a row a figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHeaderView, QTableWidget, QTableWidgetItem, QWidget

SHORT_TITLES = {
    "stage1": "1",
    "stage2": "2",
    "stage3": "3",
    "stage4": "4",
    "fused": "F",
    "head": "H",
}


class FieldsTable(QTableWidget):
    """Shows figures as texts; nothing in it can be changed.

    The columns are the targets, under short names: a stage's number, F for the head's fused
    features, H for the logits.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("fields.table")
        self.setAccessibleName(self.tr("Figures of the receptive fields"))
        self.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QTableWidget.SelectionMode.NoSelection)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setShowGrid(False)
        self.setWordWrap(False)
        font = self.font()
        font.setPointSizeF(max(font.pointSizeF() - 1.5, 6.5))
        for widget in (self, self.horizontalHeader(), self.verticalHeader()):
            widget.setFont(font)
            widget.setProperty("dense", "true")
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.horizontalHeader().setMinimumSectionSize(20)
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 5)

    def show_figures(
        self,
        targets: Sequence[str],
        titles: Mapping[str, str],
        rows: Sequence[tuple[str, str, Sequence[str]]],
    ) -> None:
        """Show a row for each name, tip and texts, one text a target."""
        self.setColumnCount(len(targets))
        self.setRowCount(len(rows))
        for column, target in enumerate(targets):
            header = QTableWidgetItem(SHORT_TITLES.get(target, target))
            header.setToolTip(titles.get(target, target))
            self.setHorizontalHeaderItem(column, header)
        for number, (name, tip, texts) in enumerate(rows):
            title = QTableWidgetItem(name)
            title.setToolTip(tip)
            self.setVerticalHeaderItem(number, title)
            for column, text in enumerate(texts):
                item = QTableWidgetItem(text)
                item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                item.setToolTip(tip)
                self.setItem(number, column, item)
        header_height = self.horizontalHeader().sizeHint().height()
        self.setFixedHeight(
            header_height + len(rows) * self.verticalHeader().defaultSectionSize() + 4
        )
