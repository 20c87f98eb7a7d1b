"""What marks a receptive field on the picture: its centroid, its half square, a drawn box."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from app.canvas.viewport import Viewport
from segcore.geometry import EMPTY, Box

DOT = 5.0
"""Logical pixels from the middle of the centroid's cross to the end of its arms."""
_SQUARE = QColor("#4cc9f0")
_CENTROID = QColor("#ffd166")
_BOX = QColor("#ffffff")


@dataclass(frozen=True)
class FieldMarks:
    """In image pixels; what is None is not drawn.

    Attributes:
        centroid: (x, y), from the picture's corner.
        square: the square that holds half of the field.
        box: drawn by the person.
    """

    centroid: tuple[float, float] | None = None
    square: Box | None = None
    box: Box | None = None


def marks_box(viewport: Viewport, marks: FieldMarks) -> Box:
    """The device pixels that the marks need."""
    margin = round(viewport.ratio * (DOT + 4))
    needed = EMPTY
    for box in (marks.square, marks.box):
        if box is not None:
            needed = needed.union(viewport.device_box(box, margin))
    if marks.centroid is not None:
        x, y = (int(side) for side in marks.centroid)
        needed = needed.union(viewport.device_box(Box(x, y, x + 1, y + 1), margin))
    return needed


def paint_marks(painter: QPainter, viewport: Viewport, marks: FieldMarks) -> None:
    """Outlines that can be seen on every picture: coloured, over a dark line."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    if marks.square is not None:
        _outline(painter, viewport, marks.square, _SQUARE, Qt.PenStyle.SolidLine)
    if marks.box is not None:
        _outline(painter, viewport, marks.box, _BOX, Qt.PenStyle.DashLine)
    if marks.centroid is not None:
        _cross(painter, viewport, marks.centroid)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)


def _outline(
    painter: QPainter, viewport: Viewport, box: Box, color: QColor, style: Qt.PenStyle
) -> None:
    left, top = viewport.to_device((box.x0, box.y0))
    right, bottom = viewport.to_device((box.x1, box.y1))
    frame = QRectF(left, top, right - left, bottom - top)
    painter.setPen(QPen(QColor(0, 0, 0, 190), 3.4 * viewport.ratio))
    painter.drawRect(frame)
    painter.setPen(QPen(color, 1.6 * viewport.ratio, style))
    painter.drawRect(frame)


def _cross(painter: QPainter, viewport: Viewport, place: tuple[float, float]) -> None:
    x, y = viewport.to_device(place)
    arm = DOT * viewport.ratio
    for color, width in ((QColor(0, 0, 0, 200), 3.6), (_CENTROID, 1.8)):
        painter.setPen(QPen(color, width * viewport.ratio))
        painter.drawLine(QPointF(x - arm, y - arm), QPointF(x + arm, y + arm))
        painter.drawLine(QPointF(x - arm, y + arm), QPointF(x + arm, y - arm))
