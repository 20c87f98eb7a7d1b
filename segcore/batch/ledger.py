"""`progress.jsonl` in an output folder: which pictures are finished, so that a batch goes on.

The first line says what the label maps were made with; each further one is a finished picture:

    [label map, picture, its bytes, its time of change in ns, bytes of the PNG, of the NPZ, saved]

A line is appended once the files that it is about are in their places. What a kill leaves of a
line counts as nothing: that picture is done again.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import IO, Any, NamedTuple

from segcore.atomic import replacing
from segcore.batch.contract import BatchPredictor
from segcore.errors import RequestError, readable
from segcore.output_names import Job

LEDGER_NAME = "progress.jsonl"
FORMAT = 1

Settings = dict[str, Any]
_DIFFERENCES = {
    "sha256": "made with another model ({model})",
    "preprocess": "made with another preprocessing of the same model",
    "protocol": "made with another protocol",
    "numerics": "made with {numerics} numerics",
    "precision": "made with {precision} precision",
}


class PictureFile(NamedTuple):
    """What tells a picture from a changed one."""

    size: int
    changed: int

    @classmethod
    def of(cls, place: str) -> PictureFile | None:
        """As it is now; None where there is none."""
        try:
            found = os.stat(place)  # noqa: PTH116 - Path objects are too slow for 100,000 files
        except OSError:
            return None
        return cls(found.st_size, found.st_mtime_ns)


def settings_of(predictor: BatchPredictor) -> Settings:
    """Everything that its label maps depend on beside the pictures."""
    facts = {
        "model": predictor.name,
        "sha256": predictor.sha256,
        "preprocess": getattr(predictor, "preprocess", None),
        "protocol": getattr(predictor, "protocol", None),
        "numerics": predictor.numerics,
        "precision": predictor.precision,
        "backend": getattr(predictor, "backend_name", None),
    }
    as_json: Settings = json.loads(json.dumps(facts, default=_plain))
    return as_json


class Ledger:
    """The finished pictures of one output folder; safe to use from several threads."""

    def __init__(self, out: Path, settings: Settings, *, redo: bool = False) -> None:
        """Read what there is; with `redo`, or where nothing can be read, begin anew.

        Raises:
            RequestError: the label maps there were made in another way.
            OSError: the folder cannot be written.
        """
        self._path = out / LEDGER_NAME
        self._out = os.path.join(out, "")  # noqa: PTH118 - speed
        self._guard = threading.Lock()
        self._stream: IO[bytes] | None = None
        lines = [] if redo else _lines(self._path)
        before = _header(lines)
        if before is None:
            lines = []
            with replacing(self._path, "w") as stream:
                stream.write(json.dumps({"predict": FORMAT, **settings}) + "\n")
        else:
            _check_same(out, before, settings)
        self._entries = dict(filter(None, map(_entry, lines[1:])))

    def finished(self, jobs: Sequence[Job], saved: frozenset[str]) -> list[int]:
        """Numbers of the jobs whose results are there, whole and of the picture as it is now.

        What was read is forgotten afterwards.
        """
        entries, self._entries = self._entries, {}
        if not entries:
            return []
        return [number for number, job in enumerate(jobs) if self._holds(entries, job, saved)]

    def add(
        self, job: Job, picture: PictureFile, saved: frozenset[str], sizes: tuple[int, int]
    ) -> None:
        """Say that a picture's files, of these many bytes (PNG, NPZ), are in their places.

        Raises:
            OSError: the disk is full or gone.
        """
        entry = [job.target, job.name, *picture, *sizes, sorted(saved)]
        line = f"{json.dumps(entry, separators=(',', ':'))}\n".encode()
        with self._guard:
            if self._stream is None:
                self._stream = self._opened()
            self._stream.write(line)

    def close(self) -> None:
        """Bring everything to disk."""
        with self._guard:
            if self._stream is not None:
                with suppress(OSError):  # what is not in it is done again
                    os.fsync(self._stream.fileno())
                self._stream.close()
                self._stream = None

    def _opened(self) -> IO[bytes]:
        """The file, behind its last whole line."""
        stream = self._path.open("ab", buffering=0)
        if not self._path.read_bytes().endswith(b"\n"):
            stream.write(b"\n")
        return stream

    def _holds(self, entries: dict[str, _Entry], job: Job, saved: frozenset[str]) -> bool:
        entry = entries.get(job.target)
        if entry is None or entry.name != job.name or not saved <= entry.saved:
            return False
        target = self._out + job.target
        return (
            PictureFile.of(job.place) == entry.picture
            and _bytes_of(target) == entry.png
            and (not saved or _bytes_of(npz_of(target)) == entry.npz)
        )


class _Entry(NamedTuple):
    name: str
    picture: PictureFile
    png: int
    npz: int
    saved: frozenset[str]


def npz_of(target: str) -> str:
    """Where the arrays beside a label map lie."""
    return f"{target.removesuffix('.png')}.npz"


def _lines(path: Path) -> list[bytes]:
    try:
        return path.read_bytes().splitlines()
    except OSError:
        return []


def _header(lines: list[bytes]) -> Settings | None:
    if not lines:
        return None
    try:
        found = json.loads(lines[0])
    except ValueError:
        return None
    return found if isinstance(found, dict) and found.get("predict") == FORMAT else None


def _entry(line: bytes) -> tuple[str, _Entry] | None:
    """A finished picture; None for a line that a kill cut short."""
    try:
        target, name, size, changed, png, npz, saved = json.loads(line)
        return str(target), _Entry(name, PictureFile(size, changed), png, npz, frozenset(saved))
    except (ValueError, TypeError):
        return None


def _check_same(out: Path, before: Settings, now: Settings) -> None:
    differing = [key for key in _DIFFERENCES if before.get(key) != now.get(key)]
    if differing:
        how = _DIFFERENCES[differing[0]].format_map({"model": "?", **before})
        if differing[0] == "numerics":
            how = _numerics_in_words(str(before.get("numerics")), str(now.get("numerics")))
        raise RequestError(
            f"{readable(out)} holds label maps {how}: choose another output folder, or "
            "give --redo to replace them."
        )


def _numerics_in_words(before: str, now: str) -> str:
    """Frames smoothed along the motion say so behind their numerics: `fast, smoothed 0.5`."""
    numerics, _, smoothing = before.partition(", ")
    if numerics == now.partition(", ")[0]:
        return f"of frames {smoothing}" if smoothing else "of frames not smoothed"
    return f"made with {numerics} numerics"


def _bytes_of(path: str) -> int:
    try:
        return os.stat(path).st_size  # noqa: PTH116 - Path objects are too slow for 100,000 files
    except OSError:
        return -1


def _plain(value: object) -> object:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    return str(value)
