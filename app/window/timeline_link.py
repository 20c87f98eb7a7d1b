"""Keeps the timeline true: the clip, status, curves and marks of its frames, work under way."""

from __future__ import annotations

from functools import partial

import numpy as np
from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QDockWidget

from app.actions import Actions
from app.canvas.canvas import Canvas
from app.panels.timeline import TimelinePanel
from app.panels.timeline_strip import DONE, IN_WORK, NEW, PREDICTED, REJECTED
from app.window.clip_commands import ClipCommands
from app.window.clip_view_link import ClipViewLink
from app.window.core import Core
from app.window.obstacles import no_model
from app.window.status_link import MessageLink
from segcore.project.states import STATUSES
from segcore.review.facts import read_facts

BUTTONS = (
    ("ten_back", "frame_back", "play", "frame_forward", "ten_forward", "loop"),
    ("predict_clip", "smooth_clip", "pause_run"),
    ("propagate_back", "propagate_forward"),
    ("measure_flicker", "flicker_map", "next_worst", "export_video"),
)
_NEED_A_MODEL = ("predict_clip", "propagate_back", "propagate_forward")
_ALSO_OF_A_CLIP = ("range_begin", "range_end", "corrected_back", "corrected_forward")
_CODES = {"new": NEW, "predicted": PREDICTED, "in_work": IN_WORK, "rejected": REJECTED}
_REST = 300  # milliseconds in which changes are gathered before curves are read again


class TimelineLink(QObject):
    """The dock is there while a video is open; for pictures of a folder it has to be asked for."""

    def __init__(
        self,
        panel: TimelinePanel,
        dock: QDockWidget,
        actions: Actions,
        core: Core,
        canvas: Canvas,
    ) -> None:
        super().__init__(dock)
        self._panel, self._dock, self._actions = panel, dock, actions
        self._core, self._video = core, core.video
        self._was_video = False
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(_REST)
        self._rest.timeout.connect(self._show_facts)
        self._commands = ClipCommands(panel, actions, core, self)
        self._view = ClipViewLink(panel, actions, core, canvas, self)
        self._connect_clip()
        self._connect_work()
        dock.hide()
        self._show_clip()

    def connect_messages(self, messages: MessageLink) -> None:
        """Say what goes wrong and what is done."""
        video = self._video
        for failing in (video.propagation, video.flicker, video.export):
            failing.failed.connect(messages.show_error)
        for telling in (video.propagation, video.flicker, video.choosing):
            telling.notice.connect(messages.show_notice)
        video.propagation.ended.connect(messages.show_notice)
        video.export.saved.connect(
            lambda path: messages.show_notice(self.tr("The video is in {}.").format(path))
        )

    def _connect_clip(self) -> None:
        core, video = self._core, self._video
        video.clip.clipChanged.connect(self._show_clip)
        video.clip.frameChanged.connect(self._show_place)
        video.clip.timesChanged.connect(self._show_times)
        video.marks.changed.connect(self._show_marks)
        video.flicker.curveChanged.connect(self._show_facts_soon)
        core.document.labelsChanged.connect(self._show_facts_soon)
        core.document.predictionChanged.connect(self._show_facts_soon)
        core.prediction.pictureLabelled.connect(self._show_facts_soon)
        core.prediction.modelChanged.connect(self._show_abilities)

    def _connect_work(self) -> None:
        video = self._video
        for working, words in (
            (video.propagation, self.tr("carrying labels")),
            (video.flicker, self.tr("measuring flicker")),
            (video.export, self.tr("writing the video")),
            (video.choosing, self.tr("choosing frames")),
        ):
            working.workChanged.connect(partial(self._show_work, words))
        video.propagation.frameSaved.connect(self._note_saved)
        video.choosing.chosen.connect(video.marks.set_chosen)

    def _show_clip(self) -> None:
        clip = self._video.clip
        if clip.is_video != self._was_video:
            self._was_video = clip.is_video
            self._show_dock(wanted=clip.is_video)
        self._panel.strip.set_clip(clip.count if clip.is_clip else 0)
        self._panel.strip.set_range(clip.chosen_range)
        self._show_times()
        self._show_abilities()
        self._show_facts_soon()

    def _show_dock(self, *, wanted: bool) -> None:
        """A dock that comes makes the window wider, unless it is told to stay as it was."""
        window = self._dock.window()
        size = window.size()
        self._dock.setVisible(wanted)
        if wanted and not window.isMaximized() and not window.isFullScreen():
            QTimer.singleShot(0, window, partial(window.resize, size))

    def _show_times(self) -> None:
        self._panel.strip.set_times(self._video.clip.seconds_of)
        self._show_place(self._video.clip.current)

    def _show_place(self, number: int) -> None:
        clip = self._video.clip
        if clip.count and number >= 0:
            self._panel.set_place(number, clip.count, clip.seconds_of(number))

    def _show_abilities(self) -> None:
        actions = self._actions
        still = self.tr("There is no clip: open a video, or a folder of several pictures.")
        obstacle = "" if self._video.clip.is_clip else still
        for group in BUTTONS:
            for name in group:
                if name != "pause_run":
                    missing = no_model(self._core) if name in _NEED_A_MODEL else ""
                    actions.allow(name, obstacle or missing)
        for name in (*_ALSO_OF_A_CLIP, "choose_frames"):
            actions.allow(name, obstacle)
        chosen = "" if len(self._video.marks.chosen) else self.tr("No frames have been chosen yet.")
        actions.allow("next_chosen", obstacle or chosen)

    def _show_marks(self) -> None:
        marks = self._video.marks
        self._panel.strip.set_marks(marks.corrected, marks.chosen)
        self._show_abilities()

    def _show_facts_soon(self) -> None:
        if self._dock.isVisible() and not self._rest.isActive():
            self._rest.start()

    def _show_facts(self) -> None:
        clip, project = self._video.clip, self._core.session.project
        if project is None or not clip.is_clip:
            return
        facts = read_facts(project, clip.names)
        codes = np.array([_CODES.get(status, DONE) for status in STATUSES], np.uint8)
        statuses = codes[np.asarray(facts.statuses, np.int64)]
        strip = self._panel.strip
        strip.set_statuses(statuses)
        strip.set_curves(
            (1 - np.asarray(facts.uncertainty, np.float32)), self._video.flicker.shares
        )
        touched = np.flatnonzero((statuses >= DONE) | (statuses == IN_WORK))
        self._video.marks.set_corrected(touched.astype(np.int64))

    def _note_saved(self, name: str) -> None:
        self._video.flicker.note_changed([name])
        self._core.prediction.pictureLabelled.emit(name)

    def _show_work(self, words: str, done: int, total: int) -> None:
        if total:
            text = self.tr("{}: {:,} of {:,}").format(words, done, total)
            self._panel.set_work(text, done / total)
        else:
            self._panel.set_work("", None)
