"""What will happen, before it does: a list of what is lost, changed, or in the way."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QAbstractItemView, QListWidget, QListWidgetItem, QWidget

from segcore.formats.contract import Finding

_MOST = 500
"""Findings that are listed; the rest is counted."""

_MARKS = {"hindrance": "✕", "loss": "▲", "note": "•"}


class FindingsList(QListWidget):
    """Hindrances first, then losses, then notes; one line of text each, wrapped."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(self.tr("What will happen"))
        self.setWordWrap(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTextElideMode(Qt.TextElideMode.ElideNone)
        self.setSpacing(1)
        self._colors = {"hindrance": QColor("#c9302c"), "loss": QColor("#b7791f")}

    def set_findings(self, findings: Sequence[Finding], nothing: str) -> None:
        """Show findings, or the words for there being none."""
        self.clear()
        for kind in _MARKS:
            of_kind = [finding for finding in findings if finding.kind == kind]
            for finding in of_kind[:_MOST]:
                self._add(kind, finding.text)
            if len(of_kind) > _MOST:
                self._add(kind, self.tr("and {:,} more of this kind.").format(len(of_kind) - _MOST))
        if not findings:
            self._add("note", nothing)

    def set_colors(self, danger: str, warning: str) -> None:
        """In the colours of the theme."""
        self._colors = {"hindrance": QColor(danger), "loss": QColor(warning)}
        for row in range(self.count()):
            self._paint(self.item(row))

    @property
    def sentences(self) -> list[str]:
        """What it says, line by line, without the marks."""
        return [self.item(row).text()[2:] for row in range(self.count())]

    def _add(self, kind: str, text: str) -> None:
        item = QListWidgetItem(f"{_MARKS[kind]} {text}", self)
        item.setData(Qt.ItemDataRole.UserRole, kind)
        item.setData(Qt.ItemDataRole.AccessibleTextRole, text)
        self._paint(item)

    def _paint(self, item: QListWidgetItem) -> None:
        color = self._colors.get(item.data(Qt.ItemDataRole.UserRole))
        if color is not None:
            item.setForeground(color)
