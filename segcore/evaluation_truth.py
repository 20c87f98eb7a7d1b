"""What counts as the truth in a project: what people said, and what they looked at and approved."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from functools import partial

import numpy as np

from segcore.formats.contract import LabelledSet
from segcore.formats.project_set import set_of_project
from segcore.labels import LabelMap
from segcore.project import NOBODY, Project

APPROVED = ("done", "approved")


def truth_of_project(project: Project, statuses: Collection[str] = ()) -> LabelledSet:
    """The labelled pictures of an open project, or those of some statuses.

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
        if picture.name in labelled
    ]
    return replace(chosen, pictures=pictures)


def _by_people(project: Project, name: str) -> LabelMap:
    maps = project.maps(name)
    rows = [row.id for row in project.origin_rows if row.kind == "model"]
    labels = maps.labels.copy()
    labels[np.isin(maps.origins, [NOBODY, *rows])] = project.classes.ignore
    return labels
