"""What is drawn over the layers by hand: the query's cross, the brush ring, the pixel grid."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QLine, QPoint, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QImage, QPainter, QPalette, QPen

from app.canvas.legend import contrast_of
from app.canvas.viewport import Viewport
from segcore.geometry import Box

GRID_FROM = 16.0
"""Device pixels per image pixel from which on the pixels are told apart by lines."""
CROSS_ARM = 11
CROSS_GAP = 4
OUTLINE = 4
"""Device pixels, times the ratio, that a mark may reach beyond what it marks."""
STAMPED = 48.0, 640.0
"""Radii, in device pixels, of rings that are drawn once and kept, a quarter of a pixel off."""

Point = tuple[int, int]


def paint_grid(painter: QPainter, viewport: Viewport, device: Box) -> None:
    """Lines between the image pixels seen in a box of device pixels."""
    if viewport.scale < GRID_FROM:
        return
    seen = viewport.image_box(device)
    left, top = viewport.to_device((seen.x0, seen.y0))
    right, bottom = viewport.to_device((seen.x1, seen.y1))
    lines = []
    for x in range(seen.x0, seen.x1 + 1):
        at = round(viewport.to_device((x, 0))[0])
        lines.append(QLine(at, round(top), at, round(bottom)))
    for y in range(seen.y0, seen.y1 + 1):
        at = round(viewport.to_device((0, y))[1])
        lines.append(QLine(round(left), at, round(right), at))
    painter.setPen(QPen(QColor(128, 128, 128, 96), 1))
    painter.drawLines(lines)


def query_box(viewport: Viewport, point: Point, cell: Box | None) -> Box:
    """The device pixels that the mark of a query needs."""
    around = round(viewport.ratio * (CROSS_ARM + CROSS_GAP + OUTLINE))
    marked = viewport.device_box(Box(point[0], point[1], point[0] + 1, point[1] + 1), around)
    if cell is None:
        return marked
    return marked.union(viewport.device_box(cell, round(viewport.ratio * OUTLINE)))


def paint_query(
    painter: QPainter, viewport: Viewport, point: Point, cell: Box | None, *, asked: bool
) -> None:
    """A cross that leaves the pixel itself free, and the frame of its cell.

    A point that has only been moved to, and not been `asked`, has a dashed cross.
    """
    ratio = viewport.ratio
    x, y = viewport.to_device((point[0] + 0.5, point[1] + 0.5))
    gap = max(CROSS_GAP * ratio, viewport.scale / 2 + ratio)
    end = gap + CROSS_ARM * ratio
    arms = [
        (QPointF(x + dx * gap, y + dy * gap), QPointF(x + dx * end, y + dy * end))
        for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1))
    ]
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for color, width in ((QColor(0, 0, 0, 200), 3.5), (QColor(255, 255, 255), 1.5)):
        pen = QPen(color, width * ratio)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap if asked else Qt.PenCapStyle.FlatCap)
        if not asked:
            pen.setDashPattern([4 / width, 3 / width])
        painter.setPen(pen)
        for begin, finish in arms:
            painter.drawLine(begin, finish)
    if cell is not None:
        _paint_frame(painter, viewport, cell)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)


def region_box(viewport: Viewport, region: Box) -> Box:
    """The device pixels that the frame of a region needs."""
    return viewport.device_box(region, round(viewport.ratio * OUTLINE))


def paint_region(painter: QPainter, viewport: Viewport, region: Box) -> None:
    """The frame of a region, dashed in white over black."""
    left, top = viewport.to_device((region.x0, region.y0))
    right, bottom = viewport.to_device((region.x1, region.y1))
    frame = QRectF(left, top, right - left, bottom - top)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(0, 0, 0, 200), 3.0 * viewport.ratio))
    painter.drawRect(frame)
    pen = QPen(QColor(255, 255, 255), 1.4 * viewport.ratio)
    pen.setDashPattern([4, 3])
    painter.setPen(pen)
    painter.drawRect(frame)


def ring_box(viewport: Viewport, point: Point, diameter: int) -> Box:
    """The device pixels that the brush ring around an image pixel needs."""
    radius = diameter // 2 + 1
    covered = Box(
        point[0] - radius, point[1] - radius, point[0] + radius + 1, point[1] + radius + 1
    )
    return viewport.device_box(covered, round(viewport.ratio * OUTLINE))


def paint_ring(
    painter: QPainter, viewport: Viewport, point: Point, diameter: int, color: QColor
) -> None:
    """The outline of the brush, in the colour that it paints with."""
    ratio = viewport.ratio
    x, y = viewport.to_device((point[0] + 0.5, point[1] + 0.5))
    radius = max(diameter * viewport.scale / 2, 2 * ratio)
    if STAMPED[0] <= radius <= STAMPED[1]:
        halves = round(2 * x), round(2 * y)
        stamp = _ring_stamp(
            round(2 * radius), color.rgba(), ratio, (halves[0] % 2 / 2, halves[1] % 2 / 2)
        )
        pixel = QPoint(halves[0] // 2, halves[1] // 2)
        painter.drawImage(pixel - stamp.rect().center(), stamp)
    else:
        _draw_ring(painter, QPointF(x, y), radius, color, ratio)


@lru_cache(4)  # one brush is held, in one of four places between the pixels
def _ring_stamp(diameter: int, rgba: int, ratio: float, between: tuple[float, float]) -> QImage:
    """A large ring, drawn once: that takes longer than all that a move changes under it."""
    side = diameter + 2 * round(OUTLINE * ratio) + 1
    stamp = QImage(side, side, QImage.Format.Format_ARGB32_Premultiplied)
    stamp.fill(Qt.GlobalColor.transparent)
    painter = QPainter(stamp)
    middle = QPointF(stamp.rect().center()) + QPointF(*between)
    _draw_ring(painter, middle, diameter / 2, QColor.fromRgba(rgba), ratio)
    painter.end()
    return stamp


def _draw_ring(
    painter: QPainter, middle: QPointF, radius: float, color: QColor, ratio: float
) -> None:
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    outline = contrast_of(color)
    outline.setAlpha(190)
    for shade, width in ((outline, 3.5), (color, 1.8)):
        painter.setPen(QPen(shade, width * ratio))
        painter.drawEllipse(middle, radius, radius)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)


def paint_message(
    painter: QPainter, text: str, font: QFont, palette: QPalette, view: QRect
) -> None:
    """What an empty view says, in logical pixels."""
    larger = QFont(font)
    larger.setPointSizeF(max(font.pointSizeF(), 9.0) * 1.25)
    painter.setFont(larger)
    painter.setPen(palette.color(QPalette.ColorRole.PlaceholderText))
    inner = view.adjusted(24, 24, -24, -24)
    painter.drawText(inner, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, text)


def background(palette: QPalette) -> QColor:
    """The colour around the picture: the window's, a step darker."""
    window = palette.color(QPalette.ColorRole.Window)
    return window.darker(150 if window.lightness() < 128 else 108)


def _paint_frame(painter: QPainter, viewport: Viewport, cell: Box) -> None:
    left, top = viewport.to_device((cell.x0, cell.y0))
    right, bottom = viewport.to_device((cell.x1, cell.y1))
    frame = QRectF(left, top, right - left, bottom - top)
    for color, width in ((QColor(0, 0, 0, 200), 3.0), (QColor(255, 255, 255), 1.2)):
        painter.setPen(QPen(color, width * viewport.ratio))
        painter.drawRect(frame)
