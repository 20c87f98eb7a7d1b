"""Laying a prediction under a person's pixels.

What nobody or a model has said is replaced; what a person has painted (or brought along) stays.
Working that out takes a while on a large picture, so it is a function of its own that an I/O
thread may run; the document puts the outcome in place.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from segcore.classes import ClassTable
from segcore.edits import Edit, replace_all
from segcore.labels import widen
from segcore.project import Project

if TYPE_CHECKING:
    from segcore.inference import Prediction

LabelMap = npt.NDArray[Any]
Origins = npt.NDArray[np.uint8]
NOBODY = 0
MODEL_KIND: Final = "model"
PERSON_KIND: Final = "person"


@dataclass(frozen=True, eq=False)
class Ground:
    """What a prediction is laid under, as it was at one moment.

    Attributes:
        labels: (H, W) ids of `classes`.
        origins: (H, W) uint8 rows of the origin table.
        replaceable: the rows that a model may overwrite.
        blank: nothing has been said of the picture so far.
        revision: counts the changes of the labels; the outcome holds while it stays.
        project: whose origin table it is.
    """

    labels: LabelMap
    origins: Origins
    classes: ClassTable
    replaceable: frozenset[int]
    blank: bool
    revision: int
    project: Project

    def origin_of(self, prediction: Prediction) -> int:
        """The model's row of the origin table; a new one is written to disk."""
        return origin_of(prediction, self.project)


@dataclass(frozen=True, eq=False)
class Laid:
    """The outcome: whole maps for a blank picture, else an edit, or None where nothing changes."""

    revision: int
    labels: LabelMap | None = None
    origins: Origins | None = None
    edit: Edit | None = None


def origin_of(prediction: Prediction, project: Project) -> int:
    """The model's row of a project's origin table; a new one is written to disk."""
    return project.origin_id(MODEL_KIND, prediction.model, prediction.sha256)


def lay_under(prediction: Prediction, ground: Ground, origin: int) -> Laid:
    """Work out what `prediction` changes; `origin` is the model's row of the origin table."""
    labels = mapped_labels(prediction.labels, prediction.classes, ground.classes)
    if ground.blank:
        if labels is prediction.labels:
            labels = labels.copy()
        origins = np.where(labels == ground.classes.ignore, NOBODY, origin).astype(np.uint8)
        return Laid(ground.revision, labels=labels, origins=origins)
    edit = replace_all(
        ground.labels, ground.origins, labels, _replaceable_table(ground.replaceable), origin
    )
    return Laid(ground.revision, edit=edit)


def _replaceable_table(rows: Iterable[int]) -> npt.NDArray[np.bool_]:
    """True at the rows of the origin table that a model may overwrite; nobody's are among them."""
    table = np.zeros(256, np.bool_)
    table[[NOBODY, *rows]] = True
    return table


def mapped_labels(labels: LabelMap, own: ClassTable, wanted: ClassTable) -> LabelMap:
    """Labels with the ids of another table, matched by name; what it lacks becomes its ignore.

    Returns `labels` itself where the ids and their width agree.
    """
    if own.names == wanted.names[: len(own)] and own.dtype is wanted.dtype:
        return labels
    table = np.full(own.ignore + 1, wanted.ignore, wanted.dtype)
    for info in own:
        match = wanted.id_of(info.name)
        if match is not None:
            table[info.id] = match
    return table[labels]


def joined_classes(kept: ClassTable, added: ClassTable) -> ClassTable:
    """`kept` with the classes of `added` that it never had by name, at its end; no id moves.

    A class that was deleted does not come back with the next prediction.
    """
    joined = kept
    for info in added:
        if not joined.knows(info.name):
            joined = joined.with_class(info.name, info.color)
    return joined


def fitted(labels: LabelMap, classes: ClassTable) -> LabelMap:
    """Labels as wide as the class table says: 8-bit maps of before it grew are widened."""
    return labels if labels.dtype == classes.dtype else widen(labels)
