"""Ties the Teach tab to teaching and fine-tuning, to the canvas and the classes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog, QTabWidget

from app.canvas.canvas import Canvas
from app.controllers.fine_tuning import FineTuningController
from app.controllers.teaching import TOOL, WHOLE, TeachingController
from app.panels.classes import ClassesPanel
from app.panels.teach import TeachPanel
from app.user_error import UserError
from app.window.core import Core
from app.window.tuning_compare_link import TuningCompareLink
from segcore.assist.scribbles import SUFFIX

_PLACE = 2
"""Of the tab: after Classes and Inspect."""


class TeachLink(QObject):
    """Strokes go to the controller and come back coloured; buttons act on what they taught.

    `chosen` gives the names of the pictures that are chosen in the list.
    """

    def __init__(
        self,
        tabs: QTabWidget,
        classes: ClassesPanel,
        core: Core,
        *,
        canvas: Canvas,
        chosen: Callable[[], Sequence[str]],
        failed: Callable[[UserError], None],
        notice: Callable[[str], None],
    ) -> None:
        super().__init__(canvas)
        self.panel = TeachPanel()
        tabs.insertTab(_PLACE, self.panel, self.tr("Teach"))
        self._tabs = tabs
        self._classes = classes
        self._core = core
        self._canvas = canvas
        self._chosen = chosen
        self.controller: TeachingController = core.teaching
        self.controller.failed.connect(failed)
        self.controller.notice.connect(notice)
        self.tuning = FineTuningController(
            core.document,
            core.session,
            core.client,
            prediction=core.prediction,
            parent=self,
        )
        core.add_ending(self.tuning.shutdown)
        self.controller.view = lambda: self._canvas.viewport.visible
        self._connect_panel()
        self._connect_tuning()
        self._follow()

    def _connect_panel(self) -> None:
        panel, controller = self.panel, self.controller
        panel.scribbleRequested.connect(self._take_tool)
        panel.classRequested.connect(self._choose_class)
        panel.newClassRequested.connect(self._add_class)
        panel.undoRequested.connect(controller.undo)
        panel.redoRequested.connect(controller.redo)
        panel.clearRequested.connect(controller.clear)
        panel.overPeopleRequested.connect(controller.set_over_people)
        panel.acceptRequested.connect(controller.accept)
        panel.applyRequested.connect(self._apply)
        panel.stopRequested.connect(controller.cancel)
        panel.saveRequested.connect(self._save)
        panel.loadRequested.connect(self._load)
        self._canvas.scribbleRequested.connect(controller.draw)

    def _connect_tuning(self) -> None:
        section, tuning = self.panel.tuning, self.tuning
        section.startRequested.connect(tuning.start)
        section.pauseRequested.connect(tuning.pause)
        section.cancelRequested.connect(tuning.cancel)
        section.previewRequested.connect(tuning.preview)
        section.acceptRequested.connect(tuning.accept)
        section.backRequested.connect(tuning.go_back)
        tuning.runningChanged.connect(lambda running: section.set_running(running=running))
        tuning.courseChanged.connect(section.set_course)
        tuning.said.connect(section.set_words)
        self.compare = TuningCompareLink(
            section, tuning, self._core, canvas=self._canvas, tabs=self._tabs
        )
        tuning.outcomeChanged.connect(
            lambda new, before: section.set_outcome(has_new=new, has_before=before)
        )

    def _follow(self) -> None:
        core, panel, controller = self._core, self.panel, self.controller
        controller.strokesChanged.connect(self._show_strokes)
        controller.taughtChanged.connect(self._show_state)
        controller.busyChanged.connect(lambda busy: panel.set_applying(applying=busy))
        controller.pictureLabelled.connect(core.prediction.pictureLabelled)
        core.document.classesChanged.connect(self._show_classes)
        core.view_state.activeClassChanged.connect(panel.set_active_class)
        core.view_state.toolChanged.connect(self._follow_tool)
        self._canvas.zoomChanged.connect(self._follow_view)
        self._show_classes()
        self._show_strokes()

    def _take_tool(self, wanted: bool) -> None:
        self._core.view_state.tool = TOOL if wanted else "pan"
        self._canvas.setFocus()

    def _add_class(self) -> None:
        """A class that no checkpoint knows, at once the one that strokes teach."""
        self._classes.addRequested.emit("")
        self._core.view_state.tool = TOOL

    def _choose_class(self, class_id: int) -> None:
        self._core.view_state.active_class = class_id
        self._core.view_state.tool = TOOL

    def _follow_tool(self, tool: str) -> None:
        self.panel.set_scribbling(tool == TOOL)
        self._show_strokes()

    def _follow_view(self) -> None:
        """Of large pictures only what is in view is previewed."""
        image = self._core.document.image
        large = image is not None and image.shape[0] * image.shape[1] > WHOLE
        if large and self._core.view_state.tool == TOOL:
            self.controller.refresh()

    def _show_classes(self) -> None:
        table = self._core.document.classes
        self.panel.set_classes(table, self._core.view_state.active_class)
        self._show_strokes()

    def _show_strokes(self) -> None:
        classes = self._core.document.classes
        shown = self.controller.strokes if self._core.view_state.tool == TOOL else ()
        self._canvas.set_scribbles(
            [
                (stroke.points, classes[stroke.class_id].color)
                for stroke in shown
                if stroke.class_id < len(classes)
            ]
        )
        self._show_state()

    def _show_state(self) -> None:
        controller = self.controller
        self.panel.set_state(
            strokes=len(controller.strokes),
            classes=len(controller.taught_classes),
            taught=controller.classifier is not None,
            can_undo=controller.can_undo,
            can_redo=controller.can_redo,
        )

    def _apply(self, which: str) -> None:
        names = self._core.session.names if which == "all" else self._chosen()
        self.controller.apply_to(list(names))

    def _save(self) -> None:
        name, _kind = QFileDialog.getSaveFileName(
            self._canvas.window(),
            self.tr("Keep what was taught"),
            f"taught{SUFFIX}",
            self.tr("Taught classifiers (*{})").format(SUFFIX),
        )
        if name:
            path = Path(name)
            self.controller.save(path if path.suffix else path.with_suffix(SUFFIX))

    def _load(self) -> None:
        name, _kind = QFileDialog.getOpenFileName(
            self._canvas.window(),
            self.tr("Go on with what was taught"),
            "",
            self.tr("Taught classifiers (*{})").format(SUFFIX),
        )
        if name:
            self.controller.load(Path(name))
