"""A grid of small heat maps to click, one of which may be chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QImage, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QToolButton, QWidget

from segcore.heatmap import HeatMap, Normalisation

COLUMNS = 3

_MOST_CELLS = 192
"""Of a map on its longer side: colouring more than can be seen would hold up the window."""


@dataclass(frozen=True, eq=False)
class Thumbnail:
    """A heat map with the words under it; `marker` is the query within the map, 0 to 1 each."""

    key: str
    title: str
    heat_map: HeatMap
    tip: str = ""
    marker: tuple[float, float] | None = None
    scale: Normalisation = "linear"


class ThumbnailGrid(QWidget):
    """Buttons in rows of three; `chosen` carries a key, or "" when the choice was undone."""

    chosen = Signal(str)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self._name = name
        self._buttons: list[QToolButton] = []
        self._keys: list[str] = []
        self._layout = QGridLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(5)
        for column in range(COLUMNS):
            self._layout.setColumnStretch(column, 1)

    @property
    def buttons(self) -> Sequence[QToolButton]:
        """The buttons that are shown, in order."""
        return self._buttons[: len(self._keys)]

    def show_thumbnails(self, thumbnails: Sequence[Thumbnail], chosen: str = "") -> None:
        """Show these, the one with the key `chosen` marked; buttons stay where they are."""
        while len(self._buttons) < len(thumbnails):
            self._add_button()
        self._keys = [thumbnail.key for thumbnail in thumbnails]
        for button, thumbnail in zip(self._buttons, thumbnails):
            size = _icon_size(thumbnail.heat_map)
            button.setObjectName(f"{self._name}.{thumbnail.key}")
            button.setIconSize(size)
            button.setIcon(QIcon(_pixmap(thumbnail, size, self.devicePixelRatioF())))
            button.setText(thumbnail.title)
            button.setToolTip(thumbnail.tip or thumbnail.heat_map.meaning)
            button.setAccessibleName(f"{thumbnail.heat_map.meaning}. {thumbnail.tip}")
            button.setChecked(thumbnail.key == chosen)
            button.show()
        for button in self._buttons[len(thumbnails) :]:
            button.hide()

    def set_chosen(self, key: str) -> None:
        """Mark one button, or none."""
        for own, button in zip(self._keys, self._buttons):
            button.setChecked(own == key)

    def _add_button(self) -> None:
        button = QToolButton(self)
        button.setProperty("thumbnail", "true")
        button.setCheckable(True)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
        button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        button.clicked.connect(self._report)
        row, column = divmod(len(self._buttons), COLUMNS)
        self._layout.addWidget(button, row, column)
        self._buttons.append(button)

    def _report(self, checked: bool) -> None:
        button = self.sender()
        for key, own in zip(self._keys, self._buttons):
            if own is button:
                self.chosen.emit(key if checked else "")
            else:
                own.setChecked(False)


def _icon_size(heat_map: HeatMap) -> QSize:
    height, width = heat_map.box.height, heat_map.box.width
    size = QSize(max(width, 1), max(height, 1))
    size.scale(QSize(84, 72), Qt.AspectRatioMode.KeepAspectRatio)
    return size.expandedTo(QSize(16, 16))


def heat_map_image(heat_map: HeatMap, scale: Normalisation = "linear") -> QImage:
    """The map in its colours, one pixel a cell."""
    rgba = heat_map.colour(kind=scale)
    height, width = rgba.shape[:2]
    return QImage(rgba.data, width, height, 4 * width, QImage.Format.Format_RGBA8888).copy()


def _pixmap(thumbnail: Thumbnail, size: QSize, ratio: float) -> QPixmap:
    image = heat_map_image(thumbnail.heat_map.reduced(_MOST_CELLS), thumbnail.scale)
    # Coarse grids stay grids: their cells are what the model has.
    coarse = image.width() < 2 * size.width()
    mode = (
        Qt.TransformationMode.FastTransformation
        if coarse
        else Qt.TransformationMode.SmoothTransformation
    )
    scaled = image.scaled(size * ratio, Qt.AspectRatioMode.IgnoreAspectRatio, mode)
    pixmap = QPixmap.fromImage(scaled)
    pixmap.setDevicePixelRatio(ratio)
    if thumbnail.marker is not None:
        x, y = thumbnail.marker
        _mark(pixmap, QPointF(x * size.width(), y * size.height()))
    return pixmap


def _mark(pixmap: QPixmap, point: QPointF) -> None:
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor(0, 0, 0, 180), 3))
    painter.drawEllipse(point, 3, 3)
    painter.setPen(QPen(QColor(255, 255, 255), 1.4))
    painter.drawEllipse(point, 3, 3)
    painter.end()
