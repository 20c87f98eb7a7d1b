"""The canvas: the picture, what is laid over it, and the tools that work on it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from app.canvas.difference import DifferenceSource
from app.canvas.field_marks import FieldMarks, marks_box
from app.canvas.heat import HeatLook
from app.canvas.layers import OverlayLook
from app.canvas.native_grid import NativeGridLayer
from app.canvas.painting import SPREAD, PaintedView
from app.canvas.preview import PreviewLayer, PreviewSource
from app.canvas.region import Pieces, RegionLayer
from app.canvas.tools import Point
from app.convert import Pixels, to_qcolor
from app.gesture import Sketch
from app.mask_levels import MaskLevels
from segcore.classes import ClassTable, Color
from segcore.geometry import Box
from segcore.heatmap import HeatMap, Normalisation
from segcore.labels import LabelMap

_SCRIBBLE = "scribble "


class Canvas(PaintedView):
    """Shows a picture of up to 20,000 x 20,000 pixels with its labels, and takes what hands do.

    Arrays are kept by reference and never written to. Whoever writes to the label map says so with
    `update_labels`; only what is damaged and in view is then painted again.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
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
        self._follow_with_minimap(everything=True)
        self.set_query_point(None)
        self.set_heat_map(None)
        self.set_field_marks(FieldMarks())
        self.set_hidden_region(None)
        self.set_native_grid(None)
        self.forget_gesture()
        self.set_preview(None)
        self.set_path(())
        if image is not None and (before is None or before.shape != image.shape):
            self._show_picture_of((image.shape[0], image.shape[1]))
        self._refresh_cursor()
        self.update()

    def set_labels(self, labels: LabelMap | None) -> None:
        """Lay another label map, (H, W) class ids, over the picture."""
        self._layers.set_labels(labels)
        self._look_changed()

    def set_classes(self, classes: ClassTable) -> None:
        """Show ids in the colours of these classes."""
        self._layers.set_classes(classes)
        self._look_changed()

    def set_origins(self, origins: LabelMap | None, table: ClassTable) -> None:
        """What the overlay mode "origins" shows: (H, W) uint8 rows in the colours of `table`."""
        self._layers.set_origins(origins, table)
        self._look_changed()

    def update_labels(self, box: Box) -> None:
        """Ids inside a box have changed in the array: paint what of it is in view."""
        self._layers.damage_labels(box)
        view = Box.of_size(self._viewport.view_size)
        seen = self._viewport.device_box(box, SPREAD).intersect(view)
        self._update_device(seen, overlay_only=True)
        self._minimap.damage(box)

    def set_measure(self, name: str, values: NDArray[np.floating] | None) -> None:
        """What the overlay mode `name` of a measure shows: (H, W) of 0 to 1."""
        self._layers.set_measure(name, values)
        self._look_changed()

    def set_display(self, table: Pixels | None) -> None:
        """Show each value of the picture's channels as a (256,) uint8 table says; None: as it is.

        Only on the screen: the picture itself stays as it is.
        """
        self._layers.set_display(table)
        self._look_changed()

    def set_minimap(self, wanted: bool) -> None:
        """Whether a part of the picture in sight comes with a small view of the whole."""
        self._minimap.set_wanted(wanted)
        self._follow_with_minimap()

    def set_heat_map(self, heat_map: HeatMap | None, kind: Normalisation = "linear") -> None:
        """What the overlay mode "heat" shows, and how its values fall on the colours."""
        self._layers.set_heat_map(heat_map, kind)
        self._look_changed()

    def set_heat_look(self, smooth: bool, grid: bool) -> None:
        """Whether heat maps are interpolated between their cells, and lines drawn between these."""
        self._layers.set_heat_look(HeatLook(smooth, grid))
        self._look_changed()

    def set_region(self, region: tuple[Pieces, Box] | None) -> None:
        """Outline a region of the heat map: (n, 4) pieces in parts of a box, or none."""
        self._layers.region = None if region is None else RegionLayer(*region)
        self._look_changed()

    def set_difference(self, source: DifferenceSource | None) -> None:
        """Show where two label maps differ, in the place of every other overlay; None ends it.

        Whoever writes to one of the two maps says so with `update_labels`.
        """
        self._layers.set_difference(source)
        self._look_changed()

    def set_outline(self, outline: tuple[Pieces, Box] | None) -> None:
        """Outline a region of the difference: (n, 4) pieces in parts of a box, or none."""
        self._layers.outline = None if outline is None else RegionLayer(*outline, strong=True)
        self.update()

    def set_query_point(self, point: Point | None, cell: Box | None = None) -> None:
        """Mark the pixel that was asked about, and the image pixels of the cell it falls in."""
        self._update_query()
        self._query, self._cell = point, cell
        self._update_query()

    def set_field_marks(self, marks: FieldMarks) -> None:
        """Mark the centroid and the half square of a receptive field, and a drawn box."""
        for each in (self._field_marks, marks):
            self._update_device(marks_box(self._viewport, each))
        self._field_marks = marks

    def set_preview(self, levels: MaskLevels | None, colours: Pixels | None = None) -> None:
        """Show what is proposed over everything, or nothing.

        Args:
            levels: the proposal at every level.
            colours: (N, 3) uint8 RGB of each id that pixels may become; the only row is what all of
                them become. The last stands for all ids from N - 1 on.
        """
        if levels is None or colours is None:
            self._put_preview(None)
        else:
            self._put_preview(PreviewLayer(PreviewSource(levels, colours)))

    def set_path(self, path: tuple[Point, ...]) -> None:
        """Draw a line that an assistant found; none when it is empty."""
        self._put_sketch("path", Sketch(path) if path else None)

    def set_scribbles(self, strokes: Sequence[tuple[tuple[Point, ...], Color]]) -> None:
        """Draw strokes in colours of their own, in place of those before."""
        names = [name for name in self._sketches if name.startswith(_SCRIBBLE)]
        for name in names[len(strokes) :]:
            self._put_sketch(name, None)
        for number, (points, color) in enumerate(strokes):
            self._put_sketch(f"{_SCRIBBLE}{number}", Sketch(points, color=color))

    def image_pixel(self, position: QPointF) -> Point:
        """The image pixel under a place in the view, (x, y), maybe outside the picture."""
        return self._viewport.pixel_at(self._device(position))

    def set_hidden_region(self, region: Box | None) -> None:
        """Frame a part of the picture, or none."""
        self._update_boxes()
        self._hidden = region
        self._update_boxes()

    def set_native_grid(self, grid: NativeGridLayer | None) -> None:
        """Draw the cells of the logit grid and the borders between its classes, or none."""
        self._native_grid = grid
        self.update()

    @property
    def shows_native_grid(self) -> bool:
        """Whether there is a logit grid to draw."""
        return self._native_grid is not None

    def show_instead(self, image: Pixels | None) -> None:
        """Show another picture of the same size in the picture's place for a while; None ends it.

        Everything that lies over the picture stays.
        """
        self._layers.set_image(self._image if image is None else image)
        self._look_changed()

    def set_overlay(
        self,
        opacity: float,
        visible: bool,
        mode: str,
        contours: bool = False,
        hidden: frozenset[int] = frozenset(),
        *,
        hidden_origins: frozenset[int] = frozenset(),
    ) -> None:
        """How the overlay looks: see `OverlayLook`."""
        look = OverlayLook(
            opacity, visible, mode, contours, frozenset(hidden), frozenset(hidden_origins)
        )
        self._layers.set_look(look)
        self._look_changed()

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
        self._layers.meanings = {
            "confidence": self.tr("confidence of the model"),
            "entropy": self.tr("entropy of the model (1: all classes alike)"),
            "margin": self.tr("margin between the two likeliest classes"),
        }
        self.set_message(self.tr("Open a picture: drop it here, or choose it in the File menu."))
