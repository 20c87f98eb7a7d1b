"""One of the two sides of a comparison, as a person chooses it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QCoreApplication, QPoint, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QGridLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QPushButton,
    QWidget,
)

_KINDS = (
    ("project", "anyone"),
    ("project", "person"),
    ("project", "model"),
    ("model", "anyone"),
    ("path", "anyone"),
    ("path", "person"),
    ("path", "model"),
)


class SideChooser(QWidget):
    """Says whose labels: (`kind`, `said_by`) and, where kind is `path`, a folder or file.

    `changed` says that something else is chosen.
    """

    changed = Signal()

    def __init__(self, name: str, title: str, folder: Path, parent: QWidget | None = None) -> None:
        """`name` is `a` or `b`; `folder` is where a person begins to look."""
        super().__init__(parent)
        self._folder = folder
        self.source = QComboBox(self)
        self.source.setObjectName(f"compare.{name}")
        self.source.setAccessibleName(title)
        for key, words in zip(_KINDS, _words()):
            self.source.addItem(words, key)
        self.path = QLineEdit(self)
        self.path.setObjectName(f"compare.{name}_path")
        self.path.setAccessibleName(self.tr("Folder or file of {}").format(title))
        self.path.setPlaceholderText(self.tr("a project, or labels of any format that is known"))
        self.choose = QPushButton(self.tr("Choose…"), self)
        self.choose.setObjectName(f"compare.{name}_choose")
        self.choose.setAutoDefault(False)
        label = QLabel(title, self)
        label.setBuddy(self.source)
        label.setMinimumWidth(self.fontMetrics().horizontalAdvance("MM"))
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setColumnStretch(1, 1)
        layout.addWidget(label, 0, 0)
        layout.addWidget(self.source, 0, 1, 1, 2)
        layout.addWidget(self.path, 1, 1)
        layout.addWidget(self.choose, 1, 2)
        self.source.currentIndexChanged.connect(self._show_kind)
        self.path.textChanged.connect(self.changed)
        self.choose.clicked.connect(self._ask)
        self._show_kind()

    @property
    def kind(self) -> str:
        """`project`, `model` or `path`."""
        return str(self.source.currentData()[0])

    @property
    def said_by(self) -> str:
        """Whose pixels of a project count: `anyone`, `person` or `model`."""
        return str(self.source.currentData()[1])

    @property
    def place(self) -> Path | None:
        """The folder or file; None where it is none of these, or nothing is named yet."""
        text = self.path.text().strip()
        return Path(text).expanduser().absolute() if self.kind == "path" and text else None

    def choose_kind(self, kind: str, said_by: str = "anyone", place: Path | None = None) -> None:
        """Choose a side."""
        self.source.setCurrentIndex(_KINDS.index((kind, said_by)))
        if place is not None:
            self.path.setText(str(place))

    def _show_kind(self) -> None:
        wanted = self.kind == "path"
        self.path.setEnabled(wanted)
        self.choose.setEnabled(wanted)
        self.changed.emit()

    def _ask(self) -> None:
        menu = QMenu(self)
        menu.addAction(self.tr("Folder or project…"), self._ask_folder)
        menu.addAction(self.tr("File…"), self._ask_file)
        menu.exec(self.choose.mapToGlobal(QPoint(0, self.choose.height())))

    def _ask_folder(self) -> None:
        title = self.tr("Project, or folder with labels")
        chosen = QFileDialog.getExistingDirectory(self, title, str(self._folder))
        if chosen:
            self.path.setText(chosen)

    def _ask_file(self) -> None:
        kinds = self.tr("Labels (*.json *.xml *.yaml *.yml)") + ";;" + self.tr("All files (*)")
        chosen, _kind = QFileDialog.getOpenFileName(
            self, self.tr("File with labels"), str(self._folder), kinds
        )
        if chosen:
            self.path.setText(chosen)


def _words() -> tuple[str, ...]:
    """What each of `_KINDS` is called."""

    def tr(text: str) -> str:
        return QCoreApplication.translate("SideChooser", text)

    return (
        tr("the labels of the open project"),
        tr("what people said in the open project"),
        tr("what models said in the open project"),
        tr("the model in use, asked now"),
        tr("another project, or files with labels"),
        tr("what people said in another project"),
        tr("what models said in another project"),
    )
