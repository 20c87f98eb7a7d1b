"""When the frames of a video are shown, read on a thread of its own as its index grows."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from PySide6.QtCore import QObject

from app.controllers.clip import ClipController, Times
from app.relay import Relay
from app.session import Session
from segcore.errors import SegcoreError
from segcore.frame_paths import frame_of
from segcore.project import Project


class ClipTimes(QObject):
    """Gives the clip its frames' times; those of a sequence of pictures are at an even rate."""

    def __init__(
        self, clip: ClipController, session: Session, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._clip, self._session = clip, session
        self._relay = Relay(self)
        self._thread = ThreadPoolExecutor(1, "clip-times")
        self._asked = ("", 0)
        clip.clipChanged.connect(self._follow)

    def shutdown(self) -> None:
        """End the thread."""
        self._thread.shutdown(wait=True, cancel_futures=True)
        self._relay.close()

    def _follow(self) -> None:
        clip, project = self._clip, self._session.project
        wanted = (clip.name, clip.count)
        if project is None or not clip.is_video or clip.times_known >= clip.count:
            return
        if wanted != self._asked:
            self._asked = wanted
            self._thread.submit(self._read, project, clip.name_of(0), wanted)

    def _read(self, project: Project, first: str, wanted: tuple[str, int]) -> None:
        from segcore.video_pool import POOL  # brings FFmpeg

        try:
            place = frame_of(project.image_path(first))
            if place is None or wanted != self._asked:
                return
            with POOL.using(place[0]) as video:
                times, rate = np.array(video.times(wanted[1]), np.float64), video.rate
        except SegcoreError:
            return  # opening the frame says what is wrong
        self._relay.post(self._take, wanted[0], times, rate)

    def _take(self, clip_name: str, times: Times, rate: float) -> None:
        if clip_name == self._clip.name and len(times) >= self._clip.times_known:
            self._clip.set_times(times, rate)
