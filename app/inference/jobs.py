"""A request on its way: queued, running, and exactly one end."""

from __future__ import annotations

import itertools
import threading
import time
from dataclasses import dataclass
from enum import StrEnum

from app.inference.requests import Request
from segcore.progress import CancelToken, Progress


class JobState(StrEnum):
    """Where a job is; the last four are ends."""

    QUEUED = "queued"
    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"
    CANCELLED = "cancelled"
    SUPERSEDED = "superseded"

    @property
    def is_end(self) -> bool:
        """Whether nothing comes after it."""
        return self not in (JobState.QUEUED, JobState.RUNNING)


@dataclass(frozen=True)
class JobStatus:
    """What the person is told of a job.

    Attributes:
        error: a sentence, for a failed job and for a batch that left pictures out.
        details: what to copy into a report: the traceback, or the pictures left out.
        paused: whether it rests until it is told to go on.
    """

    id: int
    kind: str
    title: str
    state: JobState
    progress: Progress | None = None
    error: str = ""
    details: str = ""
    paused: bool = False


_ids = itertools.count(1)


class Job:
    """One request and what becomes of it; safe to use from every thread."""

    def __init__(self, request: Request) -> None:
        self.id = next(_ids)
        self.request = request
        self.token = CancelToken()
        self._reason = JobState.CANCELLED
        self._state = JobState.QUEUED
        self._lock = threading.Lock()
        self._paused_since: float | None = None
        self._rested = 0.0

    @property
    def kind(self) -> str:
        """The slot of the queue it belongs to."""
        return self.request.kind

    @property
    def state(self) -> JobState:
        """Where it is now."""
        return self._state

    def call_off(self, reason: JobState) -> None:
        """Ask it to end as `reason` at its next look; the first reason counts."""
        with self._lock:
            if not self.token.cancelled:
                self._reason = reason
                self.token.cancel()

    @property
    def reason(self) -> JobState:
        """Why it was called off: cancelled or superseded."""
        return self._reason

    @property
    def is_paused(self) -> bool:
        """Whether it is to rest at its next look."""
        return self._paused_since is not None

    def pause(self) -> None:
        """Have it rest at its next look, with all it holds, until `go_on`."""
        with self._lock:
            if self._paused_since is None:
                self._paused_since = time.monotonic()

    def go_on(self) -> None:
        """End the rest."""
        with self._lock:
            if self._paused_since is not None:
                self._rested += time.monotonic() - self._paused_since
                self._paused_since = None

    def leave_out(self, seconds: float) -> None:
        """Do not count time that has just gone by as work."""
        with self._lock:
            self._rested += seconds

    def clock(self) -> float:
        """Seconds that go by while it does not rest, for measuring how fast it is."""
        with self._lock:
            now = time.monotonic() if self._paused_since is None else self._paused_since
            return now - self._rested

    def move_to(self, state: JobState) -> bool:
        """Go on to `state`; False when the job has ended already, which nothing changes."""
        with self._lock:
            if self._state.is_end:
                return False
            self._state = state
            return True

    def status(
        self, progress: Progress | None = None, error: str = "", details: str = ""
    ) -> JobStatus:
        """The job as it stands, for the window."""
        return JobStatus(
            self.id,
            self.kind,
            self.request.title,
            self._state,
            progress,
            error,
            details,
            self.is_paused and not self._state.is_end,
        )
