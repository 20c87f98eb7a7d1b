"""The page of a comparison: whose labels, how well they agree, where they differ."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from app.dialogs.compare_side import SideChooser
from app.dialogs.compare_tables import (
    ComparedClassesTable,
    ComparedPicturesTable,
    NotComparedList,
    number,
)
from app.dialogs.room import take_room
from app.dialogs.score_table import percent
from app.dialogs.work_bar import WorkBar
from segcore.progress import Progress

if TYPE_CHECKING:
    from segcore.comparison import ComparisonReport


class CompareDialog(QDialog):
    """Asks for a comparison and shows what it found; `a` and `b` say of what.

    Signals: `comparisonRequested()`, `cancelRequested()`, `pictureRequested(name in A)`,
    `differencesRequested()`, `walkRequested(lines, by_rarity)`, `confusionRequested()`,
    `saveRequested(Path)`, where the ending says what is written.
    """

    comparisonRequested = Signal()
    cancelRequested = Signal()
    pictureRequested = Signal(str)
    differencesRequested = Signal()
    walkRequested = Signal(bool, bool)
    confusionRequested = Signal()
    saveRequested = Signal(object)

    def __init__(self, folder: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("dialog.compare")
        self.setWindowTitle(self.tr("Compare labels"))
        self._folder = folder
        self._can_walk = self._there = False
        self.a = SideChooser("a", "&A:", folder, self)
        self.b = SideChooser("b", "&B:", folder, self)
        self.b.choose_kind("path")
        self.unlabelled = self._box(
            "compare.unlabelled", self.tr("Pixels that one side alone has labelled differ, too")
        )
        self.boundaries = self._box("compare.boundaries", self.tr("Boundary F, which takes longer"))
        self.boundaries.setChecked(True)
        self.summary = QLabel(self)
        self.summary.setObjectName("compare.summary")
        self.summary.setProperty("role", "heading")
        self.summary.setWordWrap(True)
        self.state = QLabel(self)
        self.state.setObjectName("compare.state")
        self.state.setWordWrap(True)
        self.pictures = ComparedPicturesTable(self)
        self.classes = ComparedClassesTable(self)
        self.not_compared = NotComparedList(self)
        self.work = WorkBar("compare", self)
        self.confusion = self._button("compare.confusion", self.tr("Con&fusion Matrix…"))
        self.save = self._button("compare.save", self.tr("Sa&ve Results…"))
        self.differences = self._button("compare.differences", self.tr("Show &Differences"))
        self.lines = self._box("compare.lines", self.tr("also lines along boundaries"))
        self.rarity = self._box("compare.rarity", self.tr("rare classes first"))
        self.walk = self._button("compare.walk", self.tr("&Walk Through Them"))
        self.go = self._button("compare.go", self.tr("&Compare"))
        self.go.setProperty("primary", "true")
        self._lay_out()
        self._connect()
        self._show_abilities()
        take_room(self, 860, 760)

    def set_progress(self, progress: Progress) -> None:
        """How far it is."""
        self.work.set_progress(progress)

    def set_report(self, report: ComparisonReport, *, can_walk: bool) -> None:
        """Show what was found; `can_walk`: one of the sides is the open project."""
        self._set_running(running=False)
        self._there, self._can_walk = True, can_walk
        figures = report.figures
        words = [
            self.tr("agreement {}").format(percent(figures.agreement)),
            self.tr("kappa {}").format(number(figures.kappa)),
            self.tr("mIoU {}").format(percent(figures.miou)),
            self.tr("boundary F {}").format(percent(report.boundary_f)),
        ]
        self.summary.setText("   ".join(words))
        count = len(report.pictures)
        compared = self.tr("1 picture was compared.")
        if count != 1:
            compared = self.tr("{:,} pictures were compared.").format(count)
        self.say(" ".join([compared, *report.notes]))
        self.classes.set_report(report)
        self.pictures.set_report(report)
        left_out = self.not_compared.set_report(report)
        title = self.tr("Not compared ({:,})").format(left_out)
        self.tabs.setTabText(self.tabs.indexOf(self.not_compared), title)
        self._show_abilities()

    def set_refused(self, sentences: Sequence[str]) -> None:
        """It cannot be done, and why."""
        self._set_running(running=False)
        self.say("\n".join(sentences[:8]), warning=True)

    def set_cancelled(self) -> None:
        """It was called off."""
        self._set_running(running=False)
        self.say(self.tr("Called off."))

    def set_left(self) -> None:
        """What was compared is not at hand any more: its figures stay, its differences go."""
        self._can_walk = self._there = False
        self._show_abilities()

    def say(self, words: str, *, warning: bool = False) -> None:
        """Tell what is going on."""
        self.state.setText(words)
        self.state.setProperty("role", "warning" if warning else "muted")
        self.state.style().unpolish(self.state)
        self.state.style().polish(self.state)

    def done(self, result: int) -> None:
        """Qt: closing calls off what runs."""
        self.cancelRequested.emit()
        super().done(result)

    def _request(self) -> None:
        if any(side.kind == "path" and side.place is None for side in (self.a, self.b)):
            self.say(self.tr("Choose the project, folder or file with the labels."), warning=True)
            return
        self._set_running(running=True)
        self.say(self.tr("Reading and comparing …"))
        self.comparisonRequested.emit()

    def _request_walk(self) -> None:
        self.walkRequested.emit(self.lines.isChecked(), self.rarity.isChecked())

    def _set_running(self, *, running: bool) -> None:
        self.work.set_running(running=running)
        for widget in (self.go, self.a, self.b, self.unlabelled, self.boundaries):
            widget.setEnabled(not running)

    def _show_abilities(self) -> None:
        for button in (self.confusion, self.save):
            button.setEnabled(self.pictures.rowCount() > 0)
        self.differences.setEnabled(self._there)
        for widget in (self.walk, self.lines, self.rarity):
            widget.setEnabled(self._there and self._can_walk)
        tip = self.tr("From region to region: Enter keeps yours, T takes theirs, a digit corrects")
        if self._there and not self._can_walk:
            tip = self.tr("Neither side is the open project, whose labels a walk changes")
        self.walk.setToolTip(tip)

    def _ask_file(self) -> None:
        path, _kind = QFileDialog.getSaveFileName(
            self,
            self.tr("Save results"),
            str(self._folder / "comparison.json"),
            self.tr("Everything, JSON (*.json);;Pictures, classes and confusion, CSV (*.csv)"),
        )
        if path:
            self.saveRequested.emit(Path(path))

    def _connect(self) -> None:
        self.go.clicked.connect(self._request)
        self.save.clicked.connect(self._ask_file)
        self.work.cancelRequested.connect(self.cancelRequested)
        self.pictures.pictureRequested.connect(self.pictureRequested)
        self.confusion.clicked.connect(self.confusionRequested)
        self.differences.clicked.connect(self.differencesRequested)
        self.walk.clicked.connect(self._request_walk)

    def _lay_out(self) -> None:
        options = QHBoxLayout()
        options.addWidget(self.unlabelled)
        options.addWidget(self.boundaries)
        options.addStretch(1)
        self.tabs = QTabWidget(self)
        self.tabs.setObjectName("compare.tabs")
        self.tabs.addTab(self.pictures, self.tr("Pictures"))
        self.tabs.addTab(self.classes, self.tr("Classes"))
        self.tabs.addTab(self.not_compared, self.tr("Not compared"))
        below = QHBoxLayout()
        for widget in (self.differences, self.walk, self.lines, self.rarity):
            below.addWidget(widget)
        below.addStretch(1)
        below.addWidget(self.confusion)
        below.addWidget(self.save)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        buttons.button(QDialogButtonBox.StandardButton.Close).setAutoDefault(False)
        buttons.addButton(self.go, QDialogButtonBox.ButtonRole.ActionRole)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 14, 16, 14)
        layout.setSpacing(10)
        layout.addWidget(self.a)
        layout.addWidget(self.b)
        layout.addLayout(options)
        layout.addWidget(self.summary)
        layout.addWidget(self.state)
        layout.addWidget(self.tabs, 1)
        layout.addLayout(below)
        layout.addWidget(self.work)
        layout.addWidget(buttons)

    def _box(self, name: str, text: str) -> QCheckBox:
        box = QCheckBox(text, self)
        box.setObjectName(name)
        return box

    def _button(self, name: str, text: str) -> QPushButton:
        button = QPushButton(text, self)
        button.setObjectName(name)
        button.setAutoDefault(False)
        return button
