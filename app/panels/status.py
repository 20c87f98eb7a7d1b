"""The ends of the status bar: the pixel under the cursor, the device, the project, the saving."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import QLocale, QTime
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget


class PixelReadout(QWidget):
    """`812, 440  Road  97 %`, in a width that does not jump while the cursor moves."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("status.pixel")
        self.position = _label("status.position", self)
        self.position.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.position.setFixedWidth(self.position.fontMetrics().horizontalAdvance("88888, 88888 "))
        self.words = _label("status.readout", self)
        self.words.setMinimumWidth(self.fontMetrics().horizontalAdvance("m" * 18))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(4, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.position)
        layout.addWidget(self.words)

    def show_pixel(
        self, x: int, y: int, name: str, confidence: float | None, measure: str = ""
    ) -> None:
        """Show a pixel, its class, how sure the model was (0 to 1), and a measure in words."""
        sure = "" if confidence is None else f"  {100 * confidence:.0f} %"
        self.position.setText(f"{x}, {y}")
        self.words.setText(f"{name}{sure}  {measure}".rstrip())

    def clear(self) -> None:
        """The cursor has left the picture."""
        self.position.clear()
        self.words.clear()


class ProjectStatus(QWidget):
    """Device and precision, the project's name, and when the labels were last on disk."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("status.project_box")
        self.zoom = _label("status.zoom", self)
        self.device = _label("status.device", self)
        self.project = _label("status.project", self)
        self.saved = _label("status.saved", self)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 4, 0)
        layout.setSpacing(2)
        for label in (self.zoom, self.device, self.project, self.saved):
            layout.addWidget(label)
            label.setVisible(False)

    def set_zoom(self, scale: float | None) -> None:
        """Show the zoom; 1 is a picture pixel to a screen pixel, None shows nothing."""
        if scale is None:
            _show(self.zoom, "", "")
            return
        per_cent = 100 * scale
        text = f"{per_cent:.0f} %" if per_cent >= 10 else f"{per_cent:.1f} %"
        _show(self.zoom, text, self.tr("Zoom"))

    def set_device(self, text: str, tip: str = "") -> None:
        """Show where the model runs: `cpu fp32`."""
        _show(self.device, text, tip)

    def set_project(self, name: str, tip: str) -> None:
        """Show the project's name; the tip has its folder."""
        _show(self.project, name, tip)

    def set_saved(self, moment: datetime | None) -> None:
        """Show when the labels were last written."""
        if moment is None:
            _show(self.saved, "", "")
            return
        time = QLocale().toString(QTime(moment.hour, moment.minute), QLocale.FormatType.ShortFormat)
        _show(self.saved, self.tr("saved {}").format(time), moment.strftime("%Y-%m-%d %H:%M:%S"))


def _label(name: str, parent: QWidget) -> QLabel:
    label = QLabel(parent)
    label.setObjectName(name)
    return label


def _show(label: QLabel, text: str, tip: str) -> None:
    label.setText(text)
    label.setToolTip(tip)
    label.setVisible(bool(text))
