"""A box drawn on the picture by hand, whatever tool the canvas has."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPointF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent

from app.canvas.canvas import Canvas
from segcore.geometry import Box

_SMALLEST = 2
"""Image pixels a side; less is a click."""


class BoxDrawing(QObject):
    """While it is on, a drag of the left button draws a box; `drawn` carries it, in image pixels.

    `changed` carries the box as it grows; Esc, or a click, gives up: `ended` comes in any case.
    """

    changed = Signal(object)
    drawn = Signal(object)
    ended = Signal()

    def __init__(self, canvas: Canvas, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._canvas = canvas
        self._on = False
        self._start: tuple[int, int] | None = None

    def set_on(self, on: bool) -> None:
        """Begin or give up."""
        if on == self._on:
            return
        self._on, self._start = on, None
        if on:
            self._canvas.end_stroke()
            self._canvas.installEventFilter(self)
            self._canvas.setFocus()
        else:
            self._canvas.removeEventFilter(self)
            self.ended.emit()

    def eventFilter(self, _canvas: QObject, event: QEvent) -> bool:
        """Qt: take the left button and Esc from the canvas."""
        kind = event.type()
        if isinstance(event, QMouseEvent):
            if kind == QEvent.Type.MouseButtonPress and _is_left(event):
                self._start = self._canvas.image_pixel(event.position())
                return True
            if kind == QEvent.Type.MouseMove and self._start is not None:
                self.changed.emit(self._box(event.position()))
                return True
            if kind == QEvent.Type.MouseButtonRelease and self._start is not None:
                self._finish(self._box(event.position()))
                return True
        if isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape:
            if kind == QEvent.Type.ShortcutOverride:
                event.accept()
            elif kind == QEvent.Type.KeyPress:
                self.set_on(False)
            return True
        return False

    def _finish(self, box: Box) -> None:
        if min(box.width, box.height) >= _SMALLEST:
            self.drawn.emit(box)
        self.set_on(False)

    def _box(self, position: QPointF) -> Box:
        assert self._start is not None
        (x0, y0), (x1, y1) = self._start, self._canvas.image_pixel(position)
        box = Box(min(x0, x1), min(y0, y1), max(x0, x1) + 1, max(y0, y1) + 1)
        return box.clip(*self._canvas.viewport.image_size)


def _is_left(event: QMouseEvent) -> bool:
    return event.button() == Qt.MouseButton.LeftButton
