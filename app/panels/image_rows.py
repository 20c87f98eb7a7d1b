"""The list of pictures as a Qt model: 100,000 rows, nothing kept for rows nobody looks at."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QPixmap

Index = QModelIndex | QPersistentModelIndex

THUMBNAILS_KEPT = 600
_ROOT = QModelIndex()


class ImageRows(QAbstractListModel):
    """Rows of the picture list after filtering; positions are places in the list of names."""

    PositionRole = Qt.ItemDataRole.UserRole + 1
    StatusRole = Qt.ItemDataRole.UserRole + 2

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._names: Sequence[str] = ()
        self._count = 0
        self._needle = ""
        self._positions: Sequence[int] = range(0)
        self._statuses: dict[int, str] = {}
        self._thumbnails: OrderedDict[int, QPixmap] = OrderedDict()

    @property
    def total(self) -> int:
        """How many pictures there are, filtered out or not."""
        return self._count

    def set_names(self, names: Sequence[str]) -> bool:
        """Show these names; True when they are another list and not the same one, grown."""
        if names is self._names and len(names) >= self._count:
            self._grow()
            return False
        self.beginResetModel()
        self._names, self._count = names, len(names)
        self._statuses.clear()
        self._thumbnails.clear()
        self._positions = self._matching(0)
        self.endResetModel()
        return True

    def set_filter(self, text: str) -> None:
        """Show only names that contain the text, capitals or not."""
        needle = text.strip().casefold()
        if needle != self._needle:
            self.beginResetModel()
            self._needle = needle
            self._positions = self._matching(0)
            self.endResetModel()

    def set_status(self, position: int, status: str) -> None:
        """Say how far the work on a picture is: one of the project's words."""
        if self._statuses.get(position) != status:
            self._statuses[position] = status
            self._touch(position)

    def set_thumbnail(self, position: int, thumbnail: QPixmap) -> None:
        """Keep a small picture for a row; the ones longest out of sight give way."""
        self._thumbnails[position] = thumbnail
        self._thumbnails.move_to_end(position)
        while len(self._thumbnails) > THUMBNAILS_KEPT:
            self._thumbnails.popitem(last=False)
        self._touch(position)

    def has_thumbnail(self, position: int) -> bool:
        """Whether a row has its small picture."""
        return position in self._thumbnails

    def position(self, row: int) -> int:
        """The place in the list of names of a row."""
        return self._positions[row]

    def row_of(self, position: int) -> int | None:
        """The row of a picture; None where the filter hides it."""
        if isinstance(self._positions, range):
            return position if 0 <= position < self._count else None
        try:
            return self._positions.index(position)
        except ValueError:
            return None

    def rowCount(self, parent: Index = _ROOT) -> int:
        """Qt: how many rows the filter leaves."""
        return 0 if parent.isValid() else len(self._positions)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Qt: the name, its full path within the folder, the small picture or the status."""
        if not index.isValid():
            return None
        position = self._positions[index.row()]
        name = self._names[position]
        if role == Qt.ItemDataRole.DisplayRole:
            return name
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            status = self._statuses.get(position)
            return f"{name} ({status})" if status else name
        if role == Qt.ItemDataRole.DecorationRole:
            return self._thumbnails.get(position)
        if role == self.StatusRole:
            return self._statuses.get(position, "")
        if role == self.PositionRole:
            return position
        return None

    def _grow(self) -> None:
        before, self._count = self._count, len(self._names)
        if before == self._count:
            return
        more = self._matching(before)
        first = len(self._positions)
        if not more:
            return
        self.beginInsertRows(_ROOT, first, first + len(more) - 1)
        unfiltered = isinstance(self._positions, range)
        self._positions = range(self._count) if unfiltered else [*self._positions, *more]
        self.endInsertRows()

    def _matching(self, start: int) -> Sequence[int]:
        if not self._needle:
            return range(start, self._count)
        needle = self._needle
        return [i for i in range(start, self._count) if needle in self._names[i].casefold()]

    def _touch(self, position: int) -> None:
        row = self.row_of(position)
        if row is not None and row < len(self._positions):
            index = self.index(row)
            self.dataChanged.emit(index, index)
