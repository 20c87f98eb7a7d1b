"""How much of a download is here, how fast it comes, and how long the rest will take."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

from segcore.progress import Progress, ProgressCallback

_WINDOW = 10.0
"""Seconds over which the rate is taken: long enough for bursts, short enough to follow a line."""

_BETWEEN_CALLS = 0.1


class Meter:
    """Counts bytes; what was here before the start counts as done, and not towards the rate."""

    def __init__(
        self, callback: ProgressCallback | None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.total = 0
        self.text = ""
        self._callback = callback
        self._clock = clock
        self._done = 0
        self._recent: deque[tuple[float, int]] = deque()
        self._told = float("-inf")

    def count(self, more: int) -> None:
        """`more` bytes are here; fewer, where some had to be thrown away."""
        self._done += more
        now = self._clock()
        self._recent.append((now, self._done))
        while self._recent[0][0] < now - _WINDOW and len(self._recent) > 2:
            self._recent.popleft()
        finished = self._done >= self.total
        if self._callback is not None and (finished or now - self._told >= _BETWEEN_CALLS):
            self._told = now
            self._callback(Progress(self._done, self.total, self.text, self._seconds_left()))

    def _seconds_left(self) -> float | None:
        (begin, before), (now, done) = self._recent[0], self._recent[-1]
        if now - begin < 0.5 or done <= before:
            return None
        return max(self.total - done, 0) * (now - begin) / (done - before)
