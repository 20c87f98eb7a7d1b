"""A picture view in panes: side by side, or parted by a line that can be dragged."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPalette, QPen
from PySide6.QtWidgets import QWidget

from app.canvas.panes import GAP, Comparison, Pane
from app.canvas.view import PictureView
from app.canvas.viewport import PointF
from segcore.geometry import Box, Size

REACH = 5.0
"""Logical pixels beside the line at which it is still taken hold of."""
GRIP = 13
"""Logical pixels from the middle of the grip to its edge."""


class ComparingView(PictureView):
    """Shows one viewport in every pane; a point in any pane is the same point of the picture."""

    dividerRequested = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._comparison = Comparison()
        self._held_pane: Pane | None = None
        self._holds_divider = False
        self._over_divider = False

    def set_comparison(self, kind: str, divider: float = 0.5) -> None:
        """Compare picture and overlay in another way: see `Comparison`."""
        before, self._comparison = self._comparison, Comparison(kind, divider)
        if before.kind != kind:
            self._held_pane, self._holds_divider, self._over_divider = None, False, False
            self._adapt_to_size()
            self.update()
        elif before != self._comparison and kind == "swipe":
            self._update_between(before)

    @property
    def comparison(self) -> Comparison:
        """How picture and overlay are compared."""
        return self._comparison

    @property
    def panes(self) -> tuple[Pane, ...]:
        """The parts of the view, from the left."""
        return self._comparison.panes(*super()._view_size())

    def pane_rect(self, pane: Pane) -> QRect:
        """A pane in logical pixels."""
        return self._logical(pane.box)

    def _view_size(self) -> tuple[Size, float]:
        size, ratio = super()._view_size()
        return self._comparison.pane_size(size, ratio), ratio

    def _device(self, position: QPointF) -> PointF:
        """In the viewport of the pane that is pointed at; of that of the press while one lasts."""
        x, y = super()._device(position)
        pane = self._held_pane or self._pane_at(position)
        return x - pane.left, y

    def _pane_at(self, position: QPointF) -> Pane:
        panes = self.panes
        x = super()._device(position)[0]
        return next((pane for pane in panes if x < pane.box.x1), panes[-1])

    def _update_device(self, box: Box, *, overlay_only: bool = False) -> None:
        for pane in self.panes:
            if pane.overlaid or not overlay_only:
                super()._update_device(pane.to_view(box))

    def _update_between(self, before: Comparison) -> None:
        """The line of a swipe has moved: paint what lay between, and the grip."""
        xs = [before.divider * self.width(), self._comparison.divider * self.width()]
        margin = GRIP + 3
        left, right = int(min(xs)) - margin, int(max(xs)) + margin
        self.update(QRect(left, 0, right - left + 1, self.height()))

    def _line(self) -> float:
        """Where the line is, in logical pixels from the left."""
        return self._comparison.divider * self.width()

    def _is_on_divider(self, position: QPointF) -> bool:
        if self._comparison.kind != "swipe" or not self._has_picture():
            return False
        away = abs(position.x() - self._line())
        return away <= REACH or (away <= GRIP and abs(position.y() - self.height() / 2) <= GRIP)

    def _refresh_cursor(self) -> None:
        if self._holds_divider or self._over_divider:
            self.setCursor(Qt.CursorShape.SplitHCursor)
        else:
            super()._refresh_cursor()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold of the line of a swipe."""
        if event.button() == Qt.MouseButton.LeftButton and self._is_on_divider(event.position()):
            self._holds_divider = True
            self._refresh_cursor()
            event.accept()
        else:
            super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag the line."""
        if self._holds_divider and not event.buttons() & Qt.MouseButton.LeftButton:
            self._let_go()
        if self._holds_divider:
            share = event.position().x() / max(self.width(), 1)
            self.dividerRequested.emit(min(max(share, 0.0), 1.0))
            event.accept()
            return
        over = not event.buttons() and self._is_on_divider(event.position())
        if over != self._over_divider:
            self._over_divider = over
            self._refresh_cursor()
        super().mouseMoveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go of the line."""
        if self._holds_divider:
            self._let_go()
            event.accept()
        else:
            super().mouseReleaseEvent(event)

    def _let_go(self) -> None:
        self._holds_divider = False
        super()._let_go()

    def _paint_divider(self, painter: QPainter) -> None:
        """What parts the panes, in logical pixels."""
        if self._comparison.kind == "side_by_side":
            left, right = (self.pane_rect(pane) for pane in self.panes)
            between = QRect(left.right() + 1, 0, right.left() - left.right() - 1, self.height())
            painter.fillRect(between, self.palette().color(QPalette.ColorRole.Mid))
        elif self._comparison.kind == "swipe":
            _paint_line(painter, self._line(), self.height())


def _paint_line(painter: QPainter, x: float, height: int) -> None:
    """A light line with a dark edge, seen on every picture, and a grip with two arrows."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    dark, light = QColor(0, 0, 0, 150), QColor(255, 255, 255)
    painter.fillRect(QRectF(x - GAP / 2 - 1, 0, GAP + 2, height), dark)
    painter.fillRect(QRectF(x - GAP / 2 + 0.5, 0, GAP - 1, height), light)
    middle = QPointF(x, height / 2)
    painter.setBrush(light)
    painter.setPen(QPen(dark, 1.5))
    painter.drawEllipse(middle, GRIP - 1, GRIP - 1)
    painter.setPen(QPen(QColor(40, 40, 40), 1.8))
    for side in (-1, 1):
        tip = middle + QPointF(side * 8, 0)
        painter.drawLine(tip, tip + QPointF(-side * 4, -4))
        painter.drawLine(tip, tip + QPointF(-side * 4, 4))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
