"""A widget that looks at a picture: it pans and zooms by mouse, trackpad and keyboard."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRect, QSize, Qt, Signal
from PySide6.QtGui import (
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from app.canvas.viewport import PointF, Viewport, passing_one_to_one
from segcore.geometry import Box, Size

NOTCH = 120.0
"""Wheel units of one notch of a mouse wheel; `QWheelEvent.angleDelta` is in eighths of a degree."""
NOTCHES_PER_DOUBLING = 3.0
SCROLL_PER_NOTCH = 80.0
PIXELS_PER_DOUBLING = 240.0
ARROW_STEP = 60.0
ARROWS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}
ZOOM_KEYS = {
    Qt.Key.Key_Plus: 1,
    Qt.Key.Key_Equal: 1,
    Qt.Key.Key_Minus: -1,
    Qt.Key.Key_Underscore: -1,
}


class PictureView(QWidget):
    """Pan and zoom; what is painted and what tools do is up to those who derive from it.

    `looked` says that another part of the picture is in view, or in another size.
    """

    zoomChanged = Signal(float)
    looked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._viewport = Viewport()
        self._follows_size = True
        self._hand: QPointF | None = None
        self._space_held = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setMinimumSize(120, 90)

    def sizeHint(self) -> QSize:
        """Room for a picture."""
        return QSize(960, 640)

    @property
    def viewport(self) -> Viewport:
        """How the picture is looked at now."""
        return self._viewport

    def fit(self) -> None:
        """Show the whole picture, and go on doing so when the widget changes its size."""
        self._follows_size = True
        self._look(self._viewport.fitted())

    def zoom_to(self, scale: float, anchor: QPointF | None = None) -> None:
        """Show an image pixel on `scale` device pixels.

        `anchor`, in logical pixels of the widget, stays where it is; the middle without one.
        """
        self._follows_size = False
        self._look(self._viewport.zoomed(scale, None if anchor is None else self._device(anchor)))

    def zoom_in(self) -> None:
        """One step nearer."""
        self.zoom_to(self._viewport.next_scale(1))

    def zoom_out(self) -> None:
        """One step further away."""
        self.zoom_to(self._viewport.next_scale(-1))

    def pan_by(self, dx: float, dy: float) -> None:
        """Move the picture by logical pixels."""
        ratio = self._viewport.ratio
        self._follows_size = False
        self._look(self._viewport.panned(dx * ratio, dy * ratio))

    def centre_on(self, x: float, y: float) -> None:
        """Bring an image point to the middle of the view."""
        self._follows_size = False
        self._look(self._viewport.centred_on((x, y)))

    @property
    def is_panning(self) -> bool:
        """Whether the picture is being dragged, or would be by the left button."""
        return self._hand is not None or self._space_held

    def _has_picture(self) -> bool:
        return True

    def _left_button_pans(self) -> bool:
        return self._space_held

    def _refresh_cursor(self) -> None:
        if self._hand is not None:
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
        elif self._space_held:
            self.setCursor(Qt.CursorShape.OpenHandCursor)
        else:
            self.unsetCursor()

    def _show_picture_of(self, image_size: Size) -> None:
        """Look at a picture of another size: all of it."""
        size, ratio = self._view_size()
        self._follows_size = True
        self._viewport = Viewport(image_size, view_size=size, ratio=ratio).fitted()
        self.update()
        self._viewport_changed()
        self.zoomChanged.emit(self._viewport.scale)

    def _look(self, viewport: Viewport) -> None:
        before, self._viewport = self._viewport, viewport
        if viewport != before:
            self.update()
            self._viewport_changed()
            self.looked.emit()
            if viewport.scale != before.scale:
                self.zoomChanged.emit(viewport.scale)

    def _viewport_changed(self) -> None:
        """Another part of the picture is looked at, or in another size."""

    def _view_size(self) -> tuple[Size, float]:
        """(height, width) in device pixels, and how many of them a logical pixel has."""
        ratio = self.devicePixelRatioF()
        return (max(round(self.height() * ratio), 1), max(round(self.width() * ratio), 1)), ratio

    def _device(self, position: QPointF) -> PointF:
        ratio = self._viewport.ratio
        return position.x() * ratio, position.y() * ratio

    def _update_device(self, box: Box) -> None:
        """Have some device pixels painted again."""
        if not box.is_empty:
            self.update(self._logical(box).intersected(self.rect()))

    def _logical(self, box: Box) -> QRect:
        ratio = self._viewport.ratio
        left, top = int(box.x0 // ratio), int(box.y0 // ratio)
        return QRect(left, top, int(-(-box.x1 // ratio)) - left, int(-(-box.y1 // ratio)) - top)

    def _adapt_to_size(self) -> None:
        size, ratio = self._view_size()
        resized = self._viewport.resized(size, ratio)
        self._look(resized.fitted() if self._follows_size else resized)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the whole picture, or the middle, in sight."""
        super().resizeEvent(event)
        self._adapt_to_size()

    def event(self, event: QEvent) -> bool:
        """Pinches, and another screen."""
        if event.type() == QEvent.Type.DevicePixelRatioChange:
            self._adapt_to_size()
        if isinstance(event, QNativeGestureEvent) and self._pinch(event):
            return True
        return super().event(event)

    def _pinch(self, event: QNativeGestureEvent) -> bool:
        if event.gestureType() != Qt.NativeGestureType.ZoomNativeGesture:
            return False
        self._zoom_by(1.0 + event.value(), event.position())
        return True

    def _zoom_by(self, factor: float, anchor: QPointF) -> None:
        scale = self._viewport.scale
        if factor > 0:
            self.zoom_to(passing_one_to_one(scale, scale * factor), anchor)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom at the pointer; sideways with Shift or Alt, or where the wheel itself goes so."""
        if not self._has_picture():
            event.ignore()
            return
        angle, pixels = event.angleDelta(), event.pixelDelta()
        fine = not pixels.isNull()
        delta = QPointF(pixels) if fine else QPointF(angle)
        modifiers = event.modifiers()
        sideways = Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.AltModifier
        # Some platforms turn the wheel's direction themselves while Alt or Shift is held.
        if modifiers & sideways or abs(delta.x()) > abs(delta.y()):
            amount = delta.x() if abs(delta.x()) > abs(delta.y()) else delta.y()
            self.pan_by(amount if fine else amount / NOTCH * SCROLL_PER_NOTCH, 0)
        else:
            doubling = PIXELS_PER_DOUBLING if fine else NOTCH * NOTCHES_PER_DOUBLING
            self._zoom_by(2.0 ** (delta.y() / doubling), event.position())
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold of the picture."""
        button = event.button()
        grabs = button == Qt.MouseButton.MiddleButton or (
            button == Qt.MouseButton.LeftButton and self._left_button_pans()
        )
        if grabs and self._has_picture():
            self._hand = event.position()
            self._refresh_cursor()
            event.accept()
        else:
            event.ignore()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Move the picture that is held."""
        if self._hand is None:
            event.ignore()
            return
        held = Qt.MouseButton.MiddleButton | Qt.MouseButton.LeftButton
        if not event.buttons() & held:
            self._let_go()
            return
        moved = event.position() - self._hand
        self._hand = event.position()
        self.pan_by(moved.x(), moved.y())
        event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go of the picture."""
        if self._hand is None:
            event.ignore()
            return
        self._let_go()
        event.accept()

    def _let_go(self) -> None:
        self._hand = None
        self._refresh_cursor()

    def _hold_space(self, *, held: bool) -> None:
        self._space_held = held
        self._refresh_cursor()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows move the view, + and - zoom, Space held lets the left button pan."""
        key = Qt.Key(event.key())
        plain = not event.modifiers() & (
            Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.MetaModifier
        )
        if not self._has_picture() or not plain:
            event.ignore()
        elif key == Qt.Key.Key_Space:
            if not event.isAutoRepeat():
                self._hold_space(held=True)
        elif key in ARROWS:
            shift = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
            step = ARROW_STEP * (4 if shift else 1)
            self.pan_by(-ARROWS[key][0] * step, -ARROWS[key][1] * step)
        elif key in ZOOM_KEYS:
            self.zoom_to(self._viewport.next_scale(ZOOM_KEYS[key]))
        else:
            event.ignore()

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """Space let go."""
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._hold_space(held=False)
        else:
            event.ignore()
