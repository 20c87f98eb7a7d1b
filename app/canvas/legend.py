"""The colour scale in a corner of the view: which colour is which value, and of what."""

from __future__ import annotations

import math
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QLinearGradient, QPainter, QPalette

from app.convert import Pixels, to_qcolor
from segcore.heatmap import LOG_SCALE, POWER, Normalisation

BAR_HEIGHT = 10
BAR_WIDTH = 200
PADDING = 8
MARGIN = 12
STOPS = 24


@dataclass(frozen=True)
class Scale:
    """What a colour scale says.

    Attributes:
        meaning: what is shown, for a person.
        unit: what values are counted in, or nothing.
        low: the value at the first colour.
        high: the value at the last colour.
        colours: (256, 3) uint8 RGB from low to high.
        kind: how values between fall on the colours.
        signed: zero is in the middle, and values of both signs fall on the colours alike.
    """

    meaning: str
    unit: str
    low: float
    high: float
    colours: Pixels
    kind: Normalisation = "linear"
    signed: bool = False

    @property
    def middle(self) -> float:
        """The value that has the colour in the middle of the bar."""
        if self.signed:
            return 0.0
        if self.kind == "replknet":
            return math.sqrt(max(self.high, 0.0) + 1) - 1
        share = {
            "linear": 0.5,
            "log": (math.sqrt(LOG_SCALE + 1) - 1) / LOG_SCALE,
            "power": math.pow(0.5, 1 / POWER),
        }[self.kind]
        return self.low + share * (self.high - self.low)

    @property
    def ticks(self) -> tuple[str, str, str]:
        """The texts under the bar's beginning, middle and end; the last has the unit."""
        end = f"{self.high:.3g}"
        return (
            f"{self.low:.3g}",
            f"{self.middle:.3g}",
            f"{end} {self.unit}" if self.unit else end,
        )


def legend_rect(scale: Scale, font: QFont, view: QRect) -> QRect:
    """Where the scale stands, in logical pixels: the lower left corner of the view."""
    metrics = QFontMetrics(font)
    most = max(view.width() - 2 * MARGIN - 2 * PADDING, 1)
    width = min(max(BAR_WIDTH, metrics.horizontalAdvance(scale.meaning) + 6), most) + 2 * PADDING
    height = 2 * metrics.height() + BAR_HEIGHT + 3 * PADDING
    return QRect(view.left() + MARGIN, view.bottom() + 1 - MARGIN - height, width, height)


def paint_legend(
    painter: QPainter, scale: Scale, font: QFont, palette: QPalette, view: QRect
) -> None:
    """Paint it in logical pixels, in the window's own colours."""
    rect = legend_rect(scale, font, view)
    metrics = QFontMetrics(font)
    panel = palette.color(QPalette.ColorRole.Window)
    panel.setAlpha(225)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(panel)
    painter.drawRoundedRect(QRectF(rect), 6, 6)
    inner = rect.adjusted(PADDING, PADDING, -PADDING, -PADDING)
    painter.setFont(font)
    painter.setPen(palette.color(QPalette.ColorRole.WindowText))
    line = metrics.height()
    meaning = metrics.elidedText(scale.meaning, Qt.TextElideMode.ElideRight, inner.width())
    painter.drawText(inner, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop, meaning)
    bar = QRect(inner.left(), inner.top() + line + PADDING // 2, inner.width(), BAR_HEIGHT)
    painter.fillRect(bar, _gradient(scale.colours, bar))
    below = QRect(inner.left(), bar.bottom() + 1 + PADDING // 2, inner.width(), line)
    sides = (Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignHCenter, Qt.AlignmentFlag.AlignRight)
    for text, side in zip(scale.ticks, sides, strict=True):
        painter.drawText(below, side | Qt.AlignmentFlag.AlignTop, text)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)


def _gradient(colours: Pixels, bar: QRect) -> QLinearGradient:
    gradient = QLinearGradient(QPointF(bar.topLeft()), QPointF(bar.topRight()))
    for stop in range(STOPS + 1):
        red, green, blue = (int(part) for part in colours[stop * 255 // STOPS])
        gradient.setColorAt(stop / STOPS, to_qcolor((red, green, blue)))
    return gradient


def contrast_of(color: QColor) -> QColor:
    """Black or white, whichever is seen better beside a colour."""
    luma = 0.299 * color.red() + 0.587 * color.green() + 0.114 * color.blue()
    return QColor(0, 0, 0) if luma > 140 else QColor(255, 255, 255)
