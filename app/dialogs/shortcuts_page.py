"""The keys of every action, to change; two actions on one key are warned of at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QKeySequenceEdit,
    QLabel,
    QLineEdit,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.action_rows import ACTIONS, SEPARATOR, ActionInfo
from app.actions import effective_keys, key_conflicts
from app.i18n import translate

_PORTABLE = QKeySequence.SequenceFormat.PortableText


@dataclass
class _Row:
    info: ActionInfo
    keys: tuple[str, ...]
    item: QTableWidgetItem


class ShortcutsPage(QWidget):
    """A table of actions; the fields below it change the keys of the chosen one."""

    changed = Signal()

    def __init__(
        self, overrides: Mapping[str, Sequence[str]], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("settings.shortcuts")
        self._rows: list[_Row] = []
        self._loading = False
        self._kept = {name: list(keys) for name, keys in overrides.items()}

        self.filter = QLineEdit(self)
        self.filter.setObjectName("shortcuts.filter")
        self.filter.setPlaceholderText(self.tr("Filter actions and keys"))
        self.filter.setAccessibleName(self.tr("Filter actions and keys"))
        self.filter.setClearButtonEnabled(True)
        self.table = self._build_table()
        self.first = self._key_field("shortcuts.key", self.tr("Key"))
        self.second = self._key_field("shortcuts.second_key", self.tr("Second key"))
        self.reset = QPushButton(self.tr("Default"), self)
        self.reset.setObjectName("shortcuts.reset")
        self.reset_all = QPushButton(self.tr("All defaults"), self)
        self.reset_all.setObjectName("shortcuts.reset_all")
        self.warning = QLabel(self)
        self.warning.setObjectName("shortcuts.warning")
        self.warning.setProperty("role", "warning")
        self.warning.setWordWrap(True)

        row = QHBoxLayout()
        row.addWidget(QLabel(self.tr("Key"), self))
        row.addWidget(self.first, 1)
        row.addWidget(QLabel(self.tr("or"), self))
        row.addWidget(self.second, 1)
        row.addWidget(self.reset)
        row.addWidget(self.reset_all)
        layout = QVBoxLayout(self)
        layout.setSpacing(8)
        layout.addWidget(self.filter)
        layout.addWidget(self.table, 1)
        layout.addLayout(row)
        layout.addWidget(self.warning)

        self.filter.textChanged.connect(self._apply_filter)
        self.table.currentCellChanged.connect(self._load_current)
        self.first.keySequenceChanged.connect(self._take_keys)
        self.second.keySequenceChanged.connect(self._take_keys)
        self.reset.clicked.connect(self._reset_current)
        self.reset_all.clicked.connect(self._reset_all)
        self.table.setCurrentCell(0, 0)
        self._show_conflicts()

    def overrides(self) -> dict[str, list[str]]:
        """Object name to keys, of the actions whose keys are not their own."""
        return {
            row.info.object_name: list(row.keys) for row in self._rows if row.keys != row.info.keys
        }

    def conflicts(self) -> dict[str, tuple[str, ...]]:
        """Keys that two actions or more claim, with their titles."""
        titles = {row.info.object_name: row.info.title for row in self._rows}
        found = key_conflicts({row.info.object_name: row.keys for row in self._rows})
        return {key: tuple(titles[name] for name in names) for key, names in found.items()}

    def choose(self, object_name: str) -> None:
        """Go to the row of an action."""
        for number, row in enumerate(self._rows):
            if row.info.object_name == object_name:
                self.table.setCurrentCell(number, 0)

    def _build_table(self) -> QTableWidget:
        infos = [info for info in ACTIONS if info.name != SEPARATOR]
        table = QTableWidget(len(infos), 2, self)
        table.setObjectName("shortcuts.table")
        table.setAccessibleName(self.tr("Actions and their keys"))
        table.setHorizontalHeaderLabels([self.tr("Action"), self.tr("Keys")])
        table.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        table.horizontalHeader().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        table.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft)
        table.verticalHeader().hide()
        table.setShowGrid(False)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setTabKeyNavigation(False)
        for number, info in enumerate(infos):
            name = QTableWidgetItem(info.title)
            if info.tip:
                name.setToolTip(translate("actions", info.tip))
            item = QTableWidgetItem()
            table.setItem(number, 0, name)
            table.setItem(number, 1, item)
            row = _Row(info, effective_keys(info, self._kept), item)
            self._rows.append(row)
            _show_keys(row)
        return table

    def _key_field(self, name: str, accessible: str) -> QKeySequenceEdit:
        field = QKeySequenceEdit(self)
        field.setObjectName(name)
        field.setAccessibleName(accessible)
        field.setMaximumSequenceLength(1)
        field.setClearButtonEnabled(True)
        return field

    def _apply_filter(self, text: str) -> None:
        needle = text.strip().casefold()
        for number, row in enumerate(self._rows):
            words = f"{row.info.title} {row.item.text()}".casefold()
            self.table.setRowHidden(number, needle not in words)

    def _load_current(self) -> None:
        row = self._rows[max(self.table.currentRow(), 0)]
        self._loading = True
        for place, field in enumerate((self.first, self.second)):
            keys = row.keys[place] if place < len(row.keys) else ""
            field.setKeySequence(QKeySequence(keys))
        self._loading = False

    def _take_keys(self) -> None:
        if self._loading:
            return
        row = self._rows[max(self.table.currentRow(), 0)]
        fields = (self.first, self.second)
        typed = (field.keySequence().toString(_PORTABLE) for field in fields)
        # A third key of the action, which no field shows, stays.
        self._set_keys(row, tuple(dict.fromkeys(key for key in typed if key)) + row.keys[2:])

    def _reset_current(self) -> None:
        row = self._rows[max(self.table.currentRow(), 0)]
        self._set_keys(row, row.info.keys)
        self._load_current()

    def _reset_all(self) -> None:
        for row in self._rows:
            row.keys = row.info.keys
            _show_keys(row)
        self._load_current()
        self._show_conflicts()
        self.changed.emit()

    def _set_keys(self, row: _Row, keys: tuple[str, ...]) -> None:
        row.keys = keys
        _show_keys(row)
        self._show_conflicts()
        self.changed.emit()

    def _show_conflicts(self) -> None:
        native = QKeySequence.SequenceFormat.NativeText
        sentences = [
            self.tr("{} is the key of: {}. Only one of them can have it.").format(
                QKeySequence(key).toString(native), ", ".join(titles)
            )
            for key, titles in self.conflicts().items()
        ]
        self.warning.setText("\n".join(sentences))
        self.warning.setVisible(bool(sentences))


def _show_keys(row: _Row) -> None:
    native = QKeySequence.SequenceFormat.NativeText
    row.item.setText(",  ".join(QKeySequence(key).toString(native) for key in row.keys))
    font = row.item.font()
    font.setBold(row.keys != row.info.keys)
    row.item.setFont(font)
