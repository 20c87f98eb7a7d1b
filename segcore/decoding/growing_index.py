"""An index that is built in the background, and what is known of it so far."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

from segcore.decoding.video_index import FrameIndex, growing_index
from segcore.errors import SegcoreError, VideoError, readable


class GrowingIndex:
    """The frames of a video, found on a thread of its own; to be asked from every thread.

    What is known is exact: frames come behind it, never between.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: FrameIndex | None = None
        self._is_whole = False
        self._closed = False
        self._trouble = ""
        self._changed = threading.Condition()
        threading.Thread(target=self._grow, name="video-index", daemon=True).start()

    def close(self) -> None:
        """Have the thread end soon."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def covering(self, number: int) -> FrameIndex:
        """What is known, as soon as it has the frame of that number or the whole video.

        Raises:
            VideoError: not one frame can be decoded.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._ended or self._count > number)
            return self._checked()

    def whole(self) -> FrameIndex:
        """The index of all frames; raises as `covering`."""
        with self._changed:
            self._changed.wait_for(lambda: self._ended)
            return self._checked()

    @property
    def is_whole(self) -> bool:
        """Whether all frames are known."""
        return self._is_whole

    def counts(self) -> Iterator[int]:
        """How many frames are known, whenever there are more, until they are all known.

        Raises:
            VideoError: not one frame can be decoded.
        """
        told = 0
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._ended or self._count > told)  # noqa: B023
                index, ended = self._checked(), self._ended
            if len(index) > told:
                told = len(index)
                yield told
            if ended:
                return

    @property
    def _count(self) -> int:
        return 0 if self._known is None else len(self._known)

    @property
    def _ended(self) -> bool:
        return self._is_whole or self._closed or bool(self._trouble)

    def _checked(self) -> FrameIndex:
        if self._trouble:
            raise VideoError(self._trouble)
        if self._known is None:
            raise VideoError(f"{readable(self._path)}: the video was closed; open it again.")
        return self._known

    def _grow(self) -> None:
        trouble = ""
        try:
            for index in growing_index(self._path):
                with self._changed:
                    if self._closed:
                        return
                    if index is not None:
                        self._known = index
                    self._changed.notify_all()
        except SegcoreError as error:
            trouble = str(error)
        except Exception as error:  # noqa: BLE001 - whoever waits must be told
            trouble = f"{readable(self._path)} cannot be read ({error}); copy it again."
        finally:
            with self._changed:
                self._trouble, self._is_whole = trouble, not trouble
                self._changed.notify_all()
