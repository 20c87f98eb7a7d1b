"""`project.db`: which pictures are labelled, in a form that answers questions about thousands.

Everything in it stands elsewhere in the project too. It is made anew whenever it is missing,
damaged, or older than the rest, so it may be deleted at any time.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from segcore.errors import ImageError, ProjectError
from segcore.project.maps import LABELS, map_header
from segcore.project.pictures import PictureList

INDEX_NAME = "project.db"
_ROWS_AT_ONCE = 512
_PATIENCE = 1.0
"""Seconds that another program may keep the database locked."""
_SCHEMA = """
CREATE TABLE IF NOT EXISTS facts (key TEXT PRIMARY KEY, value TEXT);
CREATE TABLE IF NOT EXISTS labelled (
    image BLOB PRIMARY KEY, sequence INTEGER NOT NULL, sha256 TEXT NOT NULL DEFAULT ''
) WITHOUT ROWID;
"""


class IndexRow(NamedTuple):
    """A labelled picture: the last edit folded into its PNG, and the picture's SHA-256 or ''."""

    image: str
    sequence: int
    sha256: str


class ProjectIndex:
    """The SQLite index; all of its calls may come from any thread."""

    def __init__(self, folder: Path) -> None:
        """Open the index, or begin an empty one where it is missing, damaged or locked.

        Raises:
            ProjectError: the folder cannot hold a database.
        """
        self._path = folder / INDEX_NAME
        self._guard = threading.Lock()
        self._new: dict[str, IndexRow] = {}
        try:
            self._database = self._connected()
        except sqlite3.DatabaseError:
            self._remove()
            try:
                self._database = self._connected()
            except sqlite3.Error as error:
                raise ProjectError(
                    f"{self._path} cannot be made ({error}): make the folder writable, or open "
                    "the project read-only."
                ) from error

    def is_of(self, stamp: str) -> bool:
        """Whether the index was closed in order with the project in the state `stamp`."""
        try:
            with self._guard:
                found = self._database.execute(
                    "SELECT value FROM facts WHERE key = 'stamp'"
                ).fetchone()
        except sqlite3.DatabaseError:
            return False
        return found is not None and found[0] == stamp

    def set_stamp(self, stamp: str) -> None:
        """Say which state of the project the index is of; '' while it is being written."""
        with self._changing() as database:
            _replace(database, self._new.values())
            database.execute("REPLACE INTO facts VALUES ('stamp', ?)", (stamp,))

    def rebuild(self, rows: Iterable[IndexRow]) -> None:
        """Begin anew with these rows, and those of pictures that were put meanwhile."""
        with self._changing() as database:
            database.execute("DELETE FROM labelled")
            _replace(database, rows)

    def put(self, row: IndexRow) -> None:
        """Add or replace the row of one picture.

        It reaches the file with many others or with the stamp: without that an index is made anew,
        so nothing is gained by each row at once.
        """
        with self._guard:
            self._new[row.image] = row
            if len(self._new) < _ROWS_AT_ONCE:
                return
        with self._changing() as database:
            _replace(database, self._new.values())
            self._new.clear()

    def rows(self) -> list[IndexRow]:
        """Every labelled picture."""
        with self._guard:
            found = self._database.execute("SELECT image, sequence, sha256 FROM labelled")
            rows = {_name(key): (sequence, digest) for key, sequence, digest in found}
            rows.update((name, row[1:]) for name, row in self._new.items())
        return [IndexRow(name, *rest) for name, rest in rows.items()]

    def close(self) -> None:
        """Close the database."""
        with self._guard:
            self._database.close()

    @contextmanager
    def _changing(self) -> Iterator[sqlite3.Connection]:
        """One transaction.

        Raises:
            ProjectError: the disk is full or the database damaged.
        """
        try:
            with self._guard, self._database:
                yield self._database
        except sqlite3.Error as error:
            raise ProjectError(
                f"{self._path} cannot be written ({error}): make room, or delete it, it is made "
                "anew."
            ) from error

    def _connected(self) -> sqlite3.Connection:
        database = sqlite3.connect(self._path, timeout=_PATIENCE, check_same_thread=False)
        try:
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("PRAGMA synchronous = NORMAL")
            database.executescript(_SCHEMA)
            if database.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
                raise sqlite3.DatabaseError("damaged")
            database.execute("BEGIN IMMEDIATE")  # fails where another program keeps it locked
            database.execute("ROLLBACK")
        except sqlite3.DatabaseError:
            database.close()
            raise
        return database

    def _remove(self) -> None:
        for ending in ("", "-wal", "-shm"):
            with suppress(OSError):
                self._path.with_name(INDEX_NAME + ending).unlink()


def scanned(pictures: PictureList) -> Iterator[IndexRow]:
    """Rows of the index, from the label files themselves."""
    for name, path in pictures.with_file(LABELS, ".png"):
        if not name:
            continue
        try:
            header = map_header(path)
        except ImageError:
            header = None  # damaged, and labelled all the same
        sequence = header[1] if header is not None else 0
        yield IndexRow(name, sequence, pictures.state(name).sha256)


def _replace(database: sqlite3.Connection, rows: Iterable[IndexRow]) -> None:
    database.executemany(
        "REPLACE INTO labelled VALUES (?, ?, ?)",
        ((_key(row.image), row.sequence, row.sha256) for row in rows),
    )


def _key(name: str) -> bytes:
    return name.encode("utf-8", "surrogateescape")  # names of files need not be UTF-8


def _name(key: bytes) -> str:
    return key.decode("utf-8", "surrogateescape")
