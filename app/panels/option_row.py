"""Some small widgets in a row; those that have no room stand behind a button."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QToolButton, QVBoxLayout, QWidget

_SPACING = 6


class OptionRow(QWidget):
    """Shows as many fields as there is room for, whole, and the rest below a button."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._fields: list[QWidget] = []
        self._shown = 0
        self._new = True
        self.more = QToolButton(self)
        self.more.setObjectName("tool_options.more")
        self.more.setText("…")
        self.more.setToolTip(self.tr("More options of this tool"))
        self.more.setAccessibleName(self.tr("More options"))
        self.more.clicked.connect(self._show_rest)
        self.rest = QFrame(self, Qt.WindowType.Popup)
        self.rest.setObjectName("tool_options.rest")
        self.rest.setFrameShape(QFrame.Shape.StyledPanel)
        self._rest_layout = QVBoxLayout(self.rest)
        self._layout = QHBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(_SPACING)
        self._layout.addWidget(self.more)
        self.more.hide()

    def set_fields(self, fields: Sequence[QWidget]) -> None:
        """Show these in place of those before, which are deleted."""
        self.rest.hide()
        for field in self._fields:
            self._layout.removeWidget(field)
            self._rest_layout.removeWidget(field)
            field.hide()
            field.deleteLater()
        self._fields, self._shown, self._new = list(fields), 0, True
        for field in fields:
            self._rest_layout.addWidget(field)

    def fit(self, room: int) -> None:
        """Use no more than so many pixels; what is open below the button stays as it is."""
        if self.rest.isVisible():
            return
        shown = self._fitting(room)
        if shown == self._shown and not self._new:
            return
        self._new = False
        for place, field in enumerate(self._fields):
            if place < shown:
                self._rest_layout.removeWidget(field)
                self._layout.insertWidget(place, field)
            else:
                self._layout.removeWidget(field)
                self._rest_layout.insertWidget(place - shown, field)
            field.show()
        self._shown = shown
        self.more.setVisible(shown < len(self._fields))
        self.setVisible(bool(self._fields))

    def _fitting(self, room: int) -> int:
        """How many fields have room, with the button where that is not all."""
        widths = [field.sizeHint().width() + _SPACING for field in self._fields]
        if sum(widths) - _SPACING <= room:
            return len(widths)
        room -= self.more.sizeHint().width()
        shown = 0
        while shown < len(widths) and sum(widths[: shown + 1]) <= room:
            shown += 1
        return shown

    def _show_rest(self) -> None:
        self.rest.adjustSize()
        self.rest.move(self.more.mapToGlobal(QPoint(0, self.more.height() + 2)))
        self.rest.show()
