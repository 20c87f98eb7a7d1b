"""Ties the list of regions to its controller, the canvas and the classes."""

from __future__ import annotations

from PySide6.QtCore import QObject

from app.canvas.canvas import Canvas
from app.controllers.regions import RegionsController
from app.panels.regions import RegionsPanel
from app.window.core import Core
from segcore.geometry import Box, Point

_ROOM = 3.0
"""How many times as large as a region the view is that shows it."""
_NEAREST = 12.0


class RegionsLink(QObject):
    """A region that is chosen is brought into sight and outlined; nothing is changed by that."""

    def __init__(
        self, panel: RegionsPanel, core: Core, canvas: Canvas, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._panel = panel
        self._core = core
        self._canvas = canvas
        self.controller = RegionsController(core.document, core.assisting, self)
        controller = self.controller
        controller.regionsChanged.connect(panel.set_regions)
        controller.busyChanged.connect(panel.set_busy)
        panel.visibilityChanged.connect(controller.set_active)
        panel.lookRequested.connect(self._look)
        panel.relabelRequested.connect(self._relabel)
        panel.deleteRequested.connect(self._delete)
        core.document.classesChanged.connect(self._show_classes)
        core.view_state.activeClassChanged.connect(self._show_classes)
        self._show_classes()

    def _look(self, point: Point, box: Box) -> None:
        view = self._canvas.viewport
        height, width = view.view_size
        scale = min(width / (_ROOM * box.width), height / (_ROOM * box.height), _NEAREST)
        self._canvas.zoom_to(max(scale, view.fit_scale))
        self._canvas.centre_on((box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2)
        self.controller.propose(point)

    def _relabel(self, point: Point) -> None:
        self.controller.relabel(point)

    def _delete(self, point: Point) -> None:
        self.controller.relabel(point, erase=True)

    def _show_classes(self) -> None:
        classes, active = self._core.document.classes, self._core.view_state.active_class
        self._panel.set_classes(classes)
        known = 0 <= active < len(classes)
        self._panel.set_active_class(classes[active].name if known else "")
