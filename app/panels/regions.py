"""The list of regions: each connected component of the labels, to be looked at and changed."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QHideEvent, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QSpinBox,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from app.panels.region_rows import RegionRows
from segcore.assist.regions import Regions
from segcore.classes import ClassTable
from segcore.geometry import Point

_FIRST_LIMIT = 100


class RegionsPanel(QWidget):
    """Shows the regions, and asks to look at one, to give it the active class, or to delete it.

    `lookRequested` carries a pixel of the region (x, y) and the box around it, the others the
    pixel.
    """

    lookRequested = Signal(object, object)
    relabelRequested = Signal(object)
    deleteRequested = Signal(object)
    visibilityChanged = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("panel.regions")
        self.rows = RegionRows()
        self.table = QTableView(self)
        self.table.setObjectName("regions.table")
        self.table.setAccessibleName(self.tr("Regions"))
        self.table.setModel(self.rows)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setShowGrid(False)
        self.table.setSortingEnabled(True)
        self.table.sortByColumn(1, Qt.SortOrder.DescendingOrder)
        self.table.verticalHeader().hide()
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Fixed)
        header.setSectionResizeMode(2, QHeaderView.ResizeMode.Fixed)
        header.resizeSection(1, 76)
        header.resizeSection(2, 84)
        self.small_only = QCheckBox(self.tr("Only below"), self)
        self.small_only.setObjectName("regions.small_only")
        self.small_only.setToolTip(self.tr("List the regions with fewer pixels"))
        self.limit = QSpinBox(self)
        self.limit.setObjectName("regions.limit")
        self.limit.setAccessibleName(self.tr("Pixels below which regions are listed"))
        self.limit.setRange(2, 100_000_000)
        self.limit.setValue(_FIRST_LIMIT)
        self.limit.setSuffix(self.tr(" px"))
        self.words = QLabel(self)
        self.words.setObjectName("regions.words")
        self.words.setProperty("role", "muted")
        self.relabel = QPushButton(self)
        self.relabel.setObjectName("regions.relabel")
        self.delete = QPushButton(self.tr("Delete"), self)
        self.delete.setObjectName("regions.delete")
        self.delete.setToolTip(self.tr("Make the region unlabelled  (Del)"))
        self._lay_out()
        self._connect()
        self.set_active_class("")

    def set_regions(self, regions: Regions | None) -> None:
        """List other regions; the row that is chosen stays chosen."""
        row = self.table.currentIndex().row()
        self.rows.set_regions(regions)
        if 0 <= row < self.rows.rowCount():
            with QSignalBlocker(self.table.selectionModel()):
                self.table.selectRow(row)  # what is looked at stays where it is
        self._show_count()

    def set_classes(self, classes: ClassTable) -> None:
        """Name the classes in another way."""
        self.rows.set_classes(classes)

    def set_active_class(self, name: str) -> None:
        """Which class the button gives; without a name there is none."""
        shown = self.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, 110)
        self.relabel.setText(self.tr("Label as {}").format(shown) if name else self.tr("No class"))
        self.relabel.setToolTip(self.tr("Give the region the class {}").format(name))
        self._active = bool(name)
        self._show_abilities()

    def set_busy(self, busy: bool) -> None:
        """Whether the regions are being found."""
        if busy:
            self.words.setText(self.tr("Finding regions…"))
        else:
            self._show_count()

    def showEvent(self, event: QShowEvent) -> None:
        """Qt: somebody looks."""
        super().showEvent(event)
        self.visibilityChanged.emit(self.isVisible())

    def hideEvent(self, event: QHideEvent) -> None:
        """Qt: nobody does."""
        super().hideEvent(event)
        self.visibilityChanged.emit(self.isVisible())

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.addWidget(self.small_only)
        top.addWidget(self.limit)
        top.addStretch(1)
        buttons = QHBoxLayout()
        buttons.addWidget(self.relabel, 1)
        buttons.addWidget(self.delete)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 8, 10, 10)
        layout.addLayout(top)
        layout.addWidget(self.table, 1)
        layout.addWidget(self.words)
        layout.addLayout(buttons)

    def _connect(self) -> None:
        self.small_only.toggled.connect(self._filter)
        self.limit.valueChanged.connect(self._filter)
        self.table.selectionModel().selectionChanged.connect(self._look)
        self.relabel.clicked.connect(self._ask_relabel)
        self.delete.clicked.connect(self._ask_delete)
        delete = QShortcut(QKeySequence(Qt.Key.Key_Delete), self.table, self._ask_delete)
        delete.setContext(Qt.ShortcutContext.WidgetShortcut)

    def _filter(self) -> None:
        self.rows.set_below(self.limit.value() if self.small_only.isChecked() else 0)
        self._show_count()

    def _chosen(self) -> int | None:
        rows = self.table.selectionModel().selectedRows()
        return self.rows.number_at(rows[0].row()) if rows else None

    def _look(self) -> None:
        number, regions = self._chosen(), self.rows.regions
        self._show_abilities()
        if number is not None and regions is not None:
            self.lookRequested.emit(regions.point(number), regions.box(number))

    def _ask_relabel(self) -> None:
        if (point := self._chosen_point()) is not None:
            self.relabelRequested.emit(point)

    def _ask_delete(self) -> None:
        if (point := self._chosen_point()) is not None:
            self.deleteRequested.emit(point)

    def _chosen_point(self) -> Point | None:
        number, regions = self._chosen(), self.rows.regions
        return None if number is None or regions is None else regions.point(number)

    def _show_count(self) -> None:
        regions, listed = self.rows.regions, self.rows.rowCount()
        total = 0 if regions is None else len(regions)
        self.words.setText(
            self.tr("{} of {} regions").format(f"{listed:,}", f"{total:,}")
            if listed != total
            else self.tr("1 region")
            if total == 1
            else self.tr("{} regions").format(f"{total:,}")
        )
        self._show_abilities()

    def _show_abilities(self) -> None:
        chosen = self._chosen() is not None
        self.relabel.setEnabled(chosen and self._active)
        self.delete.setEnabled(chosen)
