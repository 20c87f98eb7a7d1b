"""The clip that the open picture belongs to: the frames of its video, or its folder's pictures."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Signal

from app.session import Session
from segcore.frame_paths import frame_of_name
from segcore.project.frames import clip_of

Times = npt.NDArray[np.float64]

GUESSED_RATE = 10.0
"""Frames a second of a sequence of pictures, which does not say."""


class ClipController(QObject):
    """Which stretch of the session's list is one clip, and which frame of it is open.

    Frames are counted from 0 within the clip; `first` is where it begins in the session's list.
    `rate` is in frames a second on average; when each frame is shown, `seconds_of` knows.
    """

    clipChanged = Signal()
    frameChanged = Signal(int)
    timesChanged = Signal()

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.name = ""
        self.first = 0
        self.count = 0
        self.rate = GUESSED_RATE
        self.chosen_range: tuple[int, int] | None = None
        self._times: Times = np.zeros(0, np.float64)
        session.currentChanged.connect(self._follow)
        session.imagesListed.connect(self._grow)

    @property
    def is_clip(self) -> bool:
        """Whether there is more than one frame."""
        return self.count > 1

    @property
    def is_video(self) -> bool:
        """Whether the frames are of a video file, and not pictures of a folder."""
        return self.count > 0 and frame_of_name(self._session.names[self.first]) is not None

    @property
    def current(self) -> int:
        """The open frame; -1 when nothing is open."""
        at = self._session.current - self.first
        return at if 0 <= at < self.count else -1

    @property
    def range(self) -> tuple[int, int]:
        """First and last frame of the chosen range, or of all of the clip."""
        return self.chosen_range or (0, max(self.count - 1, 0))

    def name_of(self, number: int) -> str:
        """The name of a frame."""
        return self._session.names[self.first + number]

    @property
    def names(self) -> list[str]:
        """The names of all frames, in order."""
        return self._session.names[self.first : self.first + self.count]

    def number_of(self, name: str) -> int | None:
        """Which frame has that name; None where it is no frame of this clip."""
        found = frame_of_name(name)
        if found is not None and found[0] == self.name and found[1] < self.count:
            at = found[1]
            # The session may have let go of its names already; the clip hears of it later.
            if self.first + at < len(self._session.names) and self.name_of(at) == name:
                return at
        names = self.names
        return names.index(name) if name in names else None

    @property
    def times_known(self) -> int:
        """Of how many frames it is known when they are shown."""
        return len(self._times)

    def set_times(self, times: Times, rate: float) -> None:
        """(n,) seconds from the first frame to each of the first n, rising; and the mean rate."""
        self._times, self.rate = times, rate or GUESSED_RATE
        self.timesChanged.emit()

    def seconds_of(self, number: int) -> float:
        """When a frame is shown, from the first on; at the mean rate where that is not known.

        May be called from every thread, and with the number behind the last frame for the end.
        """
        times = self._times
        if number < len(times):
            return float(times[max(number, 0)])
        if not len(times):
            return number / self.rate
        return float(times[-1]) + (number - len(times) + 1) / self.rate

    def frame_at(self, seconds: float) -> int:
        """The frame that is shown at a moment, from every thread; the first before it begins."""
        times = self._times
        if len(times) and seconds < times[-1]:
            return max(int(np.searchsorted(times, seconds, "right")) - 1, 0)
        known = max(len(times) - 1, 0)
        # a millionth, so that the moment of a frame is the frame's whatever was rounded
        return known + int((seconds - self.seconds_of(known)) * self.rate + 1e-6)

    def go_to(self, number: int) -> None:
        """Open a frame; those beyond the ends are the first and the last."""
        if self.count:
            self._session.open_index(self.first + min(max(number, 0), self.count - 1))

    def step(self, by: int) -> None:
        """Open the frame that many away."""
        if self.current >= 0:
            self.go_to(self.current + by)

    def set_range(self, chosen: tuple[int, int] | None) -> None:
        """Choose a range, first and last frame, or all with None."""
        if chosen is not None:
            first, last = (min(max(number, 0), self.count - 1) for number in chosen)
            chosen = (first, last) if first <= last else None
        self.chosen_range = chosen
        self.clipChanged.emit()

    def _follow(self, index: int) -> None:
        names = self._session.names
        if not 0 <= index < len(names):
            self._take("", 0, 0)
            return
        clip = clip_of(names[index])
        if clip != self.name or not self.first <= index < self.first + self.count:
            first = last = index
            while first and clip_of(names[first - 1]) == clip:
                first -= 1
            while last + 1 < len(names) and clip_of(names[last + 1]) == clip:
                last += 1
            self._take(clip, first, last + 1 - first)
        self.frameChanged.emit(self.current)

    def _grow(self, _count: int) -> None:
        names, end = self._session.names, self.first + self.count
        if not self.count:
            return
        while end < len(names) and clip_of(names[end]) == self.name:
            end += 1
        if end > self.first + self.count:
            self.count = end - self.first
            self.clipChanged.emit()

    def _take(self, name: str, first: int, count: int) -> None:
        if name != self.name or first != self.first:
            self.chosen_range = None
            self._times, self.rate = np.zeros(0, np.float64), GUESSED_RATE
        self.name, self.first, self.count = name, first, count
        self.clipChanged.emit()
