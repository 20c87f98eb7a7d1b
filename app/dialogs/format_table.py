"""The formats of labels as a table: what each is, holds and cannot keep."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from app.dialogs.room import scale_of_letters
from segcore.formats.contract import Format

_NAME, _FILES, _CLASSES, _LOSSES = range(4)
_FILES_WIDTH = 330
"""Pixels at ordinary letters; a tool tip has the whole, and what is lost is told apart below."""


class FormatTable(QTableWidget):
    """One row a format; `formatChosen` carries its name."""

    formatChosen = Signal(str)

    def __init__(self, formats: Sequence[Format], name: str, parent: QWidget | None = None) -> None:
        super().__init__(len(formats), 4, parent)
        self.setObjectName(name)
        self.setAccessibleName(self.tr("Formats"))
        self.setHorizontalHeaderLabels(
            [self.tr("Format"), self.tr("Files"), self.tr("Classes"), self.tr("Cannot keep")]
        )
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setTabKeyNavigation(False)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setAlternatingRowColors(True)
        self.verticalHeader().hide()
        self._names = [form.name for form in formats]
        for row, form in enumerate(formats):
            limit = form.most_classes
            classes = self.tr("any number") if limit is None else self.tr("to {}").format(limit)
            for column, text in (
                (_NAME, form.name),
                (_FILES, form.title),
                (_CLASSES, classes),
                (_LOSSES, form.losses or "–"),
            ):
                item = QTableWidgetItem(text)
                item.setToolTip(text)
                self.setItem(row, column, item)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(_FILES, QHeaderView.ResizeMode.Interactive)
        header.resizeSection(_FILES, round(scale_of_letters(self) * _FILES_WIDTH))
        header.setSectionResizeMode(_LOSSES, QHeaderView.ResizeMode.Stretch)
        self.currentCellChanged.connect(self._tell)

    @property
    def chosen(self) -> str:
        """The name of the format that is chosen; '' for none."""
        row = self.currentRow()
        return self._names[row] if row >= 0 else ""

    def choose(self, name: str) -> None:
        """Choose a format by name; another name changes nothing."""
        if name in self._names:
            self.setCurrentCell(self._names.index(name), _NAME)

    def _tell(self, row: int, _column: int, before: int, _before_column: int) -> None:
        if row >= 0 and row != before:
            self.formatChosen.emit(self._names[row])
