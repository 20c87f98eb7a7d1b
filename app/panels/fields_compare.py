"""Which models are compared, row by row, and over what."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QMenu,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

ROLE = Qt.ItemDataRole.UserRole
_ROWS_IN_SIGHT = 4


class CompareSection(QWidget):
    """Keeps a list of rows; `compareRequested` says whether to compare over pictures.

    A row's key is what the model is loaded from, `random:` before it for its architecture with
    random weights.
    """

    compareRequested = Signal(bool)
    fileRequested = Signal()
    folderRequested = Signal()
    stopRequested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("fields.compare_section")
        self._models: list[tuple[str, str]] = []
        self.rows = QListWidget(self)
        self.rows.setObjectName("fields.rows")
        self.rows.setAccessibleName(self.tr("Models to compare"))
        self.rows.setSelectionMode(QListWidget.SelectionMode.ExtendedSelection)
        self.rows.setToolTip(
            self.tr("Mark two rows to see the difference of these; else it is last less first")
        )
        self.rows.itemSelectionChanged.connect(self._follow)
        self.add = QToolButton(self)
        self.add.setObjectName("fields.add_row")
        self.add.setText(self.tr("Add a model"))
        self.add.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.menu = QMenu(self.add)
        self.menu.aboutToShow.connect(self._fill_menu)
        self.add.setMenu(self.menu)
        self.remove = QToolButton(self)
        self.remove.setObjectName("fields.remove_row")
        self.remove.setText(self.tr("Remove"))
        self.remove.clicked.connect(self._remove)
        self.over = QComboBox(self)
        self.over.setObjectName("fields.compare_over")
        self.over.setAccessibleName(self.tr("Over what the models are compared"))
        self.over.addItem(self.tr("At the pixel of this picture"), "pixel")
        self.over.addItem(self.tr("Over the pictures above"), "pictures")
        self.over.setMinimumContentsLength(8)
        self.over.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.compare = QPushButton(self.tr("Compare"), self)
        self.compare.setObjectName("fields.compare")
        self.compare.setToolTip(
            self.tr("A figure with a row for each model, and the difference of two")
        )
        self.compare.clicked.connect(self._request)
        self.stop = QPushButton(self.tr("Stop"), self)
        self.stop.setObjectName("fields.compare_stop")
        self.stop.clicked.connect(self.stopRequested)
        self.words = QLabel(self)
        self.words.setObjectName("fields.compare_words")
        self.words.setProperty("role", "muted")
        self.words.setWordWrap(True)
        self._lay_out()
        self.set_running(running=False)
        self.say("")
        self._follow()

    @property
    def keys(self) -> list[str]:
        """The rows, from the top."""
        return [str(self.rows.item(row).data(ROLE)) for row in range(self.rows.count())]

    @property
    def models(self) -> list[tuple[str, str]]:
        """Key and title of each row, from the top."""
        return [(key, self.rows.item(row).text()) for row, key in enumerate(self.keys)]

    @property
    def difference(self) -> tuple[int, int] | None:
        """The two rows that are marked, the lower one first; None unless there are two."""
        marked = sorted(self.rows.row(item) for item in self.rows.selectedItems())
        return (marked[1], marked[0]) if len(marked) == 2 else None

    def set_models(self, models: Sequence[tuple[str, str]]) -> None:
        """Offer these: what each is loaded from, and its title."""
        self._models = list(models)

    def add_row(self, key: str, title: str) -> None:
        """Add a row, unless it is there already."""
        if key not in self.keys:
            item = QListWidgetItem(title)
            item.setData(ROLE, key)
            item.setToolTip(key)
            self.rows.addItem(item)
        self._follow()

    def set_running(self, *, running: bool) -> None:
        """Show the way to stop, or the way to begin."""
        self._running = running
        self.stop.setVisible(running)
        self._follow()

    def say(self, words: str, tip: str = "") -> None:
        """A sentence under the buttons."""
        self.words.setText(words)
        self.words.setToolTip(tip)
        self.words.setVisible(bool(words))

    def _fill_menu(self) -> None:
        self.menu.clear()
        for source, title in self._models:
            self._offer(title, source, title)
        if self._models:
            self.menu.addSeparator()
        for key in [key for key in self.keys if not key.startswith("random:")]:
            name = self.rows.item(self.keys.index(key)).text()
            title = self.tr("{}, random weights").format(name)
            self._offer(title, f"random:{key}", title)
        self.menu.addSeparator()
        self.menu.addAction(self.tr("From a file…"), self.fileRequested.emit)
        self.menu.addAction(self.tr("From a folder…"), self.folderRequested.emit)

    def _offer(self, text: str, key: str, title: str) -> None:
        action = QAction(text, self.menu)
        action.setEnabled(key not in self.keys)
        action.triggered.connect(lambda: self.add_row(key, title))
        self.menu.addAction(action)

    def _remove(self) -> None:
        for item in self.rows.selectedItems():
            self.rows.takeItem(self.rows.row(item))
        self._follow()

    def _request(self) -> None:
        self.compareRequested.emit(self.over.currentData() == "pictures")

    def _follow(self) -> None:
        self.remove.setEnabled(bool(self.rows.selectedItems()))
        self.compare.setEnabled(self.rows.count() > 0 and not self._running)

    def _lay_out(self) -> None:
        heading = QLabel(self.tr("Compare models"), self)
        heading.setProperty("role", "heading")
        self.rows.setFixedHeight(_ROWS_IN_SIGHT * (self.fontMetrics().height() + 6) + 6)
        edit = QHBoxLayout()
        edit.addWidget(self.add)
        edit.addWidget(self.remove)
        edit.addStretch(1)
        buttons = QHBoxLayout()
        buttons.setSpacing(6)
        buttons.addWidget(self.compare)
        buttons.addWidget(self.stop)
        buttons.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(heading)
        layout.addWidget(self.rows)
        layout.addLayout(edit)
        layout.addWidget(self.over)
        layout.addLayout(buttons)
        layout.addWidget(self.words)
