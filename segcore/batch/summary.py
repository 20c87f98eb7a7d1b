"""How a batch went, in memory that does not grow with what is said about each picture."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path
from typing import overload

from segcore.output_names import Job

MOST_FAILURES = 10_000
"""Failures that are kept with their sentences; the others are told as they happen, and counted."""


class State(IntEnum):
    """What has become of a picture."""

    WAITING = 0
    KEPT = 1
    DONE = 2
    FAILED = 3
    SKIPPED = 4


class Paths(Sequence[Path]):
    """The pictures or label maps of the jobs in one state, in the order of the plan."""

    def __init__(self, jobs: Sequence[Job], numbers: Sequence[int], out: Path | None) -> None:
        """`out` is the folder of the label maps; without it these are the pictures."""
        self._jobs, self._numbers, self._out = jobs, numbers, out

    def __len__(self) -> int:
        return len(self._numbers)

    @overload
    def __getitem__(self, index: int) -> Path: ...
    @overload
    def __getitem__(self, index: slice) -> Paths: ...
    def __getitem__(self, index: int | slice) -> Path | Paths:
        if isinstance(index, slice):
            return Paths(self._jobs, self._numbers[index], self._out)
        job = self._jobs[self._numbers[index]]
        return job.picture if self._out is None else self._out / job.target

    def __repr__(self) -> str:
        return f"<{len(self)} paths>"


@dataclass
class BatchSummary:
    """How a batch ended.

    Attributes:
        failed: each picture (or input) that was not done, and one sentence why; of very many the
            first, `failures` counts them all.
        notes: what a person should know of how it was done, each sentence once.
    """

    jobs: Sequence[Job] = ()
    out: Path = Path()
    failed: list[tuple[Path, str]] = field(default_factory=list)
    failures: int = 0
    notes: list[str] = field(default_factory=list)
    _states: bytearray = field(default_factory=bytearray)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def plan(self, jobs: Sequence[Job], out: Path) -> None:
        """Say what there is to do; nothing of it is done yet."""
        self.jobs, self.out, self._states = jobs, out, bytearray(len(jobs))

    @property
    def done(self) -> Sequence[Path]:
        """The label maps that were written, in the order of the pictures."""
        return Paths(self.jobs, self.numbers(State.DONE), self.out)

    @property
    def kept(self) -> Sequence[Path]:
        """The label maps that an earlier run had finished."""
        return Paths(self.jobs, self.numbers(State.KEPT), self.out)

    @property
    def skipped(self) -> Sequence[Path]:
        """Pictures that were not tried, because the output folder takes no more files."""
        return Paths(self.jobs, self.numbers(State.SKIPPED), None)

    @property
    def complete(self) -> bool:
        """Whether everything that was asked for was done."""
        return self.failures == 0 and State.SKIPPED not in self._states

    def numbers(self, state: State) -> Sequence[int]:
        """The jobs in a state."""
        return [number for number, found in enumerate(self._states) if found == state]

    def state_of(self, number: int) -> State:
        """What has become of a job so far."""
        return State(self._states[number])

    def mark(self, number: int, state: State) -> None:
        """Say what has become of a job."""
        self._states[number] = state

    def fail(self, picture: Path, sentence: str) -> None:
        """Count a failure."""
        with self._guard:
            self.failures += 1
            if len(self.failed) < MOST_FAILURES:
                self.failed.append((picture, sentence))

    def note(self, notes: Sequence[str]) -> None:
        """Keep what is new of these."""
        with self._guard:
            self.notes.extend(note for note in notes if note not in self.notes)
