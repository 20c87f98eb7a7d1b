"""How a row of the picture list looks: thumbnail, name, folder, status dot."""

from __future__ import annotations

from pathlib import PurePosixPath

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from app.panels.image_rows import ImageRows
from app.theme import LIGHT, Tones

THUMBNAIL = QSize(72, 48)
ROW_HEIGHT = 62
_MARGIN = 8


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
        self._paint_status(painter, rect, index.data(ImageRows.StatusRole))
        words = rect.adjusted(place.width() + 2 * _MARGIN, 11, -26, -11)
        self._paint_words(painter, words, index.data(Qt.ItemDataRole.DisplayRole), option)
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

    def _paint_status(self, painter: QPainter, rect: QRect, status: str) -> None:
        if status in ("", "new"):
            return
        dot = QRectF(rect.right() - 20, rect.center().y() - 4, 8, 8)
        color = QColor(status_color(status, self.tones))
        painter.setPen(QPen(color, 1.5))
        painter.setBrush(Qt.BrushStyle.NoBrush if status in _HOLLOW else color)
        painter.drawEllipse(dot)

    def _paint_words(
        self, painter: QPainter, rect: QRect, name: str, option: QStyleOptionViewItem
    ) -> None:
        path = PurePosixPath(name.replace("\\", "/"))
        folder = "" if str(path.parent) == "." else str(path.parent)
        font = option.font
        painter.setFont(font)
        metrics = QFontMetrics(font)
        left_middle = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        painter.setPen(QColor(self.tones.text))
        upper = QRect(rect)
        if folder:
            upper.setHeight(rect.height() // 2)
        elided = metrics.elidedText(path.name, Qt.TextElideMode.ElideMiddle, rect.width())
        painter.drawText(upper, left_middle, elided)
        if folder:
            lower = rect.adjusted(0, rect.height() // 2, 0, 0)
            painter.setPen(QColor(self.tones.muted))
            elided = metrics.elidedText(folder, Qt.TextElideMode.ElideLeft, rect.width())
            painter.drawText(lower, left_middle, elided)


_HOLLOW = frozenset({"done"})


def status_color(status: str, tones: Tones) -> str:
    """The colour of a picture's dot: blue predicted, amber in work, green done, red rejected."""
    return {
        "predicted": tones.accent,
        "in_work": tones.warning,
        "done": tones.success,
        "approved": tones.success,
        "rejected": tones.danger,
    }.get(status, tones.muted)
