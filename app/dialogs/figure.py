"""A floating window with one matplotlib figure, its toolbar, and ways to save it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.dialogs.room import take_room

if TYPE_CHECKING:
    from app.dialogs.figure_canvas import ThreadedCanvas, Toolbar

PICTURE_KINDS = ("PNG (*.png)", "SVG (*.svg)", "PDF (*.pdf)")
NUMBER_KINDS = ("NPZ (*.npz)", "CSV (*.csv)")

_SHARE_OF_SCREEN = 0.92
_MOST_DOTS = 100.0
_LOWEST = 240
_BARS = 64
"""Pixels for the toolbar and what surrounds the buttons."""


class FigureWindow(QDialog):
    """Shows a figure that somebody else makes; `saveRequested` carries where to save it.

    The ending says what is saved: `.png`, `.svg` and `.pdf` the figure, `.npz` and `.csv` its
    numbers.
    """

    saveRequested = Signal(Path)
    closed = Signal()

    def __init__(self, title: str, parent: QWidget | None = None, *, numbers: bool = True) -> None:
        super().__init__(parent)
        self.setObjectName("window.figure")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowFlags(
            Qt.WindowType.Window
            | Qt.WindowType.WindowCloseButtonHint
            | Qt.WindowType.WindowMinMaxButtonsHint
        )
        self.setWindowTitle(title)
        self.canvas: ThreadedCanvas | None = None
        self.toolbar: Toolbar | None = None
        self._name = _file_name(title)
        self.message = QLabel(self.tr("Drawing…"), self)
        self.message.setObjectName("figure.message")
        self.message.setProperty("role", "muted")
        self.message.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.save = QPushButton(self.tr("Save the figure…"), self)
        self.save.setObjectName("figure.save")
        self.save.clicked.connect(self._ask_for_picture)
        self.save_numbers = QPushButton(self.tr("Save the numbers…"), self)
        self.save_numbers.setObjectName("figure.save_numbers")
        self.save_numbers.clicked.connect(self._ask_for_numbers)
        self.save_numbers.setVisible(numbers)
        for button in (self.save, self.save_numbers):
            button.setAutoDefault(False)
            button.setEnabled(False)
        row = QHBoxLayout()
        row.setContentsMargins(10, 6, 10, 8)
        row.setSpacing(8)
        row.addWidget(self.message, 1)
        row.addWidget(self.save_numbers)
        row.addWidget(self.save)
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(0)
        self._layout.addStretch(1)
        self._layout.addLayout(row)
        take_room(self, 1100, 640)

    @property
    def is_drawn(self) -> bool:
        """Whether the figure is seen as it is."""
        return self.canvas is not None and self.canvas.is_settled

    def show_canvas(self, canvas: ThreadedCanvas, toolbar: Toolbar) -> None:
        """Put the figure into the window."""
        self.canvas, self.toolbar = canvas, toolbar
        canvas.setObjectName("figure.canvas")
        canvas.setAccessibleName(self.windowTitle())
        canvas.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        canvas.drawn.connect(self._end_waiting)
        toolbar.saveRequested.connect(self._ask_for_picture)
        self._layout.takeAt(0)
        self._layout.insertWidget(0, toolbar)
        self._layout.insertWidget(1, canvas, 1)
        self._take_shape_of(canvas)
        for button in (self.save, self.save_numbers):
            button.setEnabled(True)

    def say(self, sentence: str) -> None:
        """Say what has become of the figure or of saving it."""
        self.message.setText(sentence)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Qt: let go of the figure."""
        if self.canvas is not None:
            self.canvas.close_for_good()
        super().closeEvent(event)
        self.closed.emit()

    def _take_shape_of(self, canvas: ThreadedCanvas) -> None:
        """As wide as the screen has room for; as high as the figure then is."""
        room = self.screen().availableGeometry().size() * _SHARE_OF_SCREEN
        bars = self.save.sizeHint().height() + _BARS
        width, height = canvas.inches
        scale = min(room.width() / width, (room.height() - bars) / height, _MOST_DOTS)
        self.resize(
            max(round(scale * width), self.minimumSizeHint().width()),
            max(round(scale * height) + bars, _LOWEST),
        )

    def _end_waiting(self) -> None:
        if self.message.text() == self.tr("Drawing…"):
            self.say("")

    def _ask_for_picture(self) -> None:
        self._ask(self.tr("Save the figure"), PICTURE_KINDS)

    def _ask_for_numbers(self) -> None:
        self._ask(self.tr("Save the numbers"), NUMBER_KINDS)

    def _ask(self, title: str, kinds: tuple[str, ...]) -> None:
        dialog = QFileDialog(self, title, self._name)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilters(kinds)
        dialog.setDefaultSuffix(_ending(kinds[0]))
        dialog.filterSelected.connect(lambda kind: dialog.setDefaultSuffix(_ending(kind)))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda path: self.saveRequested.emit(Path(path)))
        dialog.open()


def _ending(kind: str) -> str:
    """`png` of `PNG (*.png)`."""
    return kind[kind.index("*.") + 2 : -1]


def _file_name(title: str) -> str:
    """What a file of that title may be called everywhere."""
    kept = "".join(letter if letter.isalnum() else " " for letter in title)
    return "_".join(kept.split()).lower()[:80] or "figure"
