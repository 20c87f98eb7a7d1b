"""What each stage adds to the logits of two classes, and which of the two it favours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

Color = tuple[int, int, int]

_ROW = 34
_BAR = 9
_NAME = 58
_NUMBER = 56


@dataclass(frozen=True)
class Term:
    """One stage, or the bias: what it adds to the logit of the winner and of the other class."""

    title: str
    winner: float
    rival: float

    @property
    def difference(self) -> float:
        """By how much it puts the winner before the other class."""
        return self.winner - self.rival


class TermBars(QWidget):
    """A row a stage: a bar for each of two classes from zero, and their difference as a number."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("why.terms")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._terms: tuple[Term, ...] = ()
        self._colors: tuple[Color, Color] = ((0, 0, 0), (0, 0, 0))
        self._cause = -1

    @property
    def terms(self) -> tuple[Term, ...]:
        """What is shown, in order."""
        return self._terms

    def set_terms(
        self, terms: Sequence[Term], names: tuple[str, str], colors: tuple[Color, Color]
    ) -> None:
        """Show these; names and colours are those of the winner and of the other class."""
        self._terms, self._colors = tuple(terms), colors
        differences = [term.difference for term in self._terms]
        self._cause = differences.index(max(differences)) if differences else -1
        words = [
            self.tr("{}: {:+.2f} to {}, {:+.2f} to {}, difference {:+.2f}").format(
                term.title, term.winner, names[0], term.rival, names[1], term.difference
            )
            for term in self._terms
        ]
        self.setAccessibleName(self.tr("Shares of the logits"))
        self.setAccessibleDescription("; ".join(words))
        self.setToolTip("\n".join(words))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """Qt: a row for each term."""
        return QSize(220, _ROW * len(self._terms))

    def minimumSizeHint(self) -> QSize:
        """Qt: bars may be short."""
        return QSize(_NAME + _NUMBER + 60, _ROW * len(self._terms))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Qt: all rows, on one scale."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        values = [value for term in self._terms for value in (term.winner, term.rival)]
        low, high = min([0.0, *values]), max([0.0, *values])
        for number, term in enumerate(self._terms):
            self._paint_row(painter, term, number, (low, max(high, low + 1e-9)))
        painter.end()

    def _paint_row(
        self, painter: QPainter, term: Term, number: int, limits: tuple[float, float]
    ) -> None:
        palette, top = self.palette(), number * _ROW
        font = painter.font()
        font.setBold(number == self._cause)
        painter.setFont(font)
        painter.setPen(palette.color(QPalette.ColorRole.Text))
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(QRectF(0, top, _NAME, _ROW), middle, term.title)
        right = QRectF(self.width() - _NUMBER, top, _NUMBER, _ROW)
        painter.drawText(right, middle | Qt.AlignmentFlag.AlignRight, f"{term.difference:+.2f}")
        room = self.width() - _NAME - _NUMBER - 6
        per_unit = room / (limits[1] - limits[0])
        zero = _NAME - limits[0] * per_unit
        outline = palette.color(QPalette.ColorRole.Mid)
        for place, value in enumerate((term.winner, term.rival)):
            left, width = min(zero, zero + value * per_unit), abs(value) * per_unit
            bar = QRectF(left, top + 6 + place * (_BAR + 3), max(width, 1.0), _BAR)
            painter.setPen(QPen(outline, 0.8))
            painter.setBrush(QColor(*self._colors[place]))
            painter.drawRoundedRect(bar, 2, 2)
        painter.setPen(QPen(palette.color(QPalette.ColorRole.PlaceholderText), 1))
        painter.drawLine(round(zero), top + 2, round(zero), top + _ROW - 2)
