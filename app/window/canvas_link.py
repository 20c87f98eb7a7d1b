"""Ties the canvas to the document, the view state and the controllers of its tools."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from app.canvas.canvas import Canvas
from app.canvas.layers import MEASURES
from app.controllers.inspection import InspectionController
from app.controllers.labelling import LabellingController
from app.controllers.uncertainty import UncertaintyController
from app.document import Document
from app.lay_under import LabelMap
from app.view_state import ViewState
from segcore.geometry import Box

_ERASER_COLOR = (255, 255, 255)


class CanvasLink(QObject):
    """Shows on the canvas what the document and the view state hold; passes on what hands do."""

    notice = Signal(str)

    def __init__(
        self,
        canvas: Canvas,
        document: Document,
        view_state: ViewState,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._canvas = canvas
        self._document = document
        self._view_state = view_state
        self._shown_labels: LabelMap | None = None
        self._shown_mode = ""
        document.imageChanged.connect(self._show_image)
        document.labelsChanged.connect(self._show_labels)
        document.predictionChanged.connect(self._show_confidence)
        document.classesChanged.connect(self._show_classes)
        view_state.overlayChanged.connect(self._show_overlay)
        view_state.toolChanged.connect(self._show_tool)
        view_state.brushSizeChanged.connect(self._show_brush)
        view_state.activeClassChanged.connect(self._show_brush)
        canvas.brushSizeRequested.connect(self._set_brush_size)
        self._show_overlay()
        self._show_tool(view_state.tool)

    def connect_tools(
        self, labelling: LabellingController, inspection: InspectionController
    ) -> None:
        """Pass what the tools ask for on to the controllers."""
        canvas = self._canvas
        canvas.queryRequested.connect(inspection.query)
        canvas.strokeBeginRequested.connect(labelling.begin_stroke)
        canvas.strokeMoveRequested.connect(labelling.extend_stroke)
        canvas.strokeEndRequested.connect(labelling.end_stroke)
        canvas.strokeAbortRequested.connect(labelling.abort_stroke)
        canvas.pressureChanged.connect(labelling.set_pressure)
        canvas.pickRequested.connect(labelling.pick)

    def connect_measures(self, uncertainty: UncertaintyController) -> None:
        """Show entropy and margin as soon as they are known; have them computed when chosen."""
        uncertainty.measureChanged.connect(self._canvas.set_measure)
        self._view_state.overlayChanged.connect(
            lambda: uncertainty.want(self._view_state.overlay_mode)
        )
        uncertainty.want(self._view_state.overlay_mode)

    def _show_image(self) -> None:
        self._canvas.set_image(self._document.image)
        self._set_labels(self._document.labels)
        for measure in MEASURES:
            self._canvas.set_measure(measure, None)

    def _show_labels(self, box: Box) -> None:
        labels = self._document.labels
        if labels is self._shown_labels:
            self._canvas.update_labels(box)
        else:
            self._set_labels(labels)

    def _set_labels(self, labels: LabelMap | None) -> None:
        self._shown_labels = labels
        self._canvas.set_labels(labels)

    def _show_confidence(self) -> None:
        prediction = self._document.prediction
        confidence = None if prediction is None else prediction.confidence
        self._canvas.set_measure("confidence", confidence)

    def _show_classes(self) -> None:
        self._set_labels(self._document.labels)
        self._canvas.set_classes(self._document.classes)
        self._show_brush()

    def _show_overlay(self) -> None:
        state = self._view_state
        self._canvas.set_overlay(
            state.overlay_opacity,
            state.overlay_visible,
            state.overlay_mode,
            state.contours,
            state.hidden_classes,
            hidden_origins=state.hidden_origins,
        )
        chosen, self._shown_mode = state.overlay_mode != self._shown_mode, state.overlay_mode
        unknown = state.overlay_mode == "confidence" and self._document.prediction is None
        if chosen and unknown and self._document.image is not None:
            self.notice.emit(
                self.tr("How sure the model is, is known once this picture has been predicted.")
            )

    def _show_tool(self, tool: str) -> None:
        self._canvas.set_tool(tool)
        self._show_brush()

    def _show_brush(self) -> None:
        state, classes = self._view_state, self._document.classes
        painted = state.tool != "eraser" and 0 <= state.active_class < len(classes)
        color = classes[state.active_class].color if painted else _ERASER_COLOR
        self._canvas.set_brush(state.brush_size, color)

    def _set_brush_size(self, diameter: int) -> None:
        self._view_state.brush_size = diameter
