"""What is chosen about an export: which pictures, and the parts of the data set."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFormLayout,
    QGridLayout,
    QGroupBox,
    QHBoxLayout,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from segcore.formats.contract import ExportOptions
from segcore.formats.export_plan import DealtBy

_NOT_TO_BE_USED = "rejected"
_PARTS = (("train", 80), ("val", 10), ("test", 10))


class PicturesBox(QGroupBox):
    """Statuses, and whether picture files go along; rejected pictures stay unless chosen."""

    changed = Signal()

    def __init__(self, statuses: Mapping[str, str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTitle(self.tr("Pictures"))
        self._words = statuses
        self.boxes: dict[str, QCheckBox] = {}
        grid = QGridLayout()
        for number, (status, word) in enumerate(statuses.items()):
            box = QCheckBox(word, self)
            box.setObjectName(f"export.status_{status}")
            box.setChecked(status != _NOT_TO_BE_USED)
            box.toggled.connect(self.changed)
            grid.addWidget(box, number // 2, number % 2)
            self.boxes[status] = box
        self.files = QComboBox(self)
        self.files.setObjectName("export.files")
        self.files.setAccessibleName(self.tr("Picture files"))
        self.files.addItem(self.tr("copied beside the labels"), ExportOptions())
        self.files.addItem(self.tr("as hard links, which take no room"), ExportOptions(links=True))
        self.files.addItem(self.tr("not written: labels alone"), ExportOptions(pictures=False))
        self.files.currentIndexChanged.connect(self.changed)
        form = QFormLayout()
        form.addRow(self.tr("Picture &files:"), self.files)
        layout = QVBoxLayout(self)
        layout.addLayout(grid)
        layout.addLayout(form)

    @property
    def statuses(self) -> tuple[str, ...]:
        """Those that are chosen; none where all are."""
        chosen = tuple(status for status, box in self.boxes.items() if box.isChecked())
        return () if len(chosen) == len(self.boxes) else chosen

    @property
    def trouble(self) -> str:
        """Why no picture is chosen; '' where some can be."""
        if any(box.isChecked() for box in self.boxes.values()):
            return ""
        return self.tr("No status is chosen: choose the pictures to write.")

    @property
    def options(self) -> ExportOptions:
        """Whether picture files go along, and how."""
        options = self.files.currentData()
        assert isinstance(options, ExportOptions)
        return options

    def set_counts(self, counts: Mapping[str, int]) -> None:
        """How many pictures there are of each status."""
        for status, box in self.boxes.items():
            box.setText(f"{self._words[status]} ({counts.get(status, 0):,})")


class PartsBox(QGroupBox):
    """How the pictures are dealt out to training, validation and test."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTitle(self.tr("Parts of the data set"))
        self.way = self._chooser("export.parts", self.tr("Parts"))
        for text, way in (
            (self.tr("one part, train"), "one"),
            (self.tr("by shares"), "shares"),
            (self.tr("by folders called train, val, test"), "folders"),
        ):
            self.way.addItem(text, way)
        self.spins: dict[str, QSpinBox] = {}
        row = QHBoxLayout()
        for part, share in _PARTS:
            spin = QSpinBox(self)
            spin.setObjectName(f"export.share_{part}")
            spin.setAccessibleName(self.tr("Share of {}").format(part))
            spin.setRange(0, 100)
            spin.setPrefix(f"{part} ")
            spin.setSuffix(" %")
            spin.setValue(share)
            spin.valueChanged.connect(self.changed)
            row.addWidget(spin)
            self.spins[part] = spin
        self.together = self._chooser("export.together", self.tr("What stays together"))
        for text, by in (
            (self.tr("nothing: picture by picture"), "picture"),
            (self.tr("the pictures of a folder"), "folder"),
            (self.tr("the frames of a video"), "video"),
        ):
            self.together.addItem(text, by)
        self.stratify = QCheckBox(self.tr("Its share of every class in each part"), self)
        self.stratify.setObjectName("export.stratify")
        self.stratify.toggled.connect(self.changed)
        self.seed_box = QSpinBox(self)
        self.seed_box.setObjectName("export.seed")
        self.seed_box.setAccessibleName(self.tr("Seed"))
        self.seed_box.setRange(0, 2**31 - 1)
        self.seed_box.valueChanged.connect(self.changed)
        form = QFormLayout(self)
        form.addRow(self.way)
        form.addRow(row)
        form.addRow(self.tr("To&gether:"), self.together)
        form.addRow(self.stratify)
        form.addRow(self.tr("See&d:"), self.seed_box)
        self.way.currentIndexChanged.connect(self._show_way)
        self._show_way()

    @property
    def shares(self) -> dict[str, float]:
        """What goes into each part; empty where there is one part, or folders say it."""
        if self.way.currentData() != "shares":
            return {}
        return {part: float(spin.value()) for part, spin in self.spins.items() if spin.value()}

    @property
    def by(self) -> DealtBy:
        """What stays together, or that folders say the parts."""
        if self.way.currentData() == "folders":
            return "folder-name"
        together: DealtBy = self.together.currentData()
        return together

    @property
    def stratified(self) -> bool:
        """Whether each part gets its share of every class."""
        return self.way.currentData() == "shares" and self.stratify.isChecked()

    @property
    def seed(self) -> int:
        """The same seed gives the same parts."""
        return self.seed_box.value()

    @property
    def trouble(self) -> str:
        """Why there can be no parts of these shares; '' where there can."""
        if self.way.currentData() == "shares" and not self.shares:
            return self.tr("All shares are 0: give one of the parts a share.")
        return ""

    def _chooser(self, name: str, title: str) -> QComboBox:
        box = QComboBox(self)
        box.setObjectName(name)
        box.setAccessibleName(title)
        box.currentIndexChanged.connect(self.changed)
        return box

    def _show_way(self) -> None:
        shares = self.way.currentData() == "shares"
        for widget in (*self.spins.values(), self.together, self.stratify, self.seed_box):
            widget.setEnabled(shares)
