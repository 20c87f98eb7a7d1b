"""Ties the logit sliders, and the click model that a person brings, to what works with them."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtWidgets import QDockWidget, QFileDialog, QMainWindow

from app.actions import Actions
from app.canvas.canvas import Canvas
from app.controllers.assisting import AssistingController
from app.gesture import Gesture
from app.inference.requests import ModelInfo
from app.panels.logit_sliders import LogitSlidersPanel
from app.window.core import Core
from app.window.docks import add_dock
from segcore.geometry import EMPTY, Box

LARGEST_AT_ONCE = 36_000_000
"""Pixels of a picture to all of which the sliders are applied; of larger ones, to what is seen."""
PREVIEWED_AT_ONCE = 3_000_000
"""Pixels of a picture that is previewed whole, wherever the view is."""
_PAUSE = 120
"""Milliseconds after the view came to rest until the preview follows."""
TOOL = "logits"


class LogitSlidersLink(QObject):
    """Previews what the sliders do to what is in view; applies it to the picture."""

    def __init__(self, window: QMainWindow, actions: Actions, core: Core, canvas: Canvas) -> None:
        super().__init__(window)
        self._core = core
        self._canvas = canvas
        self._controller: AssistingController = core.assisting
        self._asking = False
        self.panel = LogitSlidersPanel()
        self.dock: QDockWidget = add_dock(
            window,
            "dock.logits",
            self.tr("Logit sliders"),
            self.panel,
            Qt.DockWidgetArea.RightDockWidgetArea,
        )
        self.dock.hide()
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_PAUSE)
        self._pause.timeout.connect(self._follow_view)
        action = actions["logit_sliders"]
        action.toggled.connect(self.dock.setVisible)
        self.dock.visibilityChanged.connect(action.setChecked)
        self.dock.visibilityChanged.connect(self._follow_dock)
        self.panel.settingsRequested.connect(self._preview)
        self.panel.applyRequested.connect(self._apply)
        self.panel.resetRequested.connect(self._controller.cancel)
        self._controller.ended.connect(self._forget)
        core.client.modelLoaded.connect(self._show_model)
        canvas.looked.connect(self._pause.start)

    def _show_model(self, info: ModelInfo) -> None:
        classes = info.classes
        self.panel.set_classes(classes.names, [each.color for each in classes])

    def _preview(self) -> None:
        if self.panel.is_neutral:
            self._controller.drop()
        else:
            self._ask(self._box(PREVIEWED_AT_ONCE))

    def _apply(self) -> None:
        """Ask for all of the picture and say yes to it at once."""
        if not self.panel.is_neutral:
            self._ask(self._box(LARGEST_AT_ONCE))
            self._controller.accept()

    def _box(self, most: int) -> Box:
        """All of a picture of at most so many pixels; of a larger one what is seen."""
        image = self._core.document.image
        if image is None:
            return EMPTY
        whole = Box.of_size((image.shape[0], image.shape[1]))
        return whole if whole.area <= most else self._canvas.viewport.visible

    def _ask(self, box: Box) -> None:
        if not box.is_empty:
            self._controller.ask(Gesture(TOOL, box=box, numbers=self.panel.settings))

    def _follow_view(self) -> None:
        asked = self._controller.asked
        if asked is None or asked.tool != TOOL or self.panel.is_neutral:
            return
        if asked.box != self._box(PREVIEWED_AT_ONCE):
            self._preview()

    def _follow_dock(self, visible: bool) -> None:
        if not visible and not self.panel.is_neutral:
            self.panel.set_neutral()
            self._controller.cancel()

    def _forget(self) -> None:
        """What was previewed has become an edit, or is not wanted any more."""
        self.panel.set_neutral()


class ClickModelLink(QObject):
    """Lets a person choose the two ONNX files of a click model."""

    def __init__(self, window: QMainWindow, actions: Actions, core: Core) -> None:
        super().__init__(window)
        self._window = window
        self._state = core.view_state
        actions["click_model"].triggered.connect(self.choose)

    def choose(self) -> None:
        """Ask for encoder and decoder, and have clicks answered by them."""
        before = str(self._state.options("click")["encoder"])
        encoder = self._asked(self.tr("Click model: choose the encoder"), before)
        if not encoder:
            return
        decoder = self._asked(self.tr("Click model: choose the decoder"), encoder)
        if decoder:
            self.use(encoder, decoder)

    def use(self, encoder: str, decoder: str) -> None:
        """Have clicks answered by two files from now on."""
        state = self._state
        for name, value in {"encoder": encoder, "decoder": decoder, "engine": "onnx"}.items():
            state.set_option("click", name, value)
        state.tool = "click"

    def _asked(self, title: str, before: str) -> str:
        folder = str(Path(before).parent) if before else ""
        path, _chosen = QFileDialog.getOpenFileName(
            self._window, title, folder, self.tr("ONNX models (*.onnx)")
        )
        return path
