"""Asks in which way frames are chosen for labelling, and how many."""

from __future__ import annotations

from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QSpinBox,
    QWidget,
)

WAYS = ("every", "content", "uncertainty")


class ChooseFramesDialog(QDialog):
    """`way` is one of `WAYS`, `number` is n or how many."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("dialog.choose_frames")
        self.setWindowTitle(self.tr("Choose frames to label"))
        self._way = QComboBox(self)
        self._way.setObjectName("choose_frames.way")
        self._way.setAccessibleName(self.tr("How frames are chosen"))
        words = (
            self.tr("Every n-th frame"),
            self.tr("By change of content: so many, as different as can be"),
            self.tr("By uncertainty: so many, the least certain first"),
        )
        for way, text in zip(WAYS, words):
            self._way.addItem(text, way)
        self._number = QSpinBox(self)
        self._number.setObjectName("choose_frames.number")
        self._number.setAccessibleName(self.tr("n, or how many frames"))
        self._number.setRange(1, 100_000)
        self._number.setValue(10)
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel, self
        )
        buttons.setObjectName("choose_frames.buttons")
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QFormLayout(self)
        layout.addRow(self.tr("&Way"), self._way)
        layout.addRow(self.tr("&Number"), self._number)
        layout.addRow(buttons)

    @property
    def way(self) -> str:
        """How frames are chosen."""
        return str(self._way.currentData())

    @property
    def number(self) -> int:
        """n, or how many."""
        return self._number.value()
