"""Names of pictures inside a project, and the files that belong to them."""

from __future__ import annotations

import hashlib
import os
import re
import sys
from pathlib import Path, PurePosixPath

from segcore.errors import ProjectError

CLASSES_NAME = "classes.json"
HISTORY = "history"
LIVE = "live"
"""Frames of a camera or a stream that were kept: pictures that lie nowhere else."""

_LONGEST_COMPONENT = 255
_ROOM_FOR_ENDINGS = len(".journal")
_DIGEST = 12
# an empty part, a dot or two, or what no file name holds
_LEADS_ELSEWHERE = re.compile(
    r"(?:^|/)\.{0,2}(?:/|$)|\0" + (r'|[\\:*?"<>|]' if sys.platform == "win32" else "")
)


def check_name(name: str) -> str:
    """The name, when it is a relative path that stays below the folder it is looked up in.

    Raises:
        ProjectError: it is empty, absolute, has a `..` or a character that no file name holds.
    """
    if _LEADS_ELSEWHERE.search(name):
        raise ProjectError(
            f"{name!r} is no name of a picture: it has to be a relative path without '..'."
        )
    return name


def map_path(folder: Path, kind: str, name: str, ending: str = ".png") -> Path:
    """Where the file of a picture lies: `<folder>/<kind>/<name><ending>`.

    A part of the name too long for the file system with the ending is cut and gets a digest.

    Raises:
        ProjectError: the name leads out of the project.
    """
    *parents, last = map(_shortened, check_name(name).split("/"))
    return folder.joinpath(kind, *parents, last + ending)


def history_path(folder: Path, name: str) -> Path:
    """Where the undo history of a picture lies.

    Raises:
        ProjectError: the name leads out of the project.
    """
    return map_path(folder, HISTORY, name, ".edits")


def check_stays_inside(folder: Path, path: Path) -> None:
    """Refuse a file of a resolved project folder that symbolic links lead out of it.

    Raises:
        ProjectError: it lies elsewhere.
    """
    if not Path(os.path.realpath(path)).is_relative_to(folder):
        raise ProjectError(
            f"{path} leads out of the project {folder.name} by a symbolic link: remove the link."
        )


def is_shortened(name: str) -> bool:
    """Whether the files of a picture carry another name than the picture's."""
    return any(part != _shortened(part) for part in name.split("/"))


def relative_source(image: Path, folder: Path) -> str:
    """The path of a picture from the project folder, with `/`; both must be resolved already.

    On another Windows drive there is no relative path, and the absolute one stands in its place.
    """
    try:
        return Path(os.path.relpath(image, folder)).as_posix()
    except ValueError:
        return image.as_posix()


def _shortened(part: str) -> str:
    encoded = os.fsencode(part)
    room = _LONGEST_COMPONENT - _ROOM_FOR_ENDINGS
    if len(encoded) <= room:
        return part
    digest = hashlib.sha256(encoded).hexdigest()[:_DIGEST]
    suffix = PurePosixPath(part).suffix
    suffix = suffix if len(os.fsencode(suffix)) <= 16 else ""
    kept = encoded[: room - _DIGEST - 1 - len(os.fsencode(suffix))]
    return f"{kept.decode('utf-8', 'ignore')}~{digest}{suffix}"
