"""The lines and handles that tools draw while the hand is at work."""

from __future__ import annotations

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from app.canvas.viewport import Viewport
from app.gesture import Sketch
from segcore.geometry import EMPTY, Box, Point

HANDLE = 4.0
"""Half the side of a handle, logical pixels."""
_MARK = 5.0
_REACH = 9
"""Logical pixels that a sketch may reach beyond its points."""
_DARK, _LIGHT = QColor(0, 0, 0, 200), QColor(255, 255, 255)
_ADDS, _TAKES = QColor(64, 200, 96), QColor(235, 80, 70)


def sketch_box(viewport: Viewport, sketch: Sketch) -> Box:
    """The device pixels that a sketch needs."""
    points = [*sketch.points, *(point for point, _ in sketch.marks)]
    if sketch.rubber is not None:
        points.append(sketch.rubber)
    if not points:
        return EMPTY
    columns, rows = [x for x, _ in points], [y for _, y in points]
    around = Box(min(columns), min(rows), max(columns) + 1, max(rows) + 1)
    return viewport.device_box(around, round(_REACH * viewport.ratio))


def paint_sketch(painter: QPainter, viewport: Viewport, sketch: Sketch) -> None:
    """Dark lines with light ones in them; a handle that is lit is filled."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    corners = [_place(viewport, point) for point in sketch.points]
    if sketch.color is not None:
        _paint_stroke(painter, viewport, corners, QColor(*sketch.color))
    else:
        _paint_line(painter, viewport, QPolygonF(corners), closed=sketch.closed)
    if sketch.rubber is not None and corners:
        _paint_rubber(painter, viewport, corners, _place(viewport, sketch.rubber))
    if sketch.handles:
        for number, corner in enumerate(corners):
            _paint_handle(painter, viewport, corner, lit=number == sketch.lit)
    for point, adds in sketch.marks:
        _paint_mark(painter, viewport, _place(viewport, point), adds=adds)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)


def _place(viewport: Viewport, point: Point) -> QPointF:
    return QPointF(*viewport.to_device((point[0] + 0.5, point[1] + 0.5)))


def _paint_line(painter: QPainter, viewport: Viewport, line: QPolygonF, *, closed: bool) -> None:
    for color, width in ((_DARK, 3.0), (_LIGHT, 1.4)):
        painter.setPen(QPen(color, width * viewport.ratio))
        if closed:
            painter.drawPolygon(line)
        else:
            painter.drawPolyline(line)


def _paint_stroke(
    painter: QPainter, viewport: Viewport, corners: list[QPointF], color: QColor
) -> None:
    """A line in a colour of its own, light and dark around it; a dot where it is one point."""
    line = QPolygonF(corners if len(corners) > 1 else corners * 2)
    for each, width in ((_DARK, 6.0), (_LIGHT, 4.6), (color, 3.0)):
        pen = QPen(each, width * viewport.ratio)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        painter.setPen(pen)
        painter.drawPolyline(line)


def _paint_rubber(
    painter: QPainter, viewport: Viewport, corners: list[QPointF], end: QPointF
) -> None:
    pen = QPen(_LIGHT, 1.2 * viewport.ratio)
    pen.setDashPattern([4, 3])
    painter.setPen(pen)
    painter.drawLine(corners[-1], end)
    if len(corners) > 1:
        painter.drawLine(end, corners[0])


def _paint_handle(painter: QPainter, viewport: Viewport, at: QPointF, *, lit: bool) -> None:
    half = (HANDLE + lit) * viewport.ratio
    painter.setPen(QPen(_DARK, 1.2 * viewport.ratio))
    painter.setBrush(QColor(255, 190, 40) if lit else _LIGHT)
    painter.drawRect(int(at.x() - half), int(at.y() - half), int(2 * half), int(2 * half))
    painter.setBrush(Qt.BrushStyle.NoBrush)


def _paint_mark(painter: QPainter, viewport: Viewport, at: QPointF, *, adds: bool) -> None:
    """A green disc with a plus, or a red one with a minus."""
    radius = _MARK * viewport.ratio
    painter.setPen(QPen(_LIGHT, 1.4 * viewport.ratio))
    painter.setBrush(_ADDS if adds else _TAKES)
    painter.drawEllipse(at, radius, radius)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    arm = 0.55 * radius
    painter.drawLine(at - QPointF(arm, 0), at + QPointF(arm, 0))
    if adds:
        painter.drawLine(at - QPointF(0, arm), at + QPointF(0, arm))
