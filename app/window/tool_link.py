"""Ties the tools that propose something to the assistants, the canvas and the bar of options."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QObject

from app.actions import Actions
from app.canvas.canvas import Canvas
from app.controllers.assist_job import Preview
from app.controllers.assisting import AssistingController
from app.convert import Pixels
from app.panels.tool_options import ToolOptionsBar
from app.tool_options import Value
from app.tool_rows import BRUSH_SIZE
from app.window.core import Core
from segcore.edits import Protection, Relabelling, Selection

_NO_CLASS = (255, 255, 255)
"""What pixels that become unlabelled, or that have no class to become, are tinted with."""


class ToolLink(QObject):
    """Gestures go to the assistants, their proposals to canvas and bar, Enter and Esc back."""

    def __init__(
        self,
        bar: ToolOptionsBar,
        actions: Actions,
        core: Core,
        canvas: Canvas,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._bar = bar
        self._actions = actions
        self._core = core
        self._canvas = canvas
        self.controller: AssistingController = core.assisting
        self._connect_hand()
        self._connect_bar()
        self._connect_protection()
        self._show_tool()

    def _connect_hand(self) -> None:
        canvas, controller = self._canvas, self.controller
        canvas.gestureRequested.connect(controller.ask)
        canvas.gestureAccepted.connect(controller.accept)
        canvas.gestureDropped.connect(controller.drop)
        canvas.cursorMoved.connect(controller.approach)
        canvas.holdsChanged.connect(self._show_abilities)
        controller.previewChanged.connect(self._show_preview)
        controller.busyChanged.connect(self._show_words)
        controller.activeChanged.connect(self._show_abilities)
        controller.ended.connect(canvas.forget_gesture)
        self._actions["accept"].triggered.connect(controller.accept)

    def _connect_bar(self) -> None:
        bar, state = self._bar, self._core.view_state
        bar.optionRequested.connect(self._set_option)
        bar.applyRequested.connect(self.controller.accept)
        bar.cancelRequested.connect(self.cancel)
        state.toolChanged.connect(self._show_tool)
        state.optionsChanged.connect(self._show_options)
        state.brushSizeChanged.connect(self._show_options)

    def _connect_protection(self) -> None:
        core, button = self._core, self._bar.protection
        button.protectionRequested.connect(self._protect)
        core.view_state.protectionChanged.connect(button.set_protection)
        core.view_state.activeClassChanged.connect(self._show_classes)
        core.document.classesChanged.connect(self._show_classes)
        button.set_protection(core.view_state.protection)
        self._show_classes()

    def _protect(self, protection: Protection) -> None:
        self._core.view_state.protection = protection

    def _show_classes(self) -> None:
        state = self._core.view_state
        self._bar.protection.set_classes(self._core.document.classes, state.active_class)

    def cancel(self) -> bool:
        """Leave everything as it was; False when there was nothing to take back."""
        held = self._canvas.holds_gesture
        self._canvas.drop_gesture()
        return self.controller.cancel() or held

    def _set_option(self, tool: str, name: str, value: Value) -> None:
        state = self._core.view_state
        if name == BRUSH_SIZE.name:
            state.brush_size = int(value)
        else:
            state.set_option(tool, name, value)

    def _show_tool(self) -> None:
        tool = self._core.view_state.tool
        self._bar.set_tool(tool, self._options())
        self._show_words()

    def _show_options(self) -> None:
        self._bar.set_options(self._options())

    def _options(self) -> dict[str, Value]:
        state = self._core.view_state
        options = dict(state.options(state.tool))
        if BRUSH_SIZE.name in options:
            options[BRUSH_SIZE.name] = state.brush_size
        return options

    def _show_preview(self, preview: Preview | None) -> None:
        canvas = self._canvas
        if preview is None or preview.levels is None:
            canvas.set_preview(None)
        else:
            canvas.set_preview(preview.levels, self._colours(preview))
        canvas.set_path(() if preview is None else preview.outcome.path)
        self._show_words()

    def _colours(self, preview: Preview) -> Pixels:
        classes = self._core.document.classes
        if isinstance(preview.outcome.proposal, Relabelling):
            rows = [info.color for info in classes]
            return np.array([*rows, _NO_CLASS], np.uint8)
        known = 0 <= preview.class_id < len(classes)
        return np.array([classes[preview.class_id].color if known else _NO_CLASS], np.uint8)

    def _show_words(self) -> None:
        preview, classes = self.controller.preview, self._core.document.classes
        color = None
        words = ""
        if preview is not None:
            words = preview.outcome.note
            if preview.count:
                pixels = self.tr("{} px").format(f"{preview.count:,}")
                words = f"{words}  ·  {pixels}" if words else pixels
            if preview.hidden:
                hidden = self.tr("{} px protected").format(f"{preview.hidden:,}")
                words = f"{words}  ·  {hidden}" if words else hidden
            one = isinstance(preview.outcome.proposal, Selection)
            if one and 0 <= preview.class_id < len(classes):
                color = classes[preview.class_id].color
        self._bar.set_proposal(words, color, active=self._stands)

    @property
    def _stands(self) -> bool:
        """Whether something waits for a yes or a no, rather than follows the pointer."""
        if self._canvas.holds_gesture:
            return True
        if self._canvas.is_pressed:
            return False
        preview = self.controller.preview
        return preview is not None and preview.gesture.settled and self.controller.is_active

    def _show_abilities(self) -> None:
        able = self.controller.is_active or self._canvas.holds_gesture
        self._actions.allow("accept", "" if able else self.tr("No tool proposes anything now."))
        self._show_words()
