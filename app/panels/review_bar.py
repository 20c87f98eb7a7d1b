"""The bar of a walk: where it is, what is doubted, and what can be said of it."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QPixmap
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QPushButton, QWidget

_SWATCH = QSize(12, 12)
_LONGEST_NAME = 130


class WalkBar(QFrame):
    """Shows a region's class and the progress, and asks what is to become of the region."""

    acceptRequested = Signal()
    correctRequested = Signal()
    skipRequested = Signal()
    backRequested = Signal()
    nextPictureRequested = Signal()
    endRequested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("panel.walk")
        self.setAccessibleName(self.tr("Walk through what the model doubts"))
        self.swatch = QLabel(self)
        self.question = QLabel(self)
        self.question.setObjectName("walk.question")
        self.progress = QLabel(self)
        self.progress.setObjectName("walk.progress")
        self.progress.setProperty("role", "muted")
        self.accept = self._button("accept", self.tr("Right"), self.tr("Its pixels become yours"))
        self.correct = self._button("correct", "", "")
        self.skip = self._button("skip", self.tr("Skip"), self.tr("Leave it as it is  (S)"))
        self.back = self._button("back", self.tr("Back"), self.tr("The region before"))
        self.next_picture = self._button(
            "next_picture", self.tr("Next picture"), self.tr("Leave the rest of this picture")
        )
        self.end = self._button("end", self.tr("End"), self.tr("End the walk  (Esc)"))
        self.accept.clicked.connect(self.acceptRequested)
        self.correct.clicked.connect(self.correctRequested)
        self.skip.clicked.connect(self.skipRequested)
        self.back.clicked.connect(self.backRequested)
        self.next_picture.clicked.connect(self.nextPictureRequested)
        self.end.clicked.connect(self.endRequested)
        words = QHBoxLayout()
        words.addWidget(self.swatch)
        words.addWidget(self.question)
        words.addStretch(1)
        words.addWidget(self.progress)
        buttons = QHBoxLayout()
        buttons.setSpacing(6)
        for button in (
            self.accept,
            self.correct,
            self.skip,
            self.back,
            self.next_picture,
            self.end,
        ):
            buttons.addWidget(button)
        layout = QGridLayout(self)
        layout.setContentsMargins(12, 7, 10, 8)
        layout.setVerticalSpacing(6)
        layout.addLayout(words, 0, 0)
        layout.addLayout(buttons, 1, 0)
        self.set_active_class("")
        self.hide()

    def set_region(
        self, name: str, color: tuple[int, int, int] | None, entropy: float, pixels: int
    ) -> None:
        """Ask about a region of this class; without a name the region is being looked for."""
        pixmap = QPixmap(_SWATCH)
        pixmap.fill(QColor(*color) if color else Qt.GlobalColor.transparent)
        self.swatch.setPixmap(pixmap)
        if name:
            shown = self._elided(name)
            figures = self.tr("entropy {:.2f}, {:,} px").format(entropy, pixels)
            self.question.setText(self.tr("<b>{}?</b>  ·  {}").format(shown, figures))
        else:
            self.question.setText(self.tr("Looking for what the model doubts…"))
        for button in (self.accept, self.skip):
            button.setEnabled(bool(name))
        self.correct.setEnabled(bool(name) and bool(self._active))

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
        self.correct.setText(self.tr("It is {}").format(self._elided(name)) if name else "—")
        self.correct.setToolTip(
            self.tr("Give it the class {}  (Shift+Enter; a digit gives it another)").format(name)
        )

    def set_icon(self, color: tuple[int, int, int] | None) -> None:
        """The colour of the class that the region would be given."""
        pixmap = QPixmap(_SWATCH)
        pixmap.fill(QColor(*color) if color else Qt.GlobalColor.transparent)
        self.correct.setIcon(QIcon(pixmap))
        self.correct.setIconSize(_SWATCH)

    def _button(self, name: str, text: str, tip: str) -> QPushButton:
        button = QPushButton(text, self)
        button.setObjectName(f"walk.{name}")
        button.setToolTip(tip)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button

    def _elided(self, name: str) -> str:
        return self.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, _LONGEST_NAME)
