"""Ties the inspect panel to the inspection controller, and its maps to the canvas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.canvas.canvas import Canvas
from app.controllers.inspection import AttentionView, InspectionController
from app.document import Document
from app.inference.requests import ModelInfo, Point
from app.panels.inspect import InspectPanel
from app.view_state import ViewState
from segcore.heatmap import HeatMap, Normalisation

if TYPE_CHECKING:
    from segcore.inspection import ErfFigures


class InspectLink(QObject):
    """Shows the answers to a query; lays the map that a person chooses over the picture."""

    queried = Signal()

    def __init__(
        self,
        panel: InspectPanel,
        inspection: InspectionController,
        *,
        document: Document,
        view_state: ViewState,
        canvas: Canvas,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._panel = panel
        self._inspection = inspection
        self._document = document
        self._view_state = view_state
        self._canvas = canvas
        self._kind: Normalisation = "linear"
        self._mode_before = "labels"
        inspection.pointChanged.connect(self._show_point)
        inspection.attentionChanged.connect(self._show_attention)
        inspection.erfChanged.connect(self._show_fields)
        inspection.blockChanged.connect(panel.set_stage)
        inspection.heatMapChosen.connect(self._show_heat_map)
        inspection.heatMapChosen.connect(panel.follow_chosen)
        panel.stageRequested.connect(inspection.set_stage)
        panel.blockRequested.connect(inspection.set_block)
        panel.heatMapRequested.connect(self.lay_over)
        panel.queryToolRequested.connect(self._take_query_tool)

    def show_model(self, info: ModelInfo) -> None:
        """Offer the stages and blocks of a model."""
        self._panel.set_structure(info.depths, info.heads)
        self._panel.set_stage(self._inspection.stage, self._inspection.block)

    def _show_point(self, point: Point | None) -> None:
        self._canvas.set_query_point(point)
        if point is None:
            self._panel.clear()
        else:
            self._panel.set_point(point, self._said_of(point))
            self.queried.emit()

    def _show_attention(self, view: AttentionView) -> None:
        title = self.tr("Attention of stage {}, block {}").format(view.stage, view.block)
        self._canvas.set_query_point(view.point, view.cell)
        self._panel.set_attention(view.heads, view.mean, view.point, title=title)

    def _show_fields(
        self,
        fields: Mapping[str, HeatMap],
        point: Point,
        figures: Mapping[str, ErfFigures],
    ) -> None:
        texts = {target: self._figure_texts(figures[target]) for target in fields}
        self._panel.set_fields(fields, texts, point)

    def _figure_texts(self, figures: ErfFigures) -> tuple[str, str]:
        half = figures.area_ratio.get(50)
        short = "–" if half is None else self.tr("half in {} %").format(_figure(100 * half))
        ratios = ", ".join(
            self.tr("{} % of it in {} % of the picture").format(share, _figure(100 * ratio))
            for share, ratio in figures.area_ratio.items()
            if ratio is not None
        )
        x, y = figures.centroid
        place = self.tr("centroid {:.0f}, {:.0f}; radius {:.0f} px").format(x, y, figures.radius)
        return short, f"{ratios}; {place}"

    def _said_of(self, point: Point) -> str:
        """Class and confidence at the pixel, in a word."""
        x, y = point
        labels, classes = self._document.labels, self._document.classes
        if labels is None or labels[y, x] >= len(classes):
            return ""
        name = classes[int(labels[y, x])].name
        prediction = self._document.prediction
        if prediction is None or prediction.labels[y, x] != labels[y, x]:
            return name
        return f"{name} {100 * float(prediction.confidence[y, x]):.0f} %"

    def lay_over(self, heat_map: HeatMap | None, kind: Normalisation) -> None:
        """Lay a heat map over the picture, or take away the one that lies there."""
        self._kind = kind
        self._inspection.choose(heat_map)

    def _show_heat_map(self, heat_map: HeatMap | None) -> None:
        state = self._view_state
        self._canvas.set_heat_map(heat_map, self._kind)
        if heat_map is not None:
            if state.overlay_mode != "heat":
                self._mode_before = state.overlay_mode
            state.overlay_mode = "heat"
            state.overlay_visible = True
        elif state.overlay_mode == "heat":
            state.overlay_mode = self._mode_before

    def _take_query_tool(self) -> None:
        self._view_state.tool = "query"
        self._canvas.setFocus()


def _figure(per_cent: float) -> str:
    """Two figures that matter: 0.0031, 8.9, 72."""
    return f"{per_cent:.0f}" if per_cent >= 10 else f"{per_cent:.2g}"
