"""The dialog of an import: where the labels are, what they are, where they go."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QGroupBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from app.dialogs.findings import FindingsList
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
        self._place = folder
        self._running = False
        self._by_hand = False
        self._checked: ImportPlan | None = None
        self._waiting = QTimer(self)
        self._waiting.setSingleShot(True)
        self._waiting.setInterval(_PAUSE)
        self._waiting.timeout.connect(self._request_check)
        self.path = self._line("import.path", self.tr("Folder or file with the labels"))
        self.format = self._chooser("import.format", self.tr("Format"))
        self.format.addItem(self.tr("choose a format"), "")
        for form in formats:
            self.format.addItem(f"{form.name} – {form.title}", form.name)
        self.pictures = self._line("import.pictures", self.tr("Folder with the pictures"))
        self.pictures.setPlaceholderText(self.tr("as the files say"))
        self.classes = self._line("import.classes", self.tr("Class table"))
        self.classes.setPlaceholderText(self.tr("as the files say"))
        self.target = self._chooser("import.target", self.tr("Where the labels go"))
        self.target.addItem(self.tr("a new project in"), "new")
        self.set_open_project(open_project)
        self.target.setCurrentIndex(0)
        self.project = self._line("import.project", self.tr("Folder of the new project"))
        self.existing = self._chooser("import.existing", self.tr("Labels that are there already"))
        for text, existing in (
            (self.tr("stop the import"), "refuse"),
            (self.tr("are kept"), "keep"),
            (self.tr("are replaced; undo brings them back"), "replace"),
        ):
            self.existing.addItem(text, existing)
        self.findings = FindingsList("import.findings", self)
        self.state = QLabel(self.tr("Choose the folder or file with the labels."), self)
        self.state.setObjectName("import.state")
        self.state.setWordWrap(True)
        self.work = WorkBar("import", self)
        self.go = self._button("import.go", self.tr("&Import"))
        self.go.setProperty("primary", "true")
        self.go.setEnabled(False)
        self._lay_out()
        self._connect()
        self._show_target()
        self.resize(760, 620)

    @property
    def plan(self) -> ImportPlan | None:
        """What is chosen; None while something is missing."""
        path, form = self.path.text().strip(), self.format.currentData()
        new = self.target.currentData() == "new"
        if not path or not form or (new and not self.project.text().strip()):
            return None
        return ImportPlan(
            _path(self.path),
            form,
            _path(self.project) if new else None,
            _path(self.pictures) if self.pictures.text().strip() else None,
            _path(self.classes) if self.classes.text().strip() else None,
            self.existing.currentData(),
        )

    def set_open_project(self, title: str) -> None:
        """Which project is open and can be written; '' for none."""
        place = self.target.findData("open")
        if place >= 0:
            self.target.removeItem(place)
        if title:
            self.target.insertItem(0, self.tr("the open project, {}").format(title), "open")

    def choose(self, path: Path) -> None:
        """Take a folder or file; its format is guessed."""
        self._by_hand = False
        self.path.setText(str(path))
        self.guessRequested.emit(path)

    def set_guess(self, path: Path, name: str) -> None:
        """Which format the labels there are of, as far as one can tell."""
        if path == _path(self.path) and not self._by_hand:
            self.format.setCurrentIndex(max(self.format.findData(name), 0))
            if not name:
                self._say(self.tr("No format is known by these files: choose one."), warning=True)
            self._follow()

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
        words = self.tr("Nothing was taken: 1 problem.")
        if len(sentences) > 1:
            words = self.tr("Nothing was taken: {:,} problems.").format(len(sentences))
        self._end(words, warning=True)

    def set_cancelled(self) -> None:
        """It was called off."""
        self._end(self.tr("Called off: nothing was taken."))

    def done(self, result: int) -> None:
        """Qt: closing calls off what runs."""
        self._waiting.stop()
        self.cancelRequested.emit()
        super().done(result)

    def _follow(self) -> None:
        self.go.setEnabled(False)
        self._checked = None
        self._waiting.start()

    def _follow_path(self) -> None:
        self._by_hand = False
        self.guessRequested.emit(_path(self.path))
        self._follow()

    def _take_format(self) -> None:
        self._by_hand = True
        self._follow()

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

    def _end(self, words: str, *, warning: bool = False) -> None:
        self._set_running(running=False)
        self._checked = None
        self.go.setEnabled(False)
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

    def _show_target(self) -> None:
        new = self.target.currentData() == "new"
        self.project.setEnabled(new)
        self.choose_project.setEnabled(new)
        self.existing.setEnabled(not new)
        self._follow()

    def _ask_folder(self) -> None:
        chosen = QFileDialog.getExistingDirectory(
            self, self.tr("Folder with the labels"), str(self._place)
        )
        if chosen:
            self.choose(Path(chosen))

    def _ask_file(self) -> None:
        chosen, _kind = QFileDialog.getOpenFileName(
            self,
            self.tr("File with the labels"),
            str(self._place),
            self.tr("Labels (*.json *.xml *.yaml *.yml)") + ";;" + self.tr("All files (*)"),
        )
        if chosen:
            self.choose(Path(chosen))

    def _ask_into(self, line: QLineEdit, title: str) -> None:
        chosen = QFileDialog.getExistingDirectory(self, title, str(self._place))
        if chosen:
            line.setText(chosen)

    def _ask_classes(self) -> None:
        chosen, _kind = QFileDialog.getOpenFileName(
            self, self.tr("Class table"), str(self._place), "classes.json (*.json)"
        )
        if chosen:
            self.classes.setText(chosen)

    def _connect(self) -> None:
        self.path.editingFinished.connect(self._follow_path_if_new)
        self.format.activated.connect(self._take_format)
        for line in (self.pictures, self.classes, self.project):
            line.textChanged.connect(self._follow)
        self.target.currentIndexChanged.connect(self._show_target)
        self.existing.currentIndexChanged.connect(self._follow)
        self.choose_folder.clicked.connect(self._ask_folder)
        self.choose_file.clicked.connect(self._ask_file)
        self.choose_classes.clicked.connect(self._ask_classes)
        self.choose_pictures.clicked.connect(
            lambda: self._ask_into(self.pictures, self.tr("Folder with the pictures"))
        )
        self.choose_project.clicked.connect(
            lambda: self._ask_into(self.project, self.tr("New project: choose an empty folder"))
        )
        self.go.clicked.connect(self._request_import)
        self.work.cancelRequested.connect(self._cancel)

    def _follow_path_if_new(self) -> None:
        if self.path.isModified() and self.path.text().strip():
            self.path.setModified(False)
            self._follow_path()

    def _lay_out(self) -> None:
        self.choose_folder = self._button("import.choose_folder", self.tr("F&older…"))
        self.choose_file = self._button("import.choose_file", self.tr("&File…"))
        self.choose_pictures = self._button("import.choose_pictures", self.tr("Choose…"))
        self.choose_classes = self._button("import.choose_classes", self.tr("Choose…"))
        self.choose_project = self._button("import.choose_project", self.tr("Choose…"))
        self.what = QWidget(self)
        form = QFormLayout(self.what)
        form.setContentsMargins(0, 0, 0, 0)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        form.addRow(self.tr("&Labels in:"), _row(self.path, self.choose_folder, self.choose_file))
        form.addRow(self.tr("For&mat:"), self.format)
        form.addRow(self.tr("&Pictures in:"), _row(self.pictures, self.choose_pictures))
        form.addRow(self.tr("&Class table:"), _row(self.classes, self.choose_classes))
        form.addRow(self.tr("&Into:"), self.target)
        form.addRow("", _row(self.project, self.choose_project))
        form.addRow(self.tr("Labels &there already:"), self.existing)
        for line, label in ((self.path, 0), (self.pictures, 2), (self.classes, 3)):
            item = form.itemAt(label, QFormLayout.ItemRole.LabelRole)
            words = item.widget() if item is not None else None
            if isinstance(words, QLabel):
                words.setBuddy(line)
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

    def _line(self, name: str, title: str) -> QLineEdit:
        line = QLineEdit(self)
        line.setObjectName(name)
        line.setAccessibleName(title)
        return line

    def _chooser(self, name: str, title: str) -> QComboBox:
        box = QComboBox(self)
        box.setObjectName(name)
        box.setAccessibleName(title)
        box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        return box

    def _button(self, name: str, text: str) -> QPushButton:
        button = QPushButton(text, self)
        button.setObjectName(name)
        button.setAutoDefault(False)
        return button


def _row(*widgets: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    for widget in widgets:
        row.addWidget(widget)
    return row


def _path(line: QLineEdit) -> Path:
    return Path(line.text().strip()).expanduser().absolute()
