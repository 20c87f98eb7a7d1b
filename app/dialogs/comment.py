"""A few lines about a picture, or about several."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QLabel,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)


class CommentDialog(QDialog):
    """Asks for a comment; `commentGiven` carries it once it is accepted. Ctrl+Enter accepts."""

    commentGiven = Signal(str)

    def __init__(self, title: str, comment: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("dialog.comment")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Comment"))
        heading = QLabel(title, self)
        heading.setObjectName("comment.title")
        heading.setWordWrap(True)
        self.text = QPlainTextEdit(comment, self)
        self.text.setObjectName("comment.text")
        self.text.setAccessibleName(self.tr("Comment"))
        self.text.setPlaceholderText(self.tr("What the next person should know; empty removes it"))
        self.text.setTabChangesFocus(True)
        self.text.selectAll()
        kinds = QDialogButtonBox.StandardButton
        self.buttons = QDialogButtonBox(kinds.Save | kinds.Cancel, self)
        self.buttons.setObjectName("comment.buttons")
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(heading)
        layout.addWidget(self.text, 1)
        layout.addWidget(self.buttons)
        self.resize(420, 240)
        self.text.setFocus()

    def accept(self) -> None:
        """Qt: tell the comment and close."""
        self.commentGiven.emit(self.text.toPlainText().strip())
        super().accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Qt: Enter writes a line, with Ctrl it accepts."""
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if enter and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.accept()
        else:
            super().keyPressEvent(event)
