"""The undo history of one picture, kept across restarts: what can be undone and done again.

`history/<name>.edits` is a log that is only added to; `history_records` has its form. DO puts an
edit on the stack, and drops what could be done again; UNDO and REDO only move in it. KEPT and STATE
begin a log that was written anew, without what is not on the stack any more.

A record is on disk before the journal has the edit. After a kill the log may thus be ahead of the
labels, never behind: records with numbers that the labels do not have are cut off, and what stays
is the stack as it was at the labels' own number. Numbers of a picture have no gaps, so an edit
that came by another way shows as one; undoing what came before it would bring back what was never
there, and that part of the stack is dropped.
"""

from __future__ import annotations

import os
import struct
import threading
import zlib
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from segcore.atomic import replacing
from segcore.edits import Edit
from segcore.errors import ProjectError
from segcore.project import journal
from segcore.project.history_records import (
    Kind,
    Move,
    Step,
    decode,
    encode,
    encode_head,
    encode_position,
    read_records,
)

MOST_BYTES = 256 << 20
"""Of a picture's edits on disk; beyond, the oldest are dropped."""

_WORTH_TIDYING = 1 << 20


class HistoryState(NamedTuple):
    """The stack of a picture at one moment.

    Attributes:
        steps: all of it, the oldest first.
        position: how many of them are done; the others can be done again.
        note: what was dropped and why, a sentence, or nothing.
    """

    steps: tuple[Step, ...] = ()
    position: int = 0
    note: str = ""


