"""What the canvas paints, and when it has to be painted again."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QRegion
from PySide6.QtWidgets import QWidget

from app.canvas.aiming import AimingView
from app.canvas.field_marks import FieldMarks, marks_box, paint_marks
from app.canvas.layers import Layers
from app.canvas.legend import legend_rect, paint_legend
from app.canvas.marks import (
    background,
    paint_grid,
    paint_message,
    paint_query,
    paint_region,
    paint_ring,
    query_box,
    region_box,
    ring_box,
)
from app.canvas.minimap import Minimap
from app.canvas.native_grid import NativeGridLayer
from app.canvas.preview import PreviewLayer
from app.canvas.pyramid import PyramidBuilder
from app.canvas.sketch import paint_sketch, sketch_box
from app.canvas.tools import Point
from app.convert import Pixels
from app.gesture import Sketch
from app.relay import Relay
from segcore.geometry import EMPTY, Box

MOST_RECTANGLES = 6
"""Damaged rectangles that are painted one by one; more are painted as one that holds them all."""
SPREAD = 5
"""Device pixels around changed ids that may look different: smoothing, and outlines."""


class PaintedView(AimingView):
    """The layers in their panes, the marks over them, the legend, the divider and the minimap."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        # Every pixel is painted, so Qt need not clear any first.
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self._relay = Relay()  # no child: it outlives the canvas by the moment it takes to close
        self._builder = PyramidBuilder(self._relay)
        self._layers = Layers(self._builder, self._picture_improved)
        self._minimap = Minimap(self._layers.paint, self)
        self._minimap.lookRequested.connect(self.centre_on)
        self._message = ""
        self._image: Pixels | None = None
        self._query: Point | None = None
        self._cell: Box | None = None
        self._hidden: Box | None = None
        self._drawn: Box | None = None
        self._native_grid: NativeGridLayer | None = None
        self._field_marks = FieldMarks()
        self._preview: PreviewLayer | None = None
        self._sketches: dict[str, Sketch] = {}
        self._ring_color = QColor(255, 255, 255)
        self._ring_painted = EMPTY
        self._shows_ring = True

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint what is damaged, and nothing else."""
        painter = QPainter(self)
        for area in self._areas():
            region = event.region().intersected(area)
            many = region.rectCount() > MOST_RECTANGLES
            for rect in [region.boundingRect()] if many else _rects(region):
                self._paint_rect(painter, rect)
        painter.end()

    def snapshot(self) -> QImage:
        """What is in sight, at the screen's resolution, without the brush and the minimap."""
        ratio = self.devicePixelRatioF()
        image = QImage(self.size() * ratio, QImage.Format.Format_RGB32)
        image.setDevicePixelRatio(ratio)
        self._shows_ring = False
        painter = QPainter(image)
        self._paint_rect(painter, self.rect())
        painter.end()
        self._shows_ring = True
        return image

    def _areas(self) -> list[QRect]:
        """The view in parts whose damage is painted by itself, so that far ends stay apart."""
        if self.comparison.kind != "side_by_side":
            return [self.rect()]
        middle = self.width() // 2
        left, right = QRect(self.rect()), QRect(self.rect())
        left.setRight(middle - 1)
        right.setLeft(middle)
        return [left, right]

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
                view = self._legend_view()
                paint_legend(painter, scale, self.font(), self.palette(), view)
            self._paint_divider(painter)
        painter.restore()

    def _legend_view(self) -> QRect:
        """What the legend stands in the corner of: where the overlay is."""
        side_by_side = self.comparison.kind == "side_by_side"
        return self.pane_rect(self.panes[-1]) if side_by_side else self.rect()

    def _covered(self, rect: QRect) -> bool:
        """Whether the picture lies on all of some logical pixels."""
        if self._image is None or self.comparison.kind == "side_by_side":
            return False
        view = self._viewport
        picture = view.device_box(Box.of_size(view.image_size), -1)
        return picture.covers(
            view.device_rect(rect.left(), rect.top(), rect.width(), rect.height())
        )

    def _paint_in_device_pixels(self, painter: QPainter, rect: QRect) -> None:
        view = self._viewport
        painter.scale(1 / view.ratio, 1 / view.ratio)
        damaged = view.device_rect(rect.left(), rect.top(), rect.width(), rect.height())
        for pane in self.panes:
            part = damaged.intersect(pane.box)
            if not part.is_empty:
                painter.save()
                clip = QRect(part.x0, part.y0, part.width, part.height)
                painter.setClipRect(clip, Qt.ClipOperation.IntersectClip)
                painter.translate(pane.left, 0)
                self._paint_pane(painter, part.moved(-pane.left, 0), overlaid=pane.overlaid)
                painter.restore()

    def _paint_pane(self, painter: QPainter, device: Box, *, overlaid: bool) -> None:
        """Paint a box of the viewport's device pixels."""
        view = self._viewport
        self._layers.paint(painter, view, device, overlaid=overlaid)
        paint_grid(painter, view, device)
        if self._native_grid is not None:
            self._native_grid.paint(painter, view, device)
        if self._preview is not None:
            self._preview.paint(painter, view, device)
        for sketch in self._sketches.values():
            if not sketch_box(view, sketch).intersect(device).is_empty:
                paint_sketch(painter, view, sketch)
        for region in (self._hidden, self._drawn):
            if region and not region_box(view, region).intersect(device).is_empty:
                paint_region(painter, view, region)
        if not marks_box(view, self._field_marks).intersect(device).is_empty:
            paint_marks(painter, view, self._field_marks)
        for point, cell, asked in ((self._query, self._cell, True), (self._aim, None, False)):
            if point and not query_box(view, point, cell).intersect(device).is_empty:
                paint_query(painter, view, point, cell, asked=asked)
        if (ring := self._ring()) and not ring_box(view, ring, self._diameter).intersect(
            device
        ).is_empty:
            paint_ring(painter, view, ring, self._diameter, self._ring_color)

    def _has_picture(self) -> bool:
        return self._image is not None

    def _picture_improved(self, box: Box) -> None:
        self._update_device(self._viewport.device_box(box, SPREAD))
        self._minimap.damage(box)

    def _look_changed(self) -> None:
        """Everything has to be painted again."""
        self.update()
        self._follow_with_minimap(everything=True)

    def _viewport_changed(self) -> None:
        self._follow_with_minimap()

    def _follow_with_minimap(self, *, everything: bool = False) -> None:
        scale, view = self._layers.scale, self._legend_view()
        legend = legend_rect(scale, self.font(), view) if scale else QRect()
        size = None if self._image is None else self._layers.size
        self._minimap.follow(size, self._viewport, self.rect(), legend)
        if everything:
            self._minimap.damage_all()

    def _adapt_to_size(self) -> None:
        super()._adapt_to_size()
        self._follow_with_minimap()

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

    def _show_drawn_region(self, box: Box | None) -> None:
        self._update_boxes()
        self._drawn = box
        self._update_boxes()

    def _show_sketch(self, sketch: Sketch | None) -> None:
        self._put_sketch("hand", sketch)

    def _put_sketch(self, name: str, sketch: Sketch | None) -> None:
        """Draw lines of one name in the place of those before."""
        before = self._sketches.pop(name, None)
        if sketch is not None and not sketch.is_empty:
            self._sketches[name] = sketch
        for each in (before, sketch):
            if each is not None:
                self._update_seen(sketch_box(self._viewport, each))

    def _put_preview(self, preview: PreviewLayer | None) -> None:
        before, self._preview = self._preview, preview
        for each in (before, preview):
            if each is not None:
                self._update_seen(each.device_box(self._viewport))

    def _update_seen(self, box: Box) -> None:
        """Have what of some device pixels is in the view painted again."""
        self._update_device(box.intersect(Box.of_size(self._viewport.view_size)))

    def _update_boxes(self) -> None:
        for region in (self._hidden, self._drawn):
            if region is not None:
                self._update_device(region_box(self._viewport, region))

    def _ring(self) -> Point | None:
        """Where the brush ring is, if there is one."""
        hidden = self.is_panning or self._holds_divider or not self._shows_ring
        if self._image is None or hidden or not self._tool.has_ring:
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
