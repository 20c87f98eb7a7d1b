"""The class table beside the picture: active class, shares, visibility, brush size."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from PySide6.QtCore import QEvent, QItemSelection, QObject, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.panels.brush_size import BrushSize
from app.panels.class_delegate import ClassDelegate
from app.panels.class_list import ClassList, class_menu
from app.panels.class_origins import OriginsLegend
from app.panels.class_rows import ClassRows
from app.theme import Tones
from segcore.classes import ClassInfo, ClassTable

_MOST_ROWS = 1000
"""Rows of the list: more would make the window wait, and are found by their names."""
_SEARCH_KEYS = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Escape, Qt.Key.Key_Down)


class ClassesPanel(QWidget):
    """Shows the classes; asks for an active class, hidden classes, changes and a brush size.

    `changeRequested` says "merge", "split" or "delete" and of which class.
    """

    activeClassRequested = Signal(int)
    addRequested = Signal(str)
    renameRequested = Signal(int, str)
    colorRequested = Signal(int)
    orderRequested = Signal(object)
    changeRequested = Signal(str, int)
    lockRequested = Signal(int)
    overRequested = Signal(int)
    leaveRequested = Signal()
    hiddenClassesRequested = Signal(object)
    brushSizeRequested = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("panel.classes")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.rows = ClassRows(self)
        self._delegate = ClassDelegate(self)
        self._active = -1
        self.brush = BrushSize(self)
        self._table = ClassTable(())
        self._texts: list[str] = []
        self._recent: list[int] = []
        self.list = ClassList(self)
        self.list.setObjectName("classes.list")
        self.list.setAccessibleName(
            self.tr("Classes: the chosen one is painted; Space hides or shows it")
        )
        self.list.setModel(self.rows)
        self.list.setItemDelegate(self._delegate)
        self.list.setUniformItemSizes(True)
        self.list.setMouseTracking(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.installEventFilter(self)

        self.unlabelled = QLabel(self)
        self.unlabelled.setObjectName("classes.unlabelled")
        self.unlabelled.setProperty("role", "muted")
        self.show_only = _link(self.tr("Only active"), "classes.show_only", self)
        self.show_all = _link(self.tr("Show all"), "classes.show_all", self)
        self.show_only.setToolTip(self.tr("Hide every class but the active one"))

        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 4, 0, 6)
        layout.setSpacing(4)
        layout.addWidget(self.brush)
        layout.addLayout(self._search_row())
        layout.addWidget(self.list, 1)
        self.more = QLabel(self)
        self.more.setObjectName("classes.more")
        self.more.setProperty("role", "muted")
        self.more.setContentsMargins(10, 0, 6, 0)
        self.more.hide()
        layout.addWidget(self.more)
        foot = QHBoxLayout()
        foot.setContentsMargins(10, 0, 6, 0)
        foot.addWidget(self.unlabelled, 1)
        foot.addWidget(self.show_only)
        foot.addWidget(self.show_all)
        layout.addLayout(foot)
        self.origins = OriginsLegend(self)
        self.origins.hide()
        layout.addWidget(self.origins)

        self._connect()

    def _connect(self) -> None:
        self.brush.sizeRequested.connect(self.brushSizeRequested)
        self.list.selectionModel().selectionChanged.connect(self._choose_selected)
        self._delegate.visibilityRequested.connect(self._toggle_visibility)
        self._delegate.lockRequested.connect(self.lockRequested)
        self._delegate.overRequested.connect(self.overRequested)
        self._delegate.colorRequested.connect(self.colorRequested)
        self.rows.renameRequested.connect(self.renameRequested)
        self.rows.orderRequested.connect(self.orderRequested)
        self.list.menuRequested.connect(self._show_menu)
        self.show_all.clicked.connect(self._show_all)
        self.show_only.clicked.connect(self._show_only_active)

    def set_classes(self, classes: ClassTable) -> None:
        """Show a class table."""
        if classes != self._table:
            self._table = classes
            self._texts = []
            self.rows.set_classes(classes.shown[:_MOST_ROWS])
            self._show_found()

    def set_editable(self, editable: bool) -> None:
        """Whether the class table may be changed."""
        self.rows.editable = self._delegate.marks = editable
        self.add.setEnabled(editable)

    def set_protected(self, locked: frozenset[int], over: frozenset[int]) -> None:
        """Show which classes are locked, and which alone may be painted over."""
        self.rows.set_protected(locked, over)

    def rename(self, class_id: int) -> None:
        """Let the name of a class be typed in its row."""
        self.list.setFocus()  # which ends a search, and with it the order of its rows
        QTimer.singleShot(0, self, lambda: self._edit(class_id))

    def _edit(self, class_id: int) -> None:
        row = self.rows.row_of(class_id)
        if row is not None:
            self.list.scrollTo(self.rows.index(row))
            self.list.edit(self.rows.index(row))

    def focus_search(self) -> None:
        """Let a class be found by typing."""
        self.search.setFocus()
        self.search.selectAll()

    def set_shares(self, shares: Sequence[float] | None, unlabelled: float = 0.0) -> None:
        """Say which part of the picture each class has, and which part none, 0 to 1."""
        self.rows.set_shares(shares)
        text = self.tr("{:.1f} % unlabelled").format(100 * unlabelled)
        self.unlabelled.setText("" if shares is None or unlabelled < 0.0005 else text)

    def set_active_class(self, class_id: int) -> None:
        """Mark the class that is painted."""
        self._active = class_id
        self._recent = [class_id, *(each for each in self._recent if each != class_id)]
        if self.rows.row_of(class_id) is None and not self.search.text():
            self._show_found()
        self._select_active()

    def set_hidden_classes(self, class_ids: frozenset[int]) -> None:
        """Show which classes the overlay leaves out."""
        self.rows.set_hidden(class_ids)
        self.show_all.setEnabled(bool(class_ids))

    def set_brush_size(self, diameter: int) -> None:
        """Show the brush's diameter in image pixels."""
        self.brush.set_size(diameter)

    def set_tones(self, tones: Tones) -> None:
        """Paint in the colours of a theme."""
        self._delegate.tones = tones
        self.origins.set_tones(tones)
        self.list.viewport().update()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Qt: Space on a class hides or shows it; the search field has keys of its own."""
        if watched is self.search:
            if event.type() in (QEvent.Type.FocusIn, QEvent.Type.FocusOut):
                QTimer.singleShot(0, self, self._show_found)
            elif isinstance(event, QKeyEvent) and event.key() in _SEARCH_KEYS:
                if event.type() == QEvent.Type.ShortcutOverride:
                    event.accept()  # Enter and Esc mean the search here, and no action
                    return True
                if event.type() == QEvent.Type.KeyPress:
                    self._search_key(event.key())
                    return True
            return False
        if (
            watched is self.list
            and isinstance(event, QKeyEvent)
            and event.type() == QEvent.Type.KeyPress
            and event.key() == Qt.Key.Key_Space
            and self.list.currentIndex().isValid()
        ):
            self._toggle_visibility(self.list.currentIndex().data(ClassRows.InfoRole).id)
            return True
        return super().eventFilter(watched, event)

    def _search_row(self) -> QHBoxLayout:
        self.search = QLineEdit(self)
        self.search.setObjectName("classes.search")
        self.search.setPlaceholderText(self.tr("Find a class  ( / )"))
        self.search.setAccessibleName(self.tr("Find a class; Enter paints the first one found"))
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._show_found)
        self.search.installEventFilter(self)
        self.add = QPushButton("+", self)
        self.add.setObjectName("classes.add")
        self.add.setAccessibleName(self.tr("Add a class"))
        self.add.setToolTip(self.tr("Add a class, named as what is typed beside"))
        self.add.setFixedWidth(34)
        self.add.clicked.connect(self._request_add)
        row = QHBoxLayout()
        row.setContentsMargins(10, 0, 8, 2)
        row.addWidget(self.search, 1)
        row.addWidget(self.add)
        return row

    def _show_found(self) -> None:
        """While something is looked for, what was used last comes first."""
        words = self.search.text().casefold().split()
        found: Sequence[ClassInfo] = self._table.shown
        if words:
            self._texts = self._texts or [info.name.casefold() for info in found]
            places: Sequence[int] = range(len(found))
            for word in words:
                places = [place for place in places if word in self._texts[place]]
            found = [found[place] for place in places]
        searching = bool(words) or self.search.hasFocus()
        rows = _rows_of(found, self._recent if searching else [], self._active)
        if rows != tuple(self.rows.classes):
            self.rows.set_rows(rows)
        self.more.setText(
            self.tr("{:,} more: type a part of a name").format(len(found) - len(rows))
        )
        self.more.setVisible(len(found) > len(rows))
        self._select_active()

    def _search_key(self, key: int) -> None:
        if key == Qt.Key.Key_Escape:
            self._end_search()
        elif key == Qt.Key.Key_Down:
            self.list.setFocus()
        elif self.rows.classes:
            self.activeClassRequested.emit(self.rows.classes[0].id)
            self._end_search()

    def _end_search(self) -> None:
        self.search.clear()
        self.leaveRequested.emit()

    def _request_add(self) -> None:
        self.addRequested.emit(self.search.text().strip())
        self.search.clear()

    def _show_menu(self, row: int, place: QPoint) -> None:
        info = self.rows.classes[row]
        if not self.rows.editable:
            return
        menu = class_menu(self, info.name, row, len(self.rows.classes))
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.triggered.connect(lambda action: self._do(str(action.data()), info.id, row))
        menu.popup(place)

    def _do(self, what: str, class_id: int, row: int) -> None:
        if what == "rename":
            self.list.edit(self.rows.index(row))
        elif what == "color":
            self.colorRequested.emit(class_id)
        elif what == "up":
            self.rows.request_move(row, row - 1)
        elif what == "down":
            self.rows.request_move(row, row + 1)
        elif what == "lock":
            self.lockRequested.emit(class_id)
        elif what == "over":
            self.overRequested.emit(class_id)
        else:
            self.changeRequested.emit(what, class_id)

    def _select_active(self) -> None:
        row = self.rows.row_of(self._active)
        if row is None:
            self.list.clearSelection()
            return
        index = self.rows.index(row)
        self.list.setCurrentIndex(index)
        self.list.scrollTo(index)

    def _choose_selected(self, selected: QItemSelection, _deselected: QItemSelection) -> None:
        for index in selected.indexes():
            class_id = index.data(ClassRows.InfoRole).id
            if class_id != self._active:
                self._active = class_id
                self.activeClassRequested.emit(class_id)

    def _toggle_visibility(self, class_id: int) -> None:
        self.hiddenClassesRequested.emit(self.rows.hidden ^ {class_id})

    def _show_all(self) -> None:
        self.hiddenClassesRequested.emit(frozenset())

    def _show_only_active(self) -> None:
        others = frozenset(info.id for info in self._table.living) - {self._active}
        self.hiddenClassesRequested.emit(others)


def _rows_of(
    found: Sequence[ClassInfo], recent: Sequence[int], active: int
) -> tuple[ClassInfo, ...]:
    """At most so many rows: those used last first, and the active one in any case."""
    if not recent and len(found) <= _MOST_ROWS:
        return tuple(found)
    wanted = {active, *recent}
    known = {info.id: info for info in found if info.id in wanted}
    first = [known[class_id] for class_id in recent if class_id in known]
    said = {info.id for info in first}
    others = (info for info in found if info.id not in said)
    rows = [*first, *islice(others, max(_MOST_ROWS - len(first), 0))]
    if active in known and known[active] not in rows:
        rows[-1] = known[active]
    return tuple(rows)


def _link(text: str, name: str, parent: QWidget) -> QPushButton:
    button = QPushButton(text, parent)
    button.setObjectName(name)
    button.setProperty("flatLink", "true")
    return button
