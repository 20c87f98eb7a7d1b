"""The network as the paper's Figure 2 draws it: four stages that narrow, joined by the head."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QFont,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QPolygonF,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.panels.stages_words import Part
from app.stage_views import HEAD_TARGETS, STAGES, NetworkNumbers, Place

TARGETS = (*STAGES, *HEAD_TARGETS)
_PICTURE, _ROW, _GAP, _MARGIN = 26, 52, 14, 3
_HEAD_WIDTH, _REACH = 50, 18
_TAPER = 0.08
"""Of the widest box that every stage is narrower: strides double, which no panel has room for."""


class StageDrawing(QWidget):
    """Stages and head; a click or the arrow keys choose one, which `targetRequested` names.

    Boxes: overlapped patch merging, then self-attention and Mix-FFN, L times.
    """

    targetRequested = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("stages.drawing")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("The network: stages and head"))
        self.setToolTip(self.tr("Click a stage, or go through them with the arrow keys."))
        self._numbers: NetworkNumbers | None = None
        self._place = Place()
        self._part: Part | None = None
        self._describe()

    def set_numbers(self, numbers: NetworkNumbers | None) -> None:
        """Write the shapes of this picture into the boxes."""
        self._numbers = numbers
        self._describe()
        self.update()

    def set_place(self, place: Place, part: Part | None) -> None:
        """Mark what is looked at: a stage or the head, and a box of the stage if one is meant."""
        self._place, self._part = place, part
        self._describe()
        self.update()

    def sizeHint(self) -> QSize:
        """As high as four stages are, with what comes in and what goes out."""
        return QSize(286, _PICTURE + 4 * _ROW + 3 * _GAP + 2 * _MARGIN)

    def minimumSizeHint(self) -> QSize:
        """Everything can be read at this width."""
        return QSize(240, self.sizeHint().height())

    def box_of(self, target: str) -> QRectF:
        """Where a stage, the fused features or the logits are drawn."""
        inner = QRectF(self.rect()).adjusted(_MARGIN, _MARGIN, -_MARGIN, -_MARGIN)
        top = inner.top() + _PICTURE
        if target in HEAD_TARGETS:
            height = 4 * _ROW + 3 * _GAP
            left = inner.right() - _HEAD_WIDTH
            share = 0.72 * height
            if target == "fused":
                return QRectF(left, top, _HEAD_WIDTH, share)
            return QRectF(left, top + share, _HEAD_WIDTH, height - share)
        number = STAGES.index(target)
        widest = inner.width() - _HEAD_WIDTH - _REACH
        width = widest * (1 - number * _TAPER)
        left = inner.left() + (widest - width) / 2
        return QRectF(left, top + number * (_ROW + _GAP), width, _ROW)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw it all anew: there is little of it."""
        del event
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._draw_input(painter)
        for target in STAGES:
            self._draw_stage(painter, target)
        self._draw_head(painter)
        if self.hasFocus():
            painter.setPen(QPen(self._tone(QPalette.ColorRole.Highlight), 1, Qt.PenStyle.DotLine))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose what was clicked."""
        for target in TARGETS:
            if self.box_of(target).contains(event.position()):
                self.targetRequested.emit(target)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Up and down through the stages, right to the head and left back."""
        here = TARGETS.index(self._place.target)
        wanted = {
            Qt.Key.Key_Down: min(here + 1, len(TARGETS) - 1),
            Qt.Key.Key_Up: max(here - 1, 0),
            Qt.Key.Key_Right: max(here, len(STAGES)),
            Qt.Key.Key_Left: min(here, len(STAGES) - 1),
        }.get(Qt.Key(event.key()))
        if wanted is None:
            super().keyPressEvent(event)
        elif wanted != here:
            self.targetRequested.emit(TARGETS[wanted])

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show where the keys go."""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """The keys go elsewhere."""
        super().focusOutEvent(event)
        self.update()

    def _draw_input(self, painter: QPainter) -> None:
        first = self.box_of("stage1")
        words = self.tr("picture")
        if self._numbers is not None:
            height, width = self._numbers.size
            words = self.tr("picture {} × {} × 3").format(height, width)
        self._write(painter, QRectF(first.left(), _MARGIN, first.width(), 14), words, muted=True)
        self._arrow(painter, QPointF(first.center().x(), _MARGIN + 14), first.top() - 1)

    def _draw_stage(self, painter: QPainter, target: str) -> None:
        box, number = self.box_of(target), STAGES.index(target)
        chosen = self._place.target == target
        self._fill(painter, _tapered(box), chosen=chosen)
        title = QRectF(box.left() + 8, box.top() + 4, box.width() - 16, 16)
        self._write(painter, title, self._title_of(target), bold=chosen)
        self._draw_parts(painter, box, number)
        if number + 1 < len(STAGES):
            below = self.box_of(STAGES[number + 1]).top()
            self._arrow(painter, QPointF(box.center().x(), box.bottom()), below - 1)
        middle = box.top() + 12
        self._line(painter, QPointF(box.right(), middle), self.box_of("fused").left() - 1, middle)

    def _draw_parts(self, painter: QPainter, box: QRectF, number: int) -> None:
        """Patch merging, and what is repeated: self-attention and Mix-FFN."""
        row = self._numbers.rows[number] if self._numbers else None
        attends = row is None or row.tokens > 0
        times = f"×{row.blocks}" if row else "×L"
        left, width = box.left() + 6, box.width() - 14
        line = QRectF(left, box.top() + 23, width, 21)
        if not attends:
            words = self.tr("residual blocks {}").format(times)
            self._chip(painter, line, words, chosen=False)
            return
        marked = self._part if self._place.stage == number + 1 else None
        repeat = QRectF(line.right() - 17, line.top(), 17, line.height())
        room = line.width() - repeat.width() - 6
        names: tuple[tuple[Part, str, float], ...] = (
            ("merging", self.tr("merge"), 0.35),
            ("attention", self.tr("attend"), 0.35),
            ("mixing", self.tr("FFN"), 0.30),
        )
        at = line.left()
        for part, name, share in names:
            chip = QRectF(at, line.top(), room * share - 3, line.height())
            self._chip(painter, chip, name, chosen=marked == part)
            at += room * share + (6 if part == "merging" else 0)
        self._write(painter, repeat, times, muted=True)

    def _draw_head(self, painter: QPainter) -> None:
        fused, logits = self.box_of("fused"), self.box_of("head")
        self._fill(painter, fused, chosen=self._place.target == "fused")
        self._fill(painter, logits, chosen=self._place.target == "head")
        painter.save()
        painter.translate(fused.center())
        painter.rotate(90)
        along = QRectF(-fused.height() / 2, -fused.width() / 2, fused.height(), fused.width())
        half = along.height() / 2
        upper = QRectF(along.left(), along.top() + 6, along.width(), half - 6)
        lower = QRectF(along.left(), along.top() + half, along.width(), half - 6)
        self._write(painter, upper, self._head_title(), bold=True)
        self._write(painter, lower, self.tr("joins the stages"), muted=True)
        painter.restore()
        lines = [self.tr("logits"), *self._shape_lines()]
        height = 13.0
        top = logits.center().y() - height * len(lines) / 2
        for number, words in enumerate(lines):
            line = QRectF(logits.left(), top + number * height, logits.width(), height)
            self._write(painter, line, words, muted=number > 0, size=11 if number == 0 else 10)

    def _title_of(self, target: str) -> str:
        number = STAGES.index(target)
        name = self.tr("Stage {}").format(number + 1)
        if self._numbers is None:
            return name
        channels, height, width = self._numbers.rows[number].shape
        return f"{name}  {channels}×{height}×{width}"

    def _head_title(self) -> str:
        architecture = self._numbers.architecture if self._numbers else ""
        return self.tr("ASPP decoder") if "DeepLab" in architecture else self.tr("All-MLP head")

    def _shape_lines(self) -> list[str]:
        if self._numbers is None or len(self._numbers.rows) <= len(STAGES):
            return []
        channels, height, width = self._numbers.rows[-1].shape
        return [str(channels), f"{height}×{width}"]

    def _describe(self) -> None:
        """What a screen reader says of the drawing."""
        target = self._place.target
        words = {"fused": self._head_title(), "head": self.tr("Logits")}.get(target)
        self.setAccessibleDescription(words or self._title_of(target))

    def _tone(self, role: QPalette.ColorRole, strength: float = 1.0) -> QColor:
        color = self.palette().color(role)
        color.setAlphaF(strength)
        return color

    def _fill(self, painter: QPainter, shape: QRectF | QPolygonF, *, chosen: bool) -> None:
        role = QPalette.ColorRole
        border = self._tone(role.Highlight if chosen else role.Mid)
        painter.setPen(QPen(border, 1.6 if chosen else 1))
        fill = self._tone(role.Highlight, 0.16) if chosen else self._tone(role.Base)
        painter.setBrush(fill)
        if isinstance(shape, QRectF):
            painter.drawRect(shape)
        else:
            painter.drawPolygon(shape)

    def _chip(self, painter: QPainter, box: QRectF, words: str, *, chosen: bool) -> None:
        role = QPalette.ColorRole
        painter.setPen(QPen(self._tone(role.Highlight if chosen else role.Mid), 1))
        painter.setBrush(self._tone(role.Highlight) if chosen else self._tone(role.AlternateBase))
        painter.drawRoundedRect(box, 3, 3)
        ink = role.HighlightedText if chosen else role.Text
        self._write(painter, box, words, role=ink, size=10)

    def _write(
        self,
        painter: QPainter,
        box: QRectF,
        words: str,
        *,
        bold: bool = False,
        muted: bool = False,
        role: QPalette.ColorRole = QPalette.ColorRole.Text,
        size: int = 11,
    ) -> None:
        font = QFont(self.font())
        font.setPixelSize(size)
        font.setBold(bold)
        painter.setFont(font)
        painter.setPen(self._tone(QPalette.ColorRole.PlaceholderText if muted else role))
        shown = painter.fontMetrics().elidedText(
            words, Qt.TextElideMode.ElideRight, int(box.width())
        )
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, shown)

    def _arrow(self, painter: QPainter, start: QPointF, end: float) -> None:
        """Straight down to the height `end`."""
        tone = self._tone(QPalette.ColorRole.PlaceholderText)
        painter.setPen(QPen(tone, 1.2))
        tip = QPointF(start.x(), end)
        painter.drawLine(start, tip)
        painter.setBrush(tone)
        painter.drawPolygon(QPolygonF([tip, tip + QPointF(-3, -5), tip + QPointF(3, -5)]))

    def _line(self, painter: QPainter, start: QPointF, end: float, height: float) -> None:
        """To the right, into the head."""
        tone = self._tone(QPalette.ColorRole.PlaceholderText)
        painter.setPen(QPen(tone, 1.2))
        tip = QPointF(end, height)
        painter.drawLine(start, tip)
        painter.setBrush(tone)
        painter.drawPolygon(QPolygonF([tip, tip + QPointF(-5, -3), tip + QPointF(-5, 3)]))


def _tapered(box: QRectF) -> QPolygonF:
    """A box that is a little narrower at its foot."""
    slant = box.width() * _TAPER / 3
    foot = QPointF(slant, 0)
    return QPolygonF(
        [box.topLeft(), box.topRight(), box.bottomRight() - foot, box.bottomLeft() + foot]
    )
