"""The list of pictures as a Qt model: 100,000 rows, nothing kept for rows nobody looks at."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QPixmap

from app.panels.review_words import status_word
from segcore.review.picture_table import Facts, Order, PictureTable, Wanted

Index = QModelIndex | QPersistentModelIndex

Positions = range | npt.NDArray[np.int64]

THUMBNAILS_KEPT = 600
_ROOT = QModelIndex()


class ImageRows(QAbstractListModel):
    """Rows of the picture list after filtering; positions are places in the list of names.

    A row stays where it is when what is known of its picture changes, so that nothing runs away
    under the pointer; `refresh` filters and sorts anew.
    """

    PositionRole = Qt.ItemDataRole.UserRole + 1
    StatusRole = Qt.ItemDataRole.UserRole + 2
    CommentRole = Qt.ItemDataRole.UserRole + 3
    UncertaintyRole = Qt.ItemDataRole.UserRole + 4

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._names: Sequence[str] = ()
        self._count = 0
        self._table = PictureTable()
        self._wanted = Wanted()
        self._only: npt.NDArray[np.bool_] | None = None
        self._positions: Positions = range(0)
        self._rows: npt.NDArray[np.int64] | None = None
        self._comments: dict[int, str] = {}
        self._thumbnails: OrderedDict[int, QPixmap] = OrderedDict()

    @property
    def total(self) -> int:
        """How many pictures there are, filtered out or not."""
        return self._count

    @property
    def wanted(self) -> Wanted:
        """Which pictures are shown, and in which order."""
        return self._wanted

    @property
    def table(self) -> PictureTable:
        """What is known of the pictures."""
        return self._table

    @property
    def positions(self) -> Positions:
        """The pictures that are shown, in their order."""
        return self._positions

    def set_names(self, names: Sequence[str]) -> bool:
        """Show these names; True when they are another list and not the same one, grown."""
        if names is self._names and len(names) >= self._count:
            self._grow()
            return False
        self.beginResetModel()
        self._names, self._count = names, len(names)
        self._table = PictureTable(names)
        self._only = None
        self._comments.clear()
        self._thumbnails.clear()
        self._arrange()
        self.endResetModel()
        return True

    def set_wanted(self, wanted: Wanted, only: npt.NDArray[np.bool_] | None = None) -> None:
        """Show other pictures, or in another order.

        Args:
            only: (n,) which pictures may be among them at all.
        """
        self.beginResetModel()
        self._wanted, self._only = wanted, only
        self._arrange()
        self.endResetModel()

    def refresh(self) -> None:
        """Filter and sort anew by what is known now."""
        if not (self._is_plain and isinstance(self._positions, range)):
            self.set_wanted(self._wanted, self._only)

    def set_facts(self, first: int, facts: Facts) -> None:
        """Say what is known of the pictures from position `first` on."""
        self._table.set_facts(first, facts)
        if len(self._positions):
            last = self.index(len(self._positions) - 1)
            self.dataChanged.emit(self.index(0), last)

    def set_ranks(self, ranks: npt.NDArray[np.int64], order: Order = "name") -> None:
        """Take over each picture's place in an order."""
        self._table.set_ranks(ranks, order)
        if self._wanted.order == order:
            self.refresh()

    def set_status(self, position: int, status: str) -> None:
        """Say how far the work on a picture is: one of the project's words."""
        if self._table.status(position) != status:
            self._table.set_status(position, status)
            self._touch(position)

    def set_comment(self, position: int, comment: str) -> None:
        """Say what is noted about a picture."""
        self._comments[position] = comment
        self._table.facts.commented[position] = bool(comment)
        self._touch(position)

    def set_uncertainty(self, position: int, uncertainty: float) -> None:
        """Say how uncertain the model was of a picture, 0 to 1, NaN where it was not asked."""
        known = self._table.facts.uncertainty
        if not np.array_equal(known[position], uncertainty, equal_nan=True):
            known[position] = uncertainty
            self._touch(position)

    def set_edited(self, position: int, time: float) -> None:
        """Say when the labels of a picture changed last, in seconds since the epoch."""
        self._table.facts.edited[position] = time

    def set_thumbnail(self, position: int, thumbnail: QPixmap) -> None:
        """Keep a small picture for a row; the ones longest out of sight give way."""
        self._thumbnails[position] = thumbnail
        self._thumbnails.move_to_end(position)
        while len(self._thumbnails) > THUMBNAILS_KEPT:
            self._thumbnails.popitem(last=False)
        self._touch(position)

    def forget_thumbnails(self, positions: Sequence[int] | None = None) -> None:
        """These small pictures, or all of them, are out of date; they are shown until renewed."""
        kept = self._thumbnails
        for position in list(kept) if positions is None else positions:
            kept.pop(position, None)

    def has_thumbnail(self, position: int) -> bool:
        """Whether a row has its small picture."""
        return position in self._thumbnails

    def position(self, row: int) -> int:
        """The place in the list of names of a row."""
        return int(self._positions[row])

    def row_of(self, position: int) -> int | None:
        """The row of a picture; None where the filter hides it."""
        if isinstance(self._positions, range):
            return position if 0 <= position < self._count else None
        if self._rows is None:
            self._rows = np.full(self._count, -1, np.int64)
            self._rows[np.asarray(self._positions, np.int64)] = np.arange(len(self._positions))
        row = int(self._rows[position]) if 0 <= position < len(self._rows) else -1
        return row if row >= 0 else None

    def rowCount(self, parent: Index = _ROOT) -> int:
        """Qt: how many rows the filter leaves."""
        return 0 if parent.isValid() else len(self._positions)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Qt: the name, its full path within the folder, the small picture, what is noted."""
        if not index.isValid():
            return None
        position = self.position(index.row())
        if role == Qt.ItemDataRole.DisplayRole:
            return self._names[position]
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._described(position, "\n")
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return self._described(position, ", ")
        if role == Qt.ItemDataRole.DecorationRole:
            return self._thumbnails.get(position)
        if role == self.StatusRole:
            return self._table.status(position)
        if role == self.CommentRole:
            return bool(self._table.facts.commented[position])
        if role == self.UncertaintyRole:
            return float(self._table.facts.uncertainty[position])
        if role == self.PositionRole:
            return position
        return None

    @property
    def _is_plain(self) -> bool:
        """Whether all pictures are shown as they were added."""
        return self._wanted.takes_all and self._wanted.order == "listed" and self._only is None

    def _described(self, position: int, between: str) -> str:
        """Everything that is known of a picture, in words."""
        status = status_word(self._table.status(position))
        parts = [f"{self._names[position]} ({status})" if status else self._names[position]]
        uncertainty = float(self._table.facts.uncertainty[position])
        if not math.isnan(uncertainty):
            parts.append(self.tr("uncertainty {:.3f}").format(uncertainty))
        comment = self._comments.get(position, "")
        if comment:
            parts.append(comment)
        elif self._table.facts.commented[position]:
            parts.append(self.tr("has a comment"))
        return between.join(parts)

    def _grow(self) -> None:
        before, self._count = self._count, len(self._names)
        if before == self._count:
            return
        self._table.grow(self._names[before:])
        if self._wanted.order != "listed":
            self.set_wanted(self._wanted, self._only)
            return
        plain = self._is_plain and isinstance(self._positions, range)
        more = (
            range(before, self._count)
            if plain
            else self._table.matching(self._wanted, before, self._only)
        )
        first = len(self._positions)
        self._rows = None
        if len(more) == 0:
            return
        self.beginInsertRows(_ROOT, first, first + len(more) - 1)
        if plain:
            self._positions = range(self._count)
        else:
            self._positions = np.concatenate([np.asarray(self._positions, np.int64), more])
        self.endInsertRows()

    def _arrange(self) -> None:
        self._rows = None
        if self._is_plain:
            self._positions = range(self._count)
            return
        found = self._table.matching(self._wanted, 0, self._only)
        self._positions = self._table.ordered(found, self._wanted.order)

    def _touch(self, position: int) -> None:
        row = self.row_of(position)
        if row is not None and row < len(self._positions):
            index = self.index(row)
            self.dataChanged.emit(index, index)
