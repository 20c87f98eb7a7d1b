"""The tool strip: buttons in groups, in as many columns as the height makes necessary."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QToolButton, QWidget

_ICON = QSize(20, 20)
_GAP = 3
_LINE_HEIGHT = 9
_MOST_COLUMNS = 3


class ToolStrip(QWidget):
    """Shows groups of actions from the top, a line between two of them.

    Where the window is too low for one column there are two or three, so that no tool hides behind
    an arrow.
    """

    def __init__(self, groups: Sequence[Sequence[QAction]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("toolbar.tools")
        self.setAccessibleName(self.tr("Tools"))
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._groups = [[self._button(action) for action in group] for group in groups]
        self._lines = [self._line() for _ in self._groups[1:]]
        self._columns = 0
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(4, 6, 5, 6)
        self._grid.setSpacing(_GAP)
        self._arrange(1)

    @property
    def buttons(self) -> list[QToolButton]:
        """The buttons, from the top."""
        return list(chain.from_iterable(self._groups))

    @property
    def columns(self) -> int:
        """How many buttons stand side by side."""
        return self._columns

    def minimumSizeHint(self) -> QSize:
        """Qt: the strip fits into every height by growing wider."""
        return QSize(super().minimumSizeHint().width(), 0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt: another height may need another number of columns."""
        super().resizeEvent(event)
        self._arrange(self._columns_for(event.size().height()))

    def _columns_for(self, height: int) -> int:
        for columns in range(1, _MOST_COLUMNS):
            if self._height_of(columns) <= height:
                return columns
        return _MOST_COLUMNS

    def _height_of(self, columns: int) -> int:
        rows = sum(-(-len(group) // columns) for group in self._groups)
        lines = len(self._lines)
        button = max(button.sizeHint().height() for button in self.buttons)
        margins = self._grid.contentsMargins()
        gaps = _GAP * (rows + lines - 1)
        return rows * button + lines * _LINE_HEIGHT + gaps + margins.top() + margins.bottom()

    def _arrange(self, columns: int) -> None:
        if columns == self._columns:
            return
        self._columns = columns
        for widget in (*self.buttons, *self._lines):
            self._grid.removeWidget(widget)
        for old_row in range(self._grid.rowCount()):
            self._grid.setRowStretch(old_row, 0)
        row = 0
        for number, group in enumerate(self._groups):
            if number:
                self._grid.addWidget(self._lines[number - 1], row, 0, 1, columns)
                row += 1
            for place, button in enumerate(group):
                self._grid.addWidget(button, row + place // columns, place % columns)
            row += -(-len(group) // columns)
        self._grid.setRowStretch(row, 1)

    def _button(self, action: QAction) -> QToolButton:
        button = QToolButton(self)
        button.setDefaultAction(action)
        button.setIconSize(_ICON)
        button.setAutoRaise(True)
        button.setObjectName(f"tool.{action.objectName().removeprefix('action.')}")
        button.setAccessibleName(action.text().replace("&", ""))
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button

    def _line(self) -> QFrame:
        line = QFrame(self)
        line.setObjectName("toolbar.line")
        line.setFixedHeight(_LINE_HEIGHT)
        line.setFrameShape(QFrame.Shape.HLine)
        return line
