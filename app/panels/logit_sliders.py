"""A bias per class, a temperature and a least confidence, each on a slider, and what they do."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPixmap
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QSlider,
    QVBoxLayout,
    QWidget,
)

Color = tuple[int, int, int]

LARGEST_BIAS = 10.0
_STEPS = 10
"""Of a slider for each unit of logit, and for each doubling of the temperature."""
_DOUBLINGS = 3
_SWATCH = 12
_HEIGHT = 380


class LogitSlidersPanel(QWidget):
    """Asks for a preview while a slider moves, and for an edit when told.

    `settingsRequested` carries (temperature, least confidence, bias of each class in the model's
    order), `resetRequested` says that all stand at their middle again.
    """

    settingsRequested = Signal(object)
    applyRequested = Signal()
    resetRequested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("panel.logit_sliders")
        self.setAccessibleName(self.tr("Logit sliders"))
        self._sliders: list[QSlider] = []
        self._rows: list[tuple[str, tuple[QWidget, ...]]] = []
        self.temperature = _slider(
            "logits.temperature", self.tr("Temperature"), -_DOUBLINGS * _STEPS, _DOUBLINGS * _STEPS
        )
        self.temperature.setToolTip(
            self.tr("What logits are divided by: above 1 the model is less sure of everything")
        )
        self.confidence = _slider("logits.confidence", self.tr("Least confidence"), 0, 100)
        self.confidence.setToolTip(self.tr("Pixels of which it is less sure stay as they are"))
        self._temperature_words, self._confidence_words = QLabel(self), QLabel(self)
        self.filter = QLineEdit(self)
        self.filter.setObjectName("logits.filter")
        self.filter.setPlaceholderText(self.tr("Find a class"))
        self.filter.setClearButtonEnabled(True)
        self.filter.textChanged.connect(self._show_found)
        self.apply = QPushButton(self.tr("&Apply to the Picture"), self)
        self.apply.setObjectName("logits.apply")
        self.apply.setToolTip(
            self.tr("Give the pixels that nobody has labelled by hand the classes shown")
        )
        self.apply.clicked.connect(self.applyRequested)
        self.reset = QPushButton(self.tr("&Reset"), self)
        self.reset.setObjectName("logits.reset")
        self.reset.clicked.connect(self._reset)
        for slider in (self.temperature, self.confidence):
            slider.valueChanged.connect(self._moved)
        self._classes = QWidget()
        self._grid = QGridLayout(self._classes)
        self._grid.setContentsMargins(0, 0, 4, 0)
        self._grid.setColumnStretch(2, 1)
        self._lay_out()
        self.set_classes((), ())

    def sizeHint(self) -> QSize:
        """Qt: room for several classes; on a low screen there may be less, and the rest scrolls."""
        return QSize(super().sizeHint().width(), _HEIGHT)

    @property
    def settings(self) -> tuple[float, ...]:
        """Temperature, least confidence, and the bias of each class."""
        temperature = 2.0 ** (self.temperature.value() / _STEPS)
        biases = (slider.value() / _STEPS for slider in self._sliders)
        return (temperature, self.confidence.value() / 100, *biases)

    @property
    def is_neutral(self) -> bool:
        """Whether the model's own labels come out."""
        _temperature, least_confidence, *biases = self.settings
        return least_confidence == 0 and not any(biases)

    def set_classes(self, names: Sequence[str], colors: Sequence[Color]) -> None:
        """Show the model's classes, all without a bias."""
        for _name, widgets in self._rows:
            for widget in widgets:
                self._grid.removeWidget(widget)
                widget.hide()
                widget.deleteLater()
        self._rows, self._sliders = [], []
        for row, (name, color) in enumerate(zip(names, colors)):
            self._add_class(row, name, color)
        self.set_neutral()
        self._show_found(self.filter.text())

    def set_neutral(self) -> None:
        """Put every slider where it changes nothing, without asking for anything."""
        for slider in (self.temperature, self.confidence, *self._sliders):
            with QSignalBlocker(slider):
                slider.setValue(0)
        self._show_words()

    def slider(self, class_id: int) -> QSlider:
        """The slider of one of the model's classes."""
        return self._sliders[class_id]

    def _add_class(self, row: int, name: str, color: Color) -> None:
        swatch = QLabel(self._classes)
        pixmap = QPixmap(_SWATCH, _SWATCH)
        pixmap.fill(QColor(*color))
        swatch.setPixmap(pixmap)
        words = QLabel(name, self._classes)
        words.setToolTip(name)
        words.setMaximumWidth(92)
        reach = round(LARGEST_BIAS * _STEPS)
        slider = _slider(f"logits.bias_{row}", self.tr("Bias of {}").format(name), -reach, reach)
        value = QLabel("0.0", self._classes)
        value.setMinimumWidth(self.fontMetrics().horizontalAdvance("−10.0"))
        value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        slider.valueChanged.connect(self._moved)
        widgets = (swatch, words, slider, value)
        for column, widget in enumerate(widgets):
            self._grid.addWidget(widget, row, column)
        self._sliders.append(slider)
        self._rows.append((name, widgets))

    def _lay_out(self) -> None:
        title = QLabel(self.tr("Logits"), self)
        title.setProperty("role", "heading")
        fixed = QGridLayout()
        fixed.setColumnStretch(1, 1)
        lines = (
            (self.tr("Temperature"), self.temperature, self._temperature_words),
            (self.tr("Least confidence"), self.confidence, self._confidence_words),
        )
        for row, (text, slider, words) in enumerate(lines):
            words.setMinimumWidth(self.fontMetrics().horizontalAdvance("100 % "))
            words.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            fixed.addWidget(QLabel(text, self), row, 0)
            fixed.addWidget(slider, row, 1)
            fixed.addWidget(words, row, 2)
        scroll = QScrollArea(self)
        scroll.setObjectName("logits.classes")
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        holder = QWidget()
        column = QVBoxLayout(holder)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._classes)
        column.addStretch(1)
        scroll.setWidget(holder)
        buttons = QHBoxLayout()
        buttons.addWidget(self.reset)
        buttons.addWidget(self.apply, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 8, 10, 8)
        layout.addWidget(title)
        layout.addLayout(fixed)
        layout.addWidget(self.filter)
        layout.addWidget(scroll, 1)
        layout.addLayout(buttons)

    def _moved(self) -> None:
        self._show_words()
        self.settingsRequested.emit(self.settings)

    def _reset(self) -> None:
        self.set_neutral()
        self.resetRequested.emit()

    def _show_words(self) -> None:
        temperature, least_confidence, *biases = self.settings
        self._temperature_words.setText(f"{temperature:.2f}")
        self._confidence_words.setText(f"{least_confidence:.0%}")
        for (_name, widgets), bias in zip(self._rows, biases):
            value = widgets[3]
            assert isinstance(value, QLabel)
            value.setText(f"{bias:+.1f}" if bias else "0.0")
        for button in (self.apply, self.reset):
            button.setEnabled(not self.is_neutral)

    def _show_found(self, text: str) -> None:
        wanted = text.strip().casefold()
        for name, widgets in self._rows:
            for widget in widgets:
                widget.setVisible(wanted in name.casefold())


def _slider(name: str, title: str, lowest: int, highest: int) -> QSlider:
    slider = QSlider(Qt.Orientation.Horizontal)
    slider.setObjectName(name)
    slider.setAccessibleName(title)
    slider.setRange(lowest, highest)
    slider.setPageStep(_STEPS)
    return slider
