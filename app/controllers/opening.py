"""Puts the session's pictures into the document."""

from __future__ import annotations

from PySide6.QtCore import QObject

from app.document import Document
from app.session import Session


class OpeningController(QObject):
    """What the session opens, the document shows; what it cannot open, nothing shows."""

    def __init__(self, document: Document, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._document = document
        session.imageOpened.connect(document.open)
        session.imageFailed.connect(self._show_nothing)
        session.projectLeaving.connect(document.close_image)
        session.currentChanged.connect(self._follow)

    def _show_nothing(self) -> None:
        self._document.close_image()

    def _follow(self, index: int) -> None:
        if index < 0:
            self._document.close_image()
