"""What a set of labelled pictures is to a project: its classes and pictures, matched by name."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from segcore.classes import ClassTable
from segcore.errors import FormatError, ImageError
from segcore.formats.contract import LabelledPicture, LabelledSet
from segcore.formats.importing import finder_of
from segcore.labels import LabelMap
from segcore.project import Project

Existing = Literal["refuse", "keep", "replace"]
"""What becomes of pictures that have labels already: nothing is taken at all, theirs are kept, or
they are replaced (which the picture's history keeps)."""


@dataclass(eq=False)
class Matched:
    """What is done to a project, decided before anything is.

    Attributes:
        classes: the project's class table to come.
        ids: the id in it of every id of the set, up to the set's ignore, which becomes ignore.
        new_classes: names of the classes that the project did not have.
        names: the name in the project of pictures of the set, as far as it knows them.
        new_files: the files of the others.
        taken: those whose labels are taken.
        kept: those whose labels in the project are kept.
        existing: what the person has chosen for labels that are there.
    """

    classes: ClassTable
    ids: np.ndarray[tuple[int], np.dtype[np.uint16]]
    new_classes: tuple[str, ...]
    names: dict[str, str]
    new_files: dict[str, Path]
    taken: list[LabelledPicture]
    kept: list[LabelledPicture]
    existing: Existing

    def translated(self, labels: LabelMap) -> LabelMap:
        """A label map of the set in the ids of the project's classes to come."""
        found = self.ids[labels]
        return found if self.classes.dtype is np.uint16 else found.astype(np.uint8)


def matched(project: Project, labelled: LabelledSet, existing: Existing) -> Matched:
    """Match all of a set, and find all that hinders it.

    Raises:
        FormatError: something does; everything stands in its `problems`.
    """
    problems: list[str] = []
    classes, ids = merged(project.classes, labelled.classes, problems)
    known, new_files = _places(project, labelled, problems)
    taken: list[LabelledPicture] = []
    kept: list[LabelledPicture] = []
    for picture in labelled.pictures:
        name = known.get(picture.name)
        if name is None or not project.has_labels(name):
            taken.append(picture)
        elif existing == "refuse":
            problems.append(
                f"{name} has labels in the project already: choose to keep or to replace them."
            )
        else:
            (taken if existing == "replace" else kept).append(picture)
        if name is not None:
            _check_size(project, name, picture, problems)
    if problems:
        raise FormatError.of(project.folder, problems)
    new = classes.names[len(project.classes) :]
    return Matched(classes, ids, new, dict(known), new_files, taken, kept, existing)


def _check_size(project: Project, name: str, picture: LabelledPicture, problems: list[str]) -> None:
    try:
        size = project.size(name)
    except ImageError as error:
        problems.append(str(error))
        return
    if size != picture.size:
        problems.append(f"{name} has another size in the project: import it under another name.")


def merged(
    own: ClassTable, other: ClassTable, problems: list[str]
) -> tuple[ClassTable, np.ndarray[tuple[int], np.dtype[np.uint16]]]:
    """`own` with the classes of `other` that it lacks, and the id in it of every id of `other`.

    The second is an array over all ids of `other` up to its ignore, which becomes ignore.
    """
    counts = Counter(info.name for info in other.living)
    repeated = [name for name, count in counts.items() if count > 1]
    if repeated and len(own):
        problems.append(
            f"Several classes are called {repeated[0]!r}, and classes are matched by name: "
            "rename all but one of them."
        )
    table = own if len(own) else other
    missing = {info.name: info.color for info in other.living if table.id_of(info.name) is None}
    table = table.with_classes(missing)
    ids = np.full(other.ignore + 1, table.ignore, np.uint16)
    for info in other.living:
        found = info.id if table is other else table.id_of(info.name)
        ids[info.id] = table.ignore if found is None else found
    return table, ids


def _places(
    project: Project, labelled: LabelledSet, problems: list[str]
) -> tuple[dict[str, str], dict[str, Path]]:
    """Names in the project of pictures that it knows, and the files of those that it does not."""
    by_file = {str(project.image_path(name).resolve()): name for name in project.images}
    removed = {str(project.image_path(name).resolve()): name for name in project.removed}
    find = finder_of({name: Path(name) for name in project.images})
    known: dict[str, str] = {}
    new: dict[str, Path] = {}
    for picture in labelled.pictures:
        if picture.image is None:
            found = find(picture.name) or find(picture.name.partition("/")[2])
            if found is None:
                problems.append(
                    f"There is no picture for the labels of {picture.name}: name the folder with "
                    "the pictures."
                )
            else:
                known[picture.name] = found.as_posix()
        elif (name := by_file.get(str(picture.image.resolve()))) is not None:
            known[picture.name] = name
        elif (name := removed.get(str(picture.image.resolve()))) is not None:
            problems.append(
                f"{name} was removed from the project: add the picture again, or leave its labels "
                "out."
            )
        else:
            new[picture.name] = picture.image
    twice = [name for name, count in Counter(known.values()).items() if count > 1]
    problems += [f"Two label maps are for the picture {name}: keep one." for name in twice]
    return known, new
