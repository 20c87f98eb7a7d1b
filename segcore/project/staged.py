"""Labels that wait beside a project's own: put into place all together, or thrown away.

They lie in one hidden folder of the project, so that putting them into place moves files within
one file system and takes no room. `commit.json` in it is the decision: it is written when all of
them are on disk, and the folder goes when they are in place. A folder with it is finished on the
next opening, one without it is what a kill has left and is removed; every step of finishing may be
done twice with the same outcome.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from segcore.atomic import replacing
from segcore.errors import ProjectError
from segcore.project import journal
from segcore.project.maps import MapFiles
from segcore.project.names import CLASSES_NAME, history_path
from segcore.project.states import STATES_NAME, append_missing

STAGING = ".writing-import"

_COMMIT = "commit.json"
_RESERVE = "reserve"
_SPARE_BYTES = 1 << 16
_FINISHED = "An import that was cut short has been finished."
_THROWN_AWAY = "An import that was cut short was thrown away: nothing of it was taken."


class StagedMap(NamedTuple):
    """The labels of one picture in the staging folder.

    Attributes:
        number: names their files there.
        name: the picture they are for.
        log_length: bytes of the picture's undo history, behind which their step goes; -1 where
            there is none.
    """

    number: int
    name: str
    log_length: int


class Commit(NamedTuple):
    """What becomes of a staging folder: its maps go into place, these lines into the list."""

    maps: list[StagedMap]
    lines: list[str]


Append = Callable[[Sequence[str]], None]
"""Puts lines into the picture list, unless they stand there already."""


def staging_files(folder: Path, number: int) -> MapFiles:
    """Where the labels with a number wait."""
    place = folder / STAGING
    return MapFiles(
        place / f"{number}.labels.png", place / f"{number}.origins.png", place / "no.journal"
    )


def staged_step(folder: Path, number: int) -> Path:
    """Where the step of the undo history that goes with them waits."""
    return folder / STAGING / f"{number}.edits"


def begin_staging(folder: Path) -> None:
    """Make the staging folder; OSError where that fails."""
    (folder / STAGING).mkdir()


def throw_away(folder: Path) -> None:
    """Remove everything that waits and is not decided."""
    if not (folder / STAGING / _COMMIT).exists():
        shutil.rmtree(folder / STAGING, ignore_errors=True)


def decide(folder: Path, commit: Commit) -> None:
    """Have all that waits taken, from here on come what may.

    Room for what is more than a move is kept free until then, and the folders are made.

    Raises:
        OSError: the disk refuses; nothing is decided.
    """
    steps = sum(
        staged_step(folder, each.number).stat().st_size
        for each in commit.maps
        if each.log_length >= 0
    )
    reserve = folder / STAGING / _RESERVE
    with reserve.open("wb") as stream:
        stream.write(bytes(sum(map(len, commit.lines)) + steps + _SPARE_BYTES))
        stream.flush()
        os.fsync(stream.fileno())
    for place in {path.parent for each in commit.maps for path in _targets(folder, each)}:
        place.mkdir(parents=True, exist_ok=True)
    journal.sync_folder(folder / STAGING)
    with replacing(folder / STAGING / _COMMIT, "w") as stream:
        json.dump({"maps": commit.maps, "lines": commit.lines}, stream)
    with suppress(OSError):
        journal.sync_folder(folder / STAGING)
        reserve.unlink()


def put_in_place(folder: Path, append: Append | None = None) -> None:
    """Do what was decided; nothing where nothing was.

    Raises:
        ProjectError: the disk refuses, or the decision cannot be read; it stands.
    """
    try:
        commit = _read_commit(folder)
        if commit is None:
            return
        staging = folder / STAGING
        _move(staging / CLASSES_NAME, folder / CLASSES_NAME)
        touched = {folder, staging}
        for each in commit.maps:
            files, waiting = MapFiles.of(folder, each.name), staging_files(folder, each.number)
            if each.log_length >= 0:
                step = staged_step(folder, each.number).read_bytes()
                journal.append(history_path(folder, each.name), [step], each.log_length)
            _move(waiting.origins, files.origins)
            _move(waiting.labels, files.labels)
            touched |= {files.origins.parent, files.labels.parent}
        (append or _appender(folder))(commit.lines)
        for place in touched.union(*(_between(folder, place) for place in touched)):
            journal.sync_folder(place)
        (staging / _COMMIT).unlink()
        shutil.rmtree(staging, ignore_errors=True)
    except (OSError, ValueError, KeyError, TypeError) as error:
        reason = (isinstance(error, OSError) and error.strerror) or error
        raise ProjectError(
            f"The labels for {folder} could not be put in their place ({reason}): they are all on "
            "disk; make room or make the folder writable, and open the project again, the import "
            "is finished then."
        ) from error


def tidied(folder: Path) -> list[str]:
    """Finish or throw away what a kill has left; sentences on it.

    Raises:
        ProjectError: as `put_in_place`.
    """
    if not (folder / STAGING).is_dir():
        return []
    if (folder / STAGING / _COMMIT).exists():
        put_in_place(folder)
        return [_FINISHED]
    has_labels = any((folder / STAGING).iterdir())
    shutil.rmtree(folder / STAGING, ignore_errors=True)
    return [_THROWN_AWAY] if has_labels else []


def _appender(folder: Path) -> Append:
    """Adds lines to the list of a project that nobody has open."""

    def append(lines: Sequence[str]) -> None:
        append_missing(folder, lines, (folder / STATES_NAME).read_bytes().rfind(b"\n") + 1)

    return append


def _read_commit(folder: Path) -> Commit | None:
    try:
        said = json.loads((folder / STAGING / _COMMIT).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    maps = [StagedMap(int(number), str(name), int(at)) for number, name, at in said["maps"]]
    return Commit(maps, [str(line) for line in said["lines"]])


def _targets(folder: Path, staged: StagedMap) -> list[Path]:
    """Where the files of a staged map go; ProjectError where that leads out of the project."""
    files = MapFiles.of(folder, staged.name)
    places = [files.labels, files.origins]
    return [*places, history_path(folder, staged.name)] if staged.log_length >= 0 else places


def _between(folder: Path, place: Path) -> list[Path]:
    """The folders above a place, up to the project's."""
    return [above for above in place.parents if above.is_relative_to(folder)]


def _move(source: Path, target: Path) -> None:
    """Move a file into place; one that is not there any more has been."""
    with suppress(FileNotFoundError):
        source.replace(target)
