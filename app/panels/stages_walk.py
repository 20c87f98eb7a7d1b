"""Stepping through a block: which operation, in words and shapes, and the way on."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.panels.stages_words import WORDS, sentence_of, title_of
from app.stage_views import FeatureView, Place, Shape, StepOutline

OUTPUT = -1
"""The data of the chooser's first row: no block, but what the stage gives."""


class StageWalk(QWidget):
    """A block chooser between ◀ and ▶, and what is said of the operation that is shown."""

    blockRequested = Signal(object)
    stepRequested = Signal(int)
    targetRequested = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("stages.walk")
        self._refusal = ""
        self.back = self._arrow("◀", "stages.step_back", self.tr("The operation before"), -1)
        self.on = self._arrow("▶", "stages.step_on", self.tr("The next operation"), 1)
        self.block = QComboBox(self)
        self.block.setObjectName("stages.block")
        self.block.setAccessibleName(self.tr("Block to step through"))
        self.block.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.block.currentIndexChanged.connect(self._report)
        row = QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(self.back)
        row.addWidget(self.block, 1)
        row.addWidget(self.on)
        self.title = self._label("stages.operation", "heading")
        self.notation = self._label("stages.notation", "")
        self.shapes = self._label("stages.shapes", "muted")
        self.sentence = self._label("stages.sentence", "")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(row)
        for label in (self.title, self.notation, self.shapes, self.sentence):
            layout.addWidget(label)
        self.show_place(Place(), blocks=0)

    def set_refusal(self, sentence: str) -> None:
        """Why this network cannot be stepped through; "" where it can."""
        self._refusal = sentence
        self._show_ways()

    def show_place(self, place: Place, *, blocks: int) -> None:
        """Offer the blocks of the stage, before the answer is there."""
        choices: list[tuple[str, int | str]] = [(self.tr("The stage's output"), OUTPUT)]
        choices += [(self.tr("Step through block {}").format(n), n) for n in range(blocks)]
        if not place.stage:
            choices = [(self.tr("Fused features"), "fused"), (self.tr("Logits"), "head")]
        wanted = place.target if not place.stage else place.block
        with QSignalBlocker(self.block):
            self.block.clear()
            for words, data in choices:
                self.block.addItem(words, data)
            self.block.setCurrentIndex(max(self.block.findData(wanted), 0))
        self._place = place
        self.shapes.setText("")
        self._show_ways()

    def show_view(self, view: FeatureView) -> None:
        """Say what the operation is."""
        self.show_place(view.place, blocks=view.blocks)
        outline = view.outline
        if outline is None:
            self.shapes.setText(shape_words(view.shape))
            return
        title = self.tr("{} of {}: {}").format(
            view.place.step + 1, len(view.steps), title_of(outline.key)
        )
        self.title.setText(title)
        self.notation.setText(outline.operation)
        self.shapes.setText(_shapes_of(outline))
        section = self.tr("Paper, section {}.").format(WORDS[outline.key].section)
        self.sentence.setText(f"{sentence_of(outline.key)} {section}")
        self.notation.show()

    def _say_output(self, place: Place) -> None:
        if place.stage:
            self.title.setText(self.tr("Output of stage {}").format(place.stage))
            words = self.tr("What the next stage and the head read, after the stage's norm.")
        elif place.target == "fused":
            self.title.setText(self.tr("Fused features"))
            words = self.tr(
                "The stages, each through a linear layer, brought to one grid and joined; after "
                "the ReLU. A linear layer makes the logits of them. Paper, section 3.2."
            )
        else:
            self.title.setText(self.tr("Logits"))
            words = self.tr("One channel a class, at a quarter of the input. Paper, section 3.2.")
        self.notation.hide()
        self.sentence.setText(self._refusal or words)

    def _show_ways(self) -> None:
        may_walk = not self._refusal
        self.back.setEnabled(may_walk and bool(self._place.stage))
        self.on.setEnabled(may_walk and bool(self._place.stage))
        model = self.block.model()
        for row in range(self.block.count()):
            data = self.block.itemData(row)
            is_block = isinstance(data, int) and data != OUTPUT
            flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
            index = model.index(row, 0)
            shown = flags if may_walk or not is_block else Qt.ItemFlag.NoItemFlags
            model.setData(index, int(shown.value), Qt.ItemDataRole.UserRole - 1)
        if self._place.block is None:
            self._say_output(self._place)

    def _report(self, index: int) -> None:
        data = self.block.itemData(index)
        if isinstance(data, str):
            self.targetRequested.emit(data)
        else:
            self.blockRequested.emit(None if data == OUTPUT else data)

    def _arrow(self, words: str, name: str, tip: str, by: int) -> QToolButton:
        button = QToolButton(self)
        button.setObjectName(name)
        button.setText(words)
        button.setToolTip(tip)
        button.setAccessibleName(tip)
        button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        button.setAutoRepeat(True)
        button.clicked.connect(lambda: self.stepRequested.emit(by))
        return button

    def _label(self, name: str, role: str) -> QLabel:
        label = QLabel(self)
        label.setObjectName(name)
        label.setWordWrap(True)
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        if role:
            label.setProperty("role", role)
        return label


def shape_words(shape: Shape) -> str:
    """`32 × 90 × 120`: channels, rows, columns."""
    return " × ".join(str(side) for side in shape)


def _shapes_of(outline: StepOutline) -> str:
    into = ",  ".join(shape_words(shape) for shape in outline.inputs)
    return f"{into}  →  {shape_words(outline.shape)}"
