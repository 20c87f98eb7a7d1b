"""The origin table: who said what, one row for each number in the origin maps."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, get_args

from segcore.atomic import replacing
from segcore.errors import ProjectError

OriginKind = Literal["person", "model", "propagated", "imported"]

NOBODY = 0
_LARGEST = 255


@dataclass(frozen=True)
class Origin:
    """One row: `sha256` is of the model's weights, empty for everything that is no model."""

    id: int
    kind: OriginKind
    name: str = ""
    sha256: str = ""


class OriginTable:
    """The rows of `origins.json`; ids are given once, from 1, and never move."""

    def __init__(self, path: Path) -> None:
        """Read the table; a missing file is an empty table.

        Raises:
            ProjectError: the file is damaged.
        """
        self._path = path
        self._rows = _read(path)

    @property
    def rows(self) -> tuple[Origin, ...]:
        """All rows, in order of id."""
        return tuple(self._rows)

    def find(self, kind: OriginKind, name: str = "", sha256: str = "") -> Origin | None:
        """The row that says exactly this, or None."""
        wanted = (kind, name, sha256)
        return next((r for r in self._rows if (r.kind, r.name, r.sha256) == wanted), None)

    def add(self, kind: OriginKind, name: str = "", sha256: str = "") -> Origin:
        """The row that says this, made and written to disk when it is new.

        Raises:
            ProjectError: no such kind, all 255 numbers are given, or the file cannot be written;
                the table is then as it was.
        """
        if kind not in get_args(OriginKind):
            raise ProjectError(
                f"{kind!r} is no kind of origin: use {', '.join(get_args(OriginKind))}."
            )
        row = self.find(kind, name, sha256)
        if row is not None:
            return row
        if len(self._rows) == _LARGEST:
            raise ProjectError(
                "The project has labels of 255 origins and there is no number left for "
                f"{name or kind}: reuse one of them."
            )
        row = Origin(len(self._rows) + 1, kind, name, sha256)
        rows = [*self._rows, row]
        try:
            with replacing(self._path, "w") as stream:
                json.dump([asdict(each) for each in rows], stream, indent=1)
        except OSError as error:
            raise ProjectError(
                f"{self._path} cannot be written ({error.strerror or error}): make room, or make "
                "the folder writable."
            ) from error
        self._rows = rows
        return row


def _read(path: Path) -> list[Origin]:
    try:
        rows = [Origin(**row) for row in json.loads(path.read_text(encoding="utf-8"))]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, TypeError) as error:
        raise ProjectError(f"{path} cannot be read ({error}): restore it from a copy.") from error
    if [row.id for row in rows] != list(range(1, len(rows) + 1)):
        raise ProjectError(f"{path} does not count its rows 1, 2, 3 …: restore it from a copy.")
    return rows
