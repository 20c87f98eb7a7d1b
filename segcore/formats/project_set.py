"""A project as a set of labelled pictures, for export and training."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial

from segcore.errors import ImageError, RequestError
from segcore.formats.contract import NO_SIZE, LabelledPicture, LabelledSet
from segcore.project import Project
from segcore.project.states import STATUSES


def set_of_project(project: Project, statuses: Collection[str] = ()) -> LabelledSet:
    """Every picture of an open project, or those of some statuses, also ones without labels.

    Raises:
        RequestError: a status is none of the project's.
    """
    for status in statuses:
        if status not in STATUSES:
            raise RequestError(f"{status!r} is no status: use {', '.join(STATUSES)}.")
    names = [name for name in project.images if not statuses or project.status(name) in statuses]
    touched = set(project.labelled())
    pictures = [_picture(project, name, untouched=name not in touched) for name in names]
    return LabelledSet(project.classes, pictures)


def _picture(project: Project, name: str, *, untouched: bool) -> LabelledPicture:
    image = project.image_path(name)
    try:
        size = project.size(name)
    except ImageError:
        size = NO_SIZE  # said with everything else that hinders an export
    return LabelledPicture(
        name,
        image,
        size,
        partial(project.labels, name),
        status=project.status(name),
        untouched=untouched,
    )
