"""Animations and stacks of pictures in one file (GIF, APNG, WebP, TIFF) as frames."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import accumulate
from pathlib import Path

from PIL import Image

from segcore.decoding.pixels import RGB, rgb_of_picture
from segcore.errors import VideoError, readable
from segcore.video import Video

_GUESSED_RATE = 10.0  # frames a second where the file says nothing


class PictureStack(Video):
    """The pictures of one file, which Pillow reads: FFmpeg knows no WebP that moves.

    Raises:
        VideoError: the file is not there or no picture that Pillow reads.
    """

    def __init__(self, path: str | Path, *_unused: object, **_of_videos: object) -> None:
        self.path = Path(path)
        self._lock = threading.RLock()
        with self._told():
            self._picture: Image.Image = Image.open(self.path)
            self._count = int(getattr(self._picture, "n_frames", 1))
        self._duration = float(self._picture.info.get("duration") or 0)
        self._times: list[float] = []

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._picture.close()

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of the first picture."""
        return self._picture.height, self._picture.width

    @property
    def rate(self) -> float:
        """Frames a second, by how long the first is shown."""
        return 1000 / self._duration if self._duration else _GUESSED_RATE

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, number: int) -> RGB:
        """The picture with that number, (H, W, 3) uint8 RGB.

        Raises:
            IndexError: there is no such picture.
            VideoError: it is damaged, or of another size than the first.
        """
        if not -self._count <= number < self._count:
            raise IndexError(f"{readable(self.path)} has {self._count} pictures")
        with self._lock, self._told():
            self._go_to(number % self._count)
            return rgb_of_picture(self._picture.copy())

    def time_of(self, number: int) -> float:
        """Seconds from the first picture to one."""
        return self.times(self._count)[number]

    def times(self, count: int) -> list[float]:
        """`time_of` of the first `count` pictures; each says how long it is shown."""
        with self._lock, self._told():
            if not self._times:
                durations = (self._duration_of(number) for number in range(self._count))
                self._times = [*accumulate(durations, initial=0.0)][: self._count]
            return self._times[:count]

    def _duration_of(self, number: int) -> float:
        self._go_to(number)
        self._picture.load()  # WebP says it with the pixels
        return float(self._picture.info.get("duration") or 0) / 1000 or 1 / self.rate

    def is_key(self, _number: int) -> bool:
        """Each stands for itself."""
        return True

    def _go_to(self, number: int) -> None:
        if number < self._picture.tell():
            self._picture.close()  # not every reader finds its way back
            self._picture = Image.open(self.path)
        self._picture.seek(number)

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError:
            raise VideoError(f"{readable(self.path)}: there is no such file.") from None
        except (OSError, SyntaxError, ValueError, EOFError) as error:
            trouble = " ".join(str(error).split())[:120]
            raise VideoError(
                f"{readable(self.path)}: its pictures cannot be read ({trouble}); copy it again."
            ) from error
