"""Asks for a camera or stream, and stays beside the window while it is watched."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)


class LiveDialog(QDialog):
    """`watchRequested(address)`, `stopRequested()` and `keepRequested()`; closing it stops."""

    watchRequested = Signal(str)
    stopRequested = Signal()
    keepRequested = Signal()

    def __init__(self, streams: Sequence[str], parent: QWidget | None = None) -> None:
        """`streams` are the addresses that were watched before."""
        super().__init__(parent)
        self.setObjectName("dialog.live")
        self.setWindowTitle(self.tr("Camera or stream"))
        self._watching = False
        self._streams = list(streams)
        self.source = QComboBox(self)
        self.source.setObjectName("live.source")
        self.source.setAccessibleName(self.tr("Camera or address of a stream"))
        self.source.setEditable(True)
        self.source.setMinimumWidth(320)
        self.source.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        line = self.source.lineEdit()
        assert line is not None
        line.setPlaceholderText(self.tr("a camera's number, rtsp://…, http://…"))
        self.note = QLabel(self)
        self.note.setObjectName("live.note")
        self.note.setProperty("role", "muted")
        self.watch = QPushButton(self)
        self.watch.setObjectName("live.watch")
        self.watch.setDefault(True)
        self.keep = QPushButton(self.tr("&Keep This Frame"), self)
        self.keep.setObjectName("live.keep")
        self.keep.setAutoDefault(False)
        self.keep.setToolTip(self.tr("Make the frame that is shown a picture of the project"))
        self.watch.clicked.connect(self._request)
        self.keep.clicked.connect(self.keepRequested)
        self.finished.connect(self.stopRequested)
        self.source.currentTextChanged.connect(self._show_state)
        form = QFormLayout()
        form.addRow(self.tr("&Source:"), self.source)
        buttons = QHBoxLayout()
        buttons.addWidget(self.note, 1)
        buttons.addWidget(self.keep)
        buttons.addWidget(self.watch)
        layout = QVBoxLayout(self)
        layout.addLayout(form)
        layout.addLayout(buttons)
        self.set_cameras([])

    @property
    def address(self) -> str:
        """What is chosen or typed."""
        at = self.source.findText(self.source.currentText())
        chosen = self.source.itemData(at) if at >= 0 else None
        return str(chosen) if chosen is not None else self.source.currentText().strip()

    def set_cameras(self, cameras: Sequence[tuple[str, str]]) -> None:
        """Offer the cameras that there are, (address, title), before what was watched before.

        What the person has typed stays.
        """
        line = self.source.lineEdit()
        typed = self.source.currentText() if line is not None and line.isModified() else ""
        self.source.clear()
        for address, title in cameras:
            self.source.addItem(self.tr("{}: {}").format(address, title), address)
        self.source.addItems(self._streams)
        if typed:
            self.source.setEditText(typed)
        self._show_state()

    def set_watching(self, watching: bool) -> None:
        """Say whether a source is open."""
        self._watching = watching
        self.note.setText(self.tr("opening…") if watching else "")
        self._show_state()

    def set_rates(self, shown: float, labelled: float) -> None:
        """Frames a second that are shown, and that the model labels."""
        words = self.tr("{:.1f} frames a second, {:.1f} labelled")
        self.note.setText(words.format(shown, labelled))

    def set_kept(self, name: str) -> None:
        """Say which picture was kept."""
        self.note.setText(self.tr("kept: {}").format(name.rpartition("/")[2]))

    def _request(self) -> None:
        if self._watching:
            self.stopRequested.emit()
        else:
            self.watchRequested.emit(self.address)

    def _show_state(self) -> None:
        self.watch.setText(self.tr("S&top") if self._watching else self.tr("&Watch"))
        self.watch.setEnabled(self._watching or bool(self.address))
        self.source.setEnabled(not self._watching)
        self.keep.setEnabled(self._watching)
