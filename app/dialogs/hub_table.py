"""The released checkpoints as a table that can be filtered and sorted."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QPersistentModelIndex,
    QSortFilterProxyModel,
    Qt,
)

from segcore.checkpoints.released import Released

Index = QModelIndex | QPersistentModelIndex

NAME, DATA_SET, VARIANT, INPUT, MIOU, PARAMETERS, HERE = range(7)
_NUMBERS = (MIOU, PARAMETERS)
SORT_ROLE = Qt.ItemDataRole.UserRole
_TOP = QModelIndex()


class HubTable(QAbstractTableModel):
    """One row for each released checkpoint."""

    def __init__(self, models: Sequence[Released]) -> None:
        super().__init__()
        self.models = tuple(models)
        self._here: Collection[str] = frozenset()
        self._titles = (
            self.tr("Model"),
            self.tr("Data set"),
            self.tr("Size"),
            self.tr("Input"),
            self.tr("mIoU"),
            self.tr("Parameters"),
            self.tr("Here"),
        )

    def set_here(self, names: Collection[str]) -> None:
        """Say which of them are on this machine."""
        self._here = frozenset(names)
        last = self.index(len(self.models) - 1, HERE)
        self.dataChanged.emit(self.index(0, HERE), last)

    def is_here(self, name: str) -> bool:
        """Whether that checkpoint is on this machine."""
        return name in self._here

    def rowCount(self, parent: Index = _TOP) -> int:
        """Qt: how many checkpoints there are."""
        return 0 if parent.isValid() else len(self.models)

    def columnCount(self, parent: Index = _TOP) -> int:
        """Qt: how many facts a row has."""
        return 0 if parent.isValid() else len(self._titles)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Qt: the titles of the columns."""
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._titles[section]
        if role == Qt.ItemDataRole.TextAlignmentRole and section in _NUMBERS:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        if role == Qt.ItemDataRole.ToolTipRole and section == MIOU:
            return self.tr("In the paper, in per cent: at one scale / with flips and scales")
        if role == Qt.ItemDataRole.ToolTipRole and section == HERE:
            return self.tr("Whether it is on this machine")
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Qt: a fact, as text or as what it is sorted by."""
        model, column = self.models[index.row()], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(model, column)
        if role == SORT_ROLE:
            return self._rank(model, column)
        if role == Qt.ItemDataRole.ToolTipRole:
            return model.protocol or self.tr("An encoder that classifies pictures, to train from")
        if role == Qt.ItemDataRole.TextAlignmentRole and column in _NUMBERS:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None

    def _text(self, model: Released, column: int) -> str:
        height, width = model.input_size
        scores = (model.miou, model.miou_multi_scale)
        return {
            NAME: model.name,
            DATA_SET: model.data_set,
            VARIANT: model.variant,
            INPUT: f"{height} x {width}",
            MIOU: " / ".join(f"{score:.1f}" for score in scores if score is not None),
            PARAMETERS: f"{model.parameters / 1e6:.1f} M",
            HERE: self.tr("yes") if self.is_here(model.name) else "",
        }[column]

    def _rank(self, model: Released, column: int) -> Any:
        if column == MIOU:
            return model.miou or 0.0
        if column == PARAMETERS:
            return model.parameters
        if column == INPUT:
            return model.input_size[0] * model.input_size[1]
        return self._text(model, column)


class FilteredTable(QSortFilterProxyModel):
    """The rows that have every word of the filter somewhere in them."""

    def __init__(self, table: HubTable) -> None:
        super().__init__()
        self._words: list[str] = []
        self.table = table
        self.setSourceModel(table)
        self.setSortRole(SORT_ROLE)

    def set_filter(self, text: str) -> None:
        """Show only rows with all of these words."""
        self._words = text.casefold().split()
        self.invalidate()

    def filterAcceptsRow(self, row: int, parent: Index) -> bool:  # noqa: ARG002 - a flat table
        """Qt: whether a row is shown."""
        cells = (self.table.index(row, column) for column in range(self.table.columnCount()))
        text = " ".join(str(cell.data()) for cell in cells).casefold()
        return all(word in text for word in self._words)
