"""What a project holds: pictures by status, pixels by class and by who said so, work over time.

Counting reads every label map, so what was counted is kept in `statistics.db`, picture by picture,
with a stamp of the files that it was counted from. The file can be deleted at any time.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt

from segcore.classes import ClassTable
from segcore.errors import SegcoreError
from segcore.progress import CancelToken, ProgressCallback, Ticker
from segcore.project.maps import MapFiles
from segcore.project.states import STATUSES
from segcore.project.store import Project

STATISTICS_NAME = "statistics.db"
_ROWS_AT_ONCE = 64
_PIXELS_AT_ONCE = 1 << 22
_SCHEMA = """
CREATE TABLE IF NOT EXISTS counts (
    image BLOB PRIMARY KEY, stamp TEXT NOT NULL, classes TEXT NOT NULL, origins TEXT NOT NULL
) WITHOUT ROWID;
"""


@dataclass(frozen=True)
class PictureCounts:
    """Pixels of one picture by class id, ignore among them, and by row of the origin table."""

    stamp: str
    classes: Mapping[int, int]
    origins: Mapping[int, int]


@dataclass(frozen=True, eq=False)
class Statistics:
    """The figures of a project.

    Attributes:
        statuses: pictures of each status, in the order of `STATUSES`.
        classes: the class table.
        pixels: (n,) of each class, over all pictures.
        pictures: (n,) pictures in which each class occurs.
        unlabelled: pixels of labelled pictures that have no class.
        origins: pixels by kind of origin: `person`, `model`, `propagated`, `imported`.
        labelled: how many pictures have labels.
        by_day: day and number of pictures whose labels changed last on it, in order.
        left_out: pictures whose labels could not be read.
    """

    statuses: Mapping[str, int]
    classes: ClassTable
    pixels: npt.NDArray[np.int64]
    pictures: npt.NDArray[np.int64]
    unlabelled: int
    origins: Mapping[str, int]
    labelled: int
    by_day: tuple[tuple[date, int], ...]
    left_out: tuple[str, ...] = field(default=())

    @property
    def shares(self) -> npt.NDArray[np.float64]:
        """(n,) share of the labelled pixels that each class has, 0 to 1."""
        return self.pixels / max(int(self.pixels.sum()), 1)


class Counts:
    """The counts of every labelled picture, brought up to date when asked; use in one thread."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._rows: dict[str, PictureCounts] = {}
        self._left_out: tuple[str, ...] = ()
        path = project.folder / STATISTICS_NAME
        self._database = _empty() if project.read_only else _opened(path)
        for key, stamp, classes, origins in self._database.execute("SELECT * FROM counts"):
            name = key.decode("utf-8", "surrogateescape")
            self._rows[name] = PictureCounts(stamp, _numbers(classes), _numbers(origins))

    def update(
        self, cancel: CancelToken | None = None, progress: ProgressCallback | None = None
    ) -> int:
        """Count the pictures whose labels have changed; returns how many these were.

        Raises:
            Cancelled: the token was raised; what was counted until then is kept.
        """
        project, counted, left_out = self._project, 0, []
        names = project.labelled()
        ticker = Ticker(len(names), progress)
        fresh: dict[str, PictureCounts] = {}
        try:
            for name in names:
                if cancel is not None:
                    cancel.raise_if_cancelled()
                stamp = _stamp(MapFiles.of(project.folder, name))
                known = self._rows.get(name)
                if known is None or known.stamp != stamp:
                    try:
                        fresh[name] = self._rows[name] = _counted(project, name, stamp)
                    except SegcoreError:
                        left_out.append(name)
                    counted += 1
                if len(fresh) >= _ROWS_AT_ONCE:
                    self._keep(fresh)
                ticker.tick(name)
        finally:
            self._keep(fresh)
        here = set(names)
        self._rows = {name: row for name, row in self._rows.items() if name in here}
        self._left_out = tuple(left_out)
        return counted

    def pictures_with(self, class_id: int) -> set[str]:
        """Names of the pictures in which a class occurs, as counted last."""
        return {name for name, row in self._rows.items() if row.classes.get(class_id)}

    def statistics(self) -> Statistics:
        """The figures, as counted last; statuses are those of now."""
        project = self._project
        classes = project.classes
        pixels, pictures = np.zeros(len(classes), np.int64), np.zeros(len(classes), np.int64)
        origins: Counter[int] = Counter()
        unlabelled = 0
        for row in self._rows.values():
            for class_id, count in row.classes.items():
                if class_id < len(classes):
                    pixels[class_id] += count
                    pictures[class_id] += 1
                else:
                    unlabelled += count
            origins.update(row.origins)
        return Statistics(
            _statuses(project, self._rows),
            classes,
            pixels,
            pictures,
            unlabelled,
            _by_kind(project, origins),
            len(self._rows),
            _by_day(time for name, time in project.edit_times().items() if name in self._rows),
            self._left_out,
        )

    def close(self) -> None:
        """Close the database."""
        self._database.close()

    def _keep(self, fresh: dict[str, PictureCounts]) -> None:
        """Into the file; a disk that refuses only costs counting again."""
        rows = [
            (
                name.encode("utf-8", "surrogateescape"),
                row.stamp,
                json.dumps(dict(row.classes)),
                json.dumps(dict(row.origins)),
            )
            for name, row in fresh.items()
        ]
        try:
            with self._database:
                self._database.executemany("REPLACE INTO counts VALUES (?, ?, ?, ?)", rows)
        except sqlite3.Error:
            self._database = _empty()
        fresh.clear()


