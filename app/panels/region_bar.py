"""A bar below a heat map: how much of it makes a region, and a button that labels the region."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QPixmap
from PySide6.QtWidgets import QCheckBox, QFrame, QHBoxLayout, QLabel, QPushButton, QSlider, QWidget

_SWATCH = QSize(12, 12)


class RegionBar(QFrame):
    """Asks for a region, for its share of the heat map, 0 to 1, and to have it labelled."""

    enabledRequested = Signal(bool)
    shareRequested = Signal(float)
    labelRequested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("panel.region")
        self.outline = QCheckBox(self.tr("Region"), self)
        self.outline.setObjectName("region.outline")
        self.outline.setToolTip(
            self.tr("Outline the fewest cells that together hold a share of the heat map")
        )
        self.outline.toggled.connect(self.enabledRequested)
        self.share = QSlider(Qt.Orientation.Horizontal, self)
        self.share.setObjectName("region.share")
        self.share.setAccessibleName(self.tr("Share of the heat map inside the region"))
        self.share.setRange(1, 100)
        self.share.setFixedWidth(130)
        self.share.valueChanged.connect(self._request_share)
        self.words = QLabel(self)
        self.words.setObjectName("region.words")
        self.words.setMinimumWidth(self.fontMetrics().horizontalAdvance("100 %  ·  100 % area "))
        self.label = QPushButton(self)
        self.label.setObjectName("region.label")
        self.label.setIconSize(_SWATCH)
        self.label.clicked.connect(self.labelRequested)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(10, 5, 8, 5)
        layout.setSpacing(8)
        for widget in (self.outline, self.share, self.words, self.label):
            layout.addWidget(widget)
        self.set_enabled(enabled=False)
        self.set_share(0.5)
        self.set_class("", None)
        self.hide()

    def set_enabled(self, *, enabled: bool) -> None:
        """Show whether a region is outlined."""
        with QSignalBlocker(self.outline):
            self.outline.setChecked(enabled)
        for widget in (self.share, self.words, self.label):
            widget.setVisible(enabled)
        self.adjustSize()

    def set_share(self, share: float) -> None:
        """Show how much of the heat map the region holds."""
        with QSignalBlocker(self.share):
            self.share.setValue(round(100 * share))
        self.words.setText(f"{self.share.value()} %")

    def set_area(self, part: float) -> None:
        """Show how much of the area under the heat map the region covers."""
        area = f"{100 * part:.0f}" if part >= 0.1 else f"{100 * part:.1f}"
        self.words.setText(self.tr("{} %  ·  {} % area").format(self.share.value(), area))

    def set_class(self, name: str, color: tuple[int, int, int] | None) -> None:
        """Show which class the button gives; without a name there is none."""
        shown = self.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, 110)
        self.label.setText(self.tr("Label as {}").format(shown) if name else self.tr("No class"))
        self.label.setToolTip(self.tr("Give the region the class {}").format(name) if name else "")
        self.label.setEnabled(bool(name))
        pixmap = QPixmap(_SWATCH)
        pixmap.fill(QColor(*color) if color else Qt.GlobalColor.transparent)
        self.label.setIcon(QIcon(pixmap))
        self.adjustSize()

    def _request_share(self, percent: int) -> None:
        self.words.setText(f"{percent} %")
        self.shareRequested.emit(percent / 100)
