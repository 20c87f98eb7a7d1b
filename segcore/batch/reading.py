"""The pictures of a batch, whether each is a file of its own or a frame of a video."""

from __future__ import annotations

import threading

from segcore.decoding.pixels import RGB
from segcore.images import read_image
from segcore.output_names import Job
from segcore.video import Video


class PictureReader:
    """Reads jobs from several threads; the video that was read last stays open."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._place = ""
        self._video: Video | None = None

    def read(self, job: Job) -> RGB:
        """The picture, (H, W, 3) uint8 RGB.

        Raises:
            ImageError, VideoError: it cannot be read.
        """
        if job.frame is None:
            return read_image(job.place)
        with self._guard:
            return self._opened(job.place)[job.frame]

    def close(self) -> None:
        """Let go of the video."""
        with self._guard:
            if self._video is not None:
                self._video.close()
                self._video, self._place = None, ""

    def _opened(self, place: str) -> Video:
        if self._video is None or self._place != place:
            if self._video is not None:
                self._video.close()
            self._video, self._place = Video(place), place
        return self._video
