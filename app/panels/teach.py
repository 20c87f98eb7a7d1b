"""The Teach tab: strokes that teach at once, and training that takes longer."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, QSize, Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from app.class_choices import ClassChoices, offer
from app.panels.teach_tuning import TuningSection
from segcore.classes import ClassTable

_SWATCH = QSize(12, 12)


class TeachPanel(QScrollArea):
    """Asks for strokes to be drawn, undone, accepted, applied and kept.

    `applyRequested` carries "all" or "chosen", the pictures that are meant.
    """

    scribbleRequested = Signal(bool)
    classRequested = Signal(int)
    newClassRequested = Signal()
    undoRequested = Signal()
    redoRequested = Signal()
    clearRequested = Signal()
    overPeopleRequested = Signal(bool)
    acceptRequested = Signal()
    applyRequested = Signal(str)
    stopRequested = Signal()
    saveRequested = Signal()
    loadRequested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("panel.teach")
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.words = QLabel(self)
        self.words.setObjectName("teach.words")
        self.words.setProperty("role", "muted")
        self.words.setWordWrap(True)
        self.scribble = self._button(
            "scribble", self.tr("Scribble"), self.tr("Draw strokes that teach  (Shift+T)")
        )
        self.scribble.setCheckable(True)
        self.classes = QComboBox(self)
        self._choices = ClassChoices(parent=self)
        offer(self._choices, self.classes)
        self.classes.setObjectName("teach.class")
        self.classes.setAccessibleName(self.tr("Class that strokes teach"))
        self.classes.setIconSize(_SWATCH)
        self.new_class = self._button(
            "new_class",
            self.tr("New class"),
            self.tr("Add a class, known to no model, and teach it"),
        )
        self.undo = self._button(
            "undo", self.tr("Undo"), self.tr("Take the last stroke back  (Ctrl+Z)")
        )
        self.redo = self._button("redo", self.tr("Redo"), self.tr("Draw it again"))
        self.clear = self._button(
            "clear", self.tr("Clear"), self.tr("Take all strokes of this picture away")
        )
        self.over_people = QCheckBox(self.tr("Also over what people said"), self)
        self.over_people.setObjectName("teach.over_people")
        self.accept = self._button(
            "accept", self.tr("Accept"), self.tr("Label this picture as was taught  (Enter)")
        )
        self.accept.setProperty("primary", "true")
        self.apply_chosen = self._button(
            "apply_chosen",
            self.tr("Apply to chosen"),
            self.tr("Label the pictures chosen in the list, in the background"),
        )
        self.apply_all = self._button(
            "apply_all",
            self.tr("Apply to all"),
            self.tr("Label every picture, in the background, under what people said"),
        )
        self.stop = self._button(
            "stop", self.tr("Stop"), self.tr("Label no more pictures; those that are done stay")
        )
        self.save = self._button(
            "save", self.tr("Save…"), self.tr("Keep what was taught in a file")
        )
        self.load = self._button(
            "load", self.tr("Load…"), self.tr("Go on with what was taught before")
        )
        self.tuning = TuningSection(self)
        self._lay_out()
        self._connect()
        self.set_state(strokes=0, classes=0, taught=False, can_undo=False, can_redo=False)
        self.set_applying(applying=False)

    def set_classes(self, table: ClassTable, active: int) -> None:
        """Offer these classes, in their colours."""
        with QSignalBlocker(self.classes):
            self._choices.set_classes(table.shown)
            self.classes.setCurrentIndex(self._choices.row_of(active))

    def set_active_class(self, class_id: int) -> None:
        """Show another class as the one that strokes teach."""
        with QSignalBlocker(self.classes):
            self.classes.setCurrentIndex(self._choices.row_of(class_id))

    def set_scribbling(self, scribbling: bool) -> None:
        """Whether the tool is in hand."""
        with QSignalBlocker(self.scribble):
            self.scribble.setChecked(scribbling)

    def set_state(
        self, *, strokes: int, classes: int, taught: bool, can_undo: bool, can_redo: bool
    ) -> None:
        """How much has been drawn, and what can be done about it."""
        self.undo.setEnabled(can_undo)
        self.redo.setEnabled(can_redo)
        self.clear.setEnabled(strokes > 0)
        for button in (self.accept, self.apply_all, self.apply_chosen, self.save):
            button.setEnabled(taught)
        if taught and not strokes:
            said = self.tr("What was taught before is shown; strokes here teach more.")
        elif classes < 2:
            said = self.tr(
                "Draw a stroke or two over each of two classes, also new ones: the rest of the "
                "picture follows at once."
            )
        else:
            said = self.tr("Strokes here: {}; classes: {}. Ctrl+drag takes strokes away.").format(
                strokes, classes
            )
        self.words.setText(said)

    def set_applying(self, *, applying: bool) -> None:
        """Whether pictures are being labelled in the background."""
        self.stop.setVisible(applying)
        self.apply_all.setVisible(not applying)
        self.apply_chosen.setVisible(not applying)

    def _button(self, name: str, text: str, tip: str) -> QPushButton:
        button = QPushButton(text, self)
        button.setObjectName(f"teach.{name}")
        button.setToolTip(tip)
        return button

    def _lay_out(self) -> None:
        page = QWidget(self)
        page.setObjectName("teach.page")
        heading = QLabel(self.tr("Teach by scribbles"), page)
        heading.setProperty("role", "heading")
        layout = QVBoxLayout(page)
        layout.setContentsMargins(12, 10, 12, 12)
        layout.setSpacing(8)
        layout.addWidget(heading)
        layout.addWidget(self.words)
        row = QHBoxLayout()
        row.addWidget(self.classes, 1)
        row.addWidget(self.new_class)
        layout.addLayout(row)
        layout.addWidget(self.scribble)
        grid = QGridLayout()
        grid.setSpacing(6)
        for column, button in enumerate((self.undo, self.redo, self.clear)):
            grid.addWidget(button, 0, column)
        layout.addLayout(grid)
        layout.addWidget(self.over_people)
        layout.addWidget(self.accept)
        for pair in ((self.apply_chosen, self.apply_all), (self.stop,), (self.save, self.load)):
            line = QHBoxLayout()
            line.setSpacing(6)
            for button in pair:
                line.addWidget(button)
            layout.addLayout(line)
        layout.addSpacing(10)
        layout.addWidget(self.tuning)
        layout.addStretch()
        self.setWidget(page)

    def _connect(self) -> None:
        self.scribble.toggled.connect(self.scribbleRequested)
        self.classes.currentIndexChanged.connect(
            lambda index: self.classRequested.emit(self.classes.itemData(index))
        )
        self.over_people.toggled.connect(self.overPeopleRequested)
        self.apply_all.clicked.connect(lambda: self.applyRequested.emit("all"))
        self.apply_chosen.clicked.connect(lambda: self.applyRequested.emit("chosen"))
        for button, signal in (
            (self.new_class, self.newClassRequested),
            (self.undo, self.undoRequested),
            (self.redo, self.redoRequested),
            (self.clear, self.clearRequested),
            (self.accept, self.acceptRequested),
            (self.stop, self.stopRequested),
            (self.save, self.saveRequested),
            (self.load, self.loadRequested),
        ):
            button.clicked.connect(signal)
