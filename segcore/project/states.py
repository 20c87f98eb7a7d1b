"""The picture list with status and comments: lines of JSON, only ever added to.

The first line says what the file is. Every other line is about one picture and holds what is new:
`{"image": name, "source": path from the project folder}` lists it, `"status"`, `"comment"`,
`"uncertainty"` (of the last prediction), `"sha256"`, `"bytes"` (of the picture's file when it was
first labelled) and `"removed"` ("yes", or nothing) set that field. Later lines win.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from segcore.atomic import replacing
from segcore.errors import ProjectError
from segcore.project.journal import sync_folder
from segcore.project.names import check_name

STATES_NAME = "states.jsonl"
REJECTED = "rejected"
"""Not to be used: neither trained on nor measured on."""
STATUSES = ("new", "predicted", "in_work", "done", "approved", REJECTED)
_OLD_STATUSES = {"started": "in_work", "review": "done", "skipped": "rejected"}
VERSION = 1
_YES = "yes"
_FORMAT = "segformer-studio project"
_MANY_MORE_LINES = 4


@dataclass(slots=True)
class PictureState:
    """What the project knows of a picture besides its labels.

    `uncertainty` is that of the last prediction, 0 to 1; NaN before the first.
    """

    source: str
    status: str = "new"
    comment: str = ""
    sha256: str = ""
    uncertainty: float = math.nan
    bytes: int = 0
    removed: bool = False


@dataclass(frozen=True)
class StatesContent:
    """What `states.jsonl` holds: pictures in the order they were added, and what was noticed."""

    pictures: dict[str, PictureState]
    lines: int
    length: int
    notes: tuple[str, ...]

    @property
    def worth_compacting(self) -> bool:
        """Whether most lines are outdated."""
        return self.lines > _MANY_MORE_LINES * (len(self.pictures) + 256)


def create_states(folder: Path) -> None:
    """Write an empty picture list."""
    _write(folder / STATES_NAME, {})


def read_states(folder: Path) -> StatesContent:
    """Read the picture list; a torn last line is left out and noted.

    Raises:
        ProjectError: not there, not of this program, or of a newer version of it.
    """
    path = folder / STATES_NAME
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ProjectError(
            f"{folder} is no project that can be read ({STATES_NAME}: {error.strerror or error}): "
            "choose the folder that holds it."
        ) from error
    length = data.rfind(b"\n") + 1
    head, *lines = data[:length].decode("utf-8", "replace").split("\n")[:-1] or [""]
    _check_head(path, head)
    notes = [] if length == len(data) else [f"{STATES_NAME}: a line that was cut short was dropped"]
    pictures: dict[str, PictureState] = {}
    for number, entry in enumerate(_parsed(lines), start=2):
        try:
            _take(pictures, entry)
        except (ValueError, TypeError, KeyError, ProjectError) as error:
            notes.append(f"{STATES_NAME}, line {number} was passed over: {error}")
    return StatesContent(pictures, len(lines), length, tuple(notes))


def line(name: str, **fields: str | float) -> str:
    """The line that sets fields of a picture."""
    return json.dumps({"image": name, **fields}) + "\n"


def append_lines(folder: Path, lines: Iterable[str], whole: int) -> int:
    """Add lines behind the first `whole` bytes and bring them to disk; returns the new length.

    Raises:
        OSError: the disk is full, the folder is read-only or gone.
    """
    with (folder / STATES_NAME).open("r+b") as file:
        file.truncate(whole)
        file.seek(whole)
        try:
            file.write("".join(lines).encode("ascii"))
            file.flush()
            os.fsync(file.fileno())
        except OSError:
            os.ftruncate(file.fileno(), whole)
            raise
        return file.tell()


def append_missing(folder: Path, lines: Sequence[str], whole: int) -> int:
    """As `append_lines`, where they do not stand in the first `whole` bytes already."""
    if "".join(lines).encode("ascii") in (folder / STATES_NAME).read_bytes()[:whole]:
        return whole
    return append_lines(folder, lines, whole)


def compact(folder: Path, pictures: dict[str, PictureState]) -> int:
    """Write the list anew with one line a picture; returns its length.

    Raises:
        OSError: the disk is full or the folder cannot be written; the old list stays.
    """
    return _write(folder / STATES_NAME, pictures)


def _write(path: Path, pictures: dict[str, PictureState]) -> int:
    head = json.dumps({"format": _FORMAT, "version": VERSION}) + "\n"
    with replacing(path) as stream:
        stream.write(head.encode("ascii"))
        for name, state in pictures.items():
            stream.write(line(name, **_fields(state)).encode("ascii"))
        length: int = stream.tell()
    sync_folder(path.parent)
    return length


def _fields(state: PictureState) -> dict[str, str | float]:
    """The fields of a state that say anything."""
    fields: dict[str, str | float] = {"source": state.source}
    if state.status != "new":
        fields["status"] = state.status
    if state.comment:
        fields["comment"] = state.comment
    if state.sha256:
        fields["sha256"] = state.sha256
    if not math.isnan(state.uncertainty):
        fields["uncertainty"] = state.uncertainty
    if state.bytes:
        fields["bytes"] = str(state.bytes)
    if state.removed:
        fields["removed"] = _YES
    return fields


def _parsed(lines: list[str]) -> Iterable[Any]:
    """What each line says; a line that is no JSON gives its error's text."""
    try:
        return list(json.loads(f"[{','.join(lines)}]")) if all(lines) else _parsed_singly(lines)
    except ValueError:
        return _parsed_singly(lines)


def _parsed_singly(lines: list[str]) -> Iterator[Any]:
    for each in lines:
        try:
            yield json.loads(each)
        except ValueError as error:
            yield str(error)


def _check_head(path: Path, head: str) -> None:
    try:
        said = json.loads(head)
        known, version = said["format"] == _FORMAT, int(said["version"])
    except (ValueError, TypeError, KeyError):
        known, version = False, 0
    if not known:
        raise ProjectError(f"{path} is not a picture list of this program: restore it from a copy.")
    if version > VERSION:
        raise ProjectError(
            f"The project {path.parent} was written by a newer version of this program: "
            "open it with that."
        )


def _take(pictures: dict[str, PictureState], entry: Any) -> None:
    if not isinstance(entry, dict):
        raise ProjectError(entry if isinstance(entry, str) else "it says nothing of a picture")
    name = entry["image"]
    state = pictures.get(name)
    if state is None:
        source = entry["source"]
        if not isinstance(source, str) or not isinstance(name, str):
            raise ProjectError("a picture needs a name and a source")
        check_name(name)
        state = pictures[name] = PictureState(name if source == name else source)
    elif "source" in entry:
        state.source = str(entry["source"])
    if "status" in entry:
        status = str(entry["status"])
        state.status = _OLD_STATUSES.get(status, status)
    if "comment" in entry:
        state.comment = str(entry["comment"])
    if "sha256" in entry:
        state.sha256 = str(entry["sha256"])
    if "uncertainty" in entry:
        state.uncertainty = float(entry["uncertainty"])
    if "bytes" in entry:
        state.bytes = int(entry["bytes"])
    if "removed" in entry:
        state.removed = entry["removed"] == _YES
