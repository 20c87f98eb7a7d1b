"""How a row of the class table looks, and what a click on it asks for."""

from __future__ import annotations

from PySide6.QtCore import (
    QEvent,
    QObject,
    QPointF,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFontMetrics, QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QToolTip,
    QWidget,
)

from app.panels.class_rows import ClassRows, Index, share_text
from app.theme import LIGHT, Tones
from segcore.classes import ClassInfo

ROW_HEIGHT = 30
_EYE_WIDTH = 34
_MARK_WIDTH = 20
_SWATCH = (26, 48)


class ClassDelegate(QStyledItemDelegate):
    """Paints digit, swatch, name, share, lock, ring and eye; clicks on them ask.

    The lock keeps a class as it is, the ring lets tools paint over this class (and others with a
    ring) alone, the eye hides and shows. `marks` is False where there is no lock and no ring.
    """

    visibilityRequested = Signal(int)
    lockRequested = Signal(int)
    overRequested = Signal(int)
    colorRequested = Signal(int)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.tones: Tones = LIGHT
        self.marks = False

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
        part = self._part_at(event.position().x(), rect)
        if not part:
            return False
        if event.type() == QEvent.Type.MouseButtonRelease:
            signals = {
                "eye": self.visibilityRequested,
                "ring": self.overRequested,
                "lock": self.lockRequested,
                "swatch": self.colorRequested,
            }
            signals[part].emit(index.data(ClassRows.InfoRole).id)
        return True

    def eventFilter(self, editor: QObject, event: QEvent) -> bool:
        """Qt: Enter and Esc end the naming of a class, whatever actions they belong to."""
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Escape)
        ):
            event.accept()
            return True
        return super().eventFilter(editor, event)

    def helpEvent(
        self,
        event: QHelpEvent,
        view: QAbstractItemView,
        option: QStyleOptionViewItem,
        index: Index,
    ) -> bool:
        """Qt: say what the thing under the pointer does."""
        part = self._part_at(event.pos().x(), option.rect)
        if not part:
            return super().helpEvent(event, view, option, index)
        words = {
            "eye": self.tr("Hide or show {}"),
            "ring": self.tr("Paint only over {} and other classes with a ring"),
            "lock": self.tr("Lock {}: no tool changes its pixels"),
            "swatch": self.tr("Choose the colour of {}"),
        }
        name = index.data(Qt.ItemDataRole.DisplayRole)
        QToolTip.showText(event.globalPos(), words[part].format(name), view)
        return True

    def updateEditorGeometry(
        self, editor: QWidget, option: QStyleOptionViewItem, _index: Index
    ) -> None:
        """Qt: the editor lies over the name."""
        rect: QRect = option.rect
        editor.setGeometry(rect.adjusted(50, 2, -self._right_of_share(), -2))

    def _right_of_share(self) -> int:
        return _EYE_WIDTH + (2 * _MARK_WIDTH if self.marks else 0)

    def _part_at(self, x: float, rect: QRect) -> str:
        right = rect.right() - _EYE_WIDTH
        if x >= right:
            return "eye"
        if not self.marks:
            return ""
        if x >= right - _MARK_WIDTH:
            return "ring"
        if x >= right - 2 * _MARK_WIDTH:
            return "lock"
        return "swatch" if _SWATCH[0] <= x - rect.left() < _SWATCH[1] else ""

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
        self._paint_key(painter, rect, index.data(ClassRows.KeyRole))
        self._paint_swatch(painter, rect, QColor(*info.color), hidden)
        self._paint_name(painter, rect, info.name, share, hidden)
        hovered = bool(state & QStyle.StateFlag.State_MouseOver)
        self._paint_eye(painter, rect, hidden, hovered)
        if self.marks:
            chosen = hovered or bool(state & QStyle.StateFlag.State_Selected)
            self._paint_lock(painter, rect, bool(index.data(ClassRows.LockedRole)), chosen)
            self._paint_ring(painter, rect, bool(index.data(ClassRows.OverRole)), chosen)
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

    def _paint_key(self, painter: QPainter, rect: QRect, key: str) -> None:
        painter.setPen(QColor(self.tones.muted))
        place = QRect(rect.left() + 6, rect.top(), 18, rect.height())
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter, key)

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
        right = rect.right() - self._right_of_share()
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

    def _paint_lock(self, painter: QPainter, rect: QRect, locked: bool, chosen: bool) -> None:
        if not (locked or chosen):
            return
        x = rect.right() - _EYE_WIDTH - 1.5 * _MARK_WIDTH
        y = rect.center().y() + 1.5
        color = QColor(self.tones.warning if locked else self.tones.disabled)
        painter.setPen(QPen(color, 1.4))
        painter.setBrush(color if locked else Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(QRectF(x - 4.5, y - 1, 9, 6.5), 1.5, 1.5)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        shift = 0.0 if locked else 2.5  # an open lock stands to one side
        painter.drawArc(QRectF(x - 3 + shift, y - 6.5, 6, 10), 0, 180 * 16)

    def _paint_ring(self, painter: QPainter, rect: QRect, over: bool, chosen: bool) -> None:
        if not (over or chosen):
            return
        center = QPointF(rect.right() - _EYE_WIDTH - 0.5 * _MARK_WIDTH, rect.center().y() + 0.5)
        color = QColor(self.tones.accent if over else self.tones.disabled)
        painter.setPen(QPen(color, 1.6))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawEllipse(center, 5, 5)
        if over:
            painter.setBrush(color)
            painter.drawEllipse(center, 2, 2)

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
