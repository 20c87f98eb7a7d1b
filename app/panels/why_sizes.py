"""The part of the page that asks at other input sizes, and compares what comes out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QIcon, QPixmap
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.convert import to_qimage

_ICON = QSize(64, 48)


@dataclass(frozen=True, eq=False)
class SizeRow:
    """One size: its words in two lines, a sentence, and a small (h, w, 3) picture of its labels."""

    title: str
    figures: str
    tip: str
    picture: npt.NDArray[np.uint8]


class SizesSection(QWidget):
    """Rows to click, one of which may be chosen; `previewRequested` has its number, or -1."""

    studyRequested = Signal()
    cancelRequested = Signal()
    previewRequested = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("why.sizes_section")
        heading = QLabel(self.tr("Other input sizes"), self)
        heading.setProperty("role", "heading")
        self.words = QLabel(self)
        self.words.setObjectName("why.sizes_words")
        self.words.setProperty("role", "muted")
        self.words.setWordWrap(True)
        self.start = QPushButton(self.tr("Compare sizes"), self)
        self.start.setObjectName("why.study_sizes")
        self.start.clicked.connect(self.studyRequested)
        self.cancel = QPushButton(self.tr("Cancel"), self)
        self.cancel.setObjectName("why.cancel_sizes")
        self.cancel.clicked.connect(self.cancelRequested)
        self.progress = QProgressBar(self)
        self.progress.setObjectName("why.sizes_progress")
        self.progress.setAccessibleName(self.tr("Progress of the sizes"))
        self.progress.setTextVisible(False)
        self.rows: list[QToolButton] = []
        self._rows = QVBoxLayout()
        self._rows.setSpacing(4)
        buttons = QHBoxLayout()
        buttons.addWidget(self.start)
        buttons.addWidget(self.cancel)
        buttons.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(heading)
        layout.addWidget(self.words)
        layout.addLayout(buttons)
        layout.addWidget(self.progress)
        layout.addLayout(self._rows)
        self.set_busy(busy=False)
        self.set_rows(())

    def set_busy(self, *, busy: bool, done: int = 0, total: int = 0) -> None:
        """Whether sizes are being tried, and how many so far."""
        self.start.setEnabled(not busy)
        self.cancel.setVisible(busy)
        self.progress.setVisible(busy)
        self.progress.setRange(0, total)
        self.progress.setValue(done)

    def set_rows(self, rows: Sequence[SizeRow]) -> None:
        """Show what came out."""
        for button in self.rows:
            self._rows.removeWidget(button)
            button.deleteLater()
        self.rows = [self._button(number, row) for number, row in enumerate(rows)]
        for button in self.rows:
            self._rows.addWidget(button)
        self.words.setText(
            self.tr("Click a size to lay its labels over the picture; nothing is changed.")
            if rows
            else self.tr(
                "How much of the answer stays when the picture goes in smaller or larger: "
                "SegFormer has no position codes to interpolate."
            )
        )

    def set_chosen(self, number: int) -> None:
        """Mark the size whose labels lie over the picture, or none below 0."""
        for own, button in enumerate(self.rows):
            button.setChecked(own == number)

    def _button(self, number: int, row: SizeRow) -> QToolButton:
        button = QToolButton(self)
        button.setObjectName(f"why.size_{number}")
        button.setProperty("thumbnail", "true")
        button.setCheckable(True)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        button.setIconSize(_ICON)
        pixmap = QPixmap.fromImage(to_qimage(row.picture))
        fitted = pixmap.scaled(_ICON * self.devicePixelRatioF(), Qt.AspectRatioMode.KeepAspectRatio)
        fitted.setDevicePixelRatio(self.devicePixelRatioF())
        button.setIcon(QIcon(fitted))
        button.setText(f"{row.title}\n{row.figures}")
        button.setToolTip(row.tip)
        button.setAccessibleName(row.tip)
        button.clicked.connect(lambda checked: self._request(number, chosen=checked))
        return button

    def _request(self, number: int, *, chosen: bool) -> None:
        self.set_chosen(number if chosen else -1)
        self.previewRequested.emit(number if chosen else -1)
