"""A clip with its labels as a video file, written on a thread of its own."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Signal

from app.controllers.clip import ClipController
from app.priority import step_behind_the_window
from app.relay import Relay
from app.session import Session
from app.user_error import UserError, user_error
from segcore.errors import SegcoreError
from segcore.frame_paths import frame_of
from segcore.images import read_image
from segcore.project import Project


@dataclass(frozen=True)
class ExportedClip:
    """What to write: names of the frames in order, how fast, how they look."""

    project: Project
    names: tuple[str, ...]
    rate: float
    opacity: float
    side_by_side: bool


class VideoExportController(QObject):
    """Writes one video at a time; `workChanged(done, total)` ends with (0, 0)."""

    workChanged = Signal(int, int)
    saved = Signal(str)
    failed = Signal(object)

    def __init__(
        self, clip: ClipController, session: Session, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._clip, self._session = clip, session
        self._relay = Relay(self)
        self._thread = ThreadPoolExecutor(1, "video-export", step_behind_the_window)
        self._turn = 0

    def export(self, path: Path, opacity: float, *, side_by_side: bool = False) -> None:
        """Write the range, or all of the clip."""
        project, clip = self._session.project, self._clip
        if project is None or not clip.is_clip:
            return
        first, last = clip.range
        names = tuple(clip.names[first : last + 1])
        self._turn += 1
        job = ExportedClip(project, names, clip.rate, opacity, side_by_side)
        self.workChanged.emit(0, len(names))
        self._thread.submit(self._write, self._turn, path, job)

    def cancel(self) -> None:
        """Stop; what is written so far can be played."""
        self._turn += 1
        self.workChanged.emit(0, 0)

    def shutdown(self) -> None:
        """End the thread."""
        self._turn += 1
        self._thread.shutdown(wait=True, cancel_futures=True)
        self._relay.close()

    def _write(self, turn: int, path: Path, job: ExportedClip) -> None:
        from segcore.video_export import VideoWriter, laid_over  # brings FFmpeg

        project, told = job.project, time.monotonic()
        try:
            times, sound = _times_of(job)
            classes = project.classes
            with VideoWriter(path, job.rate, sound=sound, begin=times[0]) as out:
                for done, (name, seconds) in enumerate(zip(job.names, times)):
                    if turn != self._turn:
                        return
                    image = self._read(project, name)
                    if image is None:
                        continue
                    labels = project.labels(name) if project.has_labels(name) else None
                    frame = laid_over(
                        image,
                        labels,
                        classes,
                        opacity=job.opacity,
                        side_by_side=job.side_by_side,
                    )
                    out.add(frame, seconds - times[0])
                    if time.monotonic() - told > 0.2:
                        told = time.monotonic()
                        self._relay.post(self._tell, turn, done + 1, len(job.names))
        except Exception as error:  # noqa: BLE001 - told to the person
            words = self.tr("The video could not be written")
            self._relay.post(self.failed.emit, user_error(error, words))
        else:
            self._relay.post(self.saved.emit, str(path))
        finally:
            self._relay.post(self._tell, turn, 0, 0)

    def _read(self, project: Project, name: str) -> npt.NDArray[np.uint8] | None:
        """A frame; a damaged one is said and left out."""
        try:
            return read_image(project.image_path(name))
        except SegcoreError as error:
            self._relay.post(self.failed.emit, UserError(str(error)))
            return None

    def _tell(self, turn: int, done: int, total: int) -> None:
        if turn == self._turn:
            self.workChanged.emit(done, total)


def _times_of(job: ExportedClip) -> tuple[list[float], Path | None]:
    """When each frame is shown, and the file whose sound belongs to them."""
    even = [number / job.rate for number in range(len(job.names))]
    place = frame_of(job.project.image_path(job.names[0]))
    if place is None:
        return even, None
    from segcore.video_pool import POOL

    try:
        with POOL.using(place[0]) as video:
            numbers = [int(name.rpartition("/")[2]) for name in job.names]
            return [video.time_of(number) for number in numbers], place[0]
    except SegcoreError:
        return even, None
