"""Whose labels are compared: a project's, those in files of any format, what a model says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Literal, get_args

import numpy as np

from segcore.classes import ClassTable
from segcore.errors import FormatError, ImageError, RequestError, readable
from segcore.formats.contract import (
    NO_SIZE,
    TRAIN,
    ImportOptions,
    LabelledPicture,
    LabelledSet,
    Problems,
)
from segcore.formats.guess import guess_format
from segcore.formats.importing import import_set, looked_through
from segcore.formats.label_files import read_ids
from segcore.formats.layout import CLASSES_NAME, classes_beside
from segcore.formats.paired import PairReader, label_names
from segcore.formats.table import format_named
from segcore.labels import LabelMap
from segcore.progress import CancelToken, ProgressCallback
from segcore.project import Project

SaidBy = Literal["anyone", "person", "model"]
SAID_BY: tuple[SaidBy, ...] = get_args(SaidBy)


def _nothing() -> None:
    return None


@dataclass(frozen=True, eq=False)
class Side:
    """One of the two.

    Attributes:
        title: what a person calls it.
        labelled: its pictures and class table; label maps are read one at a time.
        close: lets go of what it was read from.
    """

    title: str
    labelled: LabelledSet
    close: Callable[[], None] = _nothing

    @property
    def classes(self) -> ClassTable:
        """Its class table."""
        return self.labelled.classes

    @property
    def names(self) -> list[str]:
        """Its pictures."""
        return [picture.name for picture in self.labelled.pictures]


def side_of_project(project: Project, said_by: SaidBy = "anyone") -> Side:
    """The labelled pictures of an open project, which stays open.

    Args:
        said_by: whose pixels count; those of others are unlabelled. A pixel has one origin, that of
            who said it last.
    """
    known = set(project.labelled())
    pictures = [_picture(project, name, said_by) for name in project.images if name in known]
    words = {"anyone": "", "person": ", what people said", "model": ", what models said"}
    title = f"{project.folder.name}{words[said_by]}"
    return Side(title, LabelledSet(project.classes, pictures))


def side_of_path(
    path: Path,
    said_by: SaidBy = "anyone",
    *,
    format_name: str = "",
    classes: ClassTable | None = None,
    progress: ProgressCallback | None = None,
    cancel: CancelToken | None = None,
) -> Side:
    """A project, or a folder or file of any format that can be imported, told by its content.

    A folder that holds a `classes.json` and label maps, as `predict` writes it, is one as well.
    Files are looked through first, every label map is read.

    Args:
        said_by: whose pixels count, of a project.
        format_name: of the files, in the place of what their content tells.
        classes: what ids mean in files that name no classes.

    Raises:
        FormatError: it is none of these, or something is wrong with it.
        ProjectError: the project cannot be opened.
        RequestError: files do not tell who said what.
        Cancelled: it was called off.
    """
    if not path.exists():
        raise FormatError(f"{readable(path)} is not there: name a folder or file that is.")
    if not format_name and path.is_dir() and Project.is_project(path):
        project = Project.open(path, read_only=True)
        return replace(side_of_project(project, said_by), close=project.close)
    if said_by != "anyone":
        raise RequestError(
            f"{readable(path)} does not tell who said what: only a project does, name one."
        )
    options = ImportOptions(classes)
    name = format_name or guess_format(path)
    if name is not None:
        found = import_set(path, format_named(name), options, progress=progress, cancel=cancel)
        return Side(f"{path.name} ({name})", found.labelled)
    problems = Problems(path)
    labelled = _label_maps(path, options, problems)
    looked_through(labelled, problems, progress=progress, cancel=cancel)
    return Side(path.name, labelled)


def side_of_predictions(
    title: str,
    classes: ClassTable,
    pictures: Sequence[LabelledPicture],
    predict: Callable[[LabelledPicture], LabelMap],
) -> Side:
    """What a model says of pictures, asked for when their labels are wanted.

    Args:
        classes: the model's.
        predict: gives the (H, W) ids of `classes` of a picture; it is called once for each time
            that its labels are read, on the thread that reads them.
    """
    asked = [replace(picture, labels=partial(predict, picture)) for picture in pictures]
    return Side(title, LabelledSet(classes, asked))


def _picture(project: Project, name: str, said_by: SaidBy) -> LabelledPicture:
    try:
        size = project.size(name)
    except ImageError:
        size = NO_SIZE  # reading its labels says so
    read = partial(_labels_of, project, name, said_by)
    return LabelledPicture(name, project.image_path(name), size, read, status=project.status(name))


def _labels_of(project: Project, name: str, said_by: SaidBy) -> LabelMap:
    if said_by == "anyone":
        return project.labels(name)
    maps = project.maps(name)
    rows = np.zeros(256, np.bool_)
    rows[[row.id for row in project.origin_rows if row.kind == said_by]] = True
    labels: LabelMap = maps.labels.copy()
    labels[~rows[maps.origins]] = project.classes.ignore
    return labels


def _label_maps(path: Path, options: ImportOptions, problems: Problems) -> LabelledSet:
    """The label maps of a folder, named by their paths, of a `classes.json` beside them."""
    classes = classes_beside(path, options, problems) if path.is_dir() else None
    problems.raise_if_any()
    names = list(label_names(path, ".png")) if classes is not None else []
    if classes is None or not names:
        raise FormatError(
            f"{readable(path)} is neither a project nor holds labels of a format that is known: "
            f"name one that does, or put a {CLASSES_NAME} beside its label maps."
        )
    reader = PairReader(classes, problems, partial(read_ids, classes=classes))
    for name in names:
        reader.add(f"{name}.png", None, path / f"{name}.png", TRAIN)
    return LabelledSet(classes, reader.pictures())
