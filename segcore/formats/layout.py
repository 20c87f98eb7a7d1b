"""What the layouts of formats share: names of files, class tables at the top, safe paths."""

from __future__ import annotations

import itertools
import json
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from segcore.classes import ClassTable
from segcore.errors import ClassTableError, FormatError, readable
from segcore.formats.contract import ImportOptions, LabelledPicture, LabelledSet, Problems
from segcore.formats.pictures import upright_ending

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


def classes_needed(folder: Path, options: ImportOptions, problems: Problems) -> ClassTable:
    """As `classes_beside`, for formats whose own files name no classes.

    Raises:
        FormatError: there is no class table, or it cannot be used.
    """
    classes = classes_beside(folder, options, problems)
    if classes is None:
        problems.raise_if_any()
        raise FormatError(
            f"{readable(folder)} has no {CLASSES_NAME}, and files of this format do not name their "
            "classes: put one there, or name a class table."
        )
    return classes


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

    Pictures of one folder that would share a label file keep their ending in its name:
    `a.jpg` and `a.png` become `a.jpg` and `a.png`, and `a.jpg.png` beside them stays whole too.
    Capitals are no difference, as on the disks of Windows and macOS.
    """
    found = {picture.name: _without_ending(picture.name) for picture in pictures}
    while True:
        alike: dict[str, list[str]] = {}
        for name, stem in found.items():
            alike.setdefault(stem.casefold(), []).append(name)
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


class Placed(NamedTuple):
    """Where the files of a picture go below the folders of a format.

    Attributes:
        stem: path with `/` without an ending; the label file is called so.
        picture: path with `/` of the picture file, which has the same stem.
    """

    stem: str
    picture: str


def placed(labelled: LabelledSet, *, flat: bool = False) -> dict[str, Placed]:
    """For each picture's name where its files go, without collisions.

    Args:
        flat: for formats without folders: names alone, and where two are alike those of their
            folders before them.
    """
    chosen = flat_stems(labelled.pictures) if flat else stems(labelled.pictures)
    return {
        picture.name: Placed(chosen[picture.name], chosen[picture.name] + _ending(picture))
        for picture in labelled.pictures
    }


def flat_stems(pictures: Sequence[LabelledPicture]) -> dict[str, str]:
    """For each picture's name a stem without folders, unique in the set.

    Where names of different folders are alike, all of them get their folders before them
    (`a/x.jpg` becomes `a_x`), and a number behind where that is taken as well.
    """
    deep = stems(pictures)
    last = {name: stem.rpartition("/")[2] for name, stem in deep.items()}
    counts = Counter(stem.casefold() for stem in last.values())
    taken = {stem for stem, count in counts.items() if count == 1}
    for name, stem in last.items():
        if counts[stem.casefold()] > 1:
            last[name] = free_name(deep[name].replace("/", "_"), taken)
    return last


def names_in_files(classes: ClassTable) -> list[str]:
    """What files that number their classes call each: a retired one "retired", whatever it was.

    Its number is not given again; its name may be that of another class by now.
    """
    taken = {info.name.casefold() for info in classes.living}
    return [free_name("retired", taken) if info.retired else info.name for info in classes]


def free_name(wanted: str, taken: set[str]) -> str:
    """The name, or that with a number behind it, that is not `taken`, which it is afterwards."""
    numbered = (f"{wanted}-{number}" for number in itertools.count(2))
    name = next(
        each for each in itertools.chain([wanted], numbered) if each.casefold() not in taken
    )
    taken.add(name.casefold())
    return name


def _ending(picture: LabelledPicture) -> str:
    if picture.image is None:
        return PurePosixPath(picture.name).suffix
    return upright_ending(picture.image)


def read_json(path: Path) -> Any:
    """What a JSON file holds.

    Raises:
        FormatError: it is not there, or no JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise FormatError(
            f"{readable(path)} cannot be read ({error.strerror or error}): put it there."
        ) from error
    except (ValueError, RecursionError) as error:
        raise FormatError(f"{readable(path)} is no JSON ({error}): correct it.") from error
