"""The bar on top: which model, where it runs, predict, and how its answer is shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QSlider,
    QToolButton,
    QWidget,
)

_FROM_FILE = "\x00file"
_FROM_FOLDER = "\x00folder"


@dataclass(frozen=True)
class ModelChoice:
    """A row of the model chooser: `source` is what loads it, `title` what the person reads."""

    source: str
    title: str
    tip: str = ""


class ModelBar(QWidget):
    """Chooses the model and shows how its answer is laid over the picture."""

    modelRequested = Signal(str)
    modelFileRequested = Signal()
    modelFolderRequested = Signal()
    deviceRequested = Signal(str)
    precisionRequested = Signal(str)
    opacityRequested = Signal(float)
    overlayModeRequested = Signal(str)

    def __init__(self, actions: Sequence[QAction], parent: QWidget | None = None) -> None:
        """`actions` are predict, predict all, overlay and contours, in this order."""
        super().__init__(parent)
        self.setObjectName("panel.model")
        predict, predict_all, overlay, contours = actions
        self._source = ""
        self._device = "auto"

        self.model = _combo("model.chooser", self.tr("Model"), self)
        self.model.setMinimumContentsLength(16)
        self.model.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.badge = QLabel(self.tr("non-commercial"), self)
        self.badge.setObjectName("model.licence")
        self.badge.setProperty("role", "badge")
        self.badge.hide()
        self.device = _combo("model.device", self.tr("Device"), self)
        self.precision = _combo("model.precision", self.tr("Precision"), self)
        self.predict = _push_button(predict, "model.predict", self)
        self.predict_all = _tool_button(predict_all, "model.predict_all", self)
        self.mode = _combo("model.overlay_mode", self.tr("What lies over the picture"), self)
        self.overlay = _tool_button(overlay, "model.overlay", self)
        self.contours = _tool_button(contours, "model.contours", self)
        self.opacity = QSlider(Qt.Orientation.Horizontal, self)
        self.opacity.setObjectName("model.opacity")
        self.opacity.setAccessibleName(self.tr("Opacity of the overlay"))
        self.opacity.setToolTip(self.tr("Opacity of the overlay"))
        self.opacity.setRange(0, 100)
        self.opacity.setPageStep(10)
        self.opacity.setFixedWidth(120)
        self.opacity_text = QLabel(self)
        self.opacity_text.setProperty("role", "muted")
        self.opacity_text.setFixedWidth(self.fontMetrics().horizontalAdvance("100 %") + 6)

        self._fill_choices()
        layout = QHBoxLayout(self)
        layout.setContentsMargins(2, 0, 2, 0)
        layout.setSpacing(8)
        left = (self.model, self.badge, self.device, self.precision)
        right = (self.mode, self.overlay, self.contours, self.opacity, self.opacity_text)
        for widget in left:
            layout.addWidget(widget)
        layout.addSpacing(4)
        layout.addWidget(self.predict)
        layout.addWidget(self.predict_all)
        layout.addStretch(1)
        for shown in right:
            layout.addWidget(shown)

        self.model.activated.connect(self._request_model)
        self.device.activated.connect(self._request_device)
        self.precision.activated.connect(self._request_precision)
        self.mode.activated.connect(self._request_mode)
        self.opacity.valueChanged.connect(self._request_opacity)

    def set_models(
        self,
        bundled: Sequence[ModelChoice],
        recent: Sequence[ModelChoice],
        local: Sequence[ModelChoice] = (),
    ) -> None:
        """Offer bundled models, the person's folder, recent ones, and the way to others."""
        self.model.clear()
        for choices in (bundled, local, recent):
            for choice in choices:
                self.model.addItem(choice.title, choice.source)
                tip = choice.tip or choice.source
                self.model.setItemData(self.model.count() - 1, tip, Qt.ItemDataRole.ToolTipRole)
            if choices:
                self.model.insertSeparator(self.model.count())
        self.model.addItem(self.tr("Model from file…"), _FROM_FILE)
        self.model.addItem(self.tr("Model from folder…"), _FROM_FOLDER)
        self._show_source()

    def set_model(self, source: str, *, tip: str = "", non_commercial: bool = False) -> None:
        """Show which model is in use, and whether its licence forbids commercial use."""
        self._source = source
        self._show_source()
        self.model.setToolTip(tip)
        self.badge.setVisible(non_commercial)
        self.badge.setToolTip(tip)

    def set_devices(self, devices: Sequence[tuple[str, str]]) -> None:
        """Offer devices, (value, title) each, after `auto`; the chosen one stays if it is there."""
        self.device.clear()
        self.device.addItem(self.tr("Device: auto"), "auto")
        for value, title in devices:
            self.device.addItem(title, value)
        self._show_device()

    def set_device(self, device: str, precision: str) -> None:
        """Show the chosen device and precision, `auto` included."""
        self._device = device
        self._show_device()
        self.precision.setCurrentIndex(max(self.precision.findData(precision), 0))

    def set_overlay(self, mode: str, opacity: float) -> None:
        """Show what lies over the picture and how strongly, 0 to 1."""
        self.mode.setCurrentIndex(max(self.mode.findData(mode), 0))
        with QSignalBlocker(self.opacity):
            self.opacity.setValue(round(100 * opacity))
        self.opacity_text.setText(self.tr("{} %").format(self.opacity.value()))

    def _fill_choices(self) -> None:
        self.set_devices([("cpu", self.tr("CPU"))])
        for text, value in (
            (self.tr("Precision: auto"), "auto"),
            ("fp32", "fp32"),
            ("bf16", "bf16"),
            ("fp16", "fp16"),
        ):
            self.precision.addItem(text, value)
        for text, value in (
            (self.tr("Labels"), "labels"),
            (self.tr("Confidence"), "confidence"),
            (self.tr("Entropy"), "entropy"),
            (self.tr("Margin"), "margin"),
            (self.tr("Heat map"), "heat"),
            (self.tr("Who said it"), "origins"),
        ):
            self.mode.addItem(text, value)
        self.device.setToolTip(self.tr("Where the model runs; auto: the fastest there is"))
        self.precision.setToolTip(
            self.tr("Numbers the model computes with; auto: what suits the device")
        )
        self.mode.setToolTip(self.tr("What lies over the picture"))

    def _show_device(self) -> None:
        self.device.setCurrentIndex(max(self.device.findData(self._device), 0))

    def _show_source(self) -> None:
        index = self.model.findData(self._source)
        if index < 0 and self._source:
            self.model.insertItem(0, self._source, self._source)
            index = 0
        self.model.setCurrentIndex(index)

    def _request_model(self, index: int) -> None:
        source = self.model.itemData(index)
        self._show_source()
        if source == _FROM_FILE:
            self.modelFileRequested.emit()
        elif source == _FROM_FOLDER:
            self.modelFolderRequested.emit()
        elif source != self._source:
            self.modelRequested.emit(source)

    def _request_device(self, index: int) -> None:
        self.deviceRequested.emit(self.device.itemData(index))

    def _request_precision(self, index: int) -> None:
        self.precisionRequested.emit(self.precision.itemData(index))

    def _request_mode(self, index: int) -> None:
        self.overlayModeRequested.emit(self.mode.itemData(index))

    def _request_opacity(self, per_cent: int) -> None:
        self.opacity_text.setText(self.tr("{} %").format(per_cent))
        self.opacityRequested.emit(per_cent / 100)


def _combo(name: str, accessible: str, parent: QWidget) -> QComboBox:
    combo = QComboBox(parent)
    combo.setObjectName(name)
    combo.setAccessibleName(accessible)
    combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
    return combo


def _tool_button(action: QAction, name: str, parent: QWidget) -> QToolButton:
    button = QToolButton(parent)
    button.setDefaultAction(action)
    button.setObjectName(name)
    button.setAccessibleName(action.text().replace("&", ""))
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button


def _push_button(action: QAction, name: str, parent: QWidget) -> QPushButton:
    """A button that does what an action does, and is dim when the action is."""
    button = QPushButton(action.text().replace("&", ""), parent)
    button.setObjectName(name)
    button.setProperty("primary", "true")
    button.setToolTip(action.toolTip())
    button.setEnabled(action.isEnabled())
    button.clicked.connect(action.trigger)
    action.enabledChanged.connect(button.setEnabled)
    return button
