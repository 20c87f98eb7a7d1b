"""The part of the page that hides a region: choose a filling, draw, and see what changed."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.panels.why_bars import per_cent

CHANGES = ("flipped", "confidence", "field")


class HideSection(QWidget):
    """Asks for a region to be drawn; shows a pixel's class before and after.

    `changeRequested` carries one of `CHANGES`, or "" to take it away; between `peekRequested`
    and `peekEnded` the hidden picture is wanted in the picture's place.
    """

    toolRequested = Signal()
    fillingRequested = Signal(str)
    changeRequested = Signal(str)
    peekRequested = Signal()
    peekEnded = Signal()
    undoRequested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("why.hide_section")
        heading = QLabel(self.tr("Hide a region"), self)
        heading.setProperty("role", "heading")
        self.words = QLabel(self)
        self.words.setObjectName("why.hidden")
        self.words.setWordWrap(True)
        self.filling = QComboBox(self)
        self.filling.setObjectName("why.filling")
        self.filling.setAccessibleName(self.tr("What is put in the region's place"))
        for name, title in (
            ("blur", self.tr("blurred")),
            ("mean", self.tr("mean colour")),
            ("inpaint", self.tr("continued")),
        ):
            self.filling.addItem(title, name)
        self.filling.currentIndexChanged.connect(self._request_filling)
        self.draw = QPushButton(self.tr("Draw a box"), self)
        self.draw.setObjectName("why.draw_region")
        self.draw.setToolTip(self.tr("Drag a box over the picture; Esc lets go of it  (X)"))
        self.draw.clicked.connect(self.toolRequested)
        self.progress = QProgressBar(self)
        self.progress.setObjectName("why.hide_progress")
        self.progress.setAccessibleName(self.tr("Progress of hiding"))
        self.progress.setTextVisible(False)
        self.changes = {
            "flipped": self._change("flipped", self.tr("Flipped pixels")),
            "confidence": self._change("confidence", self.tr("Confidence")),
            "field": self._change("field", self.tr("Receptive field")),
        }
        self.peek = QPushButton(self.tr("Hold: hidden"), self)
        self.peek.setObjectName("why.peek")
        self.peek.setToolTip(self.tr("While held down, the picture is shown as the model saw it"))
        self.peek.pressed.connect(self.peekRequested)
        self.peek.released.connect(self.peekEnded)
        self.undo = QPushButton(self.tr("Undo hiding"), self)
        self.undo.setObjectName("why.unhide")
        self.undo.clicked.connect(self.undoRequested)
        self._lay_out(heading)
        self.clear()

    def clear(self) -> None:
        """Nothing is hidden."""
        self.words.setText(
            self.tr("What would the model say of the pixel without a thing near it?")
        )
        self._show_buttons(shown=False)
        self.undo.hide()
        self.progress.hide()
        self.set_change("")

    def set_waiting(self, done: int = 0, total: int = 0) -> None:
        """A region is hidden, and the model is asked; how far it is."""
        self.words.setText(self.tr("Asking again without the region …"))
        self.progress.setRange(0, total)
        self.progress.setValue(done)
        self.progress.show()
        self.undo.show()
        self._show_buttons(shown=False)

    def set_answer(
        self, names: tuple[str, str], confidences: tuple[float, float], flipped: float
    ) -> None:
        """Show the pixel's class and confidence before and after, and the share that flipped."""
        before, after = per_cent(confidences[0]), per_cent(confidences[1])
        if names[0] == names[1]:
            said = self.tr("Still {}: {} → {}.").format(names[0], before, after)
        else:
            said = self.tr("{} {} → {} {}.").format(names[0], before, names[1], after)
        rest = self.tr("{} of all pixels flip.").format(per_cent(flipped))
        self.words.setText(f"{said} {rest}")
        self.progress.hide()
        self.undo.show()
        self._show_buttons(shown=True)

    def set_refusal(self, sentence: str) -> None:
        """Say why there is no answer."""
        self.words.setText(sentence)
        self.progress.hide()
        self._show_buttons(shown=False)

    def set_change(self, name: str) -> None:
        """Show which change lies over the picture, if any."""
        for own, button in self.changes.items():
            with QSignalBlocker(button):
                button.setChecked(own == name)

    def _change(self, name: str, title: str) -> QPushButton:
        button = QPushButton(title, self)
        button.setObjectName(f"why.change_{name}")
        button.setCheckable(True)
        button.setProperty("segment", "true")
        button.setToolTip(self.tr("Lay the change over the picture"))
        button.setProperty("change", name)
        button.clicked.connect(self._request_change)
        return button

    def _lay_out(self, heading: QLabel) -> None:
        chosen = QHBoxLayout()
        chosen.addWidget(self.filling, 1)
        chosen.addWidget(self.draw)
        grid = QGridLayout()
        grid.setSpacing(5)
        grid.addWidget(self.changes["flipped"], 0, 0)
        grid.addWidget(self.changes["confidence"], 0, 1)
        grid.addWidget(self.changes["field"], 1, 0)
        grid.addWidget(self.peek, 1, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(heading)
        layout.addLayout(chosen)
        layout.addWidget(self.words)
        layout.addWidget(self.progress)
        layout.addLayout(grid)
        layout.addWidget(self.undo)

    def _show_buttons(self, *, shown: bool) -> None:
        for button in (*self.changes.values(), self.peek):
            button.setVisible(shown)

    def _request_filling(self) -> None:
        self.fillingRequested.emit(str(self.filling.currentData()))

    def _request_change(self, checked: bool) -> None:
        button = self.sender()
        name = str(button.property("change")) if checked and button is not None else ""
        self.set_change(name)
        self.changeRequested.emit(name)
