"""Ties a live source to its dialog and the canvas."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from app.actions import Actions
from app.canvas.canvas import Canvas
from app.controllers.live import LiveController
from app.dialogs.live import LiveDialog
from app.inference.requests import Image
from app.settings import Settings
from app.window.core import Core

if TYPE_CHECKING:
    from segcore.inference import Prediction

_MOST_REMEMBERED = 8


class LiveLink(QObject):
    """While a source is watched the canvas shows it with the model's labels."""

    def __init__(
        self,
        actions: Actions,
        core: Core,
        canvas: Canvas,
        settings: Settings,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._core, self._canvas = core, canvas
        self._settings = settings
        self.dialog: LiveDialog | None = None
        self.controller = live = LiveController(core.session, core.client, self)
        core.add_ending(live.shutdown)
        actions["open_live"].triggered.connect(self.show)
        live.watchingChanged.connect(self._show_watching)
        live.frameShown.connect(self._show_frame)
        live.labelsFound.connect(self._show_labels)

    def show(self) -> None:
        """Ask for a source, or bring the dialog to the front."""
        if self.dialog is None:
            self.dialog = dialog = LiveDialog(self._settings.recent_streams, self._canvas.window())
            live = self.controller
            dialog.watchRequested.connect(self._watch)
            dialog.stopRequested.connect(live.stop)
            dialog.keepRequested.connect(live.keep)
            live.watchingChanged.connect(dialog.set_watching)
            live.ratesChanged.connect(dialog.set_rates)
            live.kept.connect(dialog.set_kept)
            live.camerasFound.connect(dialog.set_cameras)
        self.controller.look_for_cameras()
        self.dialog.show()
        self.dialog.activateWindow()

    def _watch(self, address: str) -> None:
        if not address.isdigit():
            known = [each for each in self._settings.recent_streams if each != address]
            self._settings.recent_streams = [address, *known][:_MOST_REMEMBERED]
        self.controller.watch(address)

    def _show_watching(self, watching: bool) -> None:
        canvas, document = self._canvas, self._core.document
        if watching:
            canvas.set_tool("pan")
        else:
            canvas.set_image(document.image)
            canvas.set_labels(document.labels)
            canvas.set_classes(document.classes)
            canvas.set_tool(self._core.view_state.tool)

    def _show_frame(self, image: Image) -> None:
        self._canvas.set_image(image)

    def _show_labels(self, prediction: Prediction) -> None:
        self._canvas.set_classes(prediction.classes)
        self._canvas.set_labels(prediction.labels)
