"""The pictures of the project: filter, list, thumbnails on demand."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QItemSelection, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QImage, QPixmap, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QLabel,
    QLineEdit,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from app.panels.image_delegate import ROW_HEIGHT, ImageDelegate
from app.panels.image_rows import ImageRows
from app.theme import Tones

_SETTLE_MS = 60
"""How long the list must rest before thumbnails are asked for: none for rows that rush by."""


class ImageListPanel(QWidget):
    """The list of pictures; asks for one to be opened and for the thumbnails in sight.

    `thumbnailsRequested` carries a list of places in the list of names.
    """

    openRequested = Signal(int)
    thumbnailsRequested = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("panel.images")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.rows = ImageRows(self)
        self._delegate = ImageDelegate(self)
        self._asked: set[int] = set()
        self._current = -1

        self.filter = QLineEdit(self)
        self.filter.setObjectName("images.filter")
        self.filter.setPlaceholderText(self.tr("Filter by name"))
        self.filter.setAccessibleName(self.tr("Filter the pictures by name"))
        self.filter.setClearButtonEnabled(True)

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
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.list.setMouseTracking(True)
        self.list.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.list.verticalScrollBar().setSingleStep(ROW_HEIGHT // 2)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

        self.count = QLabel(self)
        self.count.setObjectName("images.count")
        self.count.setProperty("role", "muted")

        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 8, 0, 6)
        layout.setSpacing(6)
        for widget, margin in ((self.filter, 8), (self.list, 0), (self.count, 10)):
            row = QVBoxLayout()
            row.setContentsMargins(margin, 0, margin, 0)
            row.addWidget(widget)
            layout.addLayout(row, 1 if widget is self.list else 0)
        self.setMinimumWidth(170)

        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(_SETTLE_MS)
        self._settle.timeout.connect(self._ask_for_thumbnails)
        self.filter.textChanged.connect(self._apply_filter)
        self.list.verticalScrollBar().valueChanged.connect(self._wait_for_rest)
        self.list.selectionModel().selectionChanged.connect(self._open_selected)
        self._show_count()

    def set_names(self, names: Sequence[str]) -> None:
        """Show the pictures of these names; the same list, grown, keeps its place."""
        if self.rows.set_names(names):
            self._asked.clear()
        self._show_count()
        self._select_current()
        self._settle.start()

    def set_current(self, position: int) -> None:
        """Mark the picture that is open, without asking for it again."""
        self._current = position
        self._select_current()

    def set_thumbnail(self, position: int, image: QImage) -> None:
        """Give a picture its thumbnail."""
        self._asked.discard(position)
        self.rows.set_thumbnail(position, QPixmap.fromImage(image))

    def set_status(self, position: int, status: str) -> None:
        """Say how far the work on a picture is."""
        self.rows.set_status(position, status)

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

    def _apply_filter(self, text: str) -> None:
        self.rows.set_filter(text)
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

    def _select_current(self) -> None:
        row = self.rows.row_of(self._current)
        if row is None or row >= self.rows.rowCount():
            self.list.clearSelection()
        else:
            index = self.rows.index(row)
            self.list.setCurrentIndex(index)
            self.list.scrollTo(index)

    def _open_selected(self, selected: QItemSelection, _deselected: QItemSelection) -> None:
        indexes = selected.indexes()
        if not indexes:
            return
        position = self.rows.position(indexes[0].row())
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
