"""The dialog of models to download: a catalogue, any other name, the licence, the progress."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from PySide6.QtCore import QItemSelection, Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from app.dialogs.hub_licence import LicenceBox
from app.dialogs.hub_table import NAME, FilteredTable, HubTable
from app.dialogs.room import take_room
from segcore.checkpoints.released import Licence, Released
from segcore.progress import Progress


class HubDialog(QDialog):
    """Asks for look-ups and downloads; what becomes of them is told to it."""

    lookUpRequested = Signal(str)
    downloadRequested = Signal(str, str)
    cancelRequested = Signal()
    modelRequested = Signal(str)

    def __init__(self, models: Sequence[Released], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("dialog.hub")
        self.setWindowTitle(self.tr("Download models"))
        self._chosen = ""
        self._busy = ""
        self._extra_here: set[str] = set()
        self.filter = self._line("hub.filter", self.tr("Filter: B2, ADE20K, 1024 …"))
        self.filter.setAccessibleName(self.tr("Filter the models"))
        self.filter.setClearButtonEnabled(True)
        self.rows = FilteredTable(HubTable(models))
        self.table = self._table()
        self.name = self._line("hub.name", self.tr("owner/name or owner/name@revision"))
        self.name.setAccessibleName(self.tr("Name of another model on the hub"))
        self.look_up = self._button("hub.look_up", self.tr("&Look Up"))
        self.licence = LicenceBox(self)
        self.state = QLabel(self)
        self.state.setObjectName("hub.state")
        self.state.setWordWrap(True)
        self.state.setTextFormat(Qt.TextFormat.PlainText)
        self.bar = QProgressBar(self)
        self.bar.setObjectName("hub.progress")
        self.bar.setAccessibleName(self.tr("Progress of the download"))
        self.bar.setTextVisible(False)
        self.cancel = self._button("hub.cancel", self.tr("&Cancel Download"))
        self.download = self._button("hub.download", self.tr("&Download"))
        self.download.setProperty("primary", "true")
        self.use = self._button("hub.use", self.tr("&Use This Model"))
        self._lay_out()
        self._connect()
        take_room(self, 940, 680)
        self.filter.setFocus()
        self._enable()

    @property
    def chosen(self) -> str:
        """The model whose licence is shown, or nothing."""
        return self._chosen

    def set_here(self, names: Collection[str]) -> None:
        """Say which of the catalogue are on this machine."""
        self.rows.table.set_here(names)
        self._enable()

    def show_offer(self, name: str, licence: Licence) -> None:
        """The hub has a model of the name that was looked up."""
        self.table.clearSelection()
        self._choose(name, licence)
        self._say(self.tr("{} is on the hub.").format(name))

    def show_started(self, name: str) -> None:
        """A download has begun."""
        self._busy = name
        self.bar.setRange(0, 0)
        self._say(self.tr("Asking the hub for {} …").format(name))
        self._enable()

    def show_progress(self, name: str, progress: Progress) -> None:
        """How far the download is, in bytes."""
        self.bar.setRange(0, 1000)
        self.bar.setValue(round(1000 * progress.fraction))
        words = self.tr("{name}: {done:.1f} of {total:.1f} MB").format(
            name=name, done=progress.done / 1e6, total=progress.total / 1e6
        )
        left = progress.seconds_left
        if left is not None:
            minutes, seconds = divmod(round(left), 60)
            words += self.tr(", {}:{:02} left").format(minutes, seconds)
        self._say(words)

    def show_downloaded(self, name: str) -> None:
        """The model is on this machine now."""
        self._extra_here.add(name)
        if self._classifies(name):
            words = self.tr("{} is on this machine: an encoder to train from, it draws no masks.")
        else:
            words = self.tr("{} is on this machine, and in the model chooser.")
        self._show_end(words.format(name))

    def show_cancelled(self, name: str) -> None:
        """The download was called off."""
        self._show_end(
            self.tr("{}: called off; what has arrived is kept for the next time.").format(name)
        )

    def show_failure(self, sentence: str) -> None:
        """A look-up or a download has failed."""
        self._show_end(sentence, warning=True)

    def _show_end(self, words: str, *, warning: bool = False) -> None:
        self._busy = ""
        self._say(words, warning=warning)
        self._enable()

    def _choose_row(self, selected: QItemSelection) -> None:
        if not selected.indexes():
            return
        index = self.rows.mapToSource(selected.indexes()[0])
        model = self.rows.table.models[index.row()]
        self._choose(model.name, model.licence)

    def _choose(self, name: str, licence: Licence) -> None:
        self._chosen = name
        self.licence.show_licence(name, licence)
        self._enable()

    def _is_here(self, name: str) -> bool:
        return name in self._extra_here or self.rows.table.is_here(name)

    def _classifies(self, name: str) -> bool:
        return any(one.encoder_only for one in self.rows.table.models if one.name == name)

    def _enable(self, *_changed: object) -> None:
        here = self._is_here(self._chosen)
        self.download.setEnabled(self.licence.accepted and not self._busy and not here)
        self.use.setEnabled(here and not self._classifies(self._chosen))
        self.look_up.setEnabled("/" in self.name.text())
        self.cancel.setVisible(bool(self._busy))
        self.bar.setVisible(bool(self._busy))

    def _say(self, words: str, *, warning: bool = False) -> None:
        self.state.setText(words)
        self.state.setProperty("role", "warning" if warning else "muted")
        self.state.style().polish(self.state)

    def _request_look_up(self) -> None:
        name = self.name.text().strip()
        if name:
            self._say(self.tr("Asking the hub for {} …").format(name))
            self.lookUpRequested.emit(name)

    def _request_download(self) -> None:
        licence = self.licence.licence
        if licence is not None and self.licence.accepted:
            self.downloadRequested.emit(self._chosen, licence.id)

    def _connect(self) -> None:
        self.filter.textChanged.connect(self.rows.set_filter)
        self.table.selectionModel().selectionChanged.connect(self._choose_row)
        self.name.textChanged.connect(self._enable)
        self.name.returnPressed.connect(self._request_look_up)
        self.look_up.clicked.connect(self._request_look_up)
        self.licence.acceptedChanged.connect(self._enable)
        self.download.clicked.connect(self._request_download)
        self.cancel.clicked.connect(self.cancelRequested)
        self.use.clicked.connect(lambda: self.modelRequested.emit(self._chosen))

    def _lay_out(self) -> None:
        other = QHBoxLayout()
        label = QLabel(self.tr("A&nother model:"), self)
        label.setBuddy(self.name)
        for widget in (label, self.name, self.look_up):
            other.addWidget(widget)
        progress = QHBoxLayout()
        progress.addWidget(self.bar, 1)
        progress.addWidget(self.cancel)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        close = buttons.button(QDialogButtonBox.StandardButton.Close)
        close.setAutoDefault(False)
        buttons.addButton(self.download, QDialogButtonBox.ButtonRole.ActionRole)
        buttons.addButton(self.use, QDialogButtonBox.ButtonRole.ActionRole)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 14, 16, 14)
        layout.setSpacing(10)
        layout.addWidget(self.filter)
        layout.addWidget(self.table, 1)
        layout.addLayout(other)
        layout.addWidget(self.licence)
        layout.addWidget(self.state)
        layout.addLayout(progress)
        layout.addWidget(buttons)

    def _table(self) -> QTableView:
        table = QTableView(self)
        table.setObjectName("hub.table")
        table.setAccessibleName(self.tr("Models to download"))
        table.setModel(self.rows)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setTabKeyNavigation(False)
        table.setShowGrid(False)
        table.setWordWrap(False)
        table.setAlternatingRowColors(True)
        table.verticalHeader().hide()
        header = table.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(NAME, QHeaderView.ResizeMode.Stretch)
        table.setSortingEnabled(True)
        header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        self.rows.sort(-1)
        return table

    def _line(self, name: str, hint: str) -> QLineEdit:
        line = QLineEdit(self)
        line.setObjectName(name)
        line.setPlaceholderText(hint)
        return line

    def _button(self, name: str, text: str) -> QPushButton:
        button = QPushButton(text, self)
        button.setObjectName(name)
        button.setAutoDefault(False)
        return button
