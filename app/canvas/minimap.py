"""The whole picture in a corner of the view, with the part that is in sight."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QWidget

from app.canvas.viewport import Viewport
from segcore.geometry import EMPTY, Box, Size

PaintLayers = Callable[[QPainter, Viewport, Box], None]

LONGEST = 190
"""Logical pixels of its longer side, where the view has room for that."""
SHARE = 0.3
"""Of the view's sides that it takes at most."""
SMALLEST = 40
MARGIN = 12
PAUSE = 90
"""Milliseconds for which changes are gathered, so that painting never waits for it."""


class Minimap(QWidget):
    """A child of the canvas that draws from the same tiles; a click or drag moves the view.

    It is opaque, so that Qt does not paint the canvas below it, nor it when the canvas changes.
    """

    lookRequested = Signal(float, float)

    def __init__(self, paint_layers: PaintLayers, parent: QWidget) -> None:
        """`paint_layers(painter, viewport, device box)` paints the layers of the canvas."""
        super().__init__(parent)
        self.setObjectName("canvas.minimap")
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self._paint_layers = paint_layers
        self._wanted = True
        self._image_size: Size | None = None
        self._canvas_viewport = Viewport()
        self._picture: QImage | None = None
        self._stale = EMPTY
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(PAUSE)
        self._timer.timeout.connect(self._refresh)
        self._translate()
        self.hide()

    def set_wanted(self, wanted: bool) -> None:
        """Whether it is shown at all; it also hides while the whole picture is in sight."""
        self._wanted = wanted

    def follow(
        self, image_size: Size | None, viewport: Viewport, view: QRect, legend: QRect
    ) -> None:
        """Show which part of the picture is in sight, in the lower right corner of `view`.

        Where the legend is in the way it stands above that.
        """
        if image_size != self._image_size:
            self._image_size, self._picture = image_size, None
        self._canvas_viewport = viewport
        rect = self._place(view, legend)
        shown = self._wanted and image_size is not None and not rect.isEmpty()
        shown = shown and viewport.visible != Box.of_size(viewport.image_size)
        if shown and rect != self.geometry():
            if rect.size() != self.size():
                self._picture = None
            self.setGeometry(rect)
        if shown and self._picture is None:
            self.damage_all()
        self.setVisible(shown)
        self.update()

    def damage(self, box: Box) -> None:
        """Image pixels of a box look different."""
        self._stale = self._stale.union(box)
        if not self._timer.isActive():
            self._timer.start()

    def damage_all(self) -> None:
        """Everything looks different."""
        if self._image_size is not None:
            self.damage(Box.of_size(self._image_size))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """The picture, what is not in sight darker, and a frame around what is."""
        painter = QPainter(self)
        if self._picture is None:
            painter.fillRect(self.rect(), self.palette().color(QPalette.ColorRole.Window))
        else:
            painter.drawImage(QPoint(0, 0), self._picture)
        seen = self.seen_rect()
        painter.save()
        for shade in _around(seen, QRectF(self.rect())):
            painter.fillRect(shade, QColor(0, 0, 0, 110))
        painter.restore()
        for color, inset in ((QColor(0, 0, 0, 190), -1.0), (QColor(255, 255, 255), 0.0)):
            painter.setPen(QPen(color, 1))
            frame = seen.adjusted(inset, inset, -inset, -inset)
            painter.drawRect(frame.adjusted(0.5, 0.5, -0.5, -0.5))
        painter.setPen(QPen(self.palette().color(QPalette.ColorRole.Mid), 1))
        painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()

    def seen_rect(self) -> QRectF:
        """The part in sight, in logical pixels of this widget; never too small to be seen."""
        view, scale = self._canvas_viewport, self._scale()
        left, top = view.to_image((0, 0))
        right, bottom = view.to_image((view.view_size[1], view.view_size[0]))
        seen = QRectF(QPointF(left * scale, top * scale), QPointF(right * scale, bottom * scale))
        middle = seen.center()
        seen.setSize(seen.size().expandedTo(QRectF(0, 0, 6, 6).size()))
        seen.moveCenter(middle)
        return seen.intersected(QRectF(self.rect()))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Look there."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._ask(event.position())
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Go on looking where it is dragged."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._ask(event.position())
        event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """The canvas below takes no part in it."""
        event.accept()

    def changeEvent(self, event: QEvent) -> None:
        """Speak another language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._translate()

    def _translate(self) -> None:
        self.setAccessibleName(self.tr("Overview of the picture"))
        self.setAccessibleDescription(
            self.tr("The whole picture; a frame shows what is in sight. Click to look elsewhere.")
        )
        self.setToolTip(self.tr("Click or drag to look at another part"))

    def _ask(self, position: QPointF) -> None:
        scale = self._scale()
        self.lookRequested.emit(position.x() / scale, position.y() / scale)

    def _scale(self) -> float:
        """Logical pixels per image pixel."""
        return self.width() / (self._image_size[1] if self._image_size else 1)

    def _place(self, view: QRect, legend: QRect) -> QRect:
        """Where it stands; empty where there is no room for it."""
        if self._image_size is None:
            return QRect()
        height, width = self._image_size
        room = (min(LONGEST, SHARE * view.width()), min(LONGEST, SHARE * view.height()))
        scale = min(room[0] / width, room[1] / height)
        across, down = max(round(width * scale), 8), max(round(height * scale), 8)
        if max(across, down) < SMALLEST:
            return QRect()
        left = view.right() + 1 - MARGIN - across
        rect = QRect(left, view.bottom() + 1 - MARGIN - down, across, down)
        if rect.intersects(legend.adjusted(-MARGIN // 2, 0, MARGIN // 2, 0)):
            rect.moveBottom(legend.top() - MARGIN // 2)
        return rect

    def _refresh(self) -> None:
        """Paint what has changed since, into the small picture."""
        stale, self._stale = self._stale, EMPTY
        if self._image_size is None or not self.isVisible():
            self._picture = None
            return
        ratio = self.devicePixelRatioF()
        size = (max(round(self.height() * ratio), 1), max(round(self.width() * ratio), 1))
        scale = size[1] / self._image_size[1]
        viewport = Viewport(self._image_size, view_size=size, scale=scale, ratio=ratio)
        if self._picture is None:
            self._picture = QImage(size[1], size[0], QImage.Format.Format_RGB32)
            self._picture.fill(self.palette().color(QPalette.ColorRole.Window))
            stale = Box.of_size(self._image_size)
        device = viewport.device_box(stale, 2).clip(*size)
        self._picture.setDevicePixelRatio(1.0)
        painter = QPainter(self._picture)
        painter.setClipRect(QRect(device.x0, device.y0, device.width, device.height))
        self._paint_layers(painter, viewport, device)
        painter.end()
        self._picture.setDevicePixelRatio(ratio)
        self.update()


def _around(inner: QRectF, outer: QRectF) -> list[QRectF]:
    """What of `outer` lies around `inner`, in four rectangles."""
    return [
        QRectF(outer.topLeft(), QPointF(outer.right(), inner.top())),
        QRectF(QPointF(outer.left(), inner.bottom()), outer.bottomRight()),
        QRectF(QPointF(outer.left(), inner.top()), inner.bottomLeft()),
        QRectF(inner.topRight(), QPointF(outer.right(), inner.bottom())),
    ]
