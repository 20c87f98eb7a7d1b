"""Playing a clip and scrubbing through it, without opening each frame to be worked on."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy.typing as npt
from PySide6.QtCore import QObject, Signal

from app.controllers.clip import ClipController
from app.relay import Relay
from app.session import Session
from segcore.errors import SegcoreError
from segcore.images import read_image
from segcore.project import Project


@dataclass(frozen=True, eq=False)
class ShownFrame:
    """A frame on its way to the screen; `labels` is None where the project has none."""

    number: int
    image: npt.NDArray[Any]
    labels: npt.NDArray[Any] | None
    is_preview: bool = False


class PlaybackController(QObject):
    """Reads frames on a thread of its own; what comes too late is left out of the view.

    `frameShown(ShownFrame)` is to be shown in the open picture's place; `ended(number)` says that
    the frame is to be opened now.
    """

    frameShown = Signal(object)
    playingChanged = Signal(bool)
    ended = Signal(int)

    def __init__(
        self, clip: ClipController, session: Session, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.loops = False
        self.speed = 1.0
        self._clip, self._session = clip, session
        self._relay = Relay(self)
        self._thread = ThreadPoolExecutor(1, "playback")
        self._playing = False
        self._turn = 0
        self._shown = -1
        self._drawn = threading.Event()
        self._clip_name = clip.name
        clip.clipChanged.connect(self._follow_clip)

    @property
    def is_playing(self) -> bool:
        """Whether frames follow each other by themselves."""
        return self._playing

    @property
    def is_showing(self) -> bool:
        """Whether another frame than the open one is on the screen."""
        return self._shown >= 0

    def set_playing(self, wanted: bool) -> None:
        """Play from the open frame, or stop where it is."""
        if wanted == self._playing:
            return
        if not wanted:
            self.stop()
            return
        project, clip = self._session.project, self._clip
        if project is None or not clip.is_clip:
            self.playingChanged.emit(self._playing)
            return
        first, last = clip.range
        begin = clip.current if first <= clip.current < last else first
        self._turn += 1
        self._playing = True
        self._drawn.set()
        self.playingChanged.emit(self._playing)
        span = (begin, first, last)
        self._thread.submit(self._play, self._turn, project, clip.names, span)

    def stop(self) -> None:
        """Stop, and have the frame that is shown opened."""
        self._turn += 1
        playing, self._playing = self._playing, False
        self._drawn.set()
        if playing:
            self.playingChanged.emit(self._playing)
        if self._shown >= 0:
            number, self._shown = self._shown, -1
            self.ended.emit(number)

    def settle(self, number: int) -> None:
        """Open a frame where the person lets go."""
        self.stop_showing()
        if 0 <= number < self._clip.count:
            self.ended.emit(number)

    def stop_showing(self) -> None:
        """Forget the frame that is shown; nothing is opened."""
        self._turn += 1
        playing, self._playing, self._shown = self._playing, False, -1
        self._drawn.set()
        if playing:
            self.playingChanged.emit(self._playing)

    def scrub(self, number: int) -> None:
        """Show a frame while the person drags."""
        project = self._session.project
        if project is None or not 0 <= number < self._clip.count:
            return
        self.stop_showing()
        name = self._clip.name_of(number)
        self._thread.submit(self._show_one, self._turn, project, name, number)

    def preview(self, number: int, labels: npt.NDArray[Any]) -> None:
        """Show a frame with other labels than it has, for the time being."""
        project = self._session.project
        if project is not None:
            self._turn += 1
            self._thread.submit(
                self._read, self._turn, project, self._clip.name_of(number), number, labels
            )

    def shutdown(self) -> None:
        """End the thread."""
        self._turn += 1
        self._playing = False
        self._drawn.set()
        self._thread.shutdown(wait=True, cancel_futures=True)
        self._relay.close()

    def _follow_clip(self) -> None:
        """Another clip is not played on; a growing one is."""
        if self._clip.name == self._clip_name:
            return
        self._clip_name = self._clip.name
        self._turn += 1
        self._shown = -1
        if self._playing:
            self._playing = False
            self.playingChanged.emit(self._playing)

    def _play(
        self, turn: int, project: Project, names: list[str], span: tuple[int, int, int]
    ) -> None:
        """Show each frame at its time; the one that is due, where the last took too long."""
        (begin, first, last), clip = span, self._clip
        clock = _Clock(clip.seconds_of(begin), self.speed)
        number = begin - 1
        while turn == self._turn:
            clock.run_at(self.speed)
            if clock.position >= clip.seconds_of(last + 1):
                if not self.loops:
                    self._relay.post(self._end_playing, turn)
                    return
                clock, number = _Clock(clip.seconds_of(first), self.speed), first - 1
                continue
            due = min(max(clip.frame_at(clock.position), first), last)
            if due <= number:
                time.sleep(min(max(clock.until(clip.seconds_of(number + 1)), 0.001), 0.1))
                continue
            number = due
            self._wait_until_drawn()
            if turn == self._turn:
                self._read(turn, project, names[number], number)

    def _wait_until_drawn(self) -> None:
        """The window paints one frame before it is given the next."""
        self._drawn.wait(1.0)
        self._drawn.clear()

    def _show_one(self, turn: int, project: Project, name: str, number: int) -> None:
        if turn == self._turn:
            self._read(turn, project, name, number)

    def _read(
        self,
        turn: int,
        project: Project,
        name: str,
        number: int,
        labels: npt.NDArray[Any] | None = None,
    ) -> None:
        is_preview = labels is not None
        try:
            image = read_image(project.image_path(name))
            if labels is None and project.has_labels(name):
                labels = project.labels(name)
        except SegcoreError:
            self._drawn.set()
            return  # a damaged frame is passed over in the view; opening it says what is wrong
        self._relay.post(self._show, turn, ShownFrame(number, image, labels, is_preview))

    def _show(self, turn: int, frame: ShownFrame) -> None:
        if turn == self._turn:
            self._shown = -1 if frame.is_preview else frame.number
            self.frameShown.emit(frame)
        self._drawn.set()

    def _end_playing(self, turn: int) -> None:
        if turn == self._turn:
            self.stop()


class _Clock:
    """Where in the clip one is, in seconds, when it is played at a speed."""

    def __init__(self, position: float, speed: float) -> None:
        self._from, self._since, self._speed = position, time.monotonic(), max(speed, 0.01)

    @property
    def position(self) -> float:
        return self._from + (time.monotonic() - self._since) * self._speed

    def run_at(self, speed: float) -> None:
        """Go on from here at another speed."""
        if speed != self._speed:
            self._from, self._since = self.position, time.monotonic()
            self._speed = max(speed, 0.01)

    def until(self, position: float) -> float:
        """Seconds of waiting until one is there."""
        return (position - self.position) / self._speed
