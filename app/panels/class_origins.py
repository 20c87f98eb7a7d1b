"""Who said the pixels: the legend of the overlay by origin, and its filter."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QAbstractItemView, QLabel, QListView, QVBoxLayout, QWidget

from app.panels.class_delegate import ROW_HEIGHT, ClassDelegate
from app.panels.class_rows import ClassRows
from app.theme import Tones
from segcore.classes import ClassInfo

_MOST_ROWS = 7


class OriginsLegend(QWidget):
    """A row for each origin: its colour, its share of the picture, an eye that leaves it out."""

    hiddenRequested = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("classes.origins")
        self.rows = ClassRows(self)
        self._delegate = ClassDelegate(self)
        self._delegate.visibilityRequested.connect(self._toggle)
        heading = QLabel(self.tr("Who said it"), self)
        heading.setProperty("role", "heading")
        heading.setContentsMargins(10, 4, 0, 0)
        self.list = QListView(self)
        self.list.setObjectName("classes.origins_list")
        self.list.setAccessibleName(self.tr("Who said the pixels; the eye leaves an origin out"))
        self.list.setModel(self.rows)
        self.list.setItemDelegate(self._delegate)
        self.list.setUniformItemSizes(True)
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(heading)
        layout.addWidget(self.list)

    def set_origins(self, origins: Sequence[ClassInfo], shares: Sequence[float]) -> None:
        """Show the origins of a picture; shares are by id."""
        if tuple(origins) != tuple(self.rows.classes):
            self.rows.set_rows(tuple(origins))
        self.rows.set_shares(shares)
        self.list.setFixedHeight(min(max(len(origins), 1), _MOST_ROWS) * ROW_HEIGHT + 4)

    def set_hidden(self, rows: frozenset[int]) -> None:
        """Show which origins the overlay leaves out."""
        self.rows.set_hidden(rows)

    def set_tones(self, tones: Tones) -> None:
        """Paint in the colours of a theme."""
        self._delegate.tones = tones
        self.list.viewport().update()

    def _toggle(self, row: int) -> None:
        self.hiddenRequested.emit(self.rows.hidden ^ {row})
