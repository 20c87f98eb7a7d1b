"""The list of classes and the menu of a row."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QPoint, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QListView, QMenu, QWidget

from app.i18n import QT_TRANSLATE_NOOP

_ROWS = (
    ("rename", QT_TRANSLATE_NOOP("class_menu", "&Rename\tF2")),
    ("color", QT_TRANSLATE_NOOP("class_menu", "&Colour…")),
    ("up", QT_TRANSLATE_NOOP("class_menu", "Move &Up")),
    ("down", QT_TRANSLATE_NOOP("class_menu", "Move &Down")),
    ("", ""),
    ("lock", QT_TRANSLATE_NOOP("class_menu", "&Lock or Unlock")),
    ("over", QT_TRANSLATE_NOOP("class_menu", "Paint &Only over This or No Longer")),
    ("", ""),
    ("merge", QT_TRANSLATE_NOOP("class_menu", "&Merge into Another…")),
    ("split", QT_TRANSLATE_NOOP("class_menu", "&Split Off…")),
    ("delete", QT_TRANSLATE_NOOP("class_menu", "De&lete…")),
)


class ClassList(QListView):
    """Rows that are renamed in place, dragged to another place and have a menu."""

    menuRequested = Signal(int, QPoint)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        triggers = QAbstractItemView.EditTrigger
        self.setEditTriggers(triggers.DoubleClicked | triggers.EditKeyPressed)
        self.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.setDefaultDropAction(Qt.DropAction.MoveAction)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Qt: the menu of the row under the pointer, or of the chosen one."""
        index = self.indexAt(event.pos())
        if event.reason() is QContextMenuEvent.Reason.Keyboard:
            index = self.currentIndex()
        if index.isValid():
            self.menuRequested.emit(index.row(), event.globalPos())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Qt: digits and letters are the window's, not a search through the rows."""
        if event.text().isprintable() and event.text() not in ("", " "):
            event.ignore()
            return
        super().keyPressEvent(event)


def class_menu(parent: QWidget, name: str, row: int, rows: int) -> QMenu:
    """What can be done with a class; the data of an action says what."""
    menu = QMenu(name, parent)
    menu.setObjectName("menu.of_class")
    for data, text in _ROWS:
        if not data:
            menu.addSeparator()
            continue
        action = menu.addAction(QCoreApplication.translate("class_menu", text))
        action.setObjectName(f"class.{data}")
        action.setData(data)
        action.setEnabled((data != "up" or row > 0) and (data != "down" or row < rows - 1))
    return menu
