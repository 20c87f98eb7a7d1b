"""The middle of the window: tools, canvas, and the banner over it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QToolBar, QToolButton, QVBoxLayout, QWidget

from app.canvas.canvas import Canvas
from app.panels.banner import ErrorBanner

_MARGIN = 12
_WIDEST_BANNER = 760


class CanvasFrame(QWidget):
    """Keeps the banner at the top of the canvas, as wide as its words need."""

    def __init__(self, canvas: Canvas, banner: ErrorBanner, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._banner = banner
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(canvas)
        banner.setParent(self)
        banner.installEventFilter(self)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt: the banner goes along."""
        super().resizeEvent(event)
        self._place_banner()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Qt: the banner has other words, or comes into view."""
        if watched is self._banner and event.type() in (
            QEvent.Type.LayoutRequest,
            QEvent.Type.Show,
        ):
            self._place_banner()
        return super().eventFilter(watched, event)

    def _place_banner(self) -> None:
        width = min(self.width() - 2 * _MARGIN, _WIDEST_BANNER)
        layout = self._banner.layout()
        height = layout.totalHeightForWidth(width) if layout else self._banner.height()
        left = (self.width() - width) // 2
        self._banner.setGeometry(left, _MARGIN, max(width, 0), height)


class Workspace(QWidget):
    """The tool strip beside the canvas."""

    def __init__(
        self,
        frame: CanvasFrame,
        tools: Sequence[Sequence[QAction]],
        parent: QWidget | None = None,
    ) -> None:
        """`tools` are groups of actions; a line is drawn between two groups."""
        super().__init__(parent)
        self.bar = QToolBar(self)
        self.bar.setObjectName("toolbar.tools")
        self.bar.setAccessibleName(self.tr("Tools"))
        self.bar.setOrientation(Qt.Orientation.Vertical)
        self.bar.setIconSize(QSize(20, 20))
        for group in tools:
            if self.bar.actions():
                self.bar.addSeparator()
            for action in group:
                self._add(action)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.bar)
        layout.addWidget(frame, 1)

    @property
    def buttons(self) -> list[QWidget]:
        """The buttons of the strip, from the top."""
        widgets = (self.bar.widgetForAction(action) for action in self.bar.actions())
        return [widget for widget in widgets if isinstance(widget, QToolButton)]

    def _add(self, action: QAction) -> None:
        self.bar.addAction(action)
        button = self.bar.widgetForAction(action)
        if isinstance(button, QToolButton):
            button.setObjectName(f"tool.{action.objectName().removeprefix('action.')}")
            button.setAccessibleName(action.text().replace("&", ""))
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
