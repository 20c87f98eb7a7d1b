"""The brush's diameter as a slider and a number."""

from __future__ import annotations

from math import exp, log

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSlider, QSpinBox, QWidget

_STEPS = 400
_LARGEST = 2000
_FIRST = 24


class BrushSize(QWidget):
    """Shows a diameter and asks for another: `sizeRequested(pixels of the picture)`."""

    sizeRequested = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._size = 0
        label = QLabel(self.tr("Brush"), self)
        self.slider = QSlider(Qt.Orientation.Horizontal, self)
        self.slider.setObjectName("classes.brush_slider")
        self.slider.setAccessibleName(self.tr("Brush size"))
        self.slider.setRange(0, _STEPS)
        self.slider.setPageStep(_STEPS // 20)
        self.spin = QSpinBox(self)
        self.spin.setObjectName("classes.brush_size")
        self.spin.setAccessibleName(self.tr("Brush size in pixels"))
        self.spin.setRange(1, _LARGEST)
        self.spin.setSuffix(self.tr(" px"))
        self.spin.setToolTip(self.tr("Diameter in pixels of the picture  ([ and ])"))
        self.slider.setToolTip(self.spin.toolTip())
        label.setBuddy(self.spin)
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 4, 8, 2)
        row.setSpacing(8)
        row.addWidget(label)
        row.addWidget(self.slider, 1)
        row.addWidget(self.spin)
        self.spin.valueChanged.connect(self._request)
        self.slider.sliderMoved.connect(self._request_step)
        self.slider.actionTriggered.connect(self._request_position)
        self.set_size(_FIRST)

    def set_size(self, diameter: int) -> None:
        """Show a diameter in image pixels."""
        self._size = diameter
        self.spin.setValue(diameter)
        self.slider.setValue(_step_of(diameter))

    def _request(self, diameter: int) -> None:
        if diameter != self._size:
            self.sizeRequested.emit(diameter)

    def _request_step(self, step: int) -> None:
        self._request(_size_of(step))

    def _request_position(self, action: int) -> None:
        """A key or a click beside the handle; one that rounds to nothing still goes one pixel."""
        position, here = self.slider.sliderPosition(), _step_of(self._size)
        size = _size_of(position)
        if action != QSlider.SliderAction.SliderMove.value and size == self._size:
            size += (position > here) - (position < here)
        self._request(size)


def _size_of(step: int) -> int:
    """The slider goes in equal ratios: small brushes need fine steps, large ones do not."""
    return round(exp(log(_LARGEST) * step / _STEPS))


def _step_of(diameter: int) -> int:
    return round(_STEPS * log(max(diameter, 1)) / log(_LARGEST))
