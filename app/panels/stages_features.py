"""The features at a place: their components as a picture, and their channels page by page."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QIcon, QImage, QPixmap
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.convert import Pixels, to_qimage
from app.panels.thumbnails import Thumbnail, ThumbnailGrid
from app.stage_views import ORDERS, Channel, FeatureView
from segcore.geometry import Box

_PICTURE = QSize(252, 190)


class StageFeatures(QWidget):
    """Components and channels of one `FeatureView`.

    `layRequested` carries `component.0`, `channel.17`, or "" for none; `pageRequested` 1 or -1.
    """

    layRequested = Signal(str)
    orderRequested = Signal(str)
    pageRequested = Signal(int)
    channelRequested = Signal(int)
    enlargeRequested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("stages.features")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        self.picture = QToolButton(self)
        self.picture.setObjectName("stages.picture")
        self.picture.setProperty("thumbnail", "true")
        self.picture.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.picture.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.picture.setAccessibleName(self.tr("Principal components, enlarge"))
        self.picture.setToolTip(self.tr("Click to see it larger, in a window of its own"))
        self.picture.clicked.connect(self.enlargeRequested)
        self.shares = QLabel(self)
        self.shares.setObjectName("stages.shares")
        self.shares.setProperty("role", "muted")
        self.shares.setWordWrap(True)
        self.components = ThumbnailGrid("stages.components", self)
        self.components.chosen.connect(self._lay_component)
        self.channels = ThumbnailGrid("stages.channels", self)
        self.channels.chosen.connect(self._lay_channel)
        layout.addWidget(self.picture)
        layout.addWidget(self.shares)
        layout.addWidget(self.components)
        layout.addLayout(self._choosers())
        layout.addWidget(self.channels)
        layout.addLayout(self._pager())

    def show_view(self, view: FeatureView) -> None:
        """Show what is at a place."""
        image = picture_image(view.picture, view.box, _PICTURE * self.devicePixelRatioF())
        pixmap = QPixmap.fromImage(image)
        pixmap.setDevicePixelRatio(self.devicePixelRatioF())
        self.picture.setIconSize(pixmap.deviceIndependentSize().toSize())
        self.picture.setIcon(QIcon(pixmap))
        colours = (self.tr("red"), self.tr("green"), self.tr("blue"))
        parts = ", ".join(
            f"{colour} {100 * share:.0f} %" for colour, share in zip(colours, view.shares)
        )
        self.shares.setText(self.tr("Principal components: {} of the variance").format(parts))
        names = [self.tr("component {}").format(one.number + 1) for one in view.components]
        self.components.show_thumbnails(_thumbnails("component", view.components, names))
        names = [str(one.number) for one in view.channels]
        self.channels.show_thumbnails(_thumbnails("channel", view.channels, names))
        self.page.setText(self.tr("{} of {}").format(view.page + 1, view.pages))
        self.before.setEnabled(view.page > 0)
        self.after.setEnabled(view.page + 1 < view.pages)
        with QSignalBlocker(self.order):
            self.order.setCurrentIndex(self.order.findData(view.order))
        with QSignalBlocker(self.channel):
            self.channel.setRange(0, view.shape[0] - 1)
            if view.chosen is not None:
                self.channel.setValue(view.chosen)

    def set_laid(self, key: str) -> None:
        """Mark the map that lies over the picture."""
        self.components.set_chosen(key)
        self.channels.set_chosen(key)
        if key.startswith("channel."):
            with QSignalBlocker(self.channel):
                self.channel.setValue(int(key.removeprefix("channel.")))

    def _choosers(self) -> QHBoxLayout:
        heading = QLabel(self.tr("Channels"), self)
        heading.setProperty("role", "heading")
        self.order = QComboBox(self)
        self.order.setObjectName("stages.order")
        self.order.setAccessibleName(self.tr("Order of the channels"))
        titles = {
            "variance": self.tr("by variance"),
            "activation": self.tr("at the queried pixel"),
            "number": self.tr("by number"),
        }
        for order in ORDERS:
            self.order.addItem(titles[order], order)
        self.order.currentIndexChanged.connect(
            lambda index: self.orderRequested.emit(self.order.itemData(index))
        )
        self.channel = QSpinBox(self)
        self.channel.setObjectName("stages.channel")
        self.channel.setAccessibleName(self.tr("Channel to lay over the picture"))
        self.channel.setToolTip(self.tr("Lay this channel over the picture"))
        self.channel.setKeyboardTracking(False)
        self.channel.valueChanged.connect(self.channelRequested)
        row = QHBoxLayout()
        row.setSpacing(6)
        row.addWidget(heading)
        row.addWidget(self.order, 1)
        row.addWidget(self.channel)
        return row

    def _pager(self) -> QHBoxLayout:
        self.before = self._turner("‹", "stages.page_before", self.tr("Channels before"), -1)
        self.after = self._turner("›", "stages.page_after", self.tr("More channels"), 1)
        self.page = QLabel(self)
        self.page.setObjectName("stages.page")
        self.page.setProperty("role", "muted")
        row = QHBoxLayout()
        row.addStretch(1)
        for widget in (self.before, self.page, self.after):
            row.addWidget(widget)
        row.addStretch(1)
        return row

    def _turner(self, words: str, name: str, tip: str, by: int) -> QToolButton:
        button = QToolButton(self)
        button.setObjectName(name)
        button.setText(words)
        button.setToolTip(tip)
        button.setAccessibleName(tip)
        button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        button.clicked.connect(lambda: self.pageRequested.emit(by))
        return button

    def _lay_component(self, key: str) -> None:
        self.channels.set_chosen("")
        self.layRequested.emit(key)

    def _lay_channel(self, key: str) -> None:
        self.components.set_chosen("")
        self.layRequested.emit(key)


def picture_image(picture: Pixels, box: Box, size: QSize) -> QImage:
    """Components as an image of the box's proportions that fits a size; coarse cells stay cells."""
    image = to_qimage(picture)
    wanted = QSize(max(box.width, 1), max(box.height, 1))
    wanted.scale(size, Qt.AspectRatioMode.KeepAspectRatio)
    mode = Qt.TransformationMode
    coarse = image.width() < wanted.width() // 2
    return image.scaled(
        wanted.expandedTo(QSize(1, 1)),
        Qt.AspectRatioMode.IgnoreAspectRatio,
        mode.FastTransformation if coarse else mode.SmoothTransformation,
    )


def _thumbnails(kind: str, shown: Sequence[Channel], names: Sequence[str]) -> list[Thumbnail]:
    return [
        Thumbnail(f"{kind}.{one.number}", name, one.thumbnail) for one, name in zip(shown, names)
    ]
