"""The classes as what a box offers, however many there are: an entry is made when it is shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QSize,
    Qt,
)
from PySide6.QtGui import QColor, QIcon, QPixmap
from PySide6.QtWidgets import QComboBox, QListView

from segcore.classes import ClassInfo

_SWATCH = QSize(12, 12)
_NOWHERE = QModelIndex()


class ClassChoices(QAbstractListModel):
    """Names in their colours; the data of an entry is the class's id.

    With `first`, an entry of these words and no id comes before them.
    """

    def __init__(self, first: str | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._first = [] if first is None else [first]
        self._classes: Sequence[ClassInfo] = ()
        self._count = len(self._first)

    def set_classes(self, classes: Sequence[ClassInfo]) -> None:
        """Offer these classes instead."""
        self.beginResetModel()
        self._classes = classes
        self._count = len(self._first) + len(classes)
        self.endResetModel()

    def row_of(self, class_id: int | None) -> int:
        """Where a class stands; where it is not, the entry of no class, else -1."""
        nowhere = len(self._first) - 1
        if class_id is None:
            return nowhere
        rows = enumerate(self._classes, len(self._first))
        return next((row for row, info in rows if info.id == class_id), nowhere)

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = _NOWHERE) -> int:
        """Qt: entries at the top, none below another."""
        return 0 if parent.isValid() else self._count

    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = 0) -> Any:
        """Qt: name, colour and id of an entry."""
        row = index.row() - len(self._first)
        if row < 0:
            return self._first[0] if role in _NAMES else None
        info = self._classes[row]
        if role in _NAMES:
            return info.name
        if role == Qt.ItemDataRole.UserRole:
            return info.id
        if role == Qt.ItemDataRole.DecorationRole:
            pixmap = QPixmap(_SWATCH)
            pixmap.fill(QColor(*info.color))
            return QIcon(pixmap)
        return None


def offer(choices: ClassChoices, box: QComboBox) -> None:
    """Have a box offer them, however many: only entries in sight are measured and drawn."""
    box.setStyleSheet("QComboBox { combobox-popup: 0; }")  # a list; a menu measures all its entries
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    box.setModel(choices)
    view = box.view()
    if isinstance(view, QListView):
        view.setUniformItemSizes(True)


_NAMES = (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole)