def _counted(project: Project, name: str, stamp: str) -> PictureCounts:
    maps = project.maps(name)
    return PictureCounts(stamp, _histogram(maps.labels), _histogram(maps.origins))


def _histogram(values: npt.NDArray[np.unsignedinteger]) -> dict[int, int]:
    """Number of pixels by value, of those that occur; a few rows at a time."""
    counts = np.zeros(int(np.iinfo(values.dtype).max) + 1, np.int64)
    rows = max(_PIXELS_AT_ONCE // max(values.shape[1], 1), 1)
    for start in range(0, values.shape[0], rows):
        counts += np.bincount(values[start : start + rows].ravel(), minlength=len(counts))
    return {int(value): int(counts[value]) for value in np.flatnonzero(counts)}


def _stamp(files: MapFiles) -> str:
    """Changes whenever one of the files does."""
    parts = []
    for path in (files.labels, files.origins, files.journal):
        try:
            found = path.stat()
        except OSError:
            parts.append("-")
        else:
            parts.append(f"{found.st_size}.{found.st_mtime_ns}")
    return ":".join(parts)


def _statuses(project: Project, labelled: Mapping[str, object]) -> dict[str, int]:
    found = Counter(
        "predicted" if status == "new" and name in labelled else status
        for name in project.images
        for status in (project.status(name),)
    )
    return {status: found[status] for status in STATUSES}


def _by_kind(project: Project, origins: Mapping[int, int]) -> dict[str, int]:
    kinds = {row.id: str(row.kind) for row in project.origin_rows}
    found: Counter[str] = Counter()
    for row, pixels in origins.items():
        if row in kinds:
            found[kinds[row]] += pixels
    return dict(found)


def _by_day(times: Iterable[float]) -> tuple[tuple[date, int], ...]:
    return tuple(sorted(Counter(datetime.fromtimestamp(time).date() for time in times).items()))


def _numbers(text: str) -> dict[int, int]:
    return {int(key): int(value) for key, value in json.loads(text).items()}


def _opened(path: Path) -> sqlite3.Connection:
    """The file, anew where it is damaged, or nothing on disk where that refuses."""
    for attempt in range(2):
        try:
            database = sqlite3.connect(path, check_same_thread=False)
            database.executescript(_SCHEMA)
            database.execute("SELECT * FROM counts LIMIT 1").fetchall()
            return database
        except sqlite3.Error:
            if attempt == 0:
                try:
                    path.unlink(missing_ok=True)
                except OSError:
                    break
    return _empty()


def _empty() -> sqlite3.Connection:
    database = sqlite3.connect(":memory:", check_same_thread=False)
    database.executescript(_SCHEMA)
    return database
