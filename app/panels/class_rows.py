"""The class table as a Qt model with each class's share of the picture, and how a row looks."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPointF,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFontMetrics, QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from app.theme import LIGHT, Tones
from segcore.classes import ClassInfo

Index = QModelIndex | QPersistentModelIndex

ROW_HEIGHT = 30
_EYE_WIDTH = 34
_ROOT = QModelIndex()


class ClassRows(QAbstractListModel):
    """One row a class, in order of id."""

    InfoRole = Qt.ItemDataRole.UserRole + 1
    ShareRole = Qt.ItemDataRole.UserRole + 2
    HiddenRole = Qt.ItemDataRole.UserRole + 3

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._classes: Sequence[ClassInfo] = ()
        self._shares: Sequence[float] | None = None
        self._hidden: frozenset[int] = frozenset()

    def set_classes(self, classes: Sequence[ClassInfo]) -> None:
        """Show another class table; shares are unknown until they are set."""
        self.beginResetModel()
        self._classes = classes
        self._shares = None
        self.endResetModel()

    def set_shares(self, shares: Sequence[float] | None) -> None:
        """Say which part of the picture each class has, 0 to 1, or that it is not known."""
        self._shares = shares
        self._touch_all()

    def set_hidden(self, class_ids: frozenset[int]) -> None:
        """Show which classes the overlay leaves out."""
        self._hidden = class_ids
        self._touch_all()

    @property
    def classes(self) -> Sequence[ClassInfo]:
        """The rows' classes."""
        return self._classes

    @property
    def hidden(self) -> frozenset[int]:
        """Class ids that the overlay leaves out."""
        return self._hidden

    def row_of(self, class_id: int) -> int | None:
        """The row of a class id."""
        return next((i for i, info in enumerate(self._classes) if info.id == class_id), None)

    def rowCount(self, parent: Index = _ROOT) -> int:
        """Qt: the number of classes."""
        return 0 if parent.isValid() else len(self._classes)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Qt: the name, the class, its share, whether it is hidden."""
        if not index.isValid():
            return None
        info = self._classes[index.row()]
        share = self._share(info.id)
        if role == Qt.ItemDataRole.DisplayRole:
            return info.name
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            part = "" if share is None else f", {share_text(share)}"
            hidden = self.tr(", hidden") if info.id in self._hidden else ""
            return f"{info.name} ({self.tr('class')} {info.id}{part}{hidden})"
        if role == self.InfoRole:
            return info
        if role == self.ShareRole:
            return share
        if role == self.HiddenRole:
            return info.id in self._hidden
        return None

    def _share(self, class_id: int) -> float | None:
        if self._shares is None or class_id >= len(self._shares):
            return None
        return float(self._shares[class_id])

    def _touch_all(self) -> None:
        if self._classes:
            self.dataChanged.emit(self.index(0), self.index(len(self._classes) - 1))


def share_text(share: float) -> str:
    """A share of the picture in per cent, with one decimal; nothing for none at all."""
    if share <= 0:
        return ""
    return "<0.1 %" if share < 0.001 else f"{100 * share:.1f} %"


class ClassDelegate(QStyledItemDelegate):
    """Paints digit, swatch, name, share and eye; a click on the eye asks to hide or show."""

    visibilityRequested = Signal(int)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.tones: Tones = LIGHT

    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:
        """Qt: the same for every row."""
        return QSize(180, ROW_HEIGHT)

    def editorEvent(
        self, event: QEvent, _model: object, option: QStyleOptionViewItem, index: Index
    ) -> bool:
        """Qt: mouse clicks on a row; those on the eye stop here."""
        rect: QRect = option.rect
        kinds = (QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonRelease)
        if not isinstance(event, QMouseEvent) or event.type() not in kinds:
            return False
        if event.position().x() < rect.right() - _EYE_WIDTH:
            return False
        if event.type() == QEvent.Type.MouseButtonRelease:
            self.visibilityRequested.emit(index.data(ClassRows.InfoRole).id)
        return True

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Qt: one row."""
        rect: QRect = option.rect
        state: QStyle.StateFlag = option.state
        info: ClassInfo = index.data(ClassRows.InfoRole)
        hidden = bool(index.data(ClassRows.HiddenRole))
        share: float | None = index.data(ClassRows.ShareRole)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(option.font)
        self._paint_ground(painter, rect, state)
        self._paint_key(painter, rect, index.row())
        self._paint_swatch(painter, rect, QColor(*info.color), hidden)
        self._paint_name(painter, rect, info.name, share, hidden)
        self._paint_eye(painter, rect, hidden, bool(state & QStyle.StateFlag.State_MouseOver))
        painter.restore()

    def _paint_ground(self, painter: QPainter, rect: QRect, state: QStyle.StateFlag) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        if state & QStyle.StateFlag.State_Selected:
            painter.setBrush(QColor(self.tones.accent_soft))
        elif state & QStyle.StateFlag.State_MouseOver:
            painter.setBrush(QColor(self.tones.hover))
        else:
            return
        painter.drawRoundedRect(QRectF(rect).adjusted(3, 1, -3, -1), 5, 5)

    def _paint_key(self, painter: QPainter, rect: QRect, row: int) -> None:
        if row < 10:
            painter.setPen(QColor(self.tones.muted))
            place = QRect(rect.left() + 6, rect.top(), 18, rect.height())
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, str((row + 1) % 10))

    def _paint_swatch(self, painter: QPainter, rect: QRect, color: QColor, hidden: bool) -> None:
        swatch = QRectF(rect.left() + 29.5, rect.center().y() - 6.5, 15, 15)
        painter.setPen(QPen(QColor(self.tones.border), 1) if not hidden else QPen(color, 1.5))
        painter.setBrush(Qt.BrushStyle.NoBrush if hidden else color)
        painter.drawRoundedRect(swatch, 4, 4)

    def _paint_name(
        self, painter: QPainter, rect: QRect, name: str, share: float | None, hidden: bool
    ) -> None:
        metrics = QFontMetrics(painter.font())
        part = "" if share is None else share_text(share)
        part_width = max(metrics.horizontalAdvance("88.8 %"), metrics.horizontalAdvance(part))
        right = rect.right() - _EYE_WIDTH
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.setPen(QColor(self.tones.muted))
        place = QRect(right - part_width, rect.top(), part_width, rect.height())
        painter.drawText(place, middle | Qt.AlignmentFlag.AlignRight, part)
        words = QRect(rect.left() + 54, rect.top(), 0, rect.height())
        words.setRight(right - part_width - 8)
        absent = hidden or (share is not None and share <= 0)
        painter.setPen(QColor(self.tones.muted if absent else self.tones.text))
        elided = metrics.elidedText(name, Qt.TextElideMode.ElideRight, words.width())
        painter.drawText(words, middle | Qt.AlignmentFlag.AlignLeft, elided)

    def _paint_eye(self, painter: QPainter, rect: QRect, hidden: bool, hovered: bool) -> None:
        color = QColor(self.tones.text if hovered else self.tones.muted)
        if hidden:
            color = QColor(self.tones.disabled)
        center = QPointF(rect.right() - _EYE_WIDTH / 2 + 1, rect.center().y() + 0.5)
        painter.setPen(QPen(color, 1.4))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        box = QRectF(center.x() - 7.5, center.y() - 4.5, 15, 9)
        painter.drawEllipse(box)
        if hidden:
            painter.drawLine(box.bottomLeft() + QPointF(1, 1), box.topRight() + QPointF(-1, -1))
        else:
            painter.setBrush(color)
            painter.drawEllipse(center, 2.2, 2.2)
