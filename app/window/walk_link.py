"""Ties a walk through what the model doubts to its bar, its keys, the canvas and the list."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QAction, QKeyEvent

from app.actions import Actions
from app.canvas.canvas import Canvas
from app.controllers.walk import WalkController, WalkState
from app.panels.images import ImageListPanel
from app.panels.review_bar import WalkBar
from app.window.core import Core
from segcore.geometry import Box
from segcore.review.doubt import DoubtfulRegion, pictures_to_walk

_ROOM = 3.0
"""How many times as large as a region the view is that shows it."""
_NEAREST = 12.0
_HAND = "pan"
"""The tool of a walk: with any other in hand, keys mean that tool."""


class WalkLink(QObject):
    """Enter accepts, a digit corrects, S skips, N leaves the picture, Backspace goes back."""

    def __init__(
        self, bar: WalkBar, panel: ImageListPanel, actions: Actions, core: Core, canvas: Canvas
    ) -> None:
        super().__init__(bar)
        self._bar = bar
        self._panel = panel
        self._actions = actions
        self._core = core
        self._canvas = canvas
        self.controller = controller = WalkController(
            core.document,
            core.session,
            core.view_state,
            client=core.client,
            prediction=core.prediction,
            assisting=core.assisting,
            parent=self,
        )
        controller.stateChanged.connect(self._show_state)
        controller.regionChanged.connect(self._show_region)
        bar.acceptRequested.connect(controller.accept)
        bar.correctRequested.connect(self._correct)
        bar.skipRequested.connect(controller.go_on)
        bar.backRequested.connect(controller.back)
        bar.nextPictureRequested.connect(controller.next_picture)
        bar.endRequested.connect(controller.stop)
        actions["walk_start"].triggered.connect(self.start)
        actions["walk_correct"].triggered.connect(self._correct)
        actions["walk_next"].triggered.connect(controller.next_picture)
        actions["walk_back"].triggered.connect(controller.back)
        actions["cancel"].triggered.connect(self._cancel)
        for number in range(1, 11):
            actions[f"class_{number}"].triggered.connect(self._correct_by_digit)
        core.view_state.toolChanged.connect(self._follow_tool)
        core.view_state.activeClassChanged.connect(self._show_class)
        core.document.classesChanged.connect(self._show_class)
        core.document.imageChanged.connect(self._show_abilities)
        core.prediction.modelChanged.connect(self._show_abilities)
        canvas.installEventFilter(self)
        self._show_abilities()
        self._show_class()

    def start(self) -> None:
        """Walk through the chosen pictures, or through all that are listed."""
        rows, chosen = self._panel.rows, self._panel.selected_positions()
        several = len(chosen) > 1
        positions = np.array(chosen if several else rows.positions, np.int64)
        order = pictures_to_walk(rows.table.facts, positions)
        self._core.view_state.tool = _HAND
        self.controller.start(order.tolist())
        self._canvas.setFocus()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Qt: S means skip while a walk is under way, and not a tool."""
        if watched is self._canvas and isinstance(event, QKeyEvent) and self._has_keys:
            plain = event.key() == Qt.Key.Key_S and not event.modifiers()
            if plain and event.type() == QEvent.Type.ShortcutOverride:
                event.accept()
                return True
            if plain and event.type() == QEvent.Type.KeyPress:
                self.controller.go_on()
                return True
        return super().eventFilter(watched, event)

    @property
    def _has_keys(self) -> bool:
        return self.controller.active and self._core.view_state.tool == _HAND

    def _correct(self) -> None:
        if self._has_keys:
            self.controller.correct(self._core.view_state.active_class)

    def _correct_by_digit(self) -> None:
        action = self.sender()
        shown = self._core.document.classes.shown
        if self._has_keys and isinstance(action, QAction) and int(action.data()) < len(shown):
            self.controller.correct(shown[int(action.data())].id)

    def _cancel(self) -> None:
        """Esc ends the walk, unless the hand does something of its own."""
        if self._has_keys:
            self.controller.stop()

    def _follow_tool(self, tool: str) -> None:
        """Back from another tool: what is doubted is shown again."""
        if tool == _HAND:
            self.controller.show_again()

    def _show_state(self, state: WalkState | None) -> None:
        self._bar.setVisible(state is not None)
        if state is not None:
            self._bar.set_progress(
                picture=state.picture + 1,
                pictures=state.pictures,
                region=state.region + 1,
                regions=state.regions,
            )
        self._show_abilities()

    def _show_region(self, region: DoubtfulRegion | None) -> None:
        classes = self._core.document.classes
        if region is None or region.class_id >= len(classes):
            self._bar.set_region("", None, 0.0, 0)
            return
        info = classes[region.class_id]
        self._bar.set_region(info.name, info.color, region.entropy, region.selection.area)
        self._look_at(region.selection.place)

    def _look_at(self, box: Box) -> None:
        view = self._canvas.viewport
        height, width = view.view_size
        scale = min(width / (_ROOM * box.width), height / (_ROOM * box.height), _NEAREST)
        self._canvas.zoom_to(max(scale, view.fit_scale))
        self._canvas.centre_on((box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2)

    def _show_class(self) -> None:
        classes, active = self._core.document.classes, self._core.view_state.active_class
        known = 0 <= active < len(classes)
        self._bar.set_active_class(classes[active].name if known else "")
        self._bar.set_icon(classes[active].color if known else None)

    def _show_abilities(self) -> None:
        active = self.controller.active
        able = self._core.prediction.model is not None and self._core.document.image is not None
        self._actions["walk_start"].setEnabled(able)
        for name in ("walk_correct", "walk_next", "walk_back"):
            self._actions[name].setEnabled(active)
