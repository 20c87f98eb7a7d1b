"""How a row of the picture list looks: thumbnail, name, folder, status, comment, uncertainty."""

from __future__ import annotations

import math
from pathlib import PurePosixPath

from PySide6.QtCore import (
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPointF,
    QRect,
    QRectF,
    QSize,
    Qt,
)
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from app.panels.image_rows import ImageRows
from app.panels.review_words import HOLLOW, status_color, status_word
from app.theme import LIGHT, Tones

THUMBNAIL = QSize(72, 48)
ROW_HEIGHT = 62
_MARGIN = 8
_GAP = 6
_MARK = QSize(11, 11)

AnyIndex = QModelIndex | QPersistentModelIndex


class ImageDelegate(QStyledItemDelegate):
    """Paints rows of one height, so that the list never has to measure 100,000 of them."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.tones: Tones = LIGHT

    def sizeHint(
        self, _option: QStyleOptionViewItem, _index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        """Qt: the same for every row."""
        return QSize(160, ROW_HEIGHT)

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        """Qt: one row."""
        rect: QRect = option.rect
        state: QStyle.StateFlag = option.state
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_ground(painter, rect, state)
        place = QRect(
            rect.left() + _MARGIN,
            rect.center().y() - THUMBNAIL.height() // 2,
            THUMBNAIL.width(),
            THUMBNAIL.height(),
        )
        self._paint_thumbnail(painter, place, index.data(Qt.ItemDataRole.DecorationRole))
        words = rect.adjusted(place.width() + 2 * _MARGIN, 3, -_MARGIN - 2, -3)
        self._paint_words(painter, words, option, index)
        painter.restore()

    def _paint_ground(self, painter: QPainter, rect: QRect, state: QStyle.StateFlag) -> None:
        ground = QRectF(rect).adjusted(3, 1, -3, -1)
        if state & QStyle.StateFlag.State_Selected:
            painter.setBrush(QColor(self.tones.accent_soft))
        elif state & QStyle.StateFlag.State_MouseOver:
            painter.setBrush(QColor(self.tones.hover))
        else:
            return
        painter.setPen(Qt.PenStyle.NoPen)
        if state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QColor(self.tones.accent))
        painter.drawRoundedRect(ground, 5, 5)

    def _paint_thumbnail(self, painter: QPainter, place: QRect, pixmap: QPixmap | None) -> None:
        if pixmap is None or pixmap.isNull():
            painter.setPen(QColor(self.tones.border))
            painter.setBrush(QColor(self.tones.panel))
            painter.drawRoundedRect(QRectF(place).adjusted(0.5, 0.5, -0.5, -0.5), 3, 3)
            return
        size = pixmap.deviceIndependentSize().toSize()
        size.scale(place.size(), Qt.AspectRatioMode.KeepAspectRatio)
        target = QRect(0, 0, size.width(), size.height())
        target.moveCenter(place.center())
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawPixmap(target, pixmap)

    def _paint_words(
        self, painter: QPainter, rect: QRect, option: QStyleOptionViewItem, index: AnyIndex
    ) -> None:
        """The name, its folder where it has one, and how far the work is, one below the other."""
        name = index.data(Qt.ItemDataRole.DisplayRole)
        path = PurePosixPath(name.replace("\\", "/"))
        folder = "" if str(path.parent) == "." else str(path.parent)
        metrics = QFontMetrics(option.font)
        painter.setFont(option.font)
        lines = 3 if folder else 2
        height = min(metrics.height(), rect.height() // lines)
        line = QRect(rect.left(), rect.center().y() - lines * height // 2, rect.width(), height)
        middle = Qt.TextElideMode.ElideMiddle
        self._write(painter, line, metrics.elidedText(path.name, middle, line.width()), "text")
        if folder:
            line.translate(0, height)
            left = Qt.TextElideMode.ElideLeft
            self._write(painter, line, metrics.elidedText(folder, left, line.width()), "muted")
        line.translate(0, height)
        self._paint_state(painter, line, index, metrics)

    def _paint_state(
        self, painter: QPainter, line: QRect, index: AnyIndex, metrics: QFontMetrics
    ) -> None:
        """The dot and the word of the status, a comment's mark, and how uncertain the model was."""
        status = index.data(ImageRows.StatusRole)
        right = line.right()
        uncertainty = index.data(ImageRows.UncertaintyRole)
        if not math.isnan(uncertainty):
            text = f"{uncertainty:.2f}"
            width = metrics.horizontalAdvance(text)
            place = QRect(right - width, line.top(), width + 1, line.height())
            self._write(painter, place, text, "muted")
            right -= width + _GAP
        if index.data(ImageRows.CommentRole):
            right -= _MARK.width()
            middle = line.center().y() - _MARK.height() // 2
            self._paint_comment(painter, QRectF(right, middle, _MARK.width(), _MARK.height()))
            right -= _GAP
        if not status:
            return
        dot = QRectF(line.left() + 1, line.center().y() - 3.5, 8, 8)
        color = QColor(status_color(status, self.tones))
        painter.setPen(QPen(color, 1.5))
        painter.setBrush(Qt.BrushStyle.NoBrush if status in HOLLOW else color)
        painter.drawEllipse(dot)
        words = QRect(line.left() + 14, line.top(), right - line.left() - 14, line.height())
        elided = metrics.elidedText(status_word(status), Qt.TextElideMode.ElideRight, words.width())
        self._write(painter, words, elided, "muted")

    def _paint_comment(self, painter: QPainter, place: QRectF) -> None:
        """A speech bubble."""
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self.tones.warning))
        body = place.adjusted(0, 0, 0, -3)
        painter.drawRoundedRect(body, 2, 2)
        corner = QPointF(body.left() + 2.5, body.bottom() - 0.5)
        tail = [corner, QPointF(corner.x() + 4, corner.y()), QPointF(corner.x(), place.bottom())]
        painter.drawPolygon(tail)

    def _write(self, painter: QPainter, rect: QRect, text: str, tone: str) -> None:
        painter.setPen(QColor(getattr(self.tones, tone)))
        painter.drawText(rect, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)
