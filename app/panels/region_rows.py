"""The rows of the list of regions, as Qt's models want them."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor, QIcon, QPixmap

from segcore.assist.regions import Regions
from segcore.classes import ClassTable

COLUMNS = 3
_SWATCH = 12
_UNLABELLED = (128, 128, 128)

Index = QModelIndex | QPersistentModelIndex


class RegionRows(QAbstractTableModel):
    """Class, size and place of each region, in any order, all of them or the small ones."""

    def __init__(self) -> None:
        super().__init__()
        self._regions: Regions | None = None
        self._classes = ClassTable(())
        self._order = np.zeros(0, np.int64)
        self._below = 0
        self._column, self._descending = 1, True

    @property
    def regions(self) -> Regions | None:
        """What is listed."""
        return self._regions

    def set_regions(self, regions: Regions | None) -> None:
        """List other regions."""
        self._regions = regions
        self._arrange()

    def set_classes(self, classes: ClassTable) -> None:
        """Name classes in another way."""
        self._classes = classes
        self._arrange()

    def set_below(self, pixels: int) -> None:
        """List only regions with fewer pixels; 0 lists all."""
        self._below = pixels
        self._arrange()

    def number_at(self, row: int) -> int:
        """The number of the region in a row."""
        return int(self._order[row])

    def rowCount(self, parent: Index | None = None) -> int:
        """Qt: how many regions are listed."""
        return 0 if parent is not None and parent.isValid() else len(self._order)

    def columnCount(self, parent: Index | None = None) -> int:
        """Qt: class, size, place."""
        return 0 if parent is not None and parent.isValid() else COLUMNS

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Qt: what stands over a column."""
        if orientation != Qt.Orientation.Horizontal or role != Qt.ItemDataRole.DisplayRole:
            return None
        return (self.tr("Class"), self.tr("Pixels"), self.tr("Place"))[section]

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Qt: what stands in a cell."""
        if self._regions is None or not index.isValid():
            return None
        number, column = self.number_at(index.row()), index.column()
        class_id = int(self._regions.class_ids[number])
        if role == Qt.ItemDataRole.DecorationRole and column == 0:
            return _swatch(self._color(class_id))
        if role == Qt.ItemDataRole.TextAlignmentRole and column == 1:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            box = self._regions.box(number)
            return (
                self._name(class_id),
                f"{int(self._regions.areas[number]):,}",
                f"{box.x0}, {box.y0}",
            )[column]
        return None

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Qt: by class, by size, or from the top left."""
        self._column, self._descending = column, order == Qt.SortOrder.DescendingOrder
        self._arrange()

    def _arrange(self) -> None:
        self.beginResetModel()
        regions = self._regions
        if regions is None:
            self._order = np.zeros(0, np.int64)
        else:
            keys = (regions.class_ids, regions.areas, regions.boxes[:, 1])[self._column]
            order = np.argsort(-keys if self._descending else keys, kind="stable")
            kept = regions.areas[order] < self._below if self._below else slice(None)
            self._order = order[kept]
        self.endResetModel()

    def _name(self, class_id: int) -> str:
        if class_id < len(self._classes):
            return self._classes[class_id].name
        return self.tr("Unlabelled")

    def _color(self, class_id: int) -> tuple[int, int, int]:
        known = class_id < len(self._classes)
        return self._classes[class_id].color if known else _UNLABELLED


def _swatch(color: tuple[int, int, int]) -> QIcon:
    pixmap = QPixmap(_SWATCH, _SWATCH)
    pixmap.fill(QColor(*color))
    return QIcon(pixmap)
