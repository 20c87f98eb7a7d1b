"""The bars of walks: where a walk is, what the region is, and what can be said of it."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QPixmap
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QPushButton, QWidget

from segcore.classes import Color

_SWATCH = QSize(12, 12)
_LONGEST_NAME = 130


class WalkBar(QFrame):
    """Shows the progress, and asks what is to become of a region.

    What stands in front of the progress is up to a subclass, which puts it into `words`.
    """

    acceptRequested = Signal()
    correctRequested = Signal()
    skipRequested = Signal()
    backRequested = Signal()
    nextPictureRequested = Signal()
    endRequested = Signal()

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        """`name` begins the names of all its widgets."""
        super().__init__(parent)
        self._name = name
        self._active = ""
        self.setObjectName(f"panel.{name}")
        self.progress = QLabel(self)
        self.progress.setObjectName(f"{name}.progress")
        self.progress.setProperty("role", "muted")
        self.accept = self.button("accept", self.tr("Right"), self.tr("Its pixels become yours"))
        self.correct = self.button("correct", "", "")
        self.skip = self.button("skip", self.tr("Skip"), self.tr("Leave it as it is  (S)"))
        self.back = self.button("back", self.tr("Back"), self.tr("The region before"))
        self.next_picture = self.button(
            "next_picture", self.tr("Next picture"), self.tr("Leave the rest of this picture")
        )
        self.end = self.button("end", self.tr("End"), self.tr("End the walk  (Esc)"))
        self.accept.clicked.connect(self.acceptRequested)
        self.correct.clicked.connect(self.correctRequested)
        self.skip.clicked.connect(self.skipRequested)
        self.back.clicked.connect(self.backRequested)
        self.next_picture.clicked.connect(self.nextPictureRequested)
        self.end.clicked.connect(self.endRequested)
        self.words = QHBoxLayout()
        self.buttons = QHBoxLayout()
        self.buttons.setSpacing(6)
        for button in self.walk_buttons:
            self.buttons.addWidget(button)
        line = QHBoxLayout()
        line.addLayout(self.words)
        line.addStretch(1)
        line.addWidget(self.progress)
        layout = QGridLayout(self)
        layout.setContentsMargins(12, 7, 10, 8)
        layout.setVerticalSpacing(6)
        layout.addLayout(line, 0, 0)
        layout.addLayout(self.buttons, 1, 0)
        self.set_active_class("")
        self.hide()

    @property
    def walk_buttons(self) -> tuple[QPushButton, ...]:
        """The buttons that every walk has, from the left."""
        return self.accept, self.correct, self.skip, self.back, self.next_picture, self.end

    def set_known(self, *, known: bool) -> None:
        """Whether there is a region to say something of."""
        for button in (self.accept, self.skip):
            button.setEnabled(known)
        self.correct.setEnabled(known and bool(self._active))

    def set_progress(self, *, picture: int, pictures: int, region: int, regions: int) -> None:
        """Say how far the walk is; all count from 1, and `regions` is 0 while it is not known."""
        words = self.tr("picture {} of {}").format(picture, pictures)
        if regions:
            words = self.tr("region {} of {}  ·  {}").format(region, regions, words)
        self.progress.setText(words)
        self.back.setEnabled(region > 1 or picture > 1)
        self.adjustSize()

    def set_active_class(self, name: str) -> None:
        """Which class the region would be given."""
        self._active = name
        self.correct.setText(self.tr("It is {}").format(self.elided(name)) if name else "—")
        self.correct.setToolTip(
            self.tr("Give it the class {}  (Shift+Enter; a digit gives it another)").format(name)
        )

    def set_icon(self, color: Color | None) -> None:
        """The colour of the class that the region would be given."""
        self.correct.setIcon(QIcon(square(color)))
        self.correct.setIconSize(_SWATCH)

    def button(self, name: str, text: str, tip: str) -> QPushButton:
        """One more button, which keys do not reach by chance."""
        button = QPushButton(text, self)
        button.setObjectName(f"{self._name}.{name}")
        button.setToolTip(tip)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button

    def elided(self, name: str) -> str:
        """A name that leaves room for the rest."""
        return self.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, _LONGEST_NAME)


class DoubtBar(WalkBar):
    """The bar of a walk through what the model doubts."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("walk", parent)
        self.setAccessibleName(self.tr("Walk through what the model doubts"))
        self.swatch = QLabel(self)
        self.question = QLabel(self)
        self.question.setObjectName("walk.question")
        self.words.addWidget(self.swatch)
        self.words.addWidget(self.question)

    def set_region(self, name: str, color: Color | None, entropy: float, pixels: int) -> None:
        """Ask about a region of this class; without a name the region is being looked for."""
        self.swatch.setPixmap(square(color))
        if name:
            figures = self.tr("entropy {:.2f}, {:,} px").format(entropy, pixels)
            self.question.setText(self.tr("<b>{}?</b>  ·  {}").format(self.elided(name), figures))
        else:
            self.question.setText(self.tr("Looking for what the model doubts…"))
        self.set_known(known=bool(name))


def square(color: Color | None) -> QPixmap:
    """A small square of a colour; of nothing where there is none."""
    pixmap = QPixmap(_SWATCH)
    pixmap.fill(QColor(*color) if color else Qt.GlobalColor.transparent)
    return pixmap
