"""Ties the timeline to the clip, its controllers, the canvas and the actions of the Video menu."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QDockWidget, QFileDialog

from app.actions import Actions
from app.canvas.canvas import Canvas
from app.controllers.playback import ShownFrame
from app.dialogs.choose_frames import ChooseFramesDialog
from app.inference.inquiries.video import PropagatedFrame
from app.panels.timeline import TimelinePanel
from app.panels.timeline_strip import DONE, IN_WORK, NEW, PREDICTED, REJECTED
from app.view_state import ViewState
from app.window.core import Core
from app.window.status_link import MessageLink
from segcore.geometry import Box
from segcore.heatmap import HeatMap
from segcore.project.confidence import read_confidence
from segcore.project.states import STATUSES
from segcore.review.facts import read_facts

BUTTONS = (
    ("ten_back", "frame_back", "play", "frame_forward", "ten_forward", "loop"),
    ("predict_clip", "propagate_back", "propagate_forward"),
    ("measure_flicker", "flicker_map", "next_worst", "export_video"),
)
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
        self._core, self._canvas = core, canvas
        self._state: ViewState = core.view_state
        self._was_video = False
        self._corrected = np.zeros(0, np.int64)
        self._chosen = np.zeros(0, np.int64)
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(_REST)
        self._rest.timeout.connect(self._show_facts)
        self._connect_panel()
        self._connect_actions()
        self._connect_controllers()
        dock.hide()
        self._show_clip()

    def set_chosen(self, numbers: list[int]) -> None:
        """Mark frames that were chosen for labelling."""
        self._chosen = np.array(sorted(numbers), np.int64)
        self._panel.strip.set_marks(self._corrected, self._chosen)
        self._show_abilities()

    def connect_messages(self, messages: MessageLink) -> None:
        """Say what goes wrong and what is done."""
        video = self._core.video
        for failing in (video.propagation, video.flicker, video.export):
            failing.failed.connect(messages.show_error)
        for telling in (video.propagation, video.flicker, video.choosing):
            telling.notice.connect(messages.show_notice)
        video.propagation.ended.connect(messages.show_notice)
        video.export.saved.connect(
            lambda path: messages.show_notice(self.tr("The video is in {}.").format(path))
        )

    def _connect_panel(self) -> None:
        panel, video = self._panel, self._core.video
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

    def _connect_actions(self) -> None:
        actions, video = self._actions, self._core.video
        for name, by in (
            ("frame_back", -1),
            ("frame_forward", 1),
            ("ten_back", -10),
            ("ten_forward", 10),
        ):
            actions[name].triggered.connect(partial(self._step_by, by))
        actions["play"].toggled.connect(video.playback.set_playing)
        actions["loop"].toggled.connect(self._set_loop)
        actions["range_begin"].triggered.connect(self._begin_range)
        actions["range_end"].triggered.connect(self._end_range)
        actions["corrected_back"].triggered.connect(partial(self._go_to_mark, -1))
        actions["corrected_forward"].triggered.connect(partial(self._go_to_mark, 1))
        actions["next_chosen"].triggered.connect(self._go_to_chosen)
        actions["predict_clip"].triggered.connect(self._predict)
        actions["propagate_forward"].triggered.connect(partial(self._propagate, 1))
        actions["propagate_back"].triggered.connect(partial(self._propagate, -1))
        actions["measure_flicker"].triggered.connect(self._measure_flicker)
        actions["next_worst"].triggered.connect(self._next_worst)
        actions["flicker_map"].toggled.connect(self._toggle_map)
        actions["export_video"].triggered.connect(self._export)
        actions["follow_query"].setChecked(True)
        actions["follow_query"].toggled.connect(self._set_following)
        actions["choose_frames"].triggered.connect(self._choose)
        actions["cancel"].triggered.connect(video.propagation.drop_preview)

    def _connect_controllers(self) -> None:
        core, video = self._core, self._core.video
        video.clip.clipChanged.connect(self._show_clip)
        video.clip.frameChanged.connect(self._show_place)
        video.playback.frameShown.connect(self._show_frame)
        video.playback.playingChanged.connect(self._show_playing)
        video.playback.ended.connect(self._open_shown)
        video.playback.rateChanged.connect(self._show_clip)
        video.propagation.previewReady.connect(self._show_preview)
        video.propagation.previewDropped.connect(self._show_document)
        video.propagation.frameSaved.connect(self._note_saved)
        video.propagation.workChanged.connect(partial(self._show_work, self.tr("carrying labels")))
        video.flicker.workChanged.connect(partial(self._show_work, self.tr("measuring flicker")))
        video.export.workChanged.connect(partial(self._show_work, self.tr("writing the video")))
        video.choosing.workChanged.connect(partial(self._show_work, self.tr("choosing frames")))
        video.choosing.chosen.connect(self.set_chosen)
        video.flicker.curveChanged.connect(self._show_facts_soon)
        video.flicker.mapReady.connect(self._show_map)
        video.flicker.placeFound.connect(self._show_worst)
        core.document.imageChanged.connect(self._follow_image)
        core.document.labelsChanged.connect(self._show_facts_soon)
        core.document.predictionChanged.connect(self._show_facts_soon)
        core.prediction.pictureLabelled.connect(self._show_facts_soon)
        core.prediction.modelChanged.connect(self._show_abilities)

    def _show_clip(self) -> None:
        clip = self._core.video.clip
        if clip.is_video != self._was_video:
            self._was_video = clip.is_video
            self._show_dock(wanted=clip.is_video)
        self._panel.strip.set_clip(clip.count if clip.is_clip else 0, clip.rate)
        self._panel.strip.set_range(clip.chosen_range)
        self._show_place(clip.current)
        self._show_abilities()
        self._show_facts_soon()

    def _show_dock(self, *, wanted: bool) -> None:
        """A dock that comes makes the window wider, unless it is told to stay as it was."""
        window = self._dock.window()
        size = window.size()
        self._dock.setVisible(wanted)
        if wanted and not window.isMaximized() and not window.isFullScreen():
            QTimer.singleShot(0, window, partial(window.resize, size))

    def _show_place(self, number: int) -> None:
        clip = self._core.video.clip
        if clip.count and number >= 0:
            self._panel.set_place(number, clip.count, number / max(clip.rate, 1e-6))

    def _show_abilities(self) -> None:
        clip, actions = self._core.video.clip, self._actions
        there, model = clip.is_clip, self._core.prediction.model is not None
        for group in BUTTONS:
            for name in group:
                needs_model = name in ("predict_clip", "propagate_back", "propagate_forward")
                actions[name].setEnabled(there and (model or not needs_model))
        for name in ("range_begin", "range_end", "corrected_back", "corrected_forward"):
            actions[name].setEnabled(there)
        actions["choose_frames"].setEnabled(there)
        actions["next_chosen"].setEnabled(there and bool(len(self._chosen)))

    def _show_facts_soon(self) -> None:
        if self._dock.isVisible() and not self._rest.isActive():
            self._rest.start()

    def _show_facts(self) -> None:
        core, clip = self._core, self._core.video.clip
        project = core.session.project
        if project is None or not clip.is_clip:
            return
        facts = read_facts(project, clip.names)
        codes = np.array([_CODES.get(status, DONE) for status in STATUSES], np.uint8)
        statuses = codes[np.asarray(facts.statuses, np.int64)]
        strip = self._panel.strip
        strip.set_statuses(statuses)
        strip.set_curves((1 - np.asarray(facts.uncertainty, np.float32)), core.video.flicker.shares)
        self._corrected = np.flatnonzero(statuses >= DONE).astype(np.int64)
        in_work = np.flatnonzero(statuses == IN_WORK).astype(np.int64)
        self._corrected = np.union1d(self._corrected, in_work)
        strip.set_marks(self._corrected, self._chosen)

    def _step(self, by: int) -> None:
        self._core.video.playback.stop()
        self._core.video.clip.step(by)

    def _step_by(self, by: int, _checked: bool = False) -> None:
        self._step(by)

    def _set_speed(self, speed: float) -> None:
        self._core.video.playback.speed = speed

    def _set_reach(self, frames: int) -> None:
        self._core.video.propagation.reach = frames

    def _set_previews(self, wanted: bool) -> None:
        self._core.video.propagation.previews = wanted

    def _set_following(self, wanted: bool) -> None:
        self._core.video.following.follows = wanted

    def _set_loop(self, wanted: bool) -> None:
        self._core.video.playback.loops = wanted

    def _begin_range(self) -> None:
        clip = self._core.video.clip
        clip.set_range((clip.current, max(clip.range[1], clip.current)))

    def _end_range(self) -> None:
        clip = self._core.video.clip
        clip.set_range((min(clip.range[0], clip.current), clip.current))

    def _go_to_mark(self, direction: int, _checked: bool = False) -> None:
        here = self._core.video.clip.current
        marks = self._corrected
        ahead = marks[marks > here] if direction > 0 else marks[marks < here][::-1]
        if len(ahead):
            self._core.video.clip.go_to(int(ahead[0]))

    def _go_to_chosen(self) -> None:
        ahead = self._chosen[self._chosen > self._core.video.clip.current]
        if len(self._chosen):
            self._core.video.clip.go_to(int(ahead[0] if len(ahead) else self._chosen[0]))

    def _predict(self) -> None:
        """The frames of the range that have no prediction yet; all of them when each has one."""
        clip, project = self._core.video.clip, self._core.session.project
        if project is None:
            return
        first, last = clip.range
        names = clip.names[first : last + 1]
        missing = [name for name in names if np.isnan(project.uncertainty(name))]
        self._core.prediction.predict_pictures(missing or names)

    def _propagate(self, direction: int, _checked: bool = False) -> None:
        self._core.video.playback.stop()
        self._core.labelling.end_stroke()
        self._core.video.propagation.propagate(direction)

    def _measure_flicker(self) -> None:
        self._actions["flicker_map"].setChecked(True)
        self._core.video.flicker.measure()

    def _next_worst(self) -> None:
        self._actions["flicker_map"].setChecked(True)
        self._core.video.flicker.next_worst()

    def _toggle_map(self, wanted: bool) -> None:
        if wanted:
            self._core.video.flicker.show_map()
        else:
            self._core.inspection.choose(None)

    def _choose(self) -> None:
        dialog = ChooseFramesDialog(self._panel.window())
        if dialog.exec():
            self._core.video.choosing.choose(dialog.way, dialog.number)

    def _export(self) -> None:
        """The file dialog's kinds of file are the two ways a video may look."""
        overlay, both = self.tr("Overlay (*.mp4)"), self.tr("Side by side (*.mp4)")
        path, chosen = QFileDialog.getSaveFileName(
            self._panel.window(), self.tr("Export overlay video"), "", f"{overlay};;{both}"
        )
        if path:
            place = Path(path) if Path(path).suffix else Path(f"{path}.mp4")
            opacity = self._state.overlay_opacity
            self._core.video.export.export(place, opacity, side_by_side=chosen == both)

    def _show_worst(self, number: int, place: tuple[int, int] | None) -> None:
        if place is not None and not _holds(self._canvas.viewport.visible, place):
            self._canvas.centre_on(*place)
        if self._core.document.name == self._core.video.clip.name_of(number):
            self._core.video.flicker.show_map()

    def _follow_image(self) -> None:
        self._canvas.show_instead(None)
        document, project = self._core.document, self._core.session.project
        if self._actions["flicker_map"].isChecked():
            self._core.video.flicker.show_map()
        if document.name is None or project is None or document.prediction is not None:
            return
        kept = read_confidence(project.folder, document.name)
        image = document.image
        if kept is not None and image is not None and kept.shape == image.shape[:2]:
            self._canvas.set_measure("confidence", kept)

    def _show_map(self, heat: HeatMap | None) -> None:
        if self._actions["flicker_map"].isChecked():
            self._core.inspection.choose(heat)

    def _show_frame(self, frame: ShownFrame) -> None:
        """A frame that is played or scrubbed through, in the open one's place."""
        image = self._core.document.image
        if image is None or image.shape != frame.image.shape:
            return
        self._actions["flicker_map"].setChecked(False)
        self._canvas.set_tool("pan")
        self._canvas.show_instead(frame.image)
        self._canvas.set_labels(frame.labels)
        self._show_place(frame.number)

    def _show_playing(self, playing: bool) -> None:
        self._actions["play"].setChecked(playing)

    def _open_shown(self, number: int) -> None:
        """What was shown is opened; where it is open already it only has to be shown again."""
        if number == self._core.video.clip.current:
            self._show_document()
        self._core.video.clip.go_to(number)
        self._canvas.set_tool(self._state.tool)

    def _show_preview(self, frame: PropagatedFrame) -> None:
        project = self._core.session.project
        number = self._core.video.clip.number_of(frame.name)
        if project is None or number is None:
            return
        self._canvas.set_labels(frame.labels)
        self._panel.set_work(
            self.tr("Preview of frame {}: the same key goes on, Esc takes it back").format(number),
            None,
        )
        self._core.video.playback.preview(number, frame.labels)

    def _show_document(self) -> None:
        """The open frame as it is, after another one was shown in its place."""
        self._core.video.playback.stop_showing()
        self._canvas.show_instead(None)
        self._canvas.set_labels(self._core.document.labels)
        self._canvas.set_tool(self._state.tool)
        self._show_place(self._core.video.clip.current)
        self._panel.set_work("", None)

    def _note_saved(self, name: str) -> None:
        self._core.video.flicker.note_changed([name])
        self._core.prediction.pictureLabelled.emit(name)

    def _show_work(self, words: str, done: int, total: int) -> None:
        if total:
            text = self.tr("{}: {:,} of {:,}").format(words, done, total)
            self._panel.set_work(text, done / total)
        else:
            self._panel.set_work("", None)


def _holds(box: Box, place: tuple[int, int]) -> bool:
    return box.x0 <= place[0] < box.x1 and box.y0 <= place[1] < box.y1
