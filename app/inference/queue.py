"""Which request the inference thread serves next.

A person only waits for the newest query and the newest prediction: each of these kinds has one
slot, in which the newest request takes the place of the one before. Batches and studies of many
pictures queue up.
"""

from __future__ import annotations

import threading
import time
from collections import deque

from app.inference.jobs import Job, JobState

SLOTS = (
    "model",
    "query",
    "assist",
    "hover",
    "explain",
    "uncertainty",
    "doubt",
    "attention",
    "fields",
    "erf",
    "predict",
    "flips",
    "features",
    "stages",
    "spread",
    "without",
    "grid",
    "hide",
    "sizes",
    "live",
)
"""Kinds of which only the newest counts, most urgent first."""

IN_LINE = ("batch", "study")
"""Kinds that are all done, in the order in which they came, after everything else."""


class RequestQueue:
    """Latest-wins slots before a first-in-first-out queue; safe to use from every thread."""

    def __init__(self) -> None:
        self._slots: dict[str, Job] = {}
        self._running: dict[str, Job] = {}
        self._line: deque[Job] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self._hand_is_down = False

    def put(self, job: Job) -> Job | None:
        """Queue a job and call off the running one that it makes needless.

        Returns:
            The waiting job whose place it takes, which will never be taken.
        """
        with self._changed:
            if job.kind in IN_LINE:
                self._line.append(job)
                self._changed.notify()
                return None
            if job.kind in self._running:
                self._running[job.kind].call_off(JobState.SUPERSEDED)
            replaced = self._slots.get(job.kind)
            self._slots[job.kind] = job
            self._changed.notify()
            return replaced

    def take(self) -> Job | None:
        """The most urgent job, waiting for one to come; None once the queue is closed.

        It counts as running until `release`.
        """
        with self._changed:
            while not self._closed:
                job = self._pop(SLOTS) or self._pop_line()
                if job is not None:
                    return job
                self._changed.wait()
            return None

    def take_before(self, kind: str) -> Job | None:
        """A waiting job that a running one of `kind` gives way to; None when there is none."""
        urgent = SLOTS if kind in IN_LINE else SLOTS[: SLOTS.index(kind)]
        with self._changed:
            return None if self._closed else self._pop(urgent)

    def rest(self, job: Job) -> None:
        """Wait while a running job is paused, until it is called off or must give way."""
        urgent = SLOTS if job.kind in IN_LINE else SLOTS[: SLOTS.index(job.kind)]
        with self._changed:
            self._changed.wait_for(
                lambda: (
                    not job.is_paused
                    or job.token.cancelled
                    or any(kind in self._slots for kind in urgent)
                )
            )

    def pause(self, kind: str, paused: bool) -> list[Job]:
        """Have the jobs of a kind rest, or go on; those of which that is news.

        One that waits still rests as soon as its turn comes.
        """
        with self._changed:
            jobs = [*self._running.values(), *self._line]
            found = [
                job
                for job in jobs
                if job.kind == kind and job.is_paused != paused and not job.token.cancelled
            ]
            for job in found:
                if paused:
                    job.pause()
                else:
                    job.go_on()
            self._changed.notify_all()
            return found

    def hand_is_down(self, *, down: bool) -> None:
        """Say that the person draws at this moment, or no longer does."""
        with self._changed:
            self._hand_is_down = down
            self._changed.notify_all()

    def stand_aside(self, job: Job, until: float) -> bool:
        """Wait while the hand is down, if the job is one of those that stand in line.

        Args:
            until: moment of `time.monotonic` from which it goes on all the same.

        Returns:
            Whether it must give way to another job that has come meanwhile.
        """
        if job.kind not in IN_LINE:
            return False
        with self._changed:
            self._changed.wait_for(
                lambda: not self._hand_is_down or job.token.cancelled or bool(self._slots),
                until - time.monotonic(),
            )
            return self._hand_is_down and bool(self._slots) and not job.token.cancelled

    def release(self, job: Job) -> None:
        """Say that a taken job no longer runs."""
        with self._changed:
            if self._running.get(job.kind) is job:
                del self._running[job.kind]

    def call_off(self, kind: str | None = None) -> list[Job]:
        """Cancel the running jobs of a kind, or all; returns the waiting ones, taken out."""
        with self._changed:
            for name, job in self._running.items():
                if kind in (None, name):
                    job.call_off(JobState.CANCELLED)
            self._changed.notify_all()
            return self._remove(kind)

    def close(self) -> list[Job]:
        """As `call_off` for every kind, and `take` returns None from now on."""
        waiting = self.call_off()
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            return waiting + self._remove(None)

    def _remove(self, kind: str | None) -> list[Job]:
        removed = [
            self._slots.pop(name) for name in SLOTS if kind in (None, name) and name in self._slots
        ]
        removed.extend(job for job in self._line if kind in (None, job.kind))
        self._line = deque(job for job in self._line if kind not in (None, job.kind))
        return removed

    def _pop(self, kinds: tuple[str, ...]) -> Job | None:
        for kind in kinds:
            job = self._slots.pop(kind, None)
            if job is not None:
                self._running[kind] = job
                return job
        return None

    def _pop_line(self) -> Job | None:
        if not self._line:
            return None
        job = self._line.popleft()
        self._running[job.kind] = job
        return job
