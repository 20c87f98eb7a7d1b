"""The classes that compete for a pixel, as bars in their colours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

Color = tuple[int, int, int]

_ROW = 32
_SWATCH = 10
_BAR = 6


@dataclass(frozen=True)
class ClassBar:
    """One class: its probability from 0 to 1 and its logit."""

    id: int
    name: str
    color: Color
    probability: float
    logit: float


class ClassBars(QWidget):
    """A row a class: name, logit, probability, and the probability as a bar."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("why.classes")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._bars: tuple[ClassBar, ...] = ()

    @property
    def bars(self) -> tuple[ClassBar, ...]:
        """What is shown, the likeliest first."""
        return self._bars

    def set_bars(self, bars: Sequence[ClassBar]) -> None:
        """Show these, in this order."""
        self._bars = tuple(bars)
        words = "; ".join(
            self.tr("{}: {}, logit {:+.2f}").format(bar.name, per_cent(bar.probability), bar.logit)
            for bar in self._bars
        )
        self.setAccessibleName(self.tr("Competing classes"))
        self.setAccessibleDescription(words)
        self.setToolTip(words.replace("; ", "\n"))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """Qt: a row for each class."""
        return QSize(200, _ROW * len(self._bars))

    def minimumSizeHint(self) -> QSize:
        """Qt: names are elided where there is less room."""
        return QSize(120, _ROW * len(self._bars))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Qt: all rows."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for number, bar in enumerate(self._bars):
            self._paint_row(painter, bar, number * _ROW, winner=number == 0)
        painter.end()

    def _paint_row(self, painter: QPainter, bar: ClassBar, top: int, *, winner: bool) -> None:
        palette, width = self.palette(), self.width()
        text = palette.color(QPalette.ColorRole.Text)
        painter.setPen(QPen(palette.color(QPalette.ColorRole.Mid), 1))
        painter.setBrush(QColor(*bar.color))
        painter.drawRoundedRect(QRectF(0.5, top + 5.5, _SWATCH, _SWATCH), 3, 3)
        font = painter.font()
        font.setBold(winner)
        painter.setFont(font)
        metrics = painter.fontMetrics()
        numbers = f"{bar.logit:+.2f}   {per_cent(bar.probability)}"
        taken = metrics.horizontalAdvance(numbers)
        line = QRectF(_SWATCH + 8, top + 1, width - _SWATCH - 8, 19)
        painter.setPen(text)
        painter.drawText(line, _RIGHT, numbers)
        room = int(line.width()) - taken - 10
        name = metrics.elidedText(bar.name, Qt.TextElideMode.ElideRight, room)
        painter.drawText(line, _LEFT, name)
        track = QRectF(_SWATCH + 8, top + 21, width - _SWATCH - 8, _BAR)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(palette.color(QPalette.ColorRole.Midlight))
        painter.drawRoundedRect(track, 3, 3)
        filled = QRectF(track)
        filled.setWidth(max(track.width() * bar.probability, 2.0))
        painter.setBrush(QColor(*bar.color))
        painter.setPen(QPen(palette.color(QPalette.ColorRole.Mid), 0.6))
        painter.drawRoundedRect(filled, 3, 3)


_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


def per_cent(share: float) -> str:
    """A share in per cent with the digits that matter: `<0.1 %`, `0.4 %`, `99.3 %`."""
    return "<0.1 %" if 0 < share < 0.001 else f"{100 * share:.1f} %"
