"""How far a piece of work is, how long it will take, and how it is called off."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from segcore.errors import Cancelled


@dataclass(frozen=True)
class Progress:
    """`done` of `total` steps; `seconds_left` is None until a rate is known."""

    done: int
    total: int
    text: str = ""
    seconds_left: float | None = None

    @property
    def fraction(self) -> float:
        """Share that is done, 0 to 1; work without steps counts as done."""
        return min(self.done / self.total, 1.0) if self.total > 0 else 1.0


ProgressCallback = Callable[[Progress], None]


class CancelToken:
    """A flag that one thread raises and another looks at between steps."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def cancel(self) -> None:
        """Ask for the work to end; it ends at its next look."""
        self._event.set()

    @property
    def cancelled(self) -> bool:
        """True once `cancel` was called."""
        return self._event.is_set()

    def raise_if_cancelled(self) -> None:
        """Raise `Cancelled` once `cancel` was called."""
        if self._event.is_set():
            raise Cancelled


class Ticker:
    """Counts steps, measures their rate and tells a callback, with the time left.

    The rate is a moving average over steps (the newest counts `weight`), so that a slow first step
    (a model that warms up) is forgotten.
    """

    def __init__(
        self,
        total: int,
        callback: ProgressCallback | None = None,
        *,
        weight: float = 0.2,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.total = total
        self.done = 0
        self._callback = callback
        self._weight = weight
        self._clock = clock
        self._last = clock()
        self._seconds_per_step: float | None = None

    def tick(self, text: str = "", steps: int = 1) -> Progress:
        """Count `steps` as done, tell the callback and return what it was told."""
        now = self._clock()
        if steps > 0:
            self._measure((now - self._last) / steps)
            self._last = now
        self.done += steps
        progress = Progress(self.done, self.total, text, self._seconds_left())
        if self._callback is not None:
            self._callback(progress)
        return progress

    def _measure(self, seconds: float) -> None:
        if self._seconds_per_step is None or self.done == 1:
            self._seconds_per_step = seconds
        else:
            self._seconds_per_step += self._weight * (seconds - self._seconds_per_step)

    def _seconds_left(self) -> float | None:
        if self._seconds_per_step is None:
            return None
        return max(self.total - self.done, 0) * self._seconds_per_step
