"""What the layouts of formats share: names of files, class tables at the top, safe paths."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from segcore.classes import ClassTable
from segcore.errors import ClassTableError
from segcore.formats.contract import ImportOptions, LabelledPicture, Problems

CLASSES_NAME = "classes.json"

_LEADS_OUT = re.compile(r"^/|^[A-Za-z]:|(?:^|/)\.\.(?:/|$)|\0")


def classes_beside(folder: Path, options: ImportOptions, problems: Problems) -> ClassTable | None:
    """The class table that the person named, or that of the `classes.json` in a folder, or None.

    A `classes.json` that is there and cannot be used is a problem, and None is returned.
    """
    if options.classes is not None:
        return options.classes
    path = folder / CLASSES_NAME
    if not path.is_file():
        return None
    try:
        return ClassTable.read(path)
    except ClassTableError as error:
        problems.add(str(error))
        return None


def leads_out(name: str) -> bool:
    """Whether a relative path in somebody's file could lead out of the folder it is meant in."""
    return not name or _LEADS_OUT.search(name.replace("\\", "/")) is not None


def safe_path(root: Path, name: str, problems: Problems) -> Path | None:
    """`root / name` for a path that somebody's file gives; None, and a problem, if it leads out."""
    if leads_out(name):
        problems.add(
            f"{name!r} in {problems.source.name} leads out of the folder: write a path inside it."
        )
        return None
    return root / PurePosixPath(name.replace("\\", "/"))


def stems(pictures: Sequence[LabelledPicture]) -> dict[str, str]:
    """For each picture's name its path without the ending, for label files called like it.

    Pictures of one folder and split that would share a label file keep their ending in its name:
    `a.jpg` and `a.png` become `a.jpg` and `a.png`, and `a.jpg.png` beside them stays whole too.
    Capitals are no difference, as on the disks of Windows and macOS.
    """
    found = {picture.name: _without_ending(picture.name) for picture in pictures}
    splits = {picture.name: picture.split for picture in pictures}
    while True:
        alike: dict[tuple[str, str], list[str]] = {}
        for name, stem in found.items():
            alike.setdefault((splits[name], stem.casefold()), []).append(name)
        plain = [
            name
            for names in alike.values()
            if len(names) > 1
            for name in names
            if found[name] != name
        ]
        if not plain:
            return found
        found.update((name, name) for name in plain)


def _without_ending(name: str) -> str:
    return str(PurePosixPath(name).with_suffix(""))
