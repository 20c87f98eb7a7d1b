"""The class table as a Qt model, with each class's share of the picture."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import (
    QAbstractListModel,
    QDataStream,
    QMimeData,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)

from segcore.classes import ClassInfo

Index = QModelIndex | QPersistentModelIndex

_DRAGGED = "application/x-qabstractitemmodeldatalist"
_ROOT = QModelIndex()


class ClassRows(QAbstractListModel):
    """One row a class, in the order in which they are given."""

    renameRequested = Signal(int, str)
    orderRequested = Signal(object)

    InfoRole = Qt.ItemDataRole.UserRole + 1
    ShareRole = Qt.ItemDataRole.UserRole + 2
    HiddenRole = Qt.ItemDataRole.UserRole + 3
    KeyRole = Qt.ItemDataRole.UserRole + 4
    LockedRole = Qt.ItemDataRole.UserRole + 5
    OverRole = Qt.ItemDataRole.UserRole + 6

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._classes: Sequence[ClassInfo] = ()
        self._places: dict[int, int] = {}
        self._shares: Sequence[float] | None = None
        self._hidden: frozenset[int] = frozenset()
        self._locked: frozenset[int] = frozenset()
        self._over: frozenset[int] = frozenset()
        self._keys: dict[int, str] = {}
        self.editable = False

    def set_classes(self, classes: Sequence[ClassInfo]) -> None:
        """Show another class table; shares are unknown until they are set."""
        self._shares = None
        self._keys = {info.id: str((row + 1) % 10) for row, info in enumerate(classes[:10])}
        self.set_rows(classes)

    def set_rows(self, classes: Sequence[ClassInfo]) -> None:
        """Show some of the classes of the table, in another order; their keys stay."""
        self.beginResetModel()
        self._classes = classes
        self._places = {info.id: row for row, info in enumerate(classes)}
        self.endResetModel()

    def set_protected(self, locked: frozenset[int], over: frozenset[int]) -> None:
        """Show which classes are locked, and which alone may be painted over."""
        self._locked, self._over = locked, over
        self._touch_all()

    def set_shares(self, shares: Sequence[float] | None) -> None:
        """Say which part of the picture each class has, 0 to 1, or that it is not known."""
        self._shares = shares
        self._touch_all()

    def set_hidden(self, class_ids: frozenset[int]) -> None:
        """Show which classes the overlay leaves out."""
        self._hidden = class_ids
        self._touch_all()

    @property
    def classes(self) -> Sequence[ClassInfo]:
        """The rows' classes."""
        return self._classes

    @property
    def hidden(self) -> frozenset[int]:
        """Class ids that the overlay leaves out."""
        return self._hidden

    def row_of(self, class_id: int) -> int | None:
        """The row of a class id."""
        return self._places.get(class_id)

    def rowCount(self, parent: Index = _ROOT) -> int:
        """Qt: the number of classes."""
        return 0 if parent.isValid() else len(self._classes)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Qt: the name, the class, its share, whether it is hidden."""
        if not index.isValid():
            return None
        info = self._classes[index.row()]
        share = self._share(info.id)
        if role == Qt.ItemDataRole.DisplayRole:
            return info.name
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            part = "" if share is None else f", {share_text(share)}"
            hidden = self.tr(", hidden") if info.id in self._hidden else ""
            locked = self.tr(", locked") if info.id in self._locked else ""
            over = self.tr(", painted over") if info.id in self._over else ""
            return f"{info.name} ({self.tr('class')} {info.id}{part}{hidden}{locked}{over})"
        if role == Qt.ItemDataRole.EditRole:
            return info.name
        if role == self.InfoRole:
            return info
        if role == self.ShareRole:
            return share
        if role == self.HiddenRole:
            return info.id in self._hidden
        if role == self.KeyRole:
            return self._keys.get(info.id, "")
        if role == self.LockedRole:
            return info.id in self._locked
        if role == self.OverRole:
            return info.id in self._over
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Qt: rows may be renamed and dragged where the table may be changed."""
        flags = super().flags(index)
        if not self.editable:
            return flags
        if not index.isValid():
            return flags | Qt.ItemFlag.ItemIsDropEnabled
        return flags | Qt.ItemFlag.ItemIsEditable | Qt.ItemFlag.ItemIsDragEnabled

    def setData(self, index: Index, value: object, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Qt: ask for another name; the row changes when the table does."""
        name = str(value).strip()
        info = self._classes[index.row()]
        if role != Qt.ItemDataRole.EditRole or not name or name == info.name:
            return False
        self.renameRequested.emit(info.id, name)
        return True

    def supportedDropActions(self) -> Qt.DropAction:
        """Qt: rows are moved."""
        return Qt.DropAction.MoveAction

    def dropMimeData(
        self,
        data: QMimeData,
        _action: Qt.DropAction,
        row: int,
        _column: int,
        parent: Index,
    ) -> bool:
        """Qt: ask for another order; the rows change when the table does."""
        dragged = _dragged_row(data)
        place = row if row >= 0 else (parent.row() if parent.isValid() else len(self._classes))
        if dragged is not None:
            self.request_move(dragged, place if place <= dragged else place - 1)
        return False  # nothing is taken away by the view

    def request_move(self, row: int, place: int) -> None:
        """Ask for a row to be at another place."""
        ids = [info.id for info in self._classes]
        if 0 <= row < len(ids) and 0 <= place < len(ids) and row != place:
            ids.insert(place, ids.pop(row))
            self.orderRequested.emit(ids)

    def _share(self, class_id: int) -> float | None:
        if self._shares is None or class_id >= len(self._shares):
            return None
        return float(self._shares[class_id])

    def _touch_all(self) -> None:
        if self._classes:
            self.dataChanged.emit(self.index(0), self.index(len(self._classes) - 1))


def _dragged_row(data: QMimeData) -> int | None:
    """The row in what a list view puts into a drag."""
    stream = QDataStream(data.data(_DRAGGED))
    return None if stream.atEnd() else stream.readInt32()


def share_text(share: float) -> str:
    """A share of the picture in per cent, with one decimal; nothing for none at all."""
    if share <= 0:
        return ""
    return "<0.1 %" if share < 0.001 else f"{100 * share:.1f} %"
