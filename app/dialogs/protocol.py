"""The dialog in which a person says how pictures go into the model."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from segcore.errors import RequestError
from segcore.inference.protocol import (
    PAPER_SCALES,
    SLIDING_CROP,
    InferenceProtocol,
    protocol_of,
)

_LARGEST_SIDE = 16384
_RATIO_BOX = (512, 2048)
_FIXED_SIZE = (512, 512)


class ProtocolDialog(QDialog):
    """Chooses a protocol; `protocolRequested` carries the `InferenceProtocol` when accepted."""

    protocolRequested = Signal(object)

    def __init__(self, protocol: InferenceProtocol, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("dialog.protocol")
        self.setWindowTitle(self.tr("How pictures go in"))
        self._sizes = {"fixed": _FIXED_SIZE, "ratio": _RATIO_BOX, "slide": SLIDING_CROP}
        self.way = self._chooser()
        self.height_box = self._pixels("protocol.height", self.tr("Height in pixels"))
        self.width_box = self._pixels("protocol.width", self.tr("Width in pixels"))
        self.stride = self._pixels("protocol.stride", self.tr("Step between windows in pixels"))
        self.blended = QCheckBox(self.tr("Blend where windows overlap"), self)
        self.blended.setObjectName("protocol.blended")
        self.blended.setToolTip(
            self.tr("Otherwise all windows over a pixel count the same, as in the paper")
        )
        self.flip = QCheckBox(self.tr("Also mirrored"), self)
        self.flip.setObjectName("protocol.flip")
        self.scales = self._scales()
        self.words = QLabel(self)
        self.words.setObjectName("protocol.words")
        self.words.setWordWrap(True)
        self.words.setProperty("role", "muted")
        self._buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel, self
        )
        self._buttons.accepted.connect(self.accept)
        self._buttons.rejected.connect(self.reject)
        self._lay_out()
        self._show(protocol)
        self.way.currentIndexChanged.connect(self._offer_size)
        for box in (self.height_box, self.width_box, self.stride):
            box.valueChanged.connect(self._follow)
        for check in (self.blended, self.flip):
            check.toggled.connect(self._follow)
        self.scales.editTextChanged.connect(self._follow)
        self._follow()
        self.resize(520, self.sizeHint().height())

    def protocol(self) -> InferenceProtocol:
        """What is chosen at the moment.

        Raises:
            RequestError: it means nothing; one sentence.
        """
        name = self.way.currentData()
        sized = name in self._sizes
        return protocol_of(
            name,
            size=(self.height_box.value(), self.width_box.value()) if sized else None,
            stride=self.stride.value() if name == "slide" else None,
            blended=self.blended.isChecked() and name == "slide",
            flip=self.flip.isChecked(),
            scales=_numbers(self.scales.currentText()),
        )

    def accept(self) -> None:
        """Qt: hand the choice over and close; what means nothing stays open."""
        try:
            protocol = self.protocol()
        except RequestError:
            return
        self.protocolRequested.emit(protocol)
        super().accept()

    def _show(self, protocol: InferenceProtocol) -> None:
        name = _name_of(protocol)
        self.way.setCurrentIndex(max(self.way.findData(name), 0))
        size = protocol.sliding.crop if protocol.sliding is not None else protocol.size
        if name in self._sizes and size is not None:
            self._sizes[name] = size
        self._show_size(name)
        if protocol.sliding is not None:
            self.stride.setValue(protocol.sliding.stride[0])
            self.blended.setChecked(protocol.sliding.blended)
        self.flip.setChecked(protocol.flip)
        self.scales.setEditText(_listed(protocol.scales))

    def _offer_size(self) -> None:
        self._show_size(self.way.currentData())
        self._follow()

    def _show_size(self, name: str) -> None:
        if name in self._sizes:
            height, width = self._sizes[name]
            self.height_box.setValue(height)
            self.width_box.setValue(width)
        if name == "slide":
            self.stride.setValue(min(self.height_box.value(), self.width_box.value()) * 3 // 4)

    def _follow(self) -> None:
        """Show what can be set, and what it comes to or why it means nothing."""
        name = self.way.currentData()
        self.height_box.setEnabled(name in self._sizes)
        self.width_box.setEnabled(name in self._sizes)
        self.stride.setEnabled(name == "slide")
        self.blended.setEnabled(name == "slide")
        try:
            words, good = self._told(self.protocol()), True
        except RequestError as error:
            words, good = str(error), False
        self.words.setText(words)
        self._buttons.button(QDialogButtonBox.StandardButton.Ok).setEnabled(good)

    def _told(self, protocol: InferenceProtocol) -> str:
        count = len(protocol.views)
        if count == 1:
            return protocol.in_words()
        return self.tr("{}. The model runs {} times for each picture.").format(
            protocol.in_words(), count
        )

    def _chooser(self) -> QComboBox:
        combo = QComboBox(self)
        combo.setObjectName("protocol.way")
        for name, text in (
            ("preprocess", self.tr("As the model's preprocessing says")),
            ("whole", self.tr("At its own size")),
            ("ratio", self.tr("Keeping the ratio, inside a box")),
            ("fixed", self.tr("At a fixed size")),
            ("slide", self.tr("Sliding windows")),
            ("ade20k", self.tr("As the paper does for ADE20K")),
            ("cityscapes", self.tr("As the paper does for Cityscapes")),
        ):
            combo.addItem(text, name)
        return combo

    def _scales(self) -> QComboBox:
        combo = QComboBox(self)
        combo.setObjectName("protocol.scales")
        combo.setEditable(True)
        combo.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        combo.addItems([_listed((1.0,)), _listed((0.75, 1.0, 1.25)), _listed(PAPER_SCALES)])
        line = combo.lineEdit()
        if isinstance(line, QLineEdit):
            line.setAccessibleName(self.tr("Scales, with commas between them"))
        return combo

    def _pixels(self, name: str, accessible: str) -> QSpinBox:
        box = QSpinBox(self)
        box.setObjectName(name)
        box.setAccessibleName(accessible)
        box.setRange(1, _LARGEST_SIDE)
        box.setSingleStep(32)
        box.setSuffix(self.tr(" px"))
        box.setMinimumHeight(self.way.sizeHint().height() + 4)
        return box

    def _lay_out(self) -> None:
        size = QHBoxLayout()
        size.setSpacing(8)
        size.addWidget(self.height_box)
        size.addWidget(QLabel("×", self))
        size.addWidget(self.width_box)
        size.addWidget(QLabel(self.tr("height × width"), self))
        size.addStretch(1)
        form = QFormLayout()
        form.setHorizontalSpacing(18)
        form.setVerticalSpacing(12)
        form.addRow(self.tr("&Pictures go in"), self.way)
        form.addRow(self.tr("Size"), size)
        form.addRow(self.tr("S&tep"), self.stride)
        form.addRow("", self.blended)
        form.addRow(self.tr("&Scales"), self.scales)
        form.addRow("", self.flip)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 18, 20, 14)
        layout.setSpacing(14)
        layout.addLayout(form)
        layout.addWidget(self.words)
        layout.addStretch(1)
        layout.addWidget(self._buttons)


def _name_of(protocol: InferenceProtocol) -> str:
    """What the chooser calls a protocol."""
    if protocol.preset:
        return protocol.preset
    if protocol.sliding is not None:
        return "slide"
    return "whole" if protocol.resize == "own" else protocol.resize


def _numbers(text: str) -> Sequence[float]:
    try:
        return [float(word) for word in text.split(",")]
    except ValueError:
        return ()


def _listed(scales: Sequence[float]) -> str:
    return ", ".join(f"{scale:g}" for scale in scales)
