"""The pictures of the project: filter, order, list, thumbnails on demand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import cast

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QItemSelectionModel, QItemSelectionRange, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QImage, QPixmap, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QSizePolicy,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from app.panels.image_delegate import ROW_HEIGHT, ImageDelegate
from app.panels.image_filter import FilterButton
from app.panels.image_rows import ImageRows
from app.panels.review_words import order_word
from app.theme import Tones
from segcore.classes import ClassInfo
from segcore.review.picture_table import ORDERS, Facts, Order, Wanted

_SETTLE_MS = 60
"""How long the list must rest before thumbnails are asked for: none for rows that rush by."""


class ImageListPanel(QWidget):
    """The list of pictures; asks for one to be opened and for the thumbnails in sight.

    Several rows may be chosen; a picture is opened when it is chosen alone. `thumbnailsRequested`
    carries a list of places in the list of names, `classFilterRequested` the id of the class that
    pictures are to have, or None, `originFilterRequested` a kind of origin or None: whoever knows
    answers with `set_only`. `orderRequested` carries an order that was chosen, also once more:
    whoever knows what it takes answers with `set_ranks`.
    """

    openRequested = Signal(int)
    thumbnailsRequested = Signal(object)
    classFilterRequested = Signal(object)
    originFilterRequested = Signal(object)
    orderRequested = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("panel.images")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.rows = ImageRows(self)
        self._delegate = ImageDelegate(self)
        self._asked: set[int] = set()
        self._current = -1
        self._only: dict[str, npt.NDArray[np.bool_]] = {}
        self._order_before = str(ORDERS[0])

        self._build_finding()
        self._build_list()
        self._lay_out()
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(_SETTLE_MS)
        self._settle.timeout.connect(self._ask_for_thumbnails)
        self.filter.textChanged.connect(self._apply)
        self.filters.filterChanged.connect(self._apply)
        self.filters.classChanged.connect(self.classFilterRequested)
        self.filters.originChanged.connect(self.originFilterRequested)
        self.order.activated.connect(self._sort_anew)
        self.order.currentIndexChanged.connect(self._tell_order)
        self.list.verticalScrollBar().valueChanged.connect(self._wait_for_rest)
        self.list.selectionModel().selectionChanged.connect(self._open_selected)
        self._show_count()

    def _build_finding(self) -> None:
        """The search, the filters and the order."""
        self.filter = QLineEdit(self)
        self.filter.setObjectName("images.filter")
        self.filter.setPlaceholderText(self.tr("Filter by name"))
        self.filter.setAccessibleName(self.tr("Filter the pictures by name"))
        self.filter.setClearButtonEnabled(True)
        self.filters = FilterButton(self)
        self.order = QComboBox(self)
        self.order.setObjectName("images.order")
        self.order.setAccessibleName(self.tr("Order of the pictures"))
        self.order.setToolTip(self.tr("Order of the pictures; choose it again to sort anew"))
        self.order.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        for order in ORDERS:
            self.order.addItem(order_word(order), order)

    def _build_list(self) -> None:
        # A table of one column: Qt's list view asks the model for every row when it lays them out.
        self.list = QTableView(self)
        self.list.setObjectName("images.list")
        self.list.setAccessibleName(self.tr("Pictures"))
        self.list.setModel(self.rows)
        self.list.setItemDelegate(self._delegate)
        self.list.horizontalHeader().hide()
        self.list.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.list.verticalHeader().hide()
        self.list.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.list.verticalHeader().setDefaultSectionSize(ROW_HEIGHT)
        self.list.setShowGrid(False)
        self.list.setTabKeyNavigation(False)
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.list.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        self.list.setMouseTracking(True)
        self.list.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.list.verticalScrollBar().setSingleStep(ROW_HEIGHT // 2)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def _lay_out(self) -> None:
        self.count = QLabel(self)
        self.count.setObjectName("images.count")
        self.count.setProperty("role", "muted")

        finding = QHBoxLayout()
        finding.setSpacing(4)
        finding.addWidget(self.filter, 1)
        finding.addWidget(self.filters)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 8, 0, 6)
        layout.setSpacing(6)
        for part, margin in ((finding, 8), (self.order, 8), (self.list, 0), (self.count, 10)):
            row = QVBoxLayout()
            row.setContentsMargins(margin, 0, margin, 0)
            if isinstance(part, QWidget):
                row.addWidget(part)
            else:
                row.addLayout(part)
            layout.addLayout(row, 1 if part is self.list else 0)
        self.setMinimumWidth(170)

    def set_names(self, names: Sequence[str]) -> None:
        """Show the pictures of these names; the same list, grown, keeps its place."""
        if self.rows.set_names(names):
            self._asked.clear()
            self._only.clear()
        self._show_count()
        self._select_current()
        self._settle.start()

    def set_current(self, position: int) -> None:
        """Mark the picture that is open, without asking for it again."""
        alone = position != self._current
        self._current = position
        self._select_current(alone=alone)

    def set_thumbnail(self, position: int, image: QImage) -> None:
        """Give a picture its thumbnail."""
        self._asked.discard(position)
        self.rows.set_thumbnail(position, QPixmap.fromImage(image))

    def outdate_thumbnails(self, positions: Sequence[int] | None = None) -> None:
        """Ask for these thumbnails anew, or for all, as soon as they are in sight."""
        self.rows.forget_thumbnails(positions)
        self._asked.clear()
        self._settle.start()

    def set_status(self, position: int, status: str) -> None:
        """Say how far the work on a picture is."""
        self.rows.set_status(position, status)

    def set_comment(self, position: int, comment: str) -> None:
        """Say what is noted about a picture."""
        self.rows.set_comment(position, comment)

    def set_uncertainty(self, position: int, uncertainty: float) -> None:
        """Say how uncertain the model was of a picture."""
        self.rows.set_uncertainty(position, uncertainty)

    def set_facts(self, first: int, facts: Facts) -> None:
        """Say what is known of the pictures from a place in the list of names on."""
        self.rows.set_facts(first, facts)
        self.refresh()

    def set_ranks(self, ranks: npt.NDArray[np.int64], order: Order = "name") -> None:
        """Say which place each picture has in an order that is worked out elsewhere."""
        self.rows.set_ranks(ranks, order)
        self._follow_rows()

    def set_classes(self, classes: Sequence[ClassInfo]) -> None:
        """Offer these classes to be filtered by."""
        self.filters.set_classes(classes)

    def set_only(self, only: npt.NDArray[np.bool_] | None, because: str = "class") -> None:
        """Show only these pictures, (n,) of the list of names, whatever else is asked for.

        There is one such list for each reason; only pictures on all of them are shown.
        """
        if only is None:
            self._only.pop(because, None)
        else:
            self._only[because] = only
        self._apply()

    def set_actions(self, actions: Sequence[QAction]) -> None:
        """What the menu of the rows offers."""
        self.list.addActions(list(actions))

    def refresh(self) -> None:
        """Filter and sort by what is known now."""
        self.rows.refresh()
        self._follow_rows()

    def selected_positions(self) -> list[int]:
        """The pictures that are chosen, in the order of the list, by their places in the names."""
        found: list[int] = []
        positions = self.rows.positions
        spans = [(span.top(), span.bottom()) for span in self._spans()]
        for top, bottom in sorted(spans):
            found.extend(int(position) for position in positions[top : bottom + 1])
        return found

    def set_tones(self, tones: Tones) -> None:
        """Paint in the colours of a theme."""
        self._delegate.tones = tones
        self.list.viewport().update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt: more rows may have come in sight."""
        super().resizeEvent(event)
        self._settle.start()

    def _wait_for_rest(self) -> None:
        self._settle.start()

    def _apply(self) -> None:
        """Show what the filters say, in the order that is chosen."""
        order: Order = self.order.currentData()
        wanted = Wanted(self.filter.text(), self.filters.statuses, self.filters.commented, order)
        fitting = [only for only in self._only.values() if len(only) == self.rows.total]
        self.rows.set_wanted(wanted, np.logical_and.reduce(fitting) if fitting else None)
        self._follow_rows()

    def _tell_order(self) -> None:
        self._apply()
        self.orderRequested.emit(self.order.currentData())

    def _sort_anew(self) -> None:
        """The person chose an order, perhaps the one that there was."""
        self.refresh()
        if self.order.currentData() == self._order_before:
            self.orderRequested.emit(self._order_before)
        self._order_before = self.order.currentData()

    def _follow_rows(self) -> None:
        self._show_count()
        self._select_current()
        self._settle.start()

    def _show_count(self) -> None:
        shown, total = self.rows.rowCount(), self.rows.total
        if shown == total:
            text = self.tr("1 picture") if total == 1 else self.tr("{:,} pictures").format(total)
        else:
            text = self.tr("{:,} of {:,} pictures").format(shown, total)
        self.count.setText(text)

    def _select_current(self, *, alone: bool = False) -> None:
        """Choose the open picture; others that are chosen with it stay so, unless it is `alone`."""
        row = self.rows.row_of(self._current)
        if row is None or row >= self.rows.rowCount():
            self.list.clearSelection()
        else:
            index = self.rows.index(row)
            selection = self.list.selectionModel()
            if alone or not selection.isSelected(index):
                # The view's own setCurrentIndex would add to what is chosen while Ctrl is held.
                selection.setCurrentIndex(index, QItemSelectionModel.SelectionFlag.ClearAndSelect)
            self.list.scrollTo(index)

    def _spans(self) -> list[QItemSelectionRange]:
        """The chosen rows, in ranges."""
        selection = self.list.selectionModel().selection()
        return list(cast("Iterable[QItemSelectionRange]", selection))

    def _open_selected(self) -> None:
        """A picture that is chosen alone is opened; several are chosen to be changed together."""
        spans = self._spans()
        if len(spans) != 1 or spans[0].top() != spans[0].bottom():
            return
        position = self.rows.position(spans[0].top())
        if position != self._current:
            self._current = position
            self.openRequested.emit(position)

    def positions_in_sight(self) -> list[int]:
        """The pictures whose rows can be seen now, by their places in the list of names."""
        rows = self.rows.rowCount()
        if rows == 0 or not self.isVisible():
            return []
        height = self.list.viewport().height()
        top = self.list.indexAt(QPoint(4, 2))
        first = top.row() if top.isValid() else 0
        last = min(rows, first + height // ROW_HEIGHT + 2)
        return [self.rows.position(row) for row in range(first, last)]

    def _ask_for_thumbnails(self) -> None:
        positions = self.positions_in_sight()
        missing = [position for position in positions if not self.rows.has_thumbnail(position)]
        fresh = [position for position in missing if position not in self._asked]
        # What has left the view may have been forgotten on its way and is asked for again.
        self._asked = set(missing)
        if fresh:
            self.thumbnailsRequested.emit(fresh)
