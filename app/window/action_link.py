"""Ties the actions to what they do, and dims those that can do nothing."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction

from app.actions import Actions
from app.canvas.canvas import Canvas
from app.panels.jobs import JobsPanel
from app.view_state import OVERLAY_MODES, TOOLS
from app.window.core import Core
from app.window.obstacles import no_model, no_picture, no_pictures

_BRUSH_STEP = 1.2


class ActionLink(QObject):
    """The actions that change what is seen, painted or computed."""

    def __init__(
        self,
        actions: Actions,
        core: Core,
        canvas: Canvas,
        jobs: JobsPanel,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._actions = actions
        self._core = core
        self._canvas = canvas
        self._jobs = jobs
        self._view_state = core.view_state
        self._connect_view()
        self._connect_labelling()
        self._connect_pictures()
        self._connect_inspection()
        self._follow()

    def _follow(self) -> None:
        """Show the state of things on the actions, now and whenever it changes."""
        core, state = self._core, self._view_state
        state.toolChanged.connect(self._show_tool)
        state.overlayChanged.connect(self._show_overlay)
        core.document.classesChanged.connect(self._show_classes)
        core.document.imageChanged.connect(self._show_abilities)
        core.prediction.modelChanged.connect(self._show_abilities)
        core.session.imagesListed.connect(self._show_neighbours)
        core.session.currentChanged.connect(self._show_neighbours)
        core.inspection.blockChanged.connect(self._show_stage)
        stack = core.document.undo_stack
        for changed in (stack.canUndoChanged, stack.canRedoChanged, self._canvas.holdsChanged):
            changed.connect(self._show_history)
        stack.undoTextChanged.connect(self._show_undo_text)
        stack.redoTextChanged.connect(self._show_redo_text)
        core.teaching.strokesChanged.connect(self._show_history)
        self._show_history()
        self._show_tool(state.tool)
        self._show_overlay()
        self._show_classes()
        self._show_abilities()
        self._show_neighbours()
        self._show_stage(core.inspection.stage, core.inspection.block)

    def _connect_view(self) -> None:
        actions, canvas = self._actions, self._canvas
        actions["zoom_in"].triggered.connect(canvas.zoom_in)
        actions["zoom_out"].triggered.connect(canvas.zoom_out)
        actions["fit"].triggered.connect(canvas.fit)
        actions["actual_size"].triggered.connect(self._zoom_to_pixels)
        actions["toggle_overlay"].toggled.connect(self._set_overlay_visible)
        actions["toggle_contours"].toggled.connect(self._set_contours)
        for mode in OVERLAY_MODES:
            actions[f"overlay_{mode}"].setData(mode)
        actions.groups["overlay"].triggered.connect(self._choose_mode)

    def _connect_labelling(self) -> None:
        actions = self._actions
        for tool in TOOLS:
            actions[f"tool_{tool}"].setData(tool)
        actions.groups["tool"].triggered.connect(self._choose_tool)
        actions["brush_smaller"].triggered.connect(self._shrink_brush)
        actions["brush_larger"].triggered.connect(self._grow_brush)
        for number in range(1, 11):
            action = actions[f"class_{number}"]
            action.setData(number - 1)
            action.triggered.connect(self._choose_class)

    def _connect_pictures(self) -> None:
        actions, core = self._actions, self._core
        actions["next"].triggered.connect(core.session.next)
        actions["previous"].triggered.connect(core.session.previous)
        actions["predict"].triggered.connect(core.prediction.predict)
        actions["predict_all"].triggered.connect(core.prediction.predict_all)
        actions["cancel"].triggered.connect(self._cancel)
        actions["undo"].triggered.connect(self._undo)
        actions["redo"].triggered.connect(self._redo)

    def _connect_inspection(self) -> None:
        actions = self._actions
        actions["clear_query"].triggered.connect(self._core.inspection.clear)
        actions["block_previous"].triggered.connect(self._previous_block)
        actions["block_next"].triggered.connect(self._next_block)
        for stage in range(1, 5):
            actions[f"stage_{stage}"].setData(stage)
        actions.groups["stage"].triggered.connect(self._choose_stage)

    def _choose_tool(self, action: QAction) -> None:
        self._view_state.tool = str(action.data())
        self._canvas.setFocus()

    def _choose_mode(self, action: QAction) -> None:
        self._view_state.overlay_mode = str(action.data())
        self._view_state.overlay_visible = True

    def _choose_stage(self, action: QAction) -> None:
        self._core.inspection.set_stage(int(action.data()))

    def _choose_class(self) -> None:
        action = self.sender()
        shown = self._core.document.classes.shown
        if isinstance(action, QAction) and int(action.data()) < len(shown):
            self._view_state.active_class = shown[int(action.data())].id

    def _set_overlay_visible(self, visible: bool) -> None:
        self._view_state.overlay_visible = visible

    def _set_contours(self, outlined: bool) -> None:
        self._view_state.contours = outlined

    def _shrink_brush(self) -> None:
        size = self._view_state.brush_size
        self._view_state.brush_size = min(round(size / _BRUSH_STEP), size - 1)

    def _grow_brush(self) -> None:
        size = self._view_state.brush_size
        self._view_state.brush_size = max(round(size * _BRUSH_STEP), size + 1)

    def _zoom_to_pixels(self) -> None:
        self._canvas.zoom_to(1.0)

    def _previous_block(self) -> None:
        self._core.inspection.set_block(self._core.inspection.block - 1)

    def _next_block(self) -> None:
        self._core.inspection.set_block(self._core.inspection.block + 1)

    def _undo(self) -> None:
        """A step of what the hand holds, a polygon's corner for example, else the last edit."""
        if self._teaches() and self._core.teaching.undo():
            return
        if not self._canvas.take_back():
            self._core.labelling.undo()

    def _redo(self) -> None:
        if self._teaches() and self._core.teaching.redo():
            return
        if not self._canvas.bring_back():
            self._core.labelling.redo()

    def _teaches(self) -> bool:
        """Whether the hand draws strokes that teach, which have a history of their own."""
        return self._view_state.tool == "scribble"

    def _show_history(self) -> None:
        stack, held = self._core.document.undo_stack, self._canvas.holds_gesture
        teaching, teaches = self._core.teaching, self._teaches()
        undoes = held or stack.canUndo() or (teaches and teaching.can_undo)
        redoes = held or stack.canRedo() or (teaches and teaching.can_redo)
        actions = self._actions
        actions.allow("undo", "" if undoes else self.tr("There is nothing to undo here."))
        actions.allow("redo", "" if redoes else self.tr("There is nothing to redo here."))

    def _cancel(self) -> None:
        """Esc takes back the innermost thing: the stroke, then the work, then the heat map."""
        if self._canvas.stroke_running:
            self._canvas.abort_stroke()
        elif self._canvas.holds_gesture or self._core.assisting.is_active:
            self._canvas.drop_gesture()
            self._core.assisting.cancel()
        elif self._jobs.shown is not None:
            self._core.prediction.cancel()
            self._core.pictures_out.cancel()
        else:
            self._core.inspection.choose(None)

    def _show_tool(self, tool: str) -> None:
        self._actions[f"tool_{tool}"].setChecked(True)
        self._show_history()

    def _show_overlay(self) -> None:
        state = self._view_state
        self._actions["toggle_overlay"].setChecked(state.overlay_visible)
        self._actions["toggle_contours"].setChecked(state.contours)
        self._actions[f"overlay_{state.overlay_mode}"].setChecked(True)

    def _show_stage(self, stage: int, _block: int) -> None:
        self._actions[f"stage_{stage}"].setChecked(True)

    def _show_classes(self) -> None:
        classes = self._core.document.classes.shown
        for number in range(1, 11):
            action, info = self._actions[f"class_{number}"], number - 1
            known = info < len(classes)
            action.setVisible(known)
            if known:
                action.setText(classes[info].name.replace("&", "&&"))

    def _show_abilities(self) -> None:
        for name in ("predict", "predict_all"):
            self._actions.allow(name, no_picture(self._core) or no_model(self._core))
        for name in ("zoom_in", "zoom_out", "fit", "actual_size", "save"):
            self._actions.allow(name, no_picture(self._core))

    def _show_neighbours(self) -> None:
        session = self._core.session
        current, count = session.current, len(session.names)
        first, last = self.tr("This is the first picture."), self.tr("This is the last picture.")
        self._actions.allow("previous", "" if current > 0 else first)
        self._actions.allow("next", "" if 0 <= current < count - 1 else last)
        self._actions.allow("save_project_as", no_pictures(self._core))

    def _show_undo_text(self, text: str) -> None:
        self._actions["undo"].setText(self.tr("&Undo {}").format(text).rstrip())

    def _show_redo_text(self, text: str) -> None:
        self._actions["redo"].setText(self.tr("&Redo {}").format(text).rstrip())
