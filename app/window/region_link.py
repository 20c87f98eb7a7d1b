"""Ties the bar of regions to its controller, the canvas and the action."""

from __future__ import annotations

from PySide6.QtCore import QObject

from app.actions import Actions
from app.canvas.canvas import Canvas
from app.controllers.region import Region, RegionController
from app.panels.region_bar import RegionBar
from app.window.core import Core


class RegionLink(QObject):
    """The bar is there while a heat map lies over the picture; the canvas shows the outline."""

    def __init__(
        self,
        bar: RegionBar,
        actions: Actions,
        core: Core,
        canvas: Canvas,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._bar = bar
        self._canvas = canvas
        self._core = core
        self._actions = actions
        self.controller = RegionController(core.inspection, core.assisting, self)
        controller = self.controller
        bar.enabledRequested.connect(controller.set_enabled)
        bar.shareRequested.connect(controller.set_share)
        bar.labelRequested.connect(controller.label)
        actions["label_region"].triggered.connect(self._label)
        controller.availableChanged.connect(self._show_abilities)
        controller.enabledChanged.connect(self._show_abilities)
        controller.shareChanged.connect(bar.set_share)
        controller.regionChanged.connect(self._show_region)
        core.view_state.overlayChanged.connect(self._show_abilities)
        core.view_state.activeClassChanged.connect(self._show_class)
        core.document.classesChanged.connect(self._show_class)
        self._has_map = False
        controller.availableChanged.connect(self._note_map)
        self._show_class()
        self._show_abilities()

    def _note_map(self, available: bool) -> None:
        self._has_map = available
        self._show_abilities()

    def _label(self) -> None:
        """The first time it is asked for it shows the region; then it labels it."""
        if self.controller.enabled:
            self.controller.label()
        else:
            self.controller.set_enabled(True)

    def _show_region(self, region: Region | None) -> None:
        if region is None:
            self._canvas.set_region(None)
        else:
            self._canvas.set_region((region.pieces, region.box))
            self._bar.set_area(region.part)

    def _show_abilities(self) -> None:
        state = self._core.view_state
        seen = self._has_map and state.overlay_mode == "heat" and state.overlay_visible
        self._bar.set_enabled(enabled=self.controller.enabled)
        self._bar.setVisible(seen)
        unseen = self.tr("No heat map lies over the picture: click a pixel with Query, choose one.")
        self._actions.allow("label_region", "" if seen else unseen)

    def _show_class(self) -> None:
        classes, active = self._core.document.classes, self._core.view_state.active_class
        if 0 <= active < len(classes):
            self._bar.set_class(classes[active].name, classes[active].color)
        else:
            self._bar.set_class("", None)
