"""Ties the Stages page to its controller, and its maps to the canvas."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from app.controllers.stages import StagesController
from app.panels.stages import StagesPanel
from app.panels.stages_enlarged import EnlargedComponents
from app.stage_views import FeatureView
from app.user_error import UserError
from segcore.heatmap import HeatMap

if TYPE_CHECKING:
    from app.window.inspect_pages import Surroundings


def stages_page(surroundings: Surroundings) -> QWidget:
    """The page of the network as it is."""
    panel = StagesPanel()
    StagesLink(panel, surroundings)
    return panel


class StagesLink(QObject):
    """Passes on what the page asks for, shows what comes of it; lives as long as the page."""

    def __init__(self, panel: StagesPanel, surroundings: Surroundings) -> None:
        super().__init__(panel)
        core = surroundings.core
        self.controller = StagesController(core.document, core.client, core.inspection, self)
        self._panel = panel
        self._surroundings = surroundings
        self._view: FeatureView | None = None
        self._enlarged: EnlargedComponents | None = None
        controller, features = self.controller, panel.features
        panel.shown.connect(controller.begin)
        panel.hidden.connect(controller.rest)
        panel.targetRequested.connect(controller.select)
        panel.walk.blockRequested.connect(controller.choose_block)
        panel.walk.stepRequested.connect(controller.step)
        features.layRequested.connect(controller.lay)
        features.orderRequested.connect(controller.set_order)
        features.pageRequested.connect(controller.turn_page)
        features.channelRequested.connect(controller.show_channel)
        features.enlargeRequested.connect(self._enlarge)
        controller.numbersChanged.connect(panel.set_numbers)
        controller.placeChanged.connect(panel.set_place)
        controller.viewChanged.connect(self._show_view)
        controller.laidChanged.connect(features.set_laid)
        controller.layRequested.connect(self._lay)
        controller.failed.connect(self._show_failure)

    def _show_view(self, view: FeatureView | None) -> None:
        self._view = view
        self._panel.set_view(view)
        if self._enlarged is not None:
            self._enlarged.show_view(view)

    def _lay(self, heat_map: HeatMap | None) -> None:
        self._surroundings.lay_over(heat_map, "linear")

    def _enlarge(self) -> None:
        if self._enlarged is None:
            self._enlarged = EnlargedComponents(self._surroundings.window)
        self._enlarged.show_view(self._view)
        self._enlarged.show()
        self._enlarged.raise_()

    def _show_failure(self, failure: UserError) -> None:
        self._panel.set_trouble(failure.sentence)
