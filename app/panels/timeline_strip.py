"""The strip of the timeline: ruler, status of every frame, curves, range and playhead."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
)
from PySide6.QtWidgets import QWidget

from app.duration import clock_text
from app.theme import LIGHT, Tones

Floats = npt.NDArray[np.float32]

NEW, PREDICTED, IN_WORK, DONE, REJECTED = range(5)
"""How far the work on a frame is, as the strip shows it."""

_MARGIN = 10
_RULER, _STATUS, _GAP, _MARKS = 16, 6, 3, 7
_NICE = (1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 50_000)


class TimelineStrip(QWidget):
    """One column of pixels for some frames; drawing it costs the same for ten hours of video.

    `frameDragged(number)` while the person drags, `frameRequested(number)` where they let go.
    `rangeRequested((first, last) | None)`: dragged with Shift.
    """

    frameDragged = Signal(int)
    frameRequested = Signal(int)
    rangeRequested = Signal(object)
    stepRequested = Signal(int)
    playRequested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("timeline.strip")
        self.setAccessibleName(self.tr("Timeline"))
        self.setAccessibleDescription(
            self.tr(
                "Left and Right step by one frame, Page keys by ten, Home and End go to the ends, "
                "Space plays. Drag to go to a frame, drag with Shift to choose a range."
            )
        )
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.tones = LIGHT
        self._count, self._position = 0, 0
        self._seconds_of: Callable[[int], float] = lambda _number: 0.0
        self._range: tuple[int, int] | None = None
        self._statuses = np.zeros(0, np.uint8)
        self._confidence: Floats = np.zeros(0, np.float32)
        self._flicker: Floats = np.zeros(0, np.float32)
        self._keys: npt.NDArray[np.int64] = np.zeros(0, np.int64)
        self._chosen: npt.NDArray[np.int64] = np.zeros(0, np.int64)
        self._range_from: int | None = None

    def set_clip(self, count: int) -> None:
        """Show a clip of so many frames; what was known of another goes."""
        if count < self._count or not self._count:
            self._statuses = np.zeros(0, np.uint8)
            self._confidence = self._flicker = np.zeros(0, np.float32)
            self._keys = self._chosen = np.zeros(0, np.int64)
        self._count = count
        self.update()

    def set_times(self, seconds_of: Callable[[int], float]) -> None:
        """When each frame is shown, which the ruler says."""
        self._seconds_of = seconds_of
        self.update()

    def set_position(self, number: int) -> None:
        """Put the playhead on a frame."""
        if number != self._position:
            self._position = number
            self.update()

    def set_range(self, chosen: tuple[int, int] | None) -> None:
        """Shade a range, first and last frame."""
        self._range = chosen
        self.update()

    def set_statuses(self, statuses: npt.NDArray[np.uint8]) -> None:
        """(N,) one of NEW … REJECTED for each frame."""
        self._statuses = statuses
        self.update()

    def set_curves(self, confidence: Floats, flicker: Floats) -> None:
        """(N,) 0 to 1 each, NaN where nothing is known."""
        self._confidence, self._flicker = confidence, flicker
        self.update()

    def set_marks(self, keys: npt.NDArray[np.int64], chosen: npt.NDArray[np.int64]) -> None:
        """Frames that a person corrected, and frames chosen for labelling."""
        self._keys, self._chosen = keys, chosen
        self.update()

    def sizeHint(self) -> QSize:
        """Qt: low, and as wide as there is room."""
        return QSize(600, 78)

    def minimumSizeHint(self) -> QSize:
        """Qt: the curves keep a height in which they can be read."""
        return QSize(160, 62)

    def x_of(self, number: float) -> float:
        """The middle of a frame in pixels of the strip."""
        return _MARGIN + (number + 0.5) * self._span / max(self._count, 1)

    def frame_at(self, x: float) -> int:
        """The frame at a place."""
        number = int((x - _MARGIN) / self._span * max(self._count, 1))
        return min(max(number, 0), max(self._count - 1, 0))

    @property
    def _span(self) -> float:
        return max(self.width() - 2 * _MARGIN, 1)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Qt: draw everything; a column of pixels stands for the frames that fall into it."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        tones = self.tones
        painter.fillRect(self.rect(), QColor(tones.panel))
        if not self._count:
            return
        plot = self._plot
        painter.fillRect(plot, QColor(tones.base))
        if self._range is not None:
            left, right = (self._edge(self._range[0]), self._edge(self._range[1] + 1))
            painter.fillRect(
                QRectF(left, _RULER, right - left, plot.bottom() - _RULER),
                QColor(tones.accent_soft),
            )
        self._paint_ruler(painter)
        self._paint_statuses(painter)
        self._paint_curve(painter, self._flicker, QColor(tones.danger), filled=True)
        self._paint_curve(painter, self._confidence, QColor(tones.accent), filled=False)
        self._paint_marks(painter)
        x = self.x_of(self._position)
        painter.setPen(QPen(QColor(tones.text), 1.5))
        painter.drawLine(QPointF(x, _RULER - 4), QPointF(x, plot.bottom()))
        painter.setBrush(QColor(tones.text))
        head = [QPointF(x - 5, _RULER - 9), QPointF(x + 5, _RULER - 9), QPointF(x, _RULER - 2)]
        painter.drawPolygon(QPolygonF(head))
        if self.hasFocus():
            painter.setPen(QPen(QColor(tones.accent), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))

    @property
    def _plot(self) -> QRectF:
        top = _RULER + _STATUS + _GAP
        return QRectF(_MARGIN, top, self._span, self.height() - top - _MARKS)

    def _edge(self, number: int) -> float:
        return _MARGIN + number * self._span / max(self._count, 1)

    def _paint_ruler(self, painter: QPainter) -> None:
        painter.setPen(QColor(self.tones.muted))
        font = painter.font()
        font.setPointSizeF(max(font.pointSizeF() * 0.82, 6.5))
        painter.setFont(font)
        room = painter.fontMetrics().horizontalAdvance("00000  00:00.00") + 14
        wanted = self._count * room / self._span
        step = next((nice for nice in _NICE if nice >= wanted), _NICE[-1])
        for number in range(0, self._count, step):
            x = self.x_of(number)
            painter.drawLine(QPointF(x, _RULER - 4), QPointF(x, _RULER))
            if x + room / 2 < self.width():
                text = f"{number}  {clock_text(self._seconds_of(number))}"
                painter.drawText(QPointF(x + 3, _RULER - 4), text)

    def _paint_statuses(self, painter: QPainter) -> None:
        tones = self.tones
        colours = {
            PREDICTED: tones.accent,
            IN_WORK: tones.warning,
            DONE: tones.success,
            REJECTED: tones.danger,
        }
        band = QRectF(_MARGIN, _RULER, self._span, _STATUS)
        painter.fillRect(band, QColor(tones.border))
        columns = self._columns(self._statuses.astype(np.float32), np.fmax)
        if columns is None:
            return
        width = self._span / len(columns)
        begin = 0
        for end in range(1, len(columns) + 1):
            if end < len(columns) and columns[end] == columns[begin]:
                continue
            colour = colours.get(int(columns[begin]))
            if colour is not None:
                left = _MARGIN + begin * width
                painter.fillRect(
                    QRectF(left, _RULER, (end - begin) * width, _STATUS), QColor(colour)
                )
            begin = end

    def _paint_curve(
        self, painter: QPainter, values: Floats, colour: QColor, *, filled: bool
    ) -> None:
        """The worst of each column: the highest flicker, the lowest confidence."""
        columns = self._columns(values, np.fmax if filled else np.fmin)
        if columns is None or np.isnan(columns).all():
            return
        plot = self._plot
        top = max(float(np.nanmax(columns)), 0.02) if filled else 1.0
        low = 0.0 if filled else min(float(np.nanmin(columns)), 0.5)
        xs = _MARGIN + (np.arange(len(columns)) + 0.5) * self._span / len(columns)
        ys = plot.bottom() - (columns - low) / max(top - low, 1e-6) * (plot.height() - 2)
        if filled:
            soft = QColor(colour)
            soft.setAlpha(110)
            width = max(self._span / len(columns), 1.0)
            for x, y in zip(xs, ys):
                if not np.isnan(y):
                    painter.fillRect(QRectF(x - width / 2, y, width, plot.bottom() - y), soft)
            return
        painter.setPen(QPen(colour, 1.4))
        known = ~np.isnan(ys)
        for run in np.split(np.arange(len(ys)), np.flatnonzero(~known)):
            points = [QPointF(float(xs[i]), float(ys[i])) for i in run if known[i]]
            painter.drawPolyline(QPolygonF(points))
            if len(points) == 1:
                painter.drawPoint(points[0])

    def _paint_marks(self, painter: QPainter) -> None:
        bottom = self.height() - _MARKS
        painter.setPen(Qt.PenStyle.NoPen)
        for numbers, colour, half in (
            (self._chosen, self.tones.muted, 2.0),
            (self._keys, self.tones.success, 3.5),
        ):
            painter.setBrush(QColor(colour))
            for x in np.unique(np.rint([self.x_of(number) for number in numbers])):
                diamond = [(0.0, -half), (half, 0.0), (0.0, half), (-half, 0.0)]
                middle = bottom + _MARKS / 2
                painter.drawPolygon(QPolygonF([QPointF(x + dx, middle + dy) for dx, dy in diamond]))

    def _columns(self, values: Floats, join: np.ufunc) -> Floats | None:
        """The values, or joined ones where there are more frames than pixels."""
        if not len(values):
            return None
        known = min(len(values), self._count)
        padded = np.full(self._count, np.nan, np.float32)
        padded[:known] = values[:known]
        wide = int(self._span)
        if self._count <= wide:
            return padded
        starts = (np.arange(wide) * self._count) // wide
        return np.asarray(join.reduceat(padded, starts), np.float32)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Qt: go to a frame, or begin a range with Shift."""
        if event.button() != Qt.MouseButton.LeftButton or not self._count:
            return
        number = self.frame_at(event.position().x())
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self._range_from = number
            self.rangeRequested.emit((number, number))
        else:
            self.frameDragged.emit(number)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Qt: drag."""
        if not event.buttons() & Qt.MouseButton.LeftButton or not self._count:
            return
        number = self.frame_at(event.position().x())
        if self._range_from is not None:
            first, last = sorted((self._range_from, number))
            self.rangeRequested.emit((first, last))
        else:
            self.frameDragged.emit(number)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Qt: stay where the person lets go."""
        if event.button() != Qt.MouseButton.LeftButton or not self._count:
            return
        number = self.frame_at(event.position().x())
        if self._range_from is None:
            self.frameRequested.emit(number)
        elif number == self._range_from:
            self.rangeRequested.emit(None)
        self._range_from = None

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Qt: keys of the timeline, while it has the focus."""
        steps = {
            Qt.Key.Key_Left: -1,
            Qt.Key.Key_Right: 1,
            Qt.Key.Key_PageUp: -10,
            Qt.Key.Key_PageDown: 10,
            Qt.Key.Key_Home: -self._count,
            Qt.Key.Key_End: self._count,
        }
        key = Qt.Key(event.key())
        if key == Qt.Key.Key_Space:
            self.playRequested.emit()
        elif key in steps:
            self.stepRequested.emit(steps[key])
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Qt: show where keys go."""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Qt: show where keys go."""
        super().focusOutEvent(event)
        self.update()

    def set_tones(self, tones: Tones) -> None:
        """Paint in the colours of a theme."""
        self.tones = tones
        self.update()
