"""An offer at the lower edge of the canvas: a sentence and two buttons, never in the way."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QWidget

_MARGIN = 12
_WIDEST = 760


class OfferBar(QFrame):
    """Stands over the middle of its parent's lower edge while there is an offer."""

    accepted = Signal()
    declined = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("offer")
        self.text = QLabel(self)
        self.text.setObjectName("offer.text")
        self.text.setWordWrap(True)
        self.text.setTextFormat(Qt.TextFormat.PlainText)
        self.take = self._button("offer.take", self.tr("Take Them"))
        self.take.setProperty("primary", "true")
        self.leave = self._button("offer.leave", self.tr("Leave Them"))
        self.leave.setToolTip(self.tr("They stay where they are, and are not offered again"))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 8, 8, 8)
        layout.setSpacing(8)
        layout.addWidget(self.text, 1)
        layout.addWidget(self.take)
        layout.addWidget(self.leave)
        self.take.clicked.connect(self.accepted)
        self.leave.clicked.connect(self.declined)
        parent.installEventFilter(self)
        self.hide()

    def show_offer(self, sentence: str) -> None:
        """Show an offer in the place of the one before."""
        self.text.setText(sentence)
        self.setAccessibleName(sentence)
        self._place()
        self.show()
        self.raise_()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Qt: it goes along with its parent's size."""
        if event.type() == QEvent.Type.Resize:
            self._place()
        return super().eventFilter(watched, event)

    def _place(self) -> None:
        room = self.parentWidget()
        layout = self.layout()
        if room is None or layout is None:
            return
        width = max(min(room.width() - 2 * _MARGIN, _WIDEST), 0)
        height = layout.totalHeightForWidth(width)
        top = room.height() - height - _MARGIN
        self.setGeometry((room.width() - width) // 2, top, width, height)

    def _button(self, name: str, text: str) -> QPushButton:
        button = QPushButton(text, self)
        button.setObjectName(name)
        button.setAutoDefault(False)
        return button
