"""Words and bars for the person: results on stdout, complaints and progress on stderr."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, MofNCompleteColumn, TaskID, TextColumn
from rich.progress import Progress as Bar

from segcore.progress import Progress, ProgressCallback

_SECONDS_BETWEEN_LINES = 5.0
_WIDE = 500


def counted(count: int, thing: str) -> str:
    """`1 picture`, `3 pictures`, `2 classes`."""
    if count == 1:
        return f"{count} {thing}"
    return f"{count} {thing}{'es' if thing.endswith('s') else 's'}"


class Terminal:
    """Where one command speaks; `failed` counts what was complained of."""

    def __init__(self) -> None:
        self.failed = 0
        self._errors = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)

    def say(self, text: str) -> None:
        """A result, on stdout."""
        sys.stdout.write(f"{text}\n")

    def say_json(self, data: object) -> None:
        """A result for machines, on stdout; not-a-number has no place in JSON."""
        json.dump(data, sys.stdout, indent=2, ensure_ascii=False, allow_nan=False)
        sys.stdout.write("\n")

    def table(self, renderable: Any) -> None:
        """A rich table on stdout, as wide as the terminal, or as it needs to be in a file."""
        width = None if sys.stdout.isatty() else _WIDE
        Console(highlight=False, width=width).print(renderable)

    def note(self, text: str) -> None:
        """Something worth knowing that is no failure, on stderr."""
        self._errors.print(text)

    def complain(self, sentence: str) -> None:
        """A failure, on stderr; the command goes on and ends with status 1."""
        self.failed += 1
        self._errors.print(sentence)

    @property
    def status(self) -> int:
        """0 when everything that was asked for was done, else 1."""
        return 1 if self.failed else 0

    @contextmanager
    def progress(self, doing: str, *, in_bytes: bool = False) -> Iterator[ProgressCallback]:
        """A bar on a terminal, else a line every few seconds; both with the time left."""
        if self._errors.is_terminal:
            with _bar(self._errors, in_bytes=in_bytes) as bar:
                task = bar.add_task(doing, total=None, text="", left="")
                yield lambda progress: _move(bar, task, progress)
        else:
            yield _Lines(self, doing, in_bytes=in_bytes).show


class _Lines:
    """Progress where lines cannot be rewritten: one now and then, and never for short work."""

    def __init__(self, terminal: Terminal, doing: str, *, in_bytes: bool) -> None:
        self._terminal = terminal
        self._doing = doing
        self._in_bytes = in_bytes
        self._last = time.monotonic()

    def show(self, progress: Progress) -> None:
        now = time.monotonic()
        if now - self._last < _SECONDS_BETWEEN_LINES:
            return
        self._last = now
        left = _time_left(progress.seconds_left)
        so_far = f"{progress.done}/{progress.total}"
        if self._in_bytes:
            so_far = f"{progress.done / 1e6:.1f}/{progress.total / 1e6:.1f} MB"
        self._terminal.note(f"{self._doing}: {so_far} {progress.text} {left}".rstrip())


def _bar(console: Console, *, in_bytes: bool) -> Bar:
    return Bar(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn() if in_bytes else MofNCompleteColumn(),
        TextColumn("{task.fields[left]}"),
        TextColumn("{task.fields[text]}", markup=False),
        console=console,
        transient=True,
    )


def _move(bar: Bar, task: TaskID, progress: Progress) -> None:
    bar.update(
        task,
        completed=progress.done,
        total=progress.total,
        text=progress.text,
        left=_time_left(progress.seconds_left),
    )


def _time_left(seconds: float | None) -> str:
    if seconds is None:
        return ""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02} left" if hours else f"{minutes}:{rest:02} left"
