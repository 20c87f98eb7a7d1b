"""What readers of regions (COCO, labelme, CVAT, Label Studio) share."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeGuard

from segcore.classes import ClassTable
from segcore.errors import ClassTableError, FormatError, readable
from segcore.formats.colours import named
from segcore.formats.contract import TRAIN, Finding, LabelledSet, Problems
from segcore.formats.painting import Painting
from segcore.formats.splits import SPLIT_NAMES
from segcore.images import MAX_PIXELS


class ClassIds:
    """Ids of classes that files know by name.

    Attributes:
        classes: the table that was given, or one of the names.
        given: whether it was given.
    """

    def __init__(self, given: ClassTable | None, names: Iterable[str], problems: Problems) -> None:
        """Take the classes from `given`, which then has to have all names, or from `names`."""
        wanted = list(dict.fromkeys(names))
        self.given = given is not None
        self.classes = given if given is not None else _table(wanted, problems)
        unknown = [name for name in wanted if self.classes.id_of(name) is None]
        if unknown and given is not None:
            problems.add(
                f"{readable(problems.source)} labels {named(unknown)}, which the class table does "
                "not have: add these classes to it, or leave it out."
            )

    def __getitem__(self, name: str) -> int | None:
        return self.classes.id_of(name)


def _table(names: Sequence[str], problems: Problems) -> ClassTable:
    from segcore.resources import colored

    try:
        return colored(names)
    except ClassTableError as error:
        problems.add(f"{readable(problems.source)}: {error}")
        return ClassTable(())


def picture_files(names: Sequence[str], folders: Sequence[Path]) -> list[Path | None]:
    """For each name the first of its places that has a file; all None where no file is found.

    Where others were found, a missing one gets the place that it should be in.
    """
    found = [
        next((folder / name for folder in folders if (folder / name).is_file()), None)
        for name in names
    ]
    if not any(found):
        return [None] * len(names)
    return [file or folders[0] / name for name, file in zip(names, found)]


def split_folder(labelled: LabelledSet, split: str) -> str:
    """`"/<split>"` below the folders of a format where there are several, or an empty text."""
    return "" if labelled.splits == (TRAIN,) else f"/{split}"


def split_named(word: str) -> str:
    """The split that a word in a file name stands for; the word itself for one like train2017."""
    return SPLIT_NAMES.get(word.casefold(), word or TRAIN)


def note_overlaps(painting: Painting, picture: str, order: str, problems: Problems) -> None:
    """Say how many pixels several regions claimed, and which of them has these."""
    if painting.covered:
        problems.note(
            Finding(
                "note",
                f"{picture}: {painting.covered:,} pixels are in regions of several classes; "
                f"{order}.",
                picture,
            )
        )


def raise_all(source: Path, sentences: Sequence[str]) -> None:
    """Raise FormatError with all sentences, if there are any."""
    if sentences:
        raise FormatError.of(source, list(dict.fromkeys(sentences)))


def is_number(value: object) -> TypeGuard[float]:
    """Whether a parsed JSON value is a finite number and no truth value."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return math.isfinite(value)


def is_whole(value: object) -> TypeGuard[float]:
    """Whether a parsed JSON value is a whole number, however it is written."""
    return is_number(value) and value == int(value)


def size_in(entry: Mapping[str, Any], height: str, width: str) -> tuple[int, int] | None:
    """(H, W) out of two fields of an entry, None when one is missing or impossible."""
    rows, columns = entry.get(height), entry.get(width)
    if not (is_whole(rows) and is_whole(columns)):
        return None
    size = int(rows), int(columns)
    return size if min(size) >= 1 and size[0] * size[1] <= MAX_PIXELS else None
