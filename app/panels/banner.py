"""What went wrong, said over the canvas: seen, never in the way."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QToolButton, QWidget

_KEPT = 50


@dataclass
class Message:
    """A sentence for the person; `details` are for a report; `times` is how often it came."""

    sentence: str
    details: str = ""
    severity: str = "error"
    times: int = 1


class ErrorBanner(QFrame):
    """Shows one message, errors before notices, and counts the others.

    A message that comes again is the same message.
    """

    detailsRequested = Signal(str, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("banner")
        self._messages: list[Message] = []
        self.text = QLabel(self)
        self.text.setObjectName("banner.text")
        self.text.setWordWrap(True)
        self.text.setTextFormat(Qt.TextFormat.PlainText)
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.more = QLabel(self)
        self.more.setProperty("role", "muted")
        self.details = QPushButton(self.tr("Details…"), self)
        self.details.setObjectName("banner.details")
        self.details.setProperty("flatLink", "true")
        self.dismiss = QToolButton(self)
        self.dismiss.setObjectName("banner.dismiss")
        self.dismiss.setText("✕")
        self.dismiss.setToolTip(self.tr("Dismiss"))
        self.dismiss.setAccessibleName(self.tr("Dismiss this message"))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 6, 6, 6)
        layout.setSpacing(8)
        layout.addWidget(self.text, 1)
        for widget in (self.more, self.details, self.dismiss):
            layout.addWidget(widget, 0, Qt.AlignmentFlag.AlignVCenter)
        self.details.clicked.connect(self._request_details)
        self.dismiss.clicked.connect(self.dismiss_current)
        self.hide()

    @property
    def current(self) -> Message | None:
        """The message in view: the newest error, else the newest of all."""
        errors = [message for message in self._messages if message.severity == "error"]
        shown = errors or self._messages
        return shown[-1] if shown else None

    def show_message(self, sentence: str, details: str = "", severity: str = "error") -> None:
        """Show a sentence; `severity` is `error`, `warning` or `notice`."""
        known = next((m for m in self._messages if m.sentence == sentence), None)
        if known is not None:
            self._messages.remove(known)
            known.times += 1
            known.details = details or known.details
        self._messages.append(known or Message(sentence, details, severity))
        del self._messages[:-_KEPT]
        self._refresh()

    def dismiss_current(self) -> None:
        """Take the message in view away; the one before it comes back."""
        if self.current is not None:
            self._messages.remove(self.current)
        self._refresh()

    def clear(self) -> None:
        """Take all messages away."""
        self._messages.clear()
        self._refresh()

    def _refresh(self) -> None:
        message = self.current
        self.setVisible(message is not None)
        if message is None:
            return
        times = f"  (×{message.times})" if message.times > 1 else ""
        self.text.setText(message.sentence + times)
        others = len(self._messages) - 1
        self.more.setText(self.tr("{} more").format(others) if others else "")
        self.more.setVisible(bool(others))
        self.details.setVisible(bool(message.details))
        self.setProperty("severity", message.severity)
        self.setAccessibleName(message.sentence)
        self.style().unpolish(self)
        self.style().polish(self)
        self.raise_()

    def _request_details(self) -> None:
        if self.current is not None:
            self.detailsRequested.emit(self.current.sentence, self.current.details)
