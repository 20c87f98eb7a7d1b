"""What counts as the truth in a project: what people said, and what they looked at and approved."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from segcore.formats.contract import LabelledPicture, LabelledSet
from segcore.formats.importing import finder_of
from segcore.formats.project_set import set_of_project
from segcore.labels import LabelMap
from segcore.project import NOBODY, Project
from segcore.project.states import REJECTED

APPROVED = ("done", "approved")


def truth_of_project(project: Project, statuses: Collection[str] = ()) -> LabelledSet:
    """The labelled pictures of an open project that nobody rejected, or those of some statuses.

    In pictures that are done or approved every label counts: a person has looked at it. In others
    only pixels count that a person said or an import brought: a model is not judged by itself. All
    other pixels are ignore.
    """
    chosen = set_of_project(project, statuses)
    labelled = set(project.labelled())
    pictures = [
        picture
        if picture.status in APPROVED
        else replace(picture, labels=partial(_by_people, project, picture.name))
        for picture in chosen.pictures
        if picture.name in labelled and (statuses or picture.status != REJECTED)
    ]
    return replace(chosen, pictures=pictures)


def with_pictures_of(project: Project, labelled: LabelledSet) -> LabelledSet:
    """Labels that came without pictures, for the project's pictures of those names."""
    find = finder_of({name: Path(name) for name in project.images})

    def with_picture(alone: LabelledPicture) -> LabelledPicture:
        found = find(alone.name) if alone.image is None else None
        if found is None:
            return alone
        return replace(alone, name=found.as_posix(), image=project.image_path(found.as_posix()))

    return replace(labelled, pictures=[with_picture(each) for each in labelled.pictures])


def _by_people(project: Project, name: str) -> LabelMap:
    maps = project.maps(name)
    rows = [row.id for row in project.origin_rows if row.kind == "model"]
    labels = maps.labels.copy()
    labels[np.isin(maps.origins, [NOBODY, *rows])] = project.classes.ignore
    return labels
