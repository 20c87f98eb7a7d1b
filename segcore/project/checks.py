"""What may go into a project's label maps and class table."""

from __future__ import annotations

import numpy as np

from segcore.classes import ClassTable
from segcore.edits import Patch
from segcore.edits.planes import IdArray, uniform
from segcore.errors import ProjectError, RequestError
from segcore.geometry import Box
from segcore.project.journal import Rectangle


def rectangle(
    box: Box, patch: IdArray, origins: IdArray | int, classes: ClassTable, size: tuple[int, int]
) -> Rectangle:
    """A copy of a patch as it goes into the journal; pixels that become ignore are nobody's.

    Raises:
        RequestError: the box is outside of (H, W) `size`, shapes differ, or an id is in no table.
    """
    height, width = size
    if box.is_empty or box.clip(height, width) != box:
        raise RequestError(
            f"The box {tuple(box)} is empty or outside the picture of {width} x {height} pixels: "
            "give (x0, y0, x1, y1) inside it."
        )
    patch = np.asarray(patch)
    if patch.shape != box.size:
        raise RequestError(
            f"The patch has shape {patch.shape} and the box {tuple(box)} holds {box.size}: they "
            "have to agree."
        )
    check_ids(patch, classes)
    labels = patch.astype(classes.dtype)  # a copy: the caller may go on with its own
    if isinstance(origins, int):
        if not 0 <= origins <= 255:
            raise RequestError(f"{origins} is no row of the origin table.")
        if _all_known(labels, classes):
            return Rectangle(box, labels, uniform(origins, box.size, np.uint8))
        said_by = np.full(box.size, origins, np.uint8)
    else:
        said_by = np.array(origins, np.uint8)
        if said_by.shape != box.size:
            raise RequestError(f"The origins have shape {said_by.shape}, not {box.size}.")
    said_by[labels == classes.ignore] = 0
    return Rectangle(box, labels, said_by)


def rows_of(origins: IdArray) -> set[int]:
    """The rows of the origin table, 0 among them, that uint8 `origins` of any shape name."""
    if origins.strides == (0, 0):
        origins = origins[:1, :1]
    return set(np.flatnonzero(np.bincount(origins.ravel(), minlength=1)).tolist())


def rows_of_change(patch: Patch) -> set[int]:
    """The rows that an edit's patch gives to the pixels that it changes."""
    changed = (patch.before != patch.after) | (patch.origins_before != patch.origins_after)
    return rows_of(patch.origins_after[changed])


def check_ids(labels: IdArray, classes: ClassTable) -> None:
    """Refuse ids that are neither in the class table nor ignore.

    Raises:
        RequestError: there is such an id, or the array holds no whole numbers.
    """
    if labels.dtype.kind not in "ui":
        raise RequestError(f"Class ids are whole numbers, not {labels.dtype}.")
    if labels.strides == (0, 0):
        labels = labels[:1, :1]
    if _all_known(labels, classes):
        return  # as nearly always, at a fraction of the cost
    unknown = (labels >= len(classes)) & (labels != classes.ignore)
    if labels.dtype.kind == "i":
        unknown |= labels < 0
    if unknown.any():
        raise RequestError(
            f"The id {labels[unknown][0]} is in no class table of {len(classes)} classes: use 0 to "
            f"{len(classes) - 1}, or {classes.ignore} for ignore."
        )


def check_table_follows(old: ClassTable, new: ClassTable) -> None:
    """Refuse a class table in which a class of the old one has moved or gone.

    Raises:
        ProjectError: which class it is.
    """
    if len(new) < len(old):
        raise ProjectError(
            f"The class {old[len(new)].name!r} would go, and labels with it: keep it, or rename it."
        )
    for info in old:
        now = new.id_of(info.name)
        if now is not None and now != info.id and new[info.id].name != info.name:
            raise ProjectError(
                f"The class {info.name!r} would move from id {info.id} to {now}: ids stay as they "
                "were given, add new classes at the end."
            )


def _all_known(labels: IdArray, classes: ClassTable) -> bool:
    """Whether every pixel has a class; False too where that takes more than a glance to know."""
    return labels.dtype.kind == "u" and labels.size > 0 and bool(labels.max() < len(classes))
