"""The pictures that were removed from the project, to be brought back."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QStringListModel, Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QLabel,
    QListView,
    QVBoxLayout,
    QWidget,
)

_BOLDER = 24


class RemovedPicturesDialog(QDialog):
    """Lists removed pictures; `restoreRequested` carries the names of those that shall come back.

    With none chosen, all are meant.
    """

    restoreRequested = Signal(object)

    def __init__(self, names: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("dialog.removed_pictures")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Removed pictures"))
        self.note = QLabel(self)
        self.note.setObjectName("removed.note")
        self.note.setProperty("role", "muted")
        self.note.setWordWrap(True)
        self._names = QStringListModel(self)
        self.list = QListView(self)
        self.list.setObjectName("removed.list")
        self.list.setAccessibleName(self.tr("Removed pictures"))
        self.list.setModel(self._names)
        self.list.setUniformItemSizes(True)
        self.list.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        role = QDialogButtonBox.ButtonRole.ActionRole
        self.restore = self.buttons.addButton(self.tr("&Restore All"), role)
        # What is said on a default button is bold, which its size hint does not know.
        self.restore.setMinimumWidth(self.restore.sizeHint().width() + _BOLDER)
        self.restore.setObjectName("removed.restore")
        self.restore.clicked.connect(self._request)
        self.buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(self.note)
        layout.addWidget(self.list, 1)
        layout.addWidget(self.buttons)
        self.list.selectionModel().selectionChanged.connect(self._show_words)
        self.resize(460, 360)
        self.set_names(names)

    def set_names(self, names: Sequence[str]) -> None:
        """Show which pictures can be brought back now."""
        self._names.setStringList(list(names))
        self.note.setText(
            self.tr("They come back with their labels, status, comment and history.")
            if names
            else self.tr("No picture of this project is removed.")
        )
        self.restore.setEnabled(bool(names))
        self._show_words()

    def _show_words(self) -> None:
        chosen = self.list.selectionModel().hasSelection()
        self.restore.setText(self.tr("&Restore") if chosen else self.tr("&Restore All"))

    def _request(self) -> None:
        names = self._names.stringList()
        rows = sorted(index.row() for index in self.list.selectionModel().selectedIndexes())
        self.restoreRequested.emit([names[row] for row in rows] or names)
