"""The middle of the window: tools, canvas, and what lies over it: banner and a small panel."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, QPoint
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from app.canvas.canvas import Canvas
from app.panels.banner import ErrorBanner
from app.window.tool_strip import ToolStrip

_MARGIN = 12
_WIDEST_BANNER = 760


class CanvasFrame(QWidget):
    """Keeps the banner at the top of the canvas, as wide as its words need.

    A panel that belongs to the picture stands in the upper right corner, below the banner where
    the two would meet. A bar that belongs to what lies over the picture stands in the middle of
    the upper edge, and one that leads through the picture in the middle of the lower edge.
    """

    def __init__(
        self,
        canvas: Canvas,
        banner: ErrorBanner,
        panel: QWidget,
        bar: QWidget,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._banner = banner
        self._panel = panel
        self._bar = bar
        self._feet: list[QWidget] = []
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(canvas)
        for floating in (panel, bar, banner):
            hidden = floating.isHidden()
            floating.setParent(self)
            floating.setHidden(hidden)
            floating.installEventFilter(self)

    def add_foot(self, foot: QWidget) -> None:
        """Put a bar at the lower edge, where one is shown at a time."""
        hidden = foot.isHidden()
        self._feet.append(foot)
        foot.setParent(self)
        foot.setHidden(hidden)
        foot.installEventFilter(self)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt: banner and panel go along."""
        super().resizeEvent(event)
        self._place()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Qt: the banner has other words, or one of both comes or goes."""
        floating = (self._banner, self._panel, self._bar, *self._feet)
        if watched in floating and event.type() in (
            QEvent.Type.LayoutRequest,
            QEvent.Type.Show,
            QEvent.Type.Hide,
        ):
            self._place()
        return super().eventFilter(watched, event)

    def _place(self) -> None:
        self._place_banner()
        self._panel.adjustSize()
        rect = self._panel.geometry()
        rect.moveTopRight(QPoint(self.width() - _MARGIN - 1, _MARGIN))
        if self._banner.isVisible() and rect.intersects(self._banner.geometry()):
            rect.moveTop(self._banner.geometry().bottom() + _MARGIN // 2)
        self._panel.setGeometry(rect)
        self._place_bar()
        for foot in self._feet:
            foot.adjustSize()
            left = (self.width() - foot.width()) // 2
            foot.move(max(left, 0), self.height() - foot.height() - _MARGIN)

    def _place_bar(self) -> None:
        """Below the banner; moved aside by the panel where there is no room for both."""
        self._bar.adjustSize()
        left = max((self.width() - self._bar.width()) // 2, _MARGIN)
        top = _MARGIN
        if self._banner.isVisible():
            top = self._banner.geometry().bottom() + _MARGIN // 2
        self._bar.move(left, top)
        if self._panel.isVisible() and self._bar.geometry().intersects(self._panel.geometry()):
            room = self._panel.geometry().left() - self._bar.width() - _MARGIN // 2
            self._bar.move(max(room, _MARGIN), top)

    def _place_banner(self) -> None:
        width = min(self.width() - 2 * _MARGIN, _WIDEST_BANNER)
        layout = self._banner.layout()
        height = layout.totalHeightForWidth(width) if layout else self._banner.height()
        left = (self.width() - width) // 2
        self._banner.setGeometry(left, _MARGIN, max(width, 0), height)


class Workspace(QWidget):
    """The tool strip beside the canvas, and what can be set about the tool above it."""

    def __init__(
        self,
        frame: CanvasFrame,
        tools: Sequence[Sequence[QAction]],
        options: QWidget,
        parent: QWidget | None = None,
    ) -> None:
        """`tools` are groups of actions, a line between two groups; `options` is a bar for them."""
        super().__init__(parent)
        self._frame = frame
        self.strip = ToolStrip(tools)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.strip)
        column = QVBoxLayout()
        column.setSpacing(0)
        column.addWidget(options)
        column.addWidget(frame, 1)
        layout.addLayout(column, 1)

    def add_feet(self, feet: Sequence[QWidget]) -> None:
        """Put bars at the lower edge of the canvas, where one is shown at a time."""
        for foot in feet:
            self._frame.add_foot(foot)

    @property
    def buttons(self) -> list[QToolButton]:
        """The buttons of the strip, from the top."""
        return self.strip.buttons
