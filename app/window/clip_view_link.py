"""What the canvas shows of a clip besides the open frame: played ones, previews, flips."""

from __future__ import annotations

from PySide6.QtCore import QObject

from app.actions import Actions
from app.canvas.canvas import Canvas
from app.controllers.playback import ShownFrame
from app.inference.inquiries.video import PropagatedFrame
from app.panels.timeline import TimelinePanel
from app.window.core import Core
from segcore.geometry import Box
from segcore.heatmap import HeatMap
from segcore.project.confidence import read_confidence


class ClipViewLink(QObject):
    """Puts frames in the open one's place for a while, and takes them away again."""

    def __init__(
        self, panel: TimelinePanel, actions: Actions, core: Core, canvas: Canvas, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._panel, self._actions = panel, actions
        self._core, self._canvas, self._video = core, canvas, core.video
        video = core.video
        video.playback.frameShown.connect(self._show_frame)
        video.playback.playingChanged.connect(actions["play"].setChecked)
        video.playback.ended.connect(self._open_shown)
        video.propagation.previewReady.connect(self._show_preview)
        video.propagation.previewDropped.connect(self._show_document)
        video.flicker.mapReady.connect(self._show_map)
        video.flicker.placeFound.connect(self._show_worst)
        core.document.imageChanged.connect(self._follow_image)

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

    def _open_shown(self, number: int) -> None:
        """What was shown is opened; where it is open already it only has to be shown again."""
        if number == self._video.clip.current:
            self._show_document()
        self._video.clip.go_to(number)
        self._canvas.set_tool(self._core.view_state.tool)

    def _show_preview(self, frame: PropagatedFrame) -> None:
        project = self._core.session.project
        number = self._video.clip.number_of(frame.name)
        if project is None or number is None:
            return
        self._canvas.set_labels(frame.labels)
        self._panel.set_work(
            self.tr("Preview of frame {}: the same key goes on, Esc takes it back").format(number),
            None,
        )
        self._video.playback.preview(number, frame.labels)

    def _show_document(self) -> None:
        """The open frame as it is, after another one was shown in its place."""
        self._video.playback.stop_showing()
        self._canvas.show_instead(None)
        self._canvas.set_labels(self._core.document.labels)
        self._canvas.set_tool(self._core.view_state.tool)
        self._show_place(self._video.clip.current)
        self._panel.set_work("", None)

    def _follow_image(self) -> None:
        self._canvas.show_instead(None)
        document, project = self._core.document, self._core.session.project
        if self._actions["flicker_map"].isChecked():
            self._video.flicker.show_map()
        if document.name is None or project is None or document.prediction is not None:
            return
        kept = read_confidence(project.folder, document.name)
        image = document.image
        if kept is not None and image is not None and kept.shape == image.shape[:2]:
            self._canvas.set_measure("confidence", kept)

    def _show_map(self, heat: HeatMap | None) -> None:
        if self._actions["flicker_map"].isChecked():
            self._core.inspection.choose(heat)

    def _show_worst(self, number: int, place: tuple[int, int] | None) -> None:
        if place is not None and not _holds(self._canvas.viewport.visible, place):
            self._canvas.centre_on(*place)
        if self._core.document.name == self._video.clip.name_of(number):
            self._video.flicker.show_map()

    def _show_place(self, number: int) -> None:
        clip = self._video.clip
        if clip.count and number >= 0:
            self._panel.set_place(number, clip.count, clip.seconds_of(number))


def _holds(box: Box, place: tuple[int, int]) -> bool:
    return box.x0 <= place[0] < box.x1 and box.y0 <= place[1] < box.y1
