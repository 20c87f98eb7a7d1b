"""Ties the attention page to its controller, the canvas and the actions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

from app.controllers.attention import AttentionController, AttentionShown
from app.inference.requests import ModelInfo
from app.panels.attention import AttentionPanel
from app.window.attention_chart import AttentionChart

if TYPE_CHECKING:
    from app.window.inspect_pages import Surroundings


class AttentionLink(QObject):
    """Passes the page's wishes on, and shows the answers on page and canvas."""

    def __init__(self, panel: AttentionPanel, surroundings: Surroundings) -> None:
        super().__init__(panel)
        core = surroundings.core
        self._panel = panel
        self._canvas = surroundings.canvas
        self._view_state = core.view_state
        self._inspection = core.inspection
        self.controller = AttentionController(core.document, core.client, core.inspection, self)
        self._chart = AttentionChart(panel.spread, self.controller, surroundings)
        self._connect_panel(surroundings)
        self._connect_answers(surroundings)
        self._connect_pointer(surroundings.window)

    def _connect_panel(self, surroundings: Surroundings) -> None:
        panel, controller, inspection = self._panel, self.controller, self._inspection
        panel.viewRequested.connect(controller.set_view)
        panel.stageRequested.connect(inspection.set_stage)
        panel.blockRequested.connect(inspection.set_block)
        panel.heatMapRequested.connect(surroundings.lay_over)
        panel.pinRequested.connect(self._pin)
        panel.liveRequested.connect(self._set_live)
        panel.lookRequested.connect(self._canvas.set_heat_look)
        panel.queryToolRequested.connect(self._take_query_tool)
        panel.visibilityChanged.connect(controller.set_active)

    def _connect_answers(self, surroundings: Surroundings) -> None:
        panel, controller = self._panel, self.controller
        controller.answered.connect(self._show)
        controller.refused.connect(panel.say)
        controller.emptied.connect(panel.clear)
        controller.viewChanged.connect(panel.set_view)
        controller.pinnedChanged.connect(panel.set_pinned)
        controller.liveChanged.connect(panel.set_live)
        self._inspection.blockChanged.connect(panel.set_stage)
        self._inspection.heatMapChosen.connect(panel.follow_chosen)
        surroundings.core.client.modelLoaded.connect(self._show_model)
        panel.set_view(controller.view)
        panel.set_pinned(controller.pinned)

    def _connect_pointer(self, window: QWidget) -> None:
        self._canvas.cursorMoved.connect(self._hover)
        self._canvas.cursorLeft.connect(self.controller.leave)
        self._live_action = window.findChild(QAction, "action.attention_live")
        if self._live_action is not None:
            self._live_action.toggled.connect(self._set_live)
            self.controller.liveChanged.connect(self._live_action.setChecked)
        pin = window.findChild(QAction, "action.attention_pin")
        if pin is not None:
            pin.triggered.connect(lambda: self._pin(self.controller.pinned is None))

    def _show(self, shown: AttentionShown) -> None:
        self._panel.set_maps(shown.maps, shown.pinned)
        if shown.maps.view != "received":
            self._canvas.set_query_point(shown.maps.point, shown.maps.cell)

    def _show_model(self, info: ModelInfo) -> None:
        self._panel.set_structure(info.depths, info.heads)
        self._panel.set_stage(self._inspection.stage, self._inspection.block)

    def _pin(self, pinned: bool) -> None:
        if pinned:
            self.controller.pin()
        else:
            self.controller.unpin()

    def _set_live(self, live: bool) -> None:
        self.controller.set_live(live)
        if live:
            self._take_query_tool()

    def _hover(self, x: int, y: int) -> None:
        if self._view_state.tool == "query":
            self.controller.hover(x, y)

    def _take_query_tool(self) -> None:
        self._view_state.tool = "query"
        self._canvas.setFocus()


def build_attention_page(surroundings: Surroundings) -> QWidget:
    """The page of the Inspect tab."""
    panel = AttentionPanel()
    AttentionLink(panel, surroundings)  # the panel's child
    return panel
