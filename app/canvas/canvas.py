"""The canvas: the picture, what is laid over it, and the tools that work on it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QRect, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QRegion
from PySide6.QtWidgets import QWidget

from app.canvas.layers import Layers, OverlayLook
from app.canvas.legend import paint_legend
from app.canvas.marks import (
    background,
    paint_grid,
    paint_message,
    paint_query,
    paint_ring,
    query_box,
    ring_box,
)
from app.canvas.pointing import PointingView
from app.canvas.pyramid import PyramidBuilder
from app.canvas.tools import Point
from app.convert import Pixels, to_qcolor
from app.relay import Relay
from segcore.classes import ClassTable
from segcore.geometry import EMPTY, Box
from segcore.heatmap import HeatMap, Normalisation
from segcore.labels import LabelMap

MOST_RECTANGLES = 6
"""Damaged rectangles that are painted one by one; more are painted as one that holds them all."""


MOST_RECTANGLES = 6
"""Damaged rectangles that are painted one by one; more are painted as one that holds them all."""
SPREAD = 5
"""Device pixels around changed ids that may look different: smoothing, and outlines."""


class Canvas(PointingView):
    """Shows a picture of up to 20,000 x 20,000 pixels with its labels, and takes what hands do.

    Arrays are kept by reference and never written to. Whoever writes to the label map says so with
    `update_labels`; only what is damaged and in view is then painted again.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        # Every pixel is painted, so Qt need not clear any first.
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self._relay = Relay()  # no child: it outlives the canvas by the moment it takes to close
        self._builder = PyramidBuilder(self._relay)
        self._layers = Layers(self._builder, self._picture_improved, "")
        self._message = ""
        self._image: Pixels | None = None
        self._query: Point | None = None
        self._cell: Box | None = None
        self._ring_color = QColor(255, 255, 255)
        self._ring_painted = EMPTY
        self.destroyed.connect(self._builder.stop)
        self.destroyed.connect(self._relay.close)
        self._translate()

    def set_image(self, image: Pixels | None) -> None:
        """Show another picture, (H, W, 3) uint8 RGB, or none.

        The view stays where it is when the size is the same. The query and the heat map belonged to
        the old picture and go; label map and confidence are shown once they have the new size. A
        stroke that is still running is taken back.
        """
        if image is self._image:
            return
        self.abort_stroke()
        before, self._image = self._image, image
        self._layers.set_image(image)
        self.set_query_point(None)
        self.set_heat_map(None)
        if image is not None and (before is None or before.shape != image.shape):
            self._show_picture_of((image.shape[0], image.shape[1]))
        self._refresh_cursor()
        self.update()

    def set_labels(self, labels: LabelMap | None) -> None:
        """Lay another label map, (H, W) class ids, over the picture."""
        self._layers.set_labels(labels)
        self.update()

    def set_classes(self, classes: ClassTable) -> None:
        """Show ids in the colours of these classes."""
        self._layers.set_classes(classes)
        self.update()

    def update_labels(self, box: Box) -> None:
        """Ids inside a box have changed in the array: paint what of it is in view."""
        self._layers.damage_labels(box)
        view = Box.of_size(self._viewport.view_size)
        self._update_device(self._viewport.device_box(box, SPREAD).intersect(view))

    def set_confidence(self, confidence: NDArray[np.floating] | None) -> None:
        """What the overlay mode "confidence" shows: (H, W) of 0 to 1."""
        self._layers.set_confidence(confidence)
        self.update()

    def set_heat_map(self, heat_map: HeatMap | None, kind: Normalisation = "linear") -> None:
        """What the overlay mode "heat" shows, and how its values fall on the colours."""
        self._layers.set_heat_map(heat_map, kind)
        self.update()

    def set_query_point(self, point: Point | None, cell: Box | None = None) -> None:
        """Mark the pixel that was asked about, and the image pixels of the cell it falls in."""
        self._update_query()
        self._query, self._cell = point, cell
        self._update_query()

    def set_overlay(
        self,
        opacity: float,
        visible: bool,
        mode: str,
        contours: bool = False,
        hidden: frozenset[int] = frozenset(),
    ) -> None:
        """How the overlay looks: see `OverlayLook`."""
        look = OverlayLook(opacity, visible, mode, contours, frozenset(hidden))
        self._layers.set_look(look)
        self.update()

    def set_brush(self, diameter: int, color: QColor | tuple[int, int, int]) -> None:
        """The ring of the brush: its diameter in image pixels and the colour that it paints."""
        self._diameter = diameter
        self._ring_color = color if isinstance(color, QColor) else to_qcolor(color)
        self._refresh_ring()

    def set_message(self, text: str) -> None:
        """What stands in the view while there is no picture."""
        self._message = text
        self.update()

    def wait_until_smooth(self) -> None:
        """Block until the picture's averaged levels are there; for tests and benchmarks."""
        self._builder.wait()
        self._relay.deliver_all()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint what is damaged, and nothing else."""
        painter = QPainter(self)
        region = event.region()
        rects = [region.boundingRect()] if region.rectCount() > MOST_RECTANGLES else _rects(region)
        for rect in rects:
            self._paint_rect(painter, rect)
        painter.end()

    def _paint_rect(self, painter: QPainter, rect: QRect) -> None:
        painter.save()
        painter.setClipRect(rect)
        if not self._covered(rect):
            painter.fillRect(rect, background(self.palette()))
        if self._image is None:
            paint_message(painter, self._message, self.font(), self.palette(), self.rect())
        else:
            painter.save()
            self._paint_in_device_pixels(painter, rect)
            painter.restore()
            if (scale := self._layers.scale) is not None:
                paint_legend(painter, scale, self.font(), self.palette(), self.rect())
        painter.restore()

    def _covered(self, rect: QRect) -> bool:
        """Whether the picture lies on all of some logical pixels."""
        if self._image is None:
            return False
        view = self._viewport
        picture = view.device_box(Box.of_size(view.image_size), -1)
        return picture.covers(
            view.device_rect(rect.left(), rect.top(), rect.width(), rect.height())
        )

    def _paint_in_device_pixels(self, painter: QPainter, rect: QRect) -> None:
        view = self._viewport
        painter.scale(1 / view.ratio, 1 / view.ratio)
        device = view.device_rect(rect.left(), rect.top(), rect.width(), rect.height())
        self._layers.paint(painter, view, device)
        paint_grid(painter, view, device)
        for point, cell, asked in ((self._query, self._cell, True), (self._aim, None, False)):
            if point and not query_box(view, point, cell).intersect(device).is_empty:
                paint_query(painter, view, point, cell, asked=asked)
        if (ring := self._ring()) and not ring_box(view, ring, self._diameter).intersect(
            device
        ).is_empty:
            paint_ring(painter, view, ring, self._diameter, self._ring_color)

    def changeEvent(self, event: QEvent) -> None:
        """Speak another language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._translate()

    def _translate(self) -> None:
        self.setAccessibleName(self.tr("Picture"))
        self.setAccessibleDescription(
            self.tr(
                "The picture with its labels. Arrow keys move the view, plus and minus zoom. "
                "With the query tool the arrow keys move the query and Enter asks."
            )
        )
        self._layers.confidence_meaning = self.tr("confidence of the model")
        self.set_message(self.tr("Open a picture: drop it here, or choose it in the File menu."))

    def _has_picture(self) -> bool:
        return self._image is not None

    def _picture_improved(self, box: Box) -> None:
        self._update_device(self._viewport.device_box(box, SPREAD))

    def _query_point(self) -> Point | None:
        return self._query

    def _set_aim(self, point: Point | None) -> None:
        self._update_query()
        super()._set_aim(point)
        self._update_query()

    def _update_query(self) -> None:
        for point, cell in ((self._query, self._cell), (self._aim, None)):
            if point is not None:
                self._update_device(query_box(self._viewport, point, cell))

    def _ring(self) -> Point | None:
        """Where the brush ring is, if there is one."""
        if self._image is None or self.is_panning or not self._tool.has_ring:
            return None
        return self._hover

    def _refresh_ring(self) -> None:
        ring = self._ring()
        box = EMPTY if ring is None else ring_box(self._viewport, ring, self._diameter)
        for damaged in (self._ring_painted, box):
            self._update_device(damaged.intersect(Box.of_size(self._viewport.view_size)))
        self._ring_painted = box


def _rects(region: QRegion) -> list[QRect]:
    return list(cast("Iterable[QRect]", region))
