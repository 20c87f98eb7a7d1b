"""The picture of components in a window of its own."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QDialog, QWidget

from app.panels.stages_features import picture_image
from app.stage_views import FeatureView


class EnlargedComponents(QDialog):
    """Follows the page: it shows the place that the page shows, as large as the window is."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("stages.enlarged")
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizeGripEnabled(True)
        self.resize(720, 520)
        self._view: FeatureView | None = None

    def show_view(self, view: FeatureView | None) -> None:
        """Show another place, or nothing."""
        self._view = view
        title = self.tr("Principal components")
        if view is not None and view.components:
            meaning = view.components[0].heat_map.meaning.rpartition(",")[0]
            title = f"{meaning}: {title}"
        self.setWindowTitle(title)
        self.setAccessibleName(title)
        self.update()

    def sizeHint(self) -> QSize:
        """Large enough to see cells of the first stage."""
        return QSize(720, 520)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw it as large as it fits."""
        del event
        painter = QPainter(self)
        painter.fillRect(self.rect(), self.palette().window())
        if self._view is not None:
            ratio = self.devicePixelRatioF()
            image = picture_image(self._view.picture, self._view.box, self.size() * ratio)
            image.setDevicePixelRatio(ratio)
            width, height = image.width() / ratio, image.height() / ratio
            left, top = (self.width() - width) / 2, (self.height() - height) / 2
            painter.drawImage(round(left), round(top), image)
        painter.end()
