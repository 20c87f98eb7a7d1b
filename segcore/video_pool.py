"""Videos that are open, for everybody who reads single frames of them.

Each thread has decoders of its own, so that playing, reading ahead and a batch do not send each
other's back to a key frame; the index of a file is built once for all. Few decoders stay open.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from segcore.decoding.growing_index import GrowingIndex
from segcore.errors import VideoError, readable
from segcore.folders import is_image_path
from segcore.video import RGB, Video

MOST_OPEN = 8
"""Decoders over all threads and files; those in use at the moment are not counted out."""

KEPT_BYTES = 24 << 20
"""Of decoded frames that each of them keeps."""


class VideoPool:
    """Reads frames by file and number; every call may come from any thread."""

    def __init__(self, most_open: int = MOST_OPEN) -> None:
        self._most = most_open
        self._open: OrderedDict[tuple[Path, int], Video] = OrderedDict()
        self._in_use: set[tuple[Path, int]] = set()
        self._indices: dict[Path, tuple[tuple[int, int], GrowingIndex]] = {}
        self._guard = threading.RLock()

    def read(self, path: Path, number: int) -> RGB:
        """A frame, (H, W, 3) uint8 RGB, upright.

        Raises:
            VideoError: the file cannot be read, has no such frame, or it is damaged.
        """
        with self.using(path) as video:
            try:
                return video[number]
            except IndexError:
                raise VideoError(
                    f"{readable(path)} has no frame {number}: the file was replaced or cut; "
                    "put the old one back."
                ) from None

    def size(self, path: Path) -> tuple[int, int]:
        """(height, width) of the frames."""
        with self.using(path) as video:
            return video.size

    def counts(self, path: Path) -> Iterator[int]:
        """How many frames are known, whenever there are more, until all are.

        Raises:
            VideoError: the file cannot be read or has not one frame.
        """
        if is_image_path(path):
            with self.using(path) as stack:
                yield len(stack)
            return
        with self.using(path):
            pass  # a file that cannot be opened is told of here
        yield from self._index_of(path).counts()

    @contextmanager
    def using(self, path: Path) -> Iterator[Video]:
        """The calling thread's reader of a file, which is not closed meanwhile."""
        key = path, threading.get_ident()
        with self._guard:
            video = self._open.get(key)
            if video is None:
                video = self._opened(path)
                self._open[key] = video
            self._open.move_to_end(key)
            fresh = key not in self._in_use
            self._in_use.add(key)
            self._close_some()
        try:
            yield video
        finally:
            if fresh:
                with self._guard:
                    self._in_use.discard(key)

    def close(self) -> None:
        """Let go of every file that nobody reads at the moment."""
        with self._guard:
            for key in [key for key in self._open if key not in self._in_use]:
                self._open.pop(key).close()
            still_open = {path for path, _ in self._open}
            for path in [path for path in self._indices if path not in still_open]:
                self._indices.pop(path)[1].close()

    def _opened(self, path: Path) -> Video:
        if is_image_path(path):
            return Video(path)
        return Video(path, self._index_of(path), kept_bytes=KEPT_BYTES)

    def _index_of(self, path: Path) -> GrowingIndex:
        """The index of a file, anew where the file is another one than before."""
        try:
            status = path.stat()
            stamp = status.st_mtime_ns, status.st_size
        except OSError:
            stamp = (0, 0)  # opening says what is wrong
        with self._guard:
            known = self._indices.get(path)
            if known is None or known[0] != stamp:
                known = self._indices[path] = stamp, GrowingIndex(path)
            return known[1]

    def _close_some(self) -> None:
        surplus = len(self._open) - self._most
        for key in [key for key in self._open if key not in self._in_use][: max(surplus, 0)]:
            self._open.pop(key).close()


POOL = VideoPool()
"""The one of this process."""
