"""The dialog of an import: what is chosen, what will happen, how far it is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QGroupBox,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.dialogs.findings import FindingsList
from app.dialogs.import_choices import ImportChoices
from app.dialogs.room import take_room
from app.dialogs.work_bar import WorkBar
from segcore.formats.contract import Finding, Format
from segcore.formats.import_plan import ImportPlan
from segcore.formats.into_project import ImportReport
from segcore.progress import Progress

_PAUSE = 300
"""Milliseconds without a change before the files are looked through."""


class ImportLabelsDialog(QDialog):
    """Chooses an `ImportPlan`; what becomes of it is told to the dialog.

    Signals: `guessRequested(Path)`, `checkRequested(plan)` whenever the plan has changed,
    `importRequested(plan)`, `cancelRequested()`.
    """

    guessRequested = Signal(object)
    checkRequested = Signal(object)
    importRequested = Signal(object)
    cancelRequested = Signal()

    def __init__(
        self,
        formats: Sequence[Format],
        open_project: str,
        folder: Path,
        parent: QWidget | None = None,
    ) -> None:
        """`open_project` is the title of the project that is open and can be written, or ''."""
        super().__init__(parent)
        self.setObjectName("dialog.import_labels")
        self.setWindowTitle(self.tr("Import labels"))
        self._running = False
        self._checked: ImportPlan | None = None
        self._waiting = QTimer(self)
        self._waiting.setSingleShot(True)
        self._waiting.setInterval(_PAUSE)
        self._waiting.timeout.connect(self._request_check)
        self.what = ImportChoices(formats, open_project, folder, self)
        self.findings = FindingsList("import.findings", self)
        self.state = QLabel(self.tr("Choose the folder or file with the labels."), self)
        self.state.setObjectName("import.state")
        self.state.setWordWrap(True)
        self.work = WorkBar("import", self)
        self.go = self._button("import.go", self.tr("&Import"))
        self.go.setProperty("primary", "true")
        self.go.setEnabled(False)
        self._lay_out()
        self.what.changed.connect(self._follow)
        self.what.guessRequested.connect(self.guessRequested)
        self.go.clicked.connect(self._request_import)
        self.work.cancelRequested.connect(self._cancel)
        take_room(self, 760, 620)

    @property
    def plan(self) -> ImportPlan | None:
        """What is chosen; None while something is missing."""
        return self.what.plan

    def set_open_project(self, title: str) -> None:
        """Which project is open and can be written; '' for none."""
        self.what.set_open_project(title)

    def choose(self, path: Path) -> None:
        """Take a folder or file; its format is guessed."""
        self.what.choose(path)

    def set_guess(self, path: Path, name: str) -> None:
        """Which format the labels there are of, as far as one can tell."""
        if self.what.set_guess(path, name) and not name:
            self._say(self.tr("No format is known by these files: choose one."), warning=True)

    def set_checked(self, plan: ImportPlan, report: ImportReport) -> None:
        """What an import of a plan would do."""
        if plan != self.plan or self._running:
            return
        self._checked = plan
        self.work.set_running(running=False)
        self.findings.set_findings(
            report.findings, self.tr("Every label was read: nothing is wrong with the files.")
        )
        self._say(self.tr("Will take {}.").format(self._in_words(report)))
        self.go.setEnabled(bool(report.pictures))

    def set_progress(self, progress: Progress) -> None:
        """How far the look or the import is."""
        self.work.set_progress(progress)

    def set_imported(self, report: ImportReport) -> None:
        """It is done."""
        self._end(self.tr("Took {}.").format(self._in_words(report)))

    def set_refused(self, sentences: Sequence[str]) -> None:
        """It cannot be done; all that is wrong."""
        self.findings.set_findings([Finding("hindrance", text) for text in sentences], "")
        words = self.tr("Not imported: 1 problem.")
        if len(sentences) > 1:
            words = self.tr("Not imported: {:,} problems.").format(len(sentences))
        self._end(words, warning=True, again=self._running)

    def set_cancelled(self) -> None:
        """It was called off."""
        self._end(self.tr("Called off: nothing was taken."), again=True)

    def done(self, result: int) -> None:
        """Qt: closing calls off what runs."""
        self._waiting.stop()
        self.cancelRequested.emit()
        super().done(result)

    def _follow(self) -> None:
        self.go.setEnabled(False)
        self._checked = None
        self._waiting.start()

    def _request_check(self) -> None:
        plan = self.plan
        if plan is None or self._running:
            return
        self._say(self.tr("Reading every label …"))
        self.work.set_running(running=True)
        self.checkRequested.emit(plan)

    def _request_import(self) -> None:
        if self._checked is not None and self._checked == self.plan:
            self._set_running(running=True)
            self._say(self.tr("Taking the labels …"))
            self.importRequested.emit(self._checked)

    def _cancel(self) -> None:
        self.cancelRequested.emit()
        if not self._running:  # the look alone, which changes nothing
            self.work.set_running(running=False)
            self._say(self.tr("Called off: change something to look again."))

    def _end(self, words: str, *, warning: bool = False, again: bool = False) -> None:
        """Say how it went; `again` when the same may be tried once more, with room made for it."""
        self._set_running(running=False)
        if not again:
            self._checked = None
        self.go.setEnabled(self._checked is not None)
        self._say(words, warning=warning)

    def _set_running(self, *, running: bool) -> None:
        self._running = running
        self.what.setEnabled(not running)
        self.go.setEnabled(not running)
        self.work.set_running(running=running)

    def _in_words(self, report: ImportReport) -> str:
        count, new = len(report.pictures), len(report.new_classes)
        words = self.tr("the labels of 1 picture")
        if count != 1:
            words = self.tr("the labels of {:,} pictures").format(count)
        if new:
            words += self.tr(", new classes: {:,}").format(new)
        if report.kept:
            words += self.tr(", and keep those of {:,}").format(len(report.kept))
        return words

    def _say(self, words: str, *, warning: bool = False) -> None:
        self.state.setText(words)
        self.state.setProperty("role", "warning" if warning else "")
        self.state.style().unpolish(self.state)
        self.state.style().polish(self.state)

    def _lay_out(self) -> None:
        happens = QGroupBox(self.tr("What will happen"), self)
        inside = QVBoxLayout(happens)
        inside.addWidget(self.findings)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        buttons.button(QDialogButtonBox.StandardButton.Close).setAutoDefault(False)
        buttons.addButton(self.go, QDialogButtonBox.ButtonRole.ActionRole)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 14, 16, 14)
        layout.setSpacing(10)
        layout.addWidget(self.what)
        layout.addWidget(happens, 1)
        layout.addWidget(self.state)
        layout.addWidget(self.work)
        layout.addWidget(buttons)

    def _button(self, name: str, text: str) -> QPushButton:
        button = QPushButton(text, self)
        button.setObjectName(name)
        button.setAutoDefault(False)
        return button
