"""Mouse and pen to the tool in hand."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtGui import QFocusEvent, QHideEvent, QMouseEvent, QTabletEvent
from PySide6.QtWidgets import QWidget

from app.canvas.holding import HoldingView
from app.canvas.pen import MouseOfPen
from app.canvas.tools import Point, Tool, Touch


class PointingView(HoldingView):
    """A picture view in which the buttons of mouse and pen belong to the tool in hand.

    `cursorMoved` says over which image pixel, (x, y), the pointer is, `cursorLeft` that it is over
    none.
    """

    cursorMoved = Signal(int, int)
    cursorLeft = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._button = Qt.MouseButton.NoButton
        self._diameter = 1
        self._hover: Point | None = None
        self._pen = MouseOfPen()

    def _touch(self, position: QPointF, modifiers: Qt.KeyboardModifier) -> Touch:
        view = self._viewport
        point = view.pixel_at(self._device(position))
        return Touch(
            point=point,
            inside=self._on_picture(point),
            position=(position.x(), position.y()),
            scale=view.scale / view.ratio,
            inverted=bool(modifiers & Qt.KeyboardModifier.ControlModifier) or self._pen.erases,
            shifted=bool(modifiers & Qt.KeyboardModifier.ShiftModifier),
            secondary=self._button == Qt.MouseButton.RightButton,
            pressure=self._pen.pressure,
        )

    def _on_picture(self, point: Point) -> bool:
        height, width = self._viewport.image_size
        return 0 <= point[0] < width and 0 <= point[1] < height

    def _left_button_pans(self) -> bool:
        return self._space_held or self._tool.pans

    def _refresh_cursor(self) -> None:
        super()._refresh_cursor()
        if not (self.is_panning or self._over_divider) and self._has_picture():
            self.setCursor(self._tool.cursor)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin what the tool does, or pick, or pan."""
        if self._running is not None or not self._has_picture():
            event.accept()
            return
        tool = self._tool_for(event)
        if tool is None:
            super().mousePressEvent(event)
            return
        self._running, self._button = tool, event.button()
        self._held_pane = self._pane_at(event.position())
        touch = self._touch(event.position(), event.modifiers())
        self._follow(touch)
        tool.press(touch)
        self._tell_held()
        event.accept()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """A second press in the same place is a press, unless the tool means more by it."""
        tool = None if self._running is not None else self._tool_for(event)
        if tool is None or tool is not self._tool or event.button() != Qt.MouseButton.LeftButton:
            self.mousePressEvent(event)
            return
        self._running, self._button = tool, event.button()
        tool.double_click(self._touch(event.position(), event.modifiers()))
        self._tell_held()
        event.accept()

    def tabletEvent(self, event: QTabletEvent) -> None:
        """A pen is a mouse with pressure, and its other end erases."""
        mouse = self._pen.mouse_event(event)
        if mouse is None:
            event.ignore()
            return
        if mouse.type() == QEvent.Type.MouseButtonPress:
            self.mousePressEvent(mouse)
        elif mouse.type() == QEvent.Type.MouseMove:
            self.mouseMoveEvent(mouse)
        else:
            self.mouseReleaseEvent(mouse)
            self._pen.lift()
        event.accept()

    def _tool_for(self, event: QMouseEvent) -> Tool | None:
        right = event.button() == Qt.MouseButton.RightButton
        picks = (right and not self._tool.takes_right_button) or (
            event.button() == Qt.MouseButton.LeftButton
            and event.modifiers() & Qt.KeyboardModifier.AltModifier
        )
        if self._space_held or self._is_on_divider(event.position()):
            return None
        if picks:
            self._picker.diameter = self._diameter
            self._picker.resizes = self._tool.has_ring
            return self._picker
        if right or (event.button() == Qt.MouseButton.LeftButton and not self._tool.pans):
            return self._tool
        return None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Go on with what the tool does; tell where the pointer is."""
        if not self._has_picture():
            return
        if self._running is None:
            super().mouseMoveEvent(event)
        touch = self._touch(event.position(), event.modifiers())
        if self._running is not None and not event.buttons() & self._button:
            # The release went elsewhere: another window, a debugger, a lost grab.
            self.end_stroke()
        if self._running is not self._picker:
            self._follow(touch)
        if self._running is not None:
            self._running.drag(touch)
        elif not self.is_panning:
            self._tool.hover(touch)
        self._tell_held()
        event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End what the tool does."""
        if self._running is None:
            super().mouseReleaseEvent(event)
        elif event.button() == self._button:
            self.end_stroke()
            event.accept()

    def _follow(self, touch: Touch) -> None:
        if touch.point == self._hover:
            return
        self._hover = touch.point
        self._refresh_ring()
        if touch.inside:
            self.cursorMoved.emit(*touch.point)
        else:
            self.cursorLeft.emit()

    def leaveEvent(self, event: QEvent) -> None:
        """The pointer is elsewhere."""
        super().leaveEvent(event)
        if self._running is None and self._hover is not None:
            self._hover = None
            self._refresh_ring()
            self._tool.leave()
            self.cursorLeft.emit()

    def event(self, event: QEvent) -> bool:
        """See when the mouse is lost."""
        if event.type() in (QEvent.Type.UngrabMouse, QEvent.Type.WindowDeactivate):
            self._lose_hold()
        return super().event(event)

    def _lose_hold(self) -> None:
        self.end_stroke()
        if self._hand is not None or self._holds_divider:
            self._let_go()
        if self._space_held:
            self._hold_space(held=False)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Nothing may go on that can no longer be seen to end."""
        super().focusOutEvent(event)
        self._lose_hold()

    def hideEvent(self, event: QHideEvent) -> None:
        """The same when the widget goes out of sight."""
        super().hideEvent(event)
        self._lose_hold()
