"""The dialog of an export: format, pictures, parts, and what will happen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QGridLayout,
    QGroupBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.dialogs.export_choices import PartsBox, PicturesBox
from app.dialogs.findings import FindingsList
from app.dialogs.format_table import FormatTable
from app.dialogs.room import take_room
from app.dialogs.work_bar import WorkBar
from segcore.formats.contract import Finding, Format
from segcore.formats.export import ExportReport
from segcore.formats.export_plan import ExportPlan
from segcore.progress import Progress

_PAUSE = 250
"""Milliseconds without a change before it is worked out what would happen."""


class ExportLabelsDialog(QDialog):
    """Chooses an `ExportPlan`; what becomes of it is told to the dialog.

    Signals: `checkRequested(plan)` whenever the plan has changed, `exportRequested(plan)`,
    `cancelRequested()`, `folderRequested(Path)` to open what was written.
    """

    checkRequested = Signal(object)
    exportRequested = Signal(object)
    cancelRequested = Signal()
    folderRequested = Signal(object)

    def __init__(
        self,
        formats: Sequence[Format],
        statuses: Mapping[str, str],
        folder: Path,
        parent: QWidget | None = None,
    ) -> None:
        """`statuses` are the words for each status; `folder` is where exports are proposed."""
        super().__init__(parent)
        self.setObjectName("dialog.export_labels")
        self.setWindowTitle(self.tr("Export labels"))
        self._place, self._written = folder, Path()
        self._proposed = ""
        self._running = False
        self._checked: ExportPlan | None = None
        self._waiting = QTimer(self)
        self._waiting.setSingleShot(True)
        self._waiting.setInterval(_PAUSE)
        self._waiting.timeout.connect(self._request_check)
        self.formats = FormatTable(formats, "export.formats", self)
        self.folder = QLineEdit(self)
        self.folder.setObjectName("export.folder")
        self.folder.setAccessibleName(self.tr("Folder to write"))
        self.browse = self._button("export.browse", self.tr("Choo&se…"))
        self.pictures = PicturesBox(statuses, self)
        self.parts = PartsBox(self)
        self.findings = FindingsList("export.findings", self)
        self.state = QLabel(self)
        self.state.setObjectName("export.state")
        self.state.setWordWrap(True)
        self.work = WorkBar("export", self)
        self.open_folder = self._button("export.open", self.tr("&Open Folder"))
        self.open_folder.setEnabled(False)
        self.go = self._button("export.go", self.tr("&Export"))
        self.go.setProperty("primary", "true")
        self._lay_out()
        self._connect()
        take_room(self, 960, 760)
        self.formats.choose("coco")

    @property
    def plan(self) -> ExportPlan:
        """What is chosen."""
        return ExportPlan(
            self.formats.chosen,
            Path(self.folder.text().strip()).expanduser().absolute(),
            self.pictures.statuses,
            self.parts.shares,
            self.parts.by,
            self.parts.stratified,
            self.parts.seed,
            self.pictures.options,
        )

    def look_again(self) -> None:
        """Work out anew what would happen: the pictures or their labels may be others now."""
        if not self._running:
            self._follow()

    def set_counts(self, counts: Mapping[str, int]) -> None:
        """How many pictures there are of each status."""
        self.pictures.set_counts(counts)

    def set_checked(self, plan: ExportPlan, report: ExportReport) -> None:
        """What an export of a plan would do."""
        if plan != self.plan or self._running:
            return
        self._checked = plan
        self.work.set_running(running=False)
        self.findings.set_findings(
            report.findings, self.tr("Nothing is lost: every pixel and every class is kept.")
        )
        if report.hindrances:
            words = self.tr("Nothing can be written yet: 1 problem.")
            if len(report.hindrances) > 1:
                words = self.tr("Nothing can be written yet: {:,} problems.")
                words = words.format(len(report.hindrances))
            self._say(words, warning=True)
        else:
            self._say(self.tr("Will write {}.").format(self._in_words(report)))
        self.go.setEnabled(not report.hindrances)

    def set_progress(self, progress: Progress) -> None:
        """How far the look or the export is."""
        self.work.set_progress(progress)

    def set_exported(self, report: ExportReport) -> None:
        """It is written."""
        self._written = report.folder
        self._end(self.tr("Wrote {} to {}.").format(self._in_words(report), report.folder))
        self.open_folder.setEnabled(True)
        self.open_folder.setFocus()

    def set_refused(self, sentences: Sequence[str]) -> None:
        """It cannot be done; all that stands in the way."""
        self.findings.set_findings([Finding("hindrance", text) for text in sentences], "")
        self._end(self.tr("Nothing was written."), warning=True)

    def set_cancelled(self) -> None:
        """It was called off."""
        self._end(self.tr("Called off: nothing was written."))
        self._follow()

    def done(self, result: int) -> None:
        """Qt: closing calls off what runs."""
        self._waiting.stop()
        self.cancelRequested.emit()
        super().done(result)

    def _follow(self) -> None:
        """Something was changed: what was worked out is not true any more."""
        self._propose_folder()
        self.go.setEnabled(False)
        self._checked = None
        self._waiting.start()

    def _propose_folder(self) -> None:
        """A folder called like the format, until the person writes another."""
        if self.folder.text() == self._proposed:
            name, number = f"labels-{self.formats.chosen}", 2
            while (self._place / name).exists():
                name, number = f"labels-{self.formats.chosen}-{number}", number + 1
            self._proposed = str(self._place / name)
            self.folder.setText(self._proposed)

    def _request_check(self) -> None:
        trouble = "" if self.folder.text().strip() else self.tr("Choose a folder to write.")
        trouble = trouble or self.pictures.trouble or self.parts.trouble
        if trouble:
            self.findings.set_findings([Finding("hindrance", trouble)], "")
            self._say(self.tr("Nothing can be written yet."), warning=True)
            return
        self._say(self.tr("Looking through the pictures …"))
        self.work.set_running(running=True)
        self.checkRequested.emit(self.plan)

    def _request_export(self) -> None:
        if self._checked is None or self._checked != self.plan:
            return
        self._set_running(running=True)
        self._say(self.tr("Writing …"))
        self.open_folder.setEnabled(False)
        self.exportRequested.emit(self._checked)

    def _cancel(self) -> None:
        self.cancelRequested.emit()
        if not self._running:  # the look alone, which changes nothing
            self.work.set_running(running=False)
            self._say(self.tr("Called off: change something to look again."))

    def _end(self, words: str, *, warning: bool = False) -> None:
        self._set_running(running=False)
        self._checked = None
        self.go.setEnabled(False)
        self._say(words, warning=warning)

    def _set_running(self, *, running: bool) -> None:
        self._running = running
        for widget in (self.formats, self.folder, self.browse, self.pictures, self.parts, self.go):
            widget.setEnabled(not running)
        self.work.set_running(running=running)

    def _in_words(self, report: ExportReport) -> str:
        counts = report.pictures
        total = sum(counts.values())
        pictures = self.tr("1 picture") if total == 1 else self.tr("{:,} pictures").format(total)
        if len(counts) < 2:
            return pictures
        parts = ", ".join(f"{part} {count:,}" for part, count in counts.items())
        return f"{pictures} ({parts})"

    def _say(self, words: str, *, warning: bool = False) -> None:
        self.state.setText(words)
        self.state.setProperty("role", "warning" if warning else "")
        self.state.style().unpolish(self.state)
        self.state.style().polish(self.state)

    def _ask_for_folder(self) -> None:
        chosen = QFileDialog.getExistingDirectory(
            self, self.tr("Export into: choose an empty folder"), str(self._place)
        )
        if chosen:
            self.folder.setText(chosen)

    def _connect(self) -> None:
        self.formats.formatChosen.connect(self._follow)
        self.folder.textEdited.connect(self._follow)
        self.folder.textChanged.connect(self._waiting.start)
        self.pictures.changed.connect(self._follow)
        self.parts.changed.connect(self._follow)
        self.browse.clicked.connect(self._ask_for_folder)
        self.go.clicked.connect(self._request_export)
        self.open_folder.clicked.connect(lambda: self.folderRequested.emit(self._written))
        self.work.cancelRequested.connect(self._cancel)

    def _lay_out(self) -> None:
        where = QHBoxLayout()
        label = QLabel(self.tr("Fol&der:"), self)
        label.setBuddy(self.folder)
        for widget in (label, self.folder, self.browse):
            where.addWidget(widget)
        happens = QGroupBox(self.tr("What will happen"), self)
        inside = QVBoxLayout(happens)
        inside.addWidget(self.findings)
        middle = QGridLayout()
        middle.addWidget(self.pictures, 0, 0)
        middle.addWidget(self.parts, 1, 0)
        middle.addWidget(happens, 0, 1, 2, 1)
        middle.setColumnStretch(1, 1)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        buttons.button(QDialogButtonBox.StandardButton.Close).setAutoDefault(False)
        buttons.addButton(self.open_folder, QDialogButtonBox.ButtonRole.ActionRole)
        buttons.addButton(self.go, QDialogButtonBox.ButtonRole.ActionRole)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 14, 16, 14)
        layout.setSpacing(10)
        layout.addWidget(self.formats, 1)
        layout.addLayout(where)
        layout.addLayout(middle, 1)
        layout.addWidget(self.state)
        layout.addWidget(self.work)
        layout.addWidget(buttons)

    def _button(self, name: str, text: str) -> QPushButton:
        button = QPushButton(text, self)
        button.setObjectName(name)
        button.setAutoDefault(False)
        return button
