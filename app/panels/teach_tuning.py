"""The second half of the Teach tab: fine-tuning beside the work, and what it changed."""

from __future__ import annotations

from typing import Protocol

from PySide6.QtCore import QPointF, QRectF, QSize, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPalette, QPen, QPolygonF
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

Curve = list[tuple[int, float]]

NEITHER, BETTER, WORSE = (240, 228, 66), (0, 158, 115), (213, 94, 0)
"""Colours that are told apart with any eyes (Okabe and Ito)."""
FLIP_COLOURS = (NEITHER, NEITHER, BETTER, WORSE)
"""Of each kind of pixel in `segcore.training.flips.flip_map`; the first kind is never shown."""


class FlipCounts(Protocol):
    """Pixels of one picture that flip."""

    @property
    def better(self) -> int:
        """Now right, by what people said."""

    @property
    def worse(self) -> int:
        """Were right."""

    @property
    def flipped(self) -> int:
        """Of which these are some."""

    @property
    def share(self) -> float:
        """Of all pixels, 0 to 1."""


class CourseChart(QWidget):
    """Loss (thin, falling) and mIoU (thick, with dots) against steps, each on its own scale."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("tuning.chart")
        self.setAccessibleName(self.tr("Course of loss and mIoU"))
        self.setMinimumHeight(96)
        self.losses: Curve = []
        self.mious: Curve = []
        self.steps = 1

    def sizeHint(self) -> QSize:
        """Qt: a strip."""
        return QSize(240, 96)

    def set_course(self, losses: Curve, mious: Curve, steps: int) -> None:
        """Show the course so far of so many steps in all."""
        self.losses, self.mious, self.steps = losses, mious, max(steps, 1)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Qt: draw both curves into the frame."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        palette = self.palette()
        frame = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        painter.setPen(QPen(palette.color(QPalette.ColorRole.Mid), 1))
        painter.drawRect(frame)
        words = frame.adjusted(6, 2, -6, 0)
        inner = frame.adjusted(4, self.fontMetrics().height() + 6, -4, -4)
        text, accent = (
            palette.color(role) for role in (QPalette.ColorRole.Text, QPalette.ColorRole.Highlight)
        )
        if self.losses:
            top = max(value for _, value in self.losses)
            self._draw(painter, inner, self.losses, top, QPen(text, 1.2))
            said = self.tr("loss {}").format(f"{self.losses[-1][1]:.3f}")
            painter.drawText(words, said)
            words.setLeft(words.left() + self.fontMetrics().horizontalAdvance(said + "   "))
        if self.mious:
            self._draw(painter, inner, self.mious, 1.0, QPen(accent, 2.2), dots=True)
            painter.drawText(words, self.tr("mIoU {} %").format(f"{100 * self.mious[-1][1]:.1f}"))
        painter.end()

    def _draw(
        self,
        painter: QPainter,
        inner: QRectF,
        curve: Curve,
        top: float,
        pen: QPen,
        *,
        dots: bool = False,
    ) -> None:
        points = [
            QPointF(
                inner.left() + inner.width() * min(step / self.steps, 1.0),
                inner.bottom() - inner.height() * (value / top if top > 0 else 0.0),
            )
            for step, value in curve
        ]
        painter.setPen(pen)
        painter.drawPolyline(QPolygonF(points))
        if dots:
            for point in points:
                painter.drawEllipse(point, 2.0, 2.0)


class TuningSection(QWidget):
    """Asks for a fine-tuning, for it to pause and end, and what is to become of its model."""

    startRequested = Signal(int, str)
    pauseRequested = Signal(bool)
    cancelRequested = Signal()
    previewRequested = Signal()
    acceptRequested = Signal()
    backRequested = Signal()
    flipsRequested = Signal(bool)
    fieldsRequested = Signal()
    attentionRequested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("teach.tuning")
        heading = QLabel(self.tr("Fine-tune"), self)
        heading.setProperty("role", "heading")
        self.words = QLabel(self)
        self.words.setObjectName("tuning.words")
        self.words.setProperty("role", "muted")
        self.words.setWordWrap(True)
        self.steps = QSpinBox(self)
        self.steps.setObjectName("tuning.steps")
        self.steps.setAccessibleName(self.tr("Steps"))
        self.steps.setRange(1, 1_000_000)
        self.steps.setValue(200)
        self.steps.setSuffix(self.tr(" steps"))
        self.part = QComboBox(self)
        self.part.setObjectName("tuning.part")
        self.part.setAccessibleName(self.tr("What is trained"))
        for name, title in (
            ("none", self.tr("All")),
            ("head", self.tr("Head only")),
            ("last", self.tr("Last layer")),
        ):
            self.part.addItem(title, name)
        self.start = self._button("start", self.tr("Fine-tune…"))
        self.start.setToolTip(self.tr("Train on this project's labels, beside the work"))
        self.pause = self._button("pause", self.tr("Pause"))
        self.pause.setCheckable(True)
        self.cancel = self._button("cancel", self.tr("Cancel"))
        self.bar = QProgressBar(self)
        self.bar.setObjectName("tuning.progress")
        self.bar.setAccessibleName(self.tr("Progress of the training"))
        self.bar.setTextVisible(False)
        self.chart = CourseChart(self)
        self.preview = self._button("preview", self.tr("What would flip?"))
        self.preview.setToolTip(self.tr("Compare both models on the other pictures"))
        self._build_comparing()
        self.accept = self._button("accept", self.tr("Use the new model"))
        self.back = self._button("back", self.tr("Back to the model before"))
        self._lay_out(heading)
        self._connect()
        self.set_running(running=False)
        self.set_outcome(has_new=False, has_before=False)
        self.set_words(
            self.tr("Trains a copy of the model on what people and the program have labelled.")
        )

    def set_words(self, text: str) -> None:
        """Say how it goes."""
        self.words.setText(text)

    def set_running(self, *, running: bool) -> None:
        """Whether a training is under way."""
        for widget in (self.pause, self.cancel, self.bar):
            widget.setVisible(running)
        for choice in (self.start, self.steps, self.part):
            choice.setVisible(not running)
        if not running:
            self.pause.setChecked(False)

    def set_course(self, losses: Curve, mious: Curve, step: int, steps: int) -> None:
        """Show how far it is, and the curves."""
        self.bar.setRange(0, steps)
        self.bar.setValue(step)
        self.chart.setVisible(bool(losses))
        self.chart.set_course(losses, mious, steps)

    def set_outcome(self, *, has_new: bool, has_before: bool) -> None:
        """Whether there is a new model to be looked at, and one to go back to."""
        self.preview.setVisible(has_new)
        self.accept.setVisible(has_new)
        self.back.setVisible(has_before)
        for widget in (self.flips, self.fields, self.attention):
            widget.setVisible(has_new or has_before)
        if not (has_new or has_before):
            self.flips.setChecked(False)

    def set_flips(self, flips: FlipCounts | None) -> None:
        """Say in the colours of the map what flips of the open picture."""
        self.legend.setVisible(flips is not None)
        if flips is None:
            return
        rest = flips.flipped - flips.better - flips.worse
        parts = [
            f'<span style="color: rgb{color}">■</span> {words}'
            for color, words in (
                (BETTER, self.tr("{} px better").format(f"{flips.better:,}")),
                (WORSE, self.tr("{} px worse").format(f"{flips.worse:,}")),
                (NEITHER, self.tr("{} px not judged, or wrong either way").format(f"{rest:,}")),
            )
        ]
        share = self.tr("{} % of this picture flips").format(f"{100 * flips.share:.1f}")
        self.legend.setText("<br>".join([share, *parts]))

    def _build_comparing(self) -> None:
        """What shows both models side by side."""
        self.flips = QCheckBox(self.tr("Flips over the picture"), self)
        self.flips.setObjectName("tuning.flips")
        self.flips.setToolTip(self.tr("Colour the pixels that get another class, better or worse"))
        self.legend = QLabel(self)
        self.legend.setObjectName("tuning.flip_legend")
        self.legend.setWordWrap(True)
        self.legend.hide()
        self.fields = self._button("fields", self.tr("Fields of both"))
        self.fields.setToolTip(
            self.tr("Receptive fields of both models at the queried pixel, or at the middle")
        )
        self.attention = self._button("attention", self.tr("Attention of both"))
        self.attention.setToolTip(
            self.tr("What both models look at from the queried pixel, or from the middle")
        )

    def _button(self, name: str, text: str) -> QPushButton:
        button = QPushButton(text, self)
        button.setObjectName(f"tuning.{name}")
        return button

    def _lay_out(self, heading: QLabel) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(heading)
        layout.addWidget(self.words)
        grid = QGridLayout()
        grid.setSpacing(6)
        grid.addWidget(self.steps, 0, 0)
        grid.addWidget(self.part, 0, 1)
        layout.addLayout(grid)
        layout.addWidget(self.start)
        layout.addWidget(self.bar)
        row = QHBoxLayout()
        row.addWidget(self.pause)
        row.addWidget(self.cancel)
        layout.addLayout(row)
        for widget in (self.chart, self.preview, self.flips, self.legend):
            layout.addWidget(widget)
        both = QHBoxLayout()
        both.addWidget(self.fields)
        both.addWidget(self.attention)
        layout.addLayout(both)
        layout.addWidget(self.accept)
        layout.addWidget(self.back)
        self.chart.hide()

    def _connect(self) -> None:
        self.start.clicked.connect(
            lambda: self.startRequested.emit(self.steps.value(), self.part.currentData())
        )
        self.pause.toggled.connect(self.pauseRequested)
        self.cancel.clicked.connect(self.cancelRequested)
        self.preview.clicked.connect(self.previewRequested)
        self.flips.toggled.connect(self.flipsRequested)
        self.fields.clicked.connect(self.fieldsRequested)
        self.attention.clicked.connect(self.attentionRequested)
        self.accept.clicked.connect(self.acceptRequested)
        self.back.clicked.connect(self.backRequested)
