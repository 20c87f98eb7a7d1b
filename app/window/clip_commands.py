"""The actions of the Video menu and what the hand asks of the timeline, handed to who does it."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog

from app.actions import Actions
from app.dialogs.choose_frames import ChooseFramesDialog
from app.inference.jobs import JobStatus
from app.panels.timeline import TimelinePanel
from app.window.core import Core
from segcore.motion.smoothing import WEIGHT

_STEPS = {"frame_back": -1, "frame_forward": 1, "ten_back": -10, "ten_forward": 10}


class ClipCommands(QObject):
    """Connects them once; which actions make sense is the timeline's to show."""

    def __init__(self, panel: TimelinePanel, actions: Actions, core: Core, parent: QObject) -> None:
        super().__init__(parent)
        self._panel, self._actions, self._core = panel, actions, core
        self._video = core.video
        self._connect_panel()
        self._connect_walking()
        self._connect_work()
        self._show_run(runs=False)

    def _connect_panel(self) -> None:
        panel, video = self._panel, self._video
        strip = panel.strip
        strip.frameDragged.connect(video.playback.scrub)
        strip.frameRequested.connect(video.playback.settle)
        strip.stepRequested.connect(self._step)
        strip.playRequested.connect(self._actions["play"].toggle)
        strip.rangeRequested.connect(video.clip.set_range)
        panel.speedRequested.connect(self._set_speed)
        panel.reachRequested.connect(self._set_reach)
        panel.previewWanted.connect(self._set_previews)
        panel.workCancelRequested.connect(video.cancel)

    def _connect_walking(self) -> None:
        actions, video = self._actions, self._video
        for name, by in _STEPS.items():
            actions[name].triggered.connect(partial(self._step_by, by))
        actions["play"].toggled.connect(video.playback.set_playing)
        actions["loop"].toggled.connect(self._set_loop)
        actions["range_begin"].triggered.connect(self._begin_range)
        actions["range_end"].triggered.connect(self._end_range)
        actions["corrected_back"].triggered.connect(partial(self._go_to_corrected, -1))
        actions["corrected_forward"].triggered.connect(partial(self._go_to_corrected, 1))
        actions["next_chosen"].triggered.connect(self._go_to_chosen)
        actions["follow_query"].setChecked(True)
        actions["follow_query"].toggled.connect(self._set_following)

    def _connect_work(self) -> None:
        actions, video = self._actions, self._video
        actions["predict_clip"].triggered.connect(self._predict)
        actions["pause_run"].triggered.connect(self._pause)
        self._core.client.jobChanged.connect(self._follow_run)
        actions["propagate_forward"].triggered.connect(partial(self._propagate, 1))
        actions["propagate_back"].triggered.connect(partial(self._propagate, -1))
        actions["measure_flicker"].triggered.connect(self._measure_flicker)
        actions["next_worst"].triggered.connect(self._next_worst)
        actions["flicker_map"].toggled.connect(self._toggle_map)
        actions["export_video"].triggered.connect(self._export)
        actions["choose_frames"].triggered.connect(self._choose)
        actions["cancel"].triggered.connect(video.propagation.drop_preview)

    def _step(self, by: int) -> None:
        self._video.playback.stop()
        self._video.clip.step(by)

    def _step_by(self, by: int, _checked: bool = False) -> None:
        self._step(by)

    def _set_speed(self, speed: float) -> None:
        self._video.playback.speed = speed

    def _set_reach(self, frames: int) -> None:
        self._video.propagation.reach = frames

    def _set_previews(self, wanted: bool) -> None:
        self._video.propagation.previews = wanted

    def _set_following(self, wanted: bool) -> None:
        self._video.following.follows = wanted

    def _set_loop(self, wanted: bool) -> None:
        self._video.playback.loops = wanted

    def _begin_range(self) -> None:
        clip = self._video.clip
        clip.set_range((clip.current, max(clip.range[1], clip.current)))

    def _end_range(self) -> None:
        clip = self._video.clip
        clip.set_range((min(clip.range[0], clip.current), clip.current))

    def _go_to_corrected(self, direction: int, _checked: bool = False) -> None:
        self._video.marks.go_to_corrected(direction)

    def _go_to_chosen(self) -> None:
        self._video.marks.go_to_chosen()

    def _predict(self) -> None:
        """The frames of the range that have no prediction yet; all of them when each has one.

        Smoothed ones depend on those before: from the first that is missing all are done.
        """
        clip, project = self._video.clip, self._core.session.project
        if project is None:
            return
        first, last = clip.range
        names = clip.names[first : last + 1]
        missing = [name for name in names if np.isnan(project.uncertainty(name))]
        if not self._actions["smooth_clip"].isChecked():
            self._core.prediction.predict_pictures(missing or names)
            return
        begin = names.index(missing[0]) if missing else 0
        self._core.prediction.predict_pictures(names[begin:], smooth=WEIGHT)

    def _pause(self, paused: bool) -> None:
        self._core.client.pause("batch", paused)

    def _follow_run(self, status: JobStatus) -> None:
        """The action can be had while something runs, and says whether that rests."""
        if status.kind == "batch":
            self._show_run(runs=not status.state.is_end)
            self._actions["pause_run"].setChecked(status.paused)

    def _show_run(self, *, runs: bool) -> None:
        self._actions.allow("pause_run", "" if runs else self.tr("Nothing is being predicted."))

    def _propagate(self, direction: int, _checked: bool = False) -> None:
        self._video.playback.stop()
        self._core.labelling.end_stroke()
        self._video.propagation.propagate(direction)

    def _measure_flicker(self) -> None:
        self._actions["flicker_map"].setChecked(True)
        self._video.flicker.measure()

    def _next_worst(self) -> None:
        self._actions["flicker_map"].setChecked(True)
        self._video.flicker.next_worst()

    def _toggle_map(self, wanted: bool) -> None:
        if wanted:
            self._video.flicker.show_map()
        else:
            self._core.inspection.choose(None)

    def _choose(self) -> None:
        dialog = ChooseFramesDialog(self._panel.window())
        if dialog.exec():
            self._video.choosing.choose(dialog.way, dialog.number)

    def _export(self) -> None:
        """The file dialog's kinds of file are the two ways a video may look."""
        overlay, both = self.tr("Overlay (*.mp4)"), self.tr("Side by side (*.mp4)")
        path, chosen = QFileDialog.getSaveFileName(
            self._panel.window(), self.tr("Export overlay video"), "", f"{overlay};;{both}"
        )
        if path:
            place = Path(path) if Path(path).suffix else Path(f"{path}.mp4")
            opacity = self._core.view_state.overlay_opacity
            self._video.export.export(place, opacity, side_by_side=chosen == both)