class PictureHistory:
    """The log of one picture; calls may come from any thread, those that write from one."""

    def __init__(self, path: Path, sequence: int) -> None:
        """Read the log of a picture whose labels are at edit number `sequence`.

        What a kill left behind that number is cut off the file.

        Raises:
            OSError: the file is there and cannot be read or cut.
        """
        self._path = path
        self._guard = threading.Lock()
        self._steps: list[Step] = []
        self._position = 0
        self._last = 0
        self._length = 0
        self._note = ""
        self._load(sequence)
        self.settle(sequence)

    @property
    def length(self) -> int:
        """Bytes of the log that count."""
        with self._guard:
            return self._length

    def state(self) -> HistoryState:
        """The stack as it is on disk; the note is told once."""
        with self._guard:
            note, self._note = self._note, ""
            return HistoryState(tuple(self._steps), self._position, note)

    def edit(self, sequence: int) -> Edit:
        """The edit of a step, its labels as wide as they were then.

        Raises:
            LookupError: it is not on the stack any more.
            ProjectError: the file is damaged there or cannot be read.
        """
        with self._guard:
            step = next((step for step in self._steps if step.sequence == sequence), None)
            if step is None:
                raise LookupError(sequence)
            try:
                with self._path.open("rb") as file:
                    file.seek(step.begin)
                    payload = file.read(step.length)
            except OSError as error:
                raise self._damage(error.strerror or str(error)) from error
        if zlib.crc32(payload) != step.crc or len(payload) != step.length:
            raise self._damage("it is damaged")
        return decode(payload, step.text)

    def keeps(self, sequence: int) -> bool:
        """Whether a step is on disk."""
        with self._guard:
            return any(step.sequence == sequence for step in self._steps)

    def settle(self, sequence: int) -> None:
        """Drop everything when the labels are at another number than the log."""
        with self._guard:
            if self._last == sequence:
                return
            if self._steps:
                self._note = (
                    f"The labels of {self._path.stem} were changed by another way than the window: "
                    "what was done before cannot be undone any more."
                )
            self._clear()
            self._length = 0
            self._last = sequence

    def append(self, moves: Iterable[tuple[int, Move]]) -> Appended:
        """Bring moves with their sequence numbers to disk; they count from `commit` on.

        Until then another `append` begins where this one began.

        Raises:
            OSError: the disk is full, or the folder cannot be written.
        """
        # those that a journal which refused made the writer try again
        moves = [(number, move) for number, move in moves if number > self._last]
        encoded = [encode(number, move) for number, move in moves]
        length = journal.append(self._path, (b"".join(parts) for parts in encoded), self._length)
        return Appended(moves, encoded, length)

    def commit(self, appended: Appended) -> None:
        """Let what `append` has written count."""
        with self._guard:
            place = self._length
            for (number, move), (head, payload) in zip(appended.moves, appended.encoded):
                begin = place + len(head)
                step = Step(number, move.text, begin, len(payload), zlib.crc32(payload))
                self._take(move.kind, step, 0)
                place = begin + len(payload)
            self._length = appended.length

    def trim(self, most: int = MOST_BYTES) -> None:
        """Write the log anew where it is too long, or mostly of what is not on the stack.

        Raises:
            OSError: the disk is full, or the folder cannot be written; the log is as it was.
        """
        with self._guard:
            held = sum(step.length for step in self._steps)
            if self._length <= most and self._length - held <= held + _WORTH_TIDYING:
                return
            dropped = 0
            while held > most * 3 // 4 and dropped < self._position:
                held -= self._steps[dropped].length
                dropped += 1
            if held > most:  # what could be done again is too much by itself
                dropped = len(self._steps)
            self._rewrite(self._steps[dropped:], max(self._position - dropped, 0))
            if dropped:
                self._note = (
                    f"{dropped} of the oldest edits of {self._path.stem} cannot be undone any "
                    f"more: {most >> 20} MB of them are kept."
                )

    def _load(self, sequence: int) -> None:
        """Follow the log up to the number of the labels, and cut off what lies behind."""
        try:
            file = self._path.open("rb")
        except FileNotFoundError:
            return
        with file:
            for record in read_records(file):
                # What a log that was written anew keeps has its old numbers.
                if record.kind is not Kind.KEPT and record.step.sequence > sequence:
                    break
                self._take(record.kind, record.step, record.position)
                self._length = record.step.begin + record.step.length
            torn = file.seek(0, os.SEEK_END) > self._length
        if torn:
            with self._path.open("r+b") as tail:
                tail.truncate(self._length)
                os.fsync(tail.fileno())

    def _take(self, kind: Kind, step: Step, position: int) -> None:
        """Follow one record."""
        if kind is Kind.KEPT:
            self._steps.append(step)
            return
        if kind is Kind.STATE:
            self._position = min(position, len(self._steps))
            self._last = step.sequence
            return
        if step.sequence != self._last + 1:
            self._clear()
        self._last = step.sequence
        if kind is Kind.DO:
            del self._steps[self._position :]
            self._steps.append(step)
            self._position += 1
        elif kind is Kind.UNDO and self._position > 0:
            self._position -= 1
        elif kind is Kind.REDO and self._position < len(self._steps):
            self._position += 1
        else:
            self._clear()  # of a step that was dropped: nothing here fits the labels now

    def _clear(self) -> None:
        self._steps = []
        self._position = 0

    def _rewrite(self, steps: list[Step], position: int) -> None:
        """Replace the log by one of these steps alone."""
        kept: list[Step] = []
        with self._path.open("rb") as old, replacing(self._path) as file:
            for step in steps:
                old.seek(step.begin)
                payload = old.read(step.length)
                head = encode_head(Kind.KEPT, step.sequence, step.text, len(payload), step.crc)
                file.write(head)
                kept.append(step._replace(begin=file.tell()))
                file.write(payload)
            payload = encode_position(position)
            head = encode_head(Kind.STATE, self._last, "", len(payload), zlib.crc32(payload))
            file.write(head + payload)
            length: int = file.tell()
        self._steps, self._position, self._length = kept, position, length

    def _damage(self, reason: str) -> ProjectError:
        return ProjectError(
            f"{self._path} cannot be read ({reason}): what was done before cannot be undone; the "
            "labels themselves are whole."
        )


class Appended(NamedTuple):
    """What was written and does not count yet."""

    moves: list[tuple[int, Move]]
    encoded: list[tuple[bytes, bytes]]
    length: int


class Histories:
    """The logs of a project's pictures, each opened when it is first asked for."""

    def __init__(self) -> None:
        self._open: dict[str, PictureHistory] = {}
        self._guard = threading.Lock()

    def of(self, name: str, path: Path, sequence: int) -> PictureHistory:
        """The log of a picture whose labels are at number `sequence` when it is first opened.

        Raises:
            ProjectError: it is there and can neither be read nor put aside.
        """
        with self._guard:
            if name not in self._open:
                try:
                    self._open[name] = PictureHistory(path, sequence)
                except (OSError, ValueError, struct.error) as error:
                    raise ProjectError(
                        f"{path} cannot be read ({error}): make it readable, or remove it; the "
                        "labels are safe, only undo is in it."
                    ) from error
            return self._open[name]

    def known(self, name: str) -> PictureHistory | None:
        """The log of a picture if it has been opened."""
        return self._open.get(name)

    def forget(self, name: str) -> None:
        """Have it opened anew when it is next asked for."""
        with self._guard, suppress(KeyError):
            del self._open[name]
