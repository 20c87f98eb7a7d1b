"""Ties a walk through what the model doubts to its bar, the canvas and the list."""

from __future__ import annotations

import numpy as np

from app.actions import Actions
from app.canvas.canvas import Canvas
from app.controllers.walk import WalkController, WalkState
from app.panels.images import ImageListPanel
from app.panels.review_bar import DoubtBar
from app.window.core import Core
from app.window.obstacles import no_model, no_picture
from app.window.region_walk_link import RegionWalkLink, WalkKeys
from segcore.review.doubt import DoubtfulRegion, pictures_to_walk


class WalkLink(RegionWalkLink):
    """Begins the walk, shows where it is and what is doubted."""

    controller: WalkController

    def __init__(
        self,
        bar: DoubtBar,
        panel: ImageListPanel,
        actions: Actions,
        core: Core,
        *,
        canvas: Canvas,
        keys: WalkKeys,
    ) -> None:
        walk = WalkController(
            core.document,
            core.session,
            core.view_state,
            client=core.client,
            prediction=core.prediction,
            assisting=core.assisting,
        )
        super().__init__(bar, walk, keys, core, canvas)
        self._doubt_bar = bar
        self._panel = panel
        self._actions = actions
        actions["walk_start"].triggered.connect(self.start)
        walk.regionChanged.connect(self._show_region)
        core.document.imageChanged.connect(self._show_abilities)
        core.prediction.modelChanged.connect(self._show_abilities)
        self._show_abilities()

    def start(self) -> None:
        """Walk through the chosen pictures, or through all that are listed."""
        rows, chosen = self._panel.rows, self._panel.selected_positions()
        several = len(chosen) > 1
        positions = np.array(chosen if several else rows.positions, np.int64)
        order = pictures_to_walk(rows.table.facts, positions)
        self.take_hand()
        self.controller.start(order.tolist())

    def _show_state(self, state: WalkState | None) -> None:
        self._bar.setVisible(state is not None)
        super()._show_state(state)

    def _show_region(self, region: DoubtfulRegion | None) -> None:
        classes = self._core.document.classes
        if region is None or region.class_id >= len(classes):
            self._doubt_bar.set_region("", None, 0.0, 0)
            return
        info = classes[region.class_id]
        self._doubt_bar.set_region(info.name, info.color, region.entropy, region.selection.area)
        self.look_at(region.selection.place)

    def _show_abilities(self) -> None:
        self._actions.allow("walk_start", no_picture(self._core) or no_model(self._core))
