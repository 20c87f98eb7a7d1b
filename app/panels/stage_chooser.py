"""Choosing one block of the network: four stages in a row, and the blocks of the chosen one."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QWidget,
)

STAGES = (1, 2, 3, 4)


class StageChooser(QWidget):
    """Asks for a stage, from 1, and a block, from 0; object names begin with `name`."""

    stageRequested = Signal(int)
    blockRequested = Signal(int)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._depths: tuple[int, ...] = ()
        self._stage = 1
        self._block_matters = True
        label = QLabel(self.tr("Stage"), self)
        label.setProperty("role", "muted")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(label)
        row.addSpacing(8)
        self._group = QButtonGroup(self)
        self.stages: list[QPushButton] = []
        for stage in STAGES:
            button = QPushButton(str(stage), self)
            button.setObjectName(f"{name}.stage_{stage}")
            button.setAccessibleName(self.tr("Stage {}").format(stage))
            button.setToolTip(self.tr("Stage {}  (Alt+{})").format(stage, stage))
            button.setCheckable(True)
            button.setProperty("segment", "true")
            button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            button.setMinimumWidth(30)
            self._group.addButton(button, stage)
            self.stages.append(button)
            row.addWidget(button)
        self._group.idClicked.connect(self.stageRequested)
        self.block = QComboBox(self)
        self.block.setObjectName(f"{name}.block")
        self.block.setAccessibleName(self.tr("Block"))
        self.block.currentIndexChanged.connect(self.blockRequested)
        row.addSpacing(8)
        row.addWidget(self.block)

    def set_depths(self, depths: Sequence[int]) -> None:
        """Offer the stages and blocks that a network has; none of them without depths."""
        self._depths = tuple(depths)
        for stage, button in enumerate(self.stages, start=1):
            button.setEnabled(stage <= len(self._depths))
        self.set_stage(self._stage, 0)

    def set_stage(self, stage: int, block: int) -> None:
        """Show which stage and block is chosen."""
        self._stage = stage
        self.stages[stage - 1].setChecked(True)
        depth = self._depths[stage - 1] if stage <= len(self._depths) else 1
        with QSignalBlocker(self.block):
            if self.block.count() != depth:
                self.block.clear()
                for number in range(depth):
                    self.block.addItem(self.tr("Block {}").format(number), number)
            self.block.setCurrentIndex(min(block, depth - 1))
        self._enable_block()

    def set_block_matters(self, *, matters: bool) -> None:
        """Whether one block is looked at, or a stage as a whole."""
        self._block_matters = matters
        self._enable_block()

    def _enable_block(self) -> None:
        self.block.setEnabled(self._block_matters and self.block.count() > 1)
