"""The bar of differences: what two sides say, whose colours are shown, a walk through them."""

from __future__ import annotations

from html import escape

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QButtonGroup, QGridLayout, QHBoxLayout, QLabel, QPushButton, QWidget

from app.panels.review_bar import WalkBar, square
from segcore.classes import ClassInfo


class DifferenceBar(WalkBar):
    """Shown as long as the differences are; the buttons of a walk while there is one.

    Signals besides those of a walk: `takeRequested()`, `walkRequested()`,
    `shownRequested("both", "a" or "b")`, `closeRequested()`.
    """

    takeRequested = Signal()
    walkRequested = Signal()
    shownRequested = Signal(str)
    closeRequested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("difference", parent)
        self.setAccessibleName(self.tr("Differences of two label sets"))
        self._titles = ("A", "B")
        self._walking = False
        self.state = QLabel(self)
        self.state.setObjectName("difference.state")
        self.sides = (_Said(self), _Said(self))
        self.words.addWidget(self.state)
        for side in self.sides:
            self.words.addWidget(side)
        self.accept.setText(self.tr("Keep yours"))
        self.accept.setToolTip(self.tr("Your project is right: its pixels become yours  (Enter)"))
        self.take = self.button("take", self.tr("Take theirs"), "")
        self.take.clicked.connect(self.takeRequested)
        self.buttons.insertWidget(1, self.take)
        self.walk = self.button(
            "walk", self.tr("Walk"), self.tr("From one region that differs to the next")
        )
        self.walk.clicked.connect(self.walkRequested)
        self.close_view = self.button(
            "close", self.tr("Close"), self.tr("Show your labels again  (Esc)")
        )
        self.close_view.clicked.connect(self.closeRequested)
        self._choice_of_shown()
        self.set_sides("A", "B", "")
        self.set_walking(walking=False)
        self.set_shown("both")

    def set_sides(self, a: str, b: str, mine: str) -> None:
        """What the two sides are called; `mine` is the open project's: "a", "b" or ""."""
        yours = self.tr("yours")
        self._titles = (yours if mine == "a" else a, yours if mine == "b" else b)
        for key, title in zip(("a", "b"), self._titles):
            self.shown[key].setText(self.elided(title))
            self.shown[key].setToolTip(self.tr("What {} says  (Y)").format(title))
        self.walk.setEnabled(bool(mine))

    def set_walking(self, *, walking: bool) -> None:
        """A walk has begun, or has ended."""
        self._walking = walking
        for button in (*self.walk_buttons, self.take):
            button.setVisible(walking)
        self.progress.setVisible(walking)
        self.walk.setVisible(not walking)
        self.close_view.setVisible(not walking)
        if not walking:
            self.clear_region("")
        self.adjustSize()

    def set_share(self, share: float | None) -> None:
        """How much of the picture differs; None where it was not compared."""
        if self._walking:
            return
        words = self.tr("This picture was not compared.")
        if share is not None:
            words = self.tr("{:.1f} % of the pixels differ").format(100 * share)
        self.clear_region(words)

    def set_region(
        self, first: ClassInfo | None, second: ClassInfo | None, mine: str, pixels: int
    ) -> None:
        """Ask about a region; None is unlabelled, and `mine` ("a" or "b") is the project's side."""
        self.state.clear()
        for side, title, info in zip(self.sides, self._titles, (first, second)):
            name = self.tr("unlabelled") if info is None else info.name
            side.show_class(self.elided(title), self.elided(name), info)
        self.sides[1].add(self.tr("·  {:,} px").format(pixels))
        theirs = second if mine == "a" else first
        name = self.tr("unlabelled") if theirs is None else theirs.name
        self.take.setText(self.tr("Take {}").format(self.elided(name)))
        self.take.setToolTip(self.tr("The other side is right: {}  (T)").format(name))
        self.take.setEnabled(True)
        self.set_known(known=True)
        self.adjustSize()

    def clear_region(self, words: str) -> None:
        """There is no region to say something of; what to say instead."""
        self.state.setText(words)
        for side in self.sides:
            side.clear()
        self.take.setEnabled(False)
        self.set_known(known=False)
        self.adjustSize()

    def set_shown(self, shown: str) -> None:
        """Whose colours pixels that differ have."""
        button = self.shown[shown]
        with QSignalBlocker(self._group):
            button.setChecked(True)

    def _choice_of_shown(self) -> None:
        """A line of its own: whose colours, and what one does without a walk."""
        self._group = QButtonGroup(self)
        self.shown: dict[str, QPushButton] = {}
        row = QHBoxLayout()
        row.setSpacing(6)
        row.addWidget(QLabel(self.tr("Show:"), self))
        for key, text in (("both", self.tr("Both")), ("a", "A"), ("b", "B")):
            button = self.button(f"show_{key}", text, self.tr("Stripes of both  (Y)"))
            button.setCheckable(True)
            self._group.addButton(button)
            row.addWidget(button)
            self.shown[key] = button
        row.addStretch(1)
        row.addWidget(self.walk)
        row.addWidget(self.close_view)
        layout = self.layout()
        assert isinstance(layout, QGridLayout)
        layout.addLayout(row, 2, 0)
        self._group.buttonClicked.connect(self._request_shown)

    def _request_shown(self, button: QPushButton) -> None:
        key = next(key for key, each in self.shown.items() if each is button)
        self.shownRequested.emit(key)


class _Said(QWidget):
    """What one side says of a region."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._swatch, self._words = QLabel(self), QLabel(self)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 10, 0)
        layout.setSpacing(5)
        layout.addWidget(self._swatch)
        layout.addWidget(self._words)

    def show_class(self, title: str, name: str, info: ClassInfo | None) -> None:
        self._swatch.setPixmap(square(None if info is None else info.color))
        self._words.setText(f"{escape(title)}:  <b>{escape(name)}</b>")
        self.show()

    def add(self, words: str) -> None:
        self._words.setText(f"{self._words.text()}  {words}")

    def clear(self) -> None:
        self.hide()
