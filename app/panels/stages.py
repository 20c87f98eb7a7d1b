"""The network as it is: the stages drawn and in numbers, and what flows through them."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QLabel, QScrollArea, QVBoxLayout, QWidget

from app.panels.stages_drawing import StageDrawing
from app.panels.stages_features import StageFeatures
from app.panels.stages_table import StageTable
from app.panels.stages_walk import StageWalk
from app.panels.stages_words import WORDS, Part
from app.stage_views import FeatureView, NetworkNumbers, Place


class StagesPanel(QScrollArea):
    """Drawing, numbers, operation and features, from the top down.

    `shown` and `hidden` say whether anybody can see the page.
    """

    shown = Signal()
    hidden = Signal()
    targetRequested = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        body = QWidget(self)
        layout = QVBoxLayout(body)
        layout.setContentsMargins(10, 10, 10, 10)
        layout.setSpacing(8)
        self.subject = self._label("stages.subject", "muted")
        self.trouble = self._label("stages.trouble", "warning")
        self.drawing = StageDrawing(body)
        self.table = StageTable(body)
        self.walk = StageWalk(body)
        self.features = StageFeatures(body)
        for widget in (
            self.subject,
            self.drawing,
            self.table,
            self.trouble,
            self.walk,
            self.features,
        ):
            layout.addWidget(widget)
        layout.addStretch(1)
        self.setWidget(body)
        # The page's own ground shows through.
        body.setAutoFillBackground(False)
        self.viewport().setAutoFillBackground(False)
        for asking in (self.drawing, self.table, self.walk):
            asking.targetRequested.connect(self.targetRequested)
        self._blocks: tuple[int, ...] = ()
        self.set_trouble("")
        self.set_numbers(None)
        self.set_view(None)

    def set_numbers(self, numbers: NetworkNumbers | None) -> None:
        """Show the stages in numbers; None while nothing is known."""
        self.drawing.set_numbers(numbers)
        self.table.set_numbers(numbers)
        self.walk.set_refusal(numbers.refusal if numbers else "")
        self._blocks = tuple(row.blocks for row in numbers.rows) if numbers else ()
        self.subject.setText(self._subject_of(numbers))

    def set_place(self, place: Place) -> None:
        """Mark the place that is asked about; what is shown is still of another."""
        blocks = self._blocks[place.stage - 1] if place.stage and self._blocks else 0
        self.walk.show_place(place, blocks=blocks)
        self._mark(place, None)
        self.features.setEnabled(False)

    def set_view(self, view: FeatureView | None) -> None:
        """Show the features at a place; None while there are none."""
        self.features.setVisible(view is not None)
        if view is None:
            return
        self.set_trouble("")
        self.features.setEnabled(True)
        self.walk.show_view(view)
        self.features.show_view(view)
        outline = view.outline
        self._mark(view.place, WORDS[outline.key].part if outline else None)

    def set_trouble(self, sentence: str) -> None:
        """Say why there is no answer."""
        self.trouble.setText(sentence)
        self.trouble.setVisible(bool(sentence))

    def showEvent(self, event: QShowEvent) -> None:
        """Somebody looks."""
        super().showEvent(event)
        self.shown.emit()

    def hideEvent(self, event: QHideEvent) -> None:
        """Nobody looks any more."""
        super().hideEvent(event)
        self.hidden.emit()

    def _mark(self, place: Place, part: Part | None) -> None:
        self.drawing.set_place(place, part)
        self.table.set_place(place)

    def _subject_of(self, numbers: NetworkNumbers | None) -> str:
        if numbers is None:
            return self.tr("What the network makes of the open picture.")
        words = f"{numbers.model} · {numbers.architecture}"
        if numbers.windows > 1:
            tiles = self.tr("one of {} tiles of the picture").format(numbers.windows)
            return f"{words} · {tiles}"
        return words

    def _label(self, name: str, role: str) -> QLabel:
        label = QLabel(self)
        label.setObjectName(name)
        label.setProperty("role", role)
        label.setWordWrap(True)
        return label
