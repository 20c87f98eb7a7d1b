"""Brightness, contrast and gamma of the screen: three sliders over the canvas."""

from __future__ import annotations

from math import exp, log

from PySide6.QtCore import QEvent, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QDoubleSpinBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSlider,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from segcore.display import LIMITS, DisplayCurve

_STEPS = 400
WIDTH = 340


class DisplayPanel(QFrame):
    """Shows a curve and asks for others while a slider moves."""

    curveRequested = Signal(object)
    autoContrastRequested = Signal()
    closeRequested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("panel.display")
        self.setAccessibleName(self.tr("Brightness and contrast"))
        self.setFixedWidth(WIDTH)
        self._curve = DisplayCurve()
        self.brightness = QSpinBox(self)
        self.brightness.setRange(*(round(100 * limit) for limit in LIMITS["brightness"]))
        self.brightness.setSuffix(self.tr(" %"))
        self.contrast = QSpinBox(self)
        self.contrast.setRange(*(round(100 * limit) for limit in LIMITS["contrast"]))
        self.contrast.setSuffix(self.tr(" %"))
        self.gamma = QDoubleSpinBox(self)
        self.gamma.setRange(*LIMITS["gamma"])
        self.gamma.setSingleStep(0.05)
        self.brightness_slider = QSlider(Qt.Orientation.Horizontal, self)
        self.brightness_slider.setRange(self.brightness.minimum(), self.brightness.maximum())
        self.contrast_slider = QSlider(Qt.Orientation.Horizontal, self)
        self.gamma_slider = QSlider(Qt.Orientation.Horizontal, self)
        for slider in (self.contrast_slider, self.gamma_slider):
            slider.setRange(-_STEPS, _STEPS)
            slider.setPageStep(_STEPS // 10)
        self.auto = QPushButton(self.tr("&Auto contrast"), self)
        self.auto.setObjectName("display.auto_contrast")
        self.auto.setToolTip(self.tr("From the 1st to the 99th percentile of the picture's greys"))
        self.reset = QPushButton(self.tr("&Reset"), self)
        self.reset.setObjectName("display.reset")
        self.reset.setToolTip(self.tr("Show the picture as it is"))
        self.close_button = QToolButton(self)
        self.close_button.setObjectName("display.close")
        self.close_button.setText("✕")
        self.close_button.setToolTip(self.tr("Close"))
        self.close_button.setAccessibleName(self.tr("Close brightness and contrast"))
        self._lay_out()
        self._connect()
        self.set_curve(self._curve)
        self.hide()

    def set_curve(self, curve: DisplayCurve) -> None:
        """Show how pictures are shown now."""
        self._curve = curve
        places: dict[QSpinBox | QSlider, int] = {
            self.brightness: round(100 * curve.brightness),
            self.brightness_slider: round(100 * curve.brightness),
            self.contrast: round(100 * curve.contrast),
            self.contrast_slider: _step_of(curve.contrast),
            self.gamma_slider: _step_of(curve.gamma),
        }
        for control, value in places.items():
            with QSignalBlocker(control):
                control.setValue(value)
        with QSignalBlocker(self.gamma):
            self.gamma.setValue(curve.gamma)
        self.reset.setEnabled(not curve.is_neutral)

    def event(self, event: QEvent) -> bool:
        """Qt: Esc is for this panel while the focus is in it, not for the window."""
        override = event.type() == QEvent.Type.ShortcutOverride
        if override and isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Qt: Esc closes it."""
        if event.key() == Qt.Key.Key_Escape:
            self.closeRequested.emit()
        else:
            super().keyPressEvent(event)

    def _lay_out(self) -> None:
        title = QLabel(self.tr("On the screen only"), self)
        title.setProperty("role", "heading")
        top = QHBoxLayout()
        top.addWidget(title, 1)
        top.addWidget(self.close_button)
        grid = QGridLayout()
        grid.setHorizontalSpacing(10)
        grid.setColumnStretch(1, 1)
        rows: tuple[tuple[str, str, QSlider, QAbstractSpinBox], ...] = (
            ("brightness", self.tr("&Brightness"), self.brightness_slider, self.brightness),
            ("contrast", self.tr("C&ontrast"), self.contrast_slider, self.contrast),
            ("gamma", self.tr("&Gamma"), self.gamma_slider, self.gamma),
        )
        for row, (name, text, slider, box) in enumerate(rows):
            label = QLabel(text, self)
            label.setBuddy(box)
            spoken = text.replace("&", "")
            slider.setObjectName(f"display.{name}_slider")
            slider.setAccessibleName(spoken)
            box.setObjectName(f"display.{name}")
            box.setAccessibleName(spoken)
            for column, widget in enumerate((label, slider, box)):
                grid.addWidget(widget, row, column)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.auto)
        buttons.addWidget(self.reset)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 8, 10, 12)
        layout.addLayout(top)
        layout.addLayout(grid)
        layout.addLayout(buttons)

    def _connect(self) -> None:
        self.brightness_slider.valueChanged.connect(self._request_brightness)
        self.brightness.valueChanged.connect(self._request_brightness)
        self.contrast.valueChanged.connect(self._request_contrast)
        self.contrast_slider.valueChanged.connect(self._request_contrast_step)
        self.gamma.valueChanged.connect(self._request_gamma)
        self.gamma_slider.valueChanged.connect(self._request_gamma_step)
        self.reset.clicked.connect(self._request_neutral)
        self.auto.clicked.connect(self.autoContrastRequested)
        self.close_button.clicked.connect(self.closeRequested)

    def _request_brightness(self, per_cent: int) -> None:
        self._request(DisplayCurve(per_cent / 100, self._curve.contrast, self._curve.gamma))

    def _request_contrast(self, per_cent: int) -> None:
        self._request(DisplayCurve(self._curve.brightness, per_cent / 100, self._curve.gamma))

    def _request_contrast_step(self, step: int) -> None:
        contrast = _factor_of(step, "contrast")
        self._request(DisplayCurve(self._curve.brightness, contrast, self._curve.gamma))

    def _request_gamma(self, gamma: float) -> None:
        self._request(DisplayCurve(self._curve.brightness, self._curve.contrast, gamma))

    def _request_gamma_step(self, step: int) -> None:
        self._request_gamma(_factor_of(step, "gamma"))

    def _request_neutral(self) -> None:
        self._request(DisplayCurve())

    def _request(self, curve: DisplayCurve) -> None:
        self.curveRequested.emit(curve)


class DisplayNote(QPushButton):
    """Says in the status bar that pictures are not shown as they are; a click shows why."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("status.display")
        self.setProperty("flatLink", "true")
        self.setText(self.tr("display adjusted"))
        self.setAccessibleName(self.tr("The display is adjusted: show brightness and contrast"))
        self.hide()

    def set_curve(self, curve: DisplayCurve) -> None:
        """Show the note where the curve changes anything."""
        self.setVisible(not curve.is_neutral)
        self.setToolTip(
            self.tr(
                "Brightness {:+.0f} %, contrast {:.0f} %, gamma {:.2f}: on the screen only"
            ).format(100 * curve.brightness, 100 * curve.contrast, curve.gamma)
        )


def _factor_of(step: int, name: str) -> float:
    """Sliders of factors go in equal ratios, 1 in the middle; kept within the limits."""
    lowest, highest = LIMITS[name]
    return min(max(exp(log(10.0) * step / _STEPS), lowest), highest)


def _step_of(factor: float) -> int:
    return round(_STEPS * log(factor) / log(10.0))
