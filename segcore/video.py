"""Videos, exact to the frame: any frame by its number, whatever the codec and container.

OpenCV's way to a frame (`CAP_PROP_POS_FRAMES`) lands beside it wherever frames are reordered, have
times of their own or are cut by an edit list. Here a frame is known by its time: decoding begins at
a key frame before it and goes on until the frame of exactly that time comes.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import numpy.typing as npt
from av.container import InputContainer
from av.error import FFmpegError
from av.video.frame import VideoFrame

from segcore.decoding.growing_index import GrowingIndex
from segcore.decoding.video_frames import decoded_frames, rgb_of, upright_size
from segcore.decoding.video_index import FrameIndex, build_index, open_video
from segcore.errors import VideoError, readable
from segcore.folders import is_image_path

RGB = npt.NDArray[np.uint8]

KEPT_BYTES = 96 << 20
"""Of decoded frames that are kept, so that stepping back costs nothing."""

MOST_KEPT = 64
"""Frames, however small: each that was converted holds a converter of a third of a megabyte."""

_FAR = 64
"""Frames: a target further ahead than this is reached from a key frame, if one lies between."""


class Video:
    """The frames of a video as a sequence; closes with `close` or at the end of `with`.

    `len(video)` frames; `video[i]` is (H, W, 3) uint8 RGB, upright; iterating decodes each frame
    once. Safe to use from several threads, which wait for each other. A picture that moves (GIF,
    APNG, WebP) or a stack (TIFF) is a video too: making one of it gives a `PictureStack`.

    Args:
        path: of the file.
        index: built in the background, maybe for several readers of the file; without one it is
            built when it is first needed. With one, frames are read as soon as they are known.
        kept_bytes: of decoded frames that are kept.

    Raises:
        VideoError: the file cannot be read, has no video, or not one frame of it can be decoded.
    """

    def __new__(cls, path: str | Path, *_: object, **__: object) -> Video:
        """Of the kind that reads the file, as `pathlib.Path` does it."""
        if cls is Video and is_image_path(path):
            from segcore.decoding.picture_stack import PictureStack  # is a kind of this one

            return object.__new__(PictureStack)
        return object.__new__(cls)

    def __init__(
        self,
        path: str | Path,
        index: GrowingIndex | None = None,
        *,
        kept_bytes: int = KEPT_BYTES,
    ) -> None:
        self.path = Path(path)
        self._growing = index
        self._kept_bytes = kept_bytes
        self._lock = threading.RLock()
        self._container: InputContainer | None
        self._container, self._stream = open_video(self.path)
        self._index: FrameIndex | None = None
        self._frames: Iterator[VideoFrame] = decoded_frames(self._container, self._stream)
        self._next = 0  # of videos whose frames have no times: which frame comes next
        self._last: int | None = None  # the frame that came last
        self._kept: OrderedDict[int, VideoFrame] = OrderedDict()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file; frames can no longer be read."""
        with self._lock:
            self._kept.clear()
            if self._container is not None:
                self._container.close()
                self._container = None

    @property
    def index(self) -> FrameIndex:
        """Where the frames are; found when first needed.

        Raises:
            VideoError: not one frame can be decoded.
        """
        with self._lock:
            if self._growing is not None:
                self._take(self._growing.whole())
            elif self._index is None:
                self._index = build_index(self.path)
            assert self._index is not None
            return self._index

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of the upright pictures; the first frame is decoded for it."""
        return upright_size(self._frame(0))

    @property
    def rate(self) -> float:
        """Frames a second on average; 0 where the file does not tell."""
        rate = self._stream.average_rate or self._stream.guessed_rate
        return float(rate) if rate else 0.0

    def __len__(self) -> int:
        return len(self.index)

    def __getitem__(self, number: int) -> RGB:
        """The frame with that number, from 0; negative ones count from the end.

        Raises:
            IndexError: there is no such frame.
            VideoError: it is there but damaged.
        """
        # A frame that is kept converts itself with a converter of its own, one thread at a time.
        with self._lock:
            return rgb_of(self._frame(number))

    def __iter__(self) -> Iterator[RGB]:
        """Every frame in order; several may be iterated at once.

        Raises:
            VideoError: at a frame that is damaged.
        """
        for number in range(len(self)):
            yield self[number]

    def time_of(self, number: int) -> float:
        """Seconds from the first frame to a frame; by the average rate where frames have no times.

        Raises:
            IndexError: there is no such frame.
        """
        number = self._checked(number)
        index = self._known(number)
        if not index.seekable or self._stream.time_base is None:
            return number / self.rate if self.rate else 0.0
        return float((index.times[number] - index.times[0]) * self._stream.time_base)

    def times(self, count: int) -> list[float]:
        """`time_of` of the first `count` frames, or of as many as there are."""
        index = self._known(count - 1)
        count = min(count, len(index))
        base = self._stream.time_base
        if not index.seekable or base is None:
            return [number / self.rate if self.rate else 0.0 for number in range(count)]
        return [float((pts - index.times[0]) * base) for pts in index.times[:count]]

    def is_key(self, number: int) -> bool:
        """Whether decoding can begin at a frame."""
        number = self._checked(number)
        index = self._known(number)
        return index.keys[index.key_before(number)].pts == index.times[number]

    def _known(self, number: int) -> FrameIndex:
        """As much of the index as is known, with the frame of that number if there is one."""
        if self._growing is None or number < 0:
            return self.index
        with self._lock:
            if self._index is None or number >= len(self._index):
                self._take(self._growing.covering(number))
            assert self._index is not None
            return self._index

    def _take(self, index: FrameIndex) -> None:
        before, self._index = self._index, index
        if before is not None and before.seekable != index.seekable:
            self._restart()  # frames are told apart in another way from here on

    def _checked(self, number: int) -> int:
        count = len(self._known(number))
        if not -count <= number < count:
            raise IndexError(
                f"{readable(self.path)} has {count} frames and none with number {number}"
            )
        return number % count

    def _frame(self, number: int) -> VideoFrame:
        number = self._checked(number)
        with self._lock:
            kept = self._kept.get(number)
            if kept is not None:
                self._kept.move_to_end(number)
                return kept
            found = self._decode(number)
        if found is None:
            raise VideoError(
                f"{readable(self.path)}: frame {number} is damaged and cannot be decoded; leave "
                "it out, or copy the file again."
            )
        return found

    def _decode(self, number: int) -> VideoFrame | None:
        """Reach a frame from where the decoder is, else from key frames ever further back."""
        index = self._known(number)
        if not index.seekable:
            if self._next > number:
                self._restart()
            return self._go_on_to(number)
        key = index.key_before(number)
        key_number = index.number_of(index.keys[key].pts) or 0
        ahead = self._last is not None and self._last < number
        near = ahead and (key_number <= self._last or number - self._last <= _FAR)  # type: ignore[operator]
        if near and (found := self._go_on_to(number)) is not None:
            return found
        for begin in (key, key - 1):
            if begin >= 0 and self._seek(index.keys[begin].seek_to):
                found = self._go_on_to(number)
                if found is not None:
                    return found
        self._restart()
        return self._go_on_to(number)

    def _go_on_to(self, number: int) -> VideoFrame | None:
        """Decode until a frame comes; None when it does not."""
        for frame in self._frames:
            came = self._number_of(frame)
            if came is None:
                continue
            self._last = came
            self._keep(came, frame)
            if came == number:
                return frame
            if came > number:
                return None
        return None

    def _number_of(self, frame: VideoFrame) -> int | None:
        index = self._index or self.index
        if not index.seekable:
            self._next += 1
            return self._next - 1
        return None if frame.pts is None else index.number_of(frame.pts)

    def _keep(self, number: int, frame: VideoFrame) -> None:
        self._kept[number] = frame
        self._kept.move_to_end(number)
        size = frame.width * frame.height * 3 // 2
        most = min(max(self._kept_bytes // max(size, 1), 2), MOST_KEPT)
        while len(self._kept) > most:
            self._kept.popitem(last=False)

    def _seek(self, to: int) -> bool:
        container = self._opened()
        try:
            container.seek(to, stream=self._stream, backward=True)
        except (FFmpegError, OSError):
            return False
        self._frames = decoded_frames(container, self._stream)
        self._last = None
        return True

    def _restart(self) -> None:
        self._opened().close()
        self._container, self._stream = open_video(self.path)
        self._frames = decoded_frames(self._container, self._stream)
        self._last, self._next = None, 0

    def _opened(self) -> InputContainer:
        if self._container is None:
            raise VideoError(f"{readable(self.path)}: the video was closed; open it again.")
        return self._container
