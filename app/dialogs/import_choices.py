"""What is chosen about an import: where the labels are, what they are, where they go."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QWidget,
)

from segcore.formats.contract import Format
from segcore.formats.import_plan import ImportPlan


class ImportChoices(QWidget):
    """A form that makes an `ImportPlan`.

    Signals: `changed()` with everything that the plan depends on, `guessRequested(Path)` when other
    files are chosen, whose format is not known.
    """

    changed = Signal()
    guessRequested = Signal(object)

    def __init__(
        self,
        formats: Sequence[Format],
        open_project: str,
        folder: Path,
        parent: QWidget | None = None,
    ) -> None:
        """`open_project` is the title of the project that is open and can be written, or ''."""
        super().__init__(parent)
        self._place = folder
        self._by_hand = False
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
        self._lay_out()
        self._connect()
        self._show_target()

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

    def set_guess(self, path: Path, name: str) -> bool:
        """Which format the labels there are of; whether that is wanted still."""
        if path != _path(self.path) or self._by_hand:
            return False
        self.format.setCurrentIndex(max(self.format.findData(name), 0))
        self.changed.emit()
        return True

    def _follow_path(self) -> None:
        self._by_hand = False
        self.guessRequested.emit(_path(self.path))
        self.changed.emit()

    def _take_format(self) -> None:
        self._by_hand = True
        self.changed.emit()

    def _follow_path_if_new(self) -> None:
        if self.path.isModified() and self.path.text().strip():
            self.path.setModified(False)
            self._follow_path()

    def _show_target(self) -> None:
        new = self.target.currentData() == "new"
        self.project.setEnabled(new)
        self.choose_project.setEnabled(new)
        self.existing.setEnabled(not new)
        self.changed.emit()

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
            line.textChanged.connect(self.changed)
        self.target.currentIndexChanged.connect(self._show_target)
        self.existing.currentIndexChanged.connect(self.changed)
        self.choose_folder.clicked.connect(self._ask_folder)
        self.choose_file.clicked.connect(self._ask_file)
        self.choose_classes.clicked.connect(self._ask_classes)
        self.choose_pictures.clicked.connect(
            lambda: self._ask_into(self.pictures, self.tr("Folder with the pictures"))
        )
        self.choose_project.clicked.connect(
            lambda: self._ask_into(self.project, self.tr("New project: choose an empty folder"))
        )

    def _lay_out(self) -> None:
        self.choose_folder = self._button("import.choose_folder", self.tr("F&older…"))
        self.choose_file = self._button("import.choose_file", self.tr("&File…"))
        self.choose_pictures = self._button("import.choose_pictures", self.tr("Choose…"))
        self.choose_classes = self._button("import.choose_classes", self.tr("Choose…"))
        self.choose_project = self._button("import.choose_project", self.tr("Choose…"))
        form = QFormLayout(self)
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
