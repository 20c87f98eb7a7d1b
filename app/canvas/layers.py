"""The layers of the canvas, lowest first: picture, classes or a measure, heat map, outlines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QPainter

from app.canvas.difference import DifferenceSource
from app.canvas.displayed import DisplayedPicture
from app.canvas.heat import HeatLayer, HeatLook
from app.canvas.legend import Scale
from app.canvas.pyramid import Pyramid, PyramidBuilder
from app.canvas.region import RegionLayer
from app.canvas.sources import VALUE_COLOURS, LabelSource, PictureSource, ValueSource
from app.canvas.tiles import TileLayer, TileSource
from app.canvas.viewport import Viewport
from app.convert import Pixels
from segcore.classes import ClassTable
from segcore.geometry import Box, Size
from segcore.heatmap import HeatMap, Normalisation, colour_table
from segcore.labels import LabelMap

MEASURES = tuple(VALUE_COLOURS)
MODES = ("labels", *MEASURES, "heat", "origins")


@dataclass(frozen=True)
class OverlayLook:
    """How what is laid over the picture looks.

    Attributes:
        opacity: 0 (only the picture) to 1 (only the overlay).
        visible: whether there is an overlay at all.
        mode: one of `MODES`.
        contours: classes are shown by their outlines only, in every mode.
        hidden: class ids left out.
        hidden_origins: rows of the origin table left out.
    """

    opacity: float = 0.5
    visible: bool = True
    mode: str = "labels"
    contours: bool = False
    hidden: frozenset[int] = field(default_factory=frozenset)
    hidden_origins: frozenset[int] = field(default_factory=frozenset)

    def __post_init__(self) -> None:
        if self.mode not in MODES:
            raise ValueError(f"there is no overlay mode {self.mode!r}")
        object.__setattr__(self, "opacity", min(max(self.opacity, 0.0), 1.0))


class Layers:
    """Everything that is painted from arrays; each is left out until it fits the picture's size.

    `picture_improved(box)` is called when averaged levels of the picture are there to be painted;
    `meanings` has what the colour scale of each measure says.
    """

    def __init__(self, builder: PyramidBuilder, picture_improved: Callable[[Box], None]) -> None:
        self._builder = builder
        self._picture_improved = picture_improved
        self.meanings = dict.fromkeys(MEASURES, "")
        self._look = OverlayLook()
        self._classes: ClassTable | None = None
        self._labels: LabelMap | None = None
        self._measures: dict[str, NDArray[np.floating]] = {}
        self._displayed: DisplayedPicture | None = None
        self._heat_map: HeatMap | None = None
        self._heat_kind: Normalisation = "linear"
        self._heat_look = HeatLook()
        self.picture: TileLayer | None = None
        self.classes: TileLayer | None = None
        self.origins: TileLayer | None = None
        self._said_by: tuple[LabelMap, ClassTable] | None = None
        self.values: TileLayer | None = None
        self.heat: HeatLayer | None = None
        self.region: RegionLayer | None = None
        self.difference: TileLayer | None = None
        self.outline: RegionLayer | None = None

    @property
    def size(self) -> Size | None:
        """(height, width) of the picture, if there is one."""
        return self.picture.source.size if self.picture else None

    @property
    def scale(self) -> Scale | None:
        """The colour scale of what is shown, if it has one."""
        if not self._look.visible or self._fits(self.difference):
            return None
        if self._look.mode == "heat" and self.heat:
            return self.heat.scale
        if self._fits(self.values):
            colours = colour_table(VALUE_COLOURS[self._look.mode])
            return Scale(self.meanings[self._look.mode], "", 0.0, 1.0, colours)
        return None

    def set_image(self, image: Pixels | None) -> None:
        """Show another picture; at once, and smooth as soon as its levels are averaged."""
        self._builder.stop()
        if image is None:
            self.picture = None
            return
        pyramid = Pyramid(image)
        self.picture = TileLayer(PictureSource(pyramid))
        self._forget_displayed()
        self._builder.start(pyramid, self._improve)

    def set_display(self, table: Pixels | None) -> None:
        """Show each value of the picture's channels as (256,) uint8 `table` says, or as it is."""
        if table is None:
            self._displayed = None
        elif self._displayed is None:
            self._displayed = DisplayedPicture(table)
        else:
            self._displayed.set_table(table)

    def set_labels(self, labels: LabelMap | None) -> None:
        """Show another label map, which is read from whenever something has to be painted."""
        self._labels = labels
        self._renew_classes()

    def set_classes(self, classes: ClassTable) -> None:
        """Show ids in other colours."""
        self._classes = classes
        self._renew_classes()

    def set_origins(self, origins: LabelMap | None, table: ClassTable) -> None:
        """Show another origin map, (H, W) rows of the origin table in the colours of `table`."""
        self._said_by = None if origins is None else (origins, table)
        self._renew_origins()

    def set_measure(self, name: str, values: NDArray[np.floating] | None) -> None:
        """Show other values of a measure, (H, W) of 0 to 1, or none."""
        if values is None:
            self._measures.pop(name, None)
        else:
            self._measures[name] = values
        if name == self._look.mode:
            self._renew_values()

    def set_heat_map(self, heat_map: HeatMap | None, kind: Normalisation) -> None:
        """Show another heat map."""
        self._heat_map, self._heat_kind = heat_map, kind
        self._renew_heat()

    def set_heat_look(self, look: HeatLook) -> None:
        """Show the cells of heat maps in another way."""
        self._heat_look = look
        self._renew_heat()

    def set_look(self, look: OverlayLook) -> None:
        """Show the same in another way."""
        before, self._look = self._look, look
        if replace(before, visible=look.visible, mode=look.mode) != look:
            self._renew_classes()
            self._renew_origins()
        if (before.opacity, before.mode) != (look.opacity, look.mode):
            self._renew_values()
        if before.opacity != look.opacity:
            self._renew_heat()

    def set_difference(self, source: DifferenceSource | None) -> None:
        """Show where two label maps differ, in the place of everything else; None ends it."""
        self.difference = None if source is None else _renewed(self.difference, source)

    def damage_labels(self, box: Box) -> None:
        """Note that ids in a box have changed in the array."""
        for layer in (self.classes, self.origins, self.difference):
            if layer is not None:
                layer.damage(box)

    def paint(
        self, painter: QPainter, viewport: Viewport, device: Box, *, overlaid: bool = True
    ) -> None:
        """Paint a box of device pixels, with what lies over the picture or without."""
        if self.picture is None:
            return
        if self._displayed is None:
            self.picture.paint(painter, viewport, device)
        else:
            self._displayed.paint(self.picture, painter, viewport, device)
        look = self._look
        if not (look.visible and overlaid):
            return
        if self._fits(self.difference):
            self._paint(self.difference, painter, viewport, device)
            if self.outline:
                self.outline.paint(painter, viewport)
            return
        self._paint(self.values, painter, viewport, device)
        if look.mode == "heat" and self.heat:
            self.heat.paint(painter, viewport, device)
        if look.mode == "origins":
            self._paint(self.origins, painter, viewport, device)
        if look.contours or look.mode == "labels":
            self._paint(self.classes, painter, viewport, device)
        if look.mode == "heat" and self.heat and self.region:
            self.region.paint(painter, viewport)

    def _paint(
        self, layer: TileLayer | None, painter: QPainter, viewport: Viewport, device: Box
    ) -> None:
        if layer is not None and self._fits(layer):
            layer.paint(painter, viewport, device)

    def _fits(self, layer: TileLayer | None) -> bool:
        return layer is not None and layer.source.size == self.size

    def _improve(self, pyramid: Pyramid, box: Box) -> None:
        picture = self.picture
        if picture is None or not isinstance(picture.source, PictureSource):
            return
        if picture.source.pyramid is pyramid:
            picture.damage(box, coarser_than=0)
            self._forget_displayed()
            self._picture_improved(box)

    def _forget_displayed(self) -> None:
        if self._displayed is not None:
            self._displayed.forget()

    def _renew_classes(self) -> None:
        if self._labels is None or self._classes is None:
            self.classes = None
            return
        look = self._look
        source = LabelSource(
            self._labels,
            self._classes,
            opacity=look.opacity,
            hidden=look.hidden,
            outlined=look.contours,
        )
        self.classes = _renewed(self.classes, source)

    def _renew_origins(self) -> None:
        if self._said_by is None:
            self.origins = None
            return
        look = self._look
        source = LabelSource(
            *self._said_by, opacity=look.opacity, hidden=look.hidden_origins, outlined=False
        )
        self.origins = _renewed(self.origins, source)

    def _renew_values(self) -> None:
        look = self._look
        if look.mode not in self._measures:
            self.values = None
            return
        source = ValueSource(
            self._measures[look.mode], opacity=look.opacity, cmap=VALUE_COLOURS[look.mode]
        )
        self.values = _renewed(self.values, source)

    def _renew_heat(self) -> None:
        self.heat = (
            None
            if self._heat_map is None
            else HeatLayer(self._heat_map, self._look.opacity, self._heat_kind, self._heat_look)
        )


def _renewed(layer: TileLayer | None, source: TileSource) -> TileLayer:
    """A layer for a source: the one there is, with its buffers, where the size is the same."""
    if layer is None or layer.source.size != source.size:
        return TileLayer(source)
    layer.source = source
    layer.damage_all()
    return layer
