"""A dialog of names and values to read and copy: the model, the program."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QShowEvent
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

Fact = tuple[str, str]


class FactsDialog(QDialog):
    """A heading, a paragraph and rows of facts."""

    def __init__(
        self,
        title: str,
        heading: str,
        text: str,
        facts: Sequence[Fact],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("dialog.facts")
        self.setWindowTitle(title)
        self._facts = list(facts)
        self._heading = heading
        head = QLabel(heading, self)
        head.setProperty("role", "heading")
        font = head.font()
        font.setPointSizeF(font.pointSizeF() * 1.3)
        head.setFont(font)
        layout = self._layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 18, 20, 14)
        layout.setSpacing(10)
        layout.addWidget(head)
        if text:
            words = QLabel(text, self)
            words.setWordWrap(True)
            words.setProperty("role", "muted")
            layout.addWidget(words)
        layout.addLayout(self._form())
        layout.addSpacing(4)
        layout.addStretch(1)
        layout.addWidget(self._buttons())
        self.setMinimumWidth(540)

    def showEvent(self, event: QShowEvent) -> None:
        """Qt: as high as the words need at this width, which a size hint does not know."""
        super().showEvent(event)
        self.resize(self.width(), self._layout.totalHeightForWidth(self.width()))

    def plain_text(self) -> str:
        """The facts as lines of text."""
        return "\n".join([self._heading, *(f"{name}: {value}" for name, value in self._facts)])

    def _form(self) -> QFormLayout:
        form = QFormLayout()
        form.setHorizontalSpacing(18)
        form.setVerticalSpacing(7)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        for name, value in self._facts:
            label = QLabel(name, self)
            label.setProperty("role", "muted")
            words = QLabel(value, self)
            words.setTextFormat(Qt.TextFormat.PlainText)
            words.setWordWrap(True)
            words.setTextInteractionFlags(
                Qt.TextInteractionFlag.TextSelectableByMouse
                | Qt.TextInteractionFlag.TextSelectableByKeyboard
            )
            form.addRow(label, words)
        return form

    def _buttons(self) -> QDialogButtonBox:
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        copy = QPushButton(self.tr("Copy"), self)
        copy.setObjectName("facts.copy")
        buttons.addButton(copy, QDialogButtonBox.ButtonRole.ActionRole)
        copy.setAutoDefault(False)
        copy.clicked.connect(self._copy)
        buttons.rejected.connect(self.reject)
        return buttons

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.plain_text())
