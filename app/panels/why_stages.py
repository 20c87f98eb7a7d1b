"""The class without each stage: chips to click, which lay that label map over the picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.panels.why_bars import per_cent

_COLUMNS = 2


@dataclass(frozen=True)
class Chip:
    """A stage (from 1), the class without it, its probability, and whether it is another class."""

    stage: int
    name: str
    probability: float
    flips: bool


class WithoutSection(QWidget):
    """`previewRequested` carries a stage, or 0 to take its map away."""

    previewRequested = Signal(int)
    replacementRequested = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("why.without_section")
        heading = QLabel(self.tr("Without a stage"), self)
        heading.setProperty("role", "heading")
        self.replacement = QComboBox(self)
        self.replacement.setObjectName("why.replacement")
        self.replacement.setAccessibleName(self.tr("What stands in the stage's place"))
        self.replacement.addItem(self.tr("left out"), "zero")
        self.replacement.addItem(self.tr("its mean"), "mean")
        self.replacement.currentIndexChanged.connect(self._request_replacement)
        self.chips: list[QToolButton] = []
        self._grid = QGridLayout()
        self._grid.setSpacing(5)
        row = QHBoxLayout()
        row.addWidget(heading, 1)
        row.addWidget(self.replacement)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addLayout(row)
        layout.addLayout(self._grid)

    def set_chips(self, chips: Sequence[Chip]) -> None:
        """Show what the decoder says without each stage."""
        while len(self.chips) < len(chips):
            self._add_chip()
        for button, chip in zip(self.chips, chips):
            arrow = "→ " if chip.flips else ""
            said = f"{arrow}{chip.name} {per_cent(chip.probability)}"
            button.setText(self.tr("Stage {} out").format(chip.stage) + f"\n{said}")
            words = self.tr("Without stage {}: {}, {}. Click to see the whole picture so.")
            words = words.format(chip.stage, chip.name, per_cent(chip.probability))
            button.setToolTip(words)
            button.setAccessibleName(words)
            font = button.font()
            font.setBold(chip.flips)
            button.setFont(font)
            button.show()
        for button in self.chips[len(chips) :]:
            button.hide()

    def set_chosen(self, stage: int) -> None:
        """Mark the stage whose map lies over the picture, or none at 0."""
        for number, button in enumerate(self.chips, start=1):
            button.setChecked(number == stage)

    def set_replacement(self, name: str) -> None:
        """Show in which way stages are taken out."""
        with QSignalBlocker(self.replacement):
            self.replacement.setCurrentIndex(self.replacement.findData(name))

    def _add_chip(self) -> None:
        stage = len(self.chips) + 1
        button = QToolButton(self)
        button.setObjectName(f"why.without_{stage}")
        button.setProperty("thumbnail", "true")
        button.setCheckable(True)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        button.setMinimumHeight(2 * self.fontMetrics().height() + 10)
        button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        button.clicked.connect(lambda checked: self._request(stage, chosen=checked))
        self._grid.addWidget(button, (stage - 1) // _COLUMNS, (stage - 1) % _COLUMNS)
        self.chips.append(button)

    def _request(self, stage: int, *, chosen: bool) -> None:
        self.set_chosen(stage if chosen else 0)
        self.previewRequested.emit(stage if chosen else 0)

    def _request_replacement(self) -> None:
        self.replacementRequested.emit(str(self.replacement.currentData()))
