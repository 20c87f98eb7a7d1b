"""The thread that brings edits and states to disk, in order, within a fraction of a second."""

from __future__ import annotations

import errno
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from segcore.errors import ProjectError
from segcore.project import journal
from segcore.project.history import Histories
from segcore.project.history_records import Move
from segcore.project.journal import Record
from segcore.project.maps import MapFiles
from segcore.project.states import STATES_NAME, append_lines, append_missing

RETRY_SECONDS = 1.0

GATHER_SECONDS = 0.25
"""How long lines that are in no hurry wait for more of them, so that a batch does not go to disk
twice for each picture; with an edit or `flush` they go at once."""


class _Job(NamedTuple):
    """An edit of a picture, and what it means to what can be undone."""

    name: str
    record: Record
    move: Move | None


@dataclass(eq=False)
class _Batch:
    """What is taken from the queue in one go."""

    lines: list[str] = field(default_factory=list)
    records: dict[str, list[_Job]] = field(default_factory=dict)


class Writer:
    """Takes edits at once and keeps them in memory until they are on disk.

    When the disk refuses, nothing is dropped: the writer tries again every second, and meanwhile
    every call of `check` raises the sentence that says why.
    """

    def __init__(
        self,
        folder: Path,
        states_length: int,
        histories: Histories,
        on_trouble: Callable[[str], None],
    ) -> None:
        self._folder = folder
        self._histories = histories
        self._states_length = states_length
        self._on_trouble = on_trouble
        self._changed = threading.Condition()
        self._queue: deque[str | _Job] = deque()
        self._submitted = self._written = 0
        self._hurried = False
        self._journal_lengths: dict[str, int] = {}
        self._files = threading.Lock()
        self._trouble: str | None = None
        self._retry_now = False
        self._stopping = False
        self.last_saved: float | None = None
        self._thread = threading.Thread(target=self._run, name="project-journal", daemon=True)
        self._thread.start()

    def submit_record(self, name: str, record: Record, move: Move | None = None) -> None:
        """Queue an edit of a picture; its arrays must not be changed any more.

        `move` is what it means to what can be undone; without one it cannot be.
        """
        self._submit([_Job(name, record, move)], hurry=True)

    def submit_lines(self, lines: Iterable[str], *, hurry: bool = True) -> None:
        """Queue lines of the picture list; without `hurry` they wait for more of them."""
        self._submit(lines, hurry=hurry)

    def pending(self, name: str) -> list[Record]:
        """Edits of a picture that are not yet on disk."""
        with self._changed:
            jobs = [job for job in self._queue if not isinstance(job, str)]
            return [job.record for job in jobs if job.name == name]

    def check(self) -> None:
        """Raise ProjectError while the disk refuses what was submitted."""
        with self._changed:
            if self._trouble is not None:
                raise ProjectError(self._trouble)

    def flush(self) -> None:
        """Wait until everything submitted so far is on disk.

        Raises:
            ProjectError: the disk refuses it; it stays in memory.
        """
        with self._changed:
            goal = self._submitted
            self._hurried = self._retry_now = True
            self._changed.notify_all()
            while self._written < goal and (self._trouble is None or self._retry_now):
                self._changed.wait()
            if self._written < goal and self._trouble is not None:
                raise ProjectError(self._trouble)

    def cut_journal(self, name: str, files: MapFiles, up_to: int) -> None:
        """Drop the edits of a picture that are in its PNG files by now.

        Raises:
            OSError: the folder cannot be written; the journal is as it was.
        """
        with self._files:
            self._journal_lengths[name] = journal.cut(files.journal, up_to)

    def trim_history(self, name: str) -> None:
        """Keep what can be undone of a picture within its bytes.

        Raises:
            OSError: the folder cannot be written; nothing has changed.
        """
        history = self._histories.known(name)
        if history is not None:
            with self._files:
                history.trim()

    def list_now(self, lines: Sequence[str]) -> None:
        """Put lines into the picture list, unless they are in it; OSError where that fails."""
        with self._files:
            self._states_length = append_missing(self._folder, lines, self._states_length)

    def stop(self) -> None:
        """End the thread; what is not on disk yet is dropped."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        self._thread.join()

    def _submit(self, jobs: Iterable[str | _Job], *, hurry: bool) -> None:
        with self._changed:
            self._hurried |= hurry
            before = len(self._queue)
            self._queue.extend(jobs)
            self._submitted += len(self._queue) - before
            self._changed.notify_all()

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._queue and not self._stopping:
                    self._retry_now = False
                    self._changed.notify_all()
                    self._changed.wait()
                self._changed.wait_for(self._must_not_wait, GATHER_SECONDS)
                if self._stopping:
                    return
                self._hurried = False
                jobs = list(self._queue)
            self._write_and_tell(jobs)

    def _must_not_wait(self) -> bool:
        return self._hurried or self._retry_now or self._stopping

    def _write_and_tell(self, jobs: list[str | _Job]) -> None:
        trouble: str | None = None
        try:
            self._write(_batch(jobs))
        except (OSError, ProjectError, MemoryError) as error:
            trouble = self._sentence(error)
        with self._changed:
            is_news = trouble is not None and self._trouble is None
            self._trouble = trouble
            self._hurried |= trouble is not None
            self._retry_now = False
            if trouble is None:
                for _ in jobs:
                    self._queue.popleft()
                self._written += len(jobs)
                if any(not isinstance(job, str) for job in jobs):
                    self.last_saved = time.time()
            self._changed.notify_all()
        if trouble is None:
            return
        if is_news:
            self._on_trouble(trouble)
        self._wait_for_retry()

    def _wait_for_retry(self) -> None:
        until = time.monotonic() + RETRY_SECONDS
        with self._changed:
            while not (self._retry_now or self._stopping):
                left = until - time.monotonic()
                if left <= 0:
                    return
                self._changed.wait(left)

    def _write(self, batch: _Batch) -> None:
        """States first: an edit on disk is always one of a picture that is listed on disk.

        The history goes before the journal: it may be ahead of the labels, never behind.
        """
        if not (self._folder / STATES_NAME).exists():
            raise FileNotFoundError(errno.ENOENT, "the project folder is gone")
        if batch.lines:
            with self._files:
                self._states_length = append_lines(self._folder, batch.lines, self._states_length)
        for name, jobs in batch.records.items():
            encoded = [journal.encode(job.record) for job in jobs]
            moves = [(job.record.sequence, job.move) for job in jobs if job.move is not None]
            path = MapFiles.of(self._folder, name).journal
            history = self._histories.known(name)
            with self._files:
                appended = history.append(moves) if history is not None and moves else None
                known = self._journal_lengths.get(name)
                self._journal_lengths[name] = journal.append(path, encoded, known)
                if history is not None and appended is not None:
                    history.commit(appended)

    def _sentence(self, error: Exception) -> str:
        reason = (isinstance(error, OSError) and error.strerror) or str(error) or "out of memory"
        return (
            f"The latest edits of {self._folder} are not on disk ({reason}): they are kept in "
            "memory and tried again every second; make room or make the folder writable."
        )

    def journal_length(self, name: str) -> int:
        """Bytes of a picture's journal as far as this writer knows; never waits for the disk."""
        return self._journal_lengths.get(name, 0)

    def know_journal(self, name: str, length: int) -> None:
        """Say how long the whole part of a journal is, before its first edit is submitted."""
        self._journal_lengths[name] = length


def _batch(jobs: Iterable[str | _Job]) -> _Batch:
    batch = _Batch()
    for job in jobs:
        if isinstance(job, str):
            batch.lines.append(job)
        else:
            batch.records.setdefault(job.name, []).append(job)
    return batch
