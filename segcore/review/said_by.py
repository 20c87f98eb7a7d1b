"""Which pictures have pixels of one kind of origin."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from segcore.errors import ProjectError
from segcore.project import Project


def said_by(project: Project, names: Sequence[str], kind: str) -> npt.NDArray[np.bool_]:
    """(n,) whether each picture has a pixel of that origin: `person`, `model`, `imported`, …

    Reads the origin map of every picture that has labels.

    Raises:
        ImageError: the labels of one are damaged.
    """
    counts = np.zeros(256, np.bool_)
    counts[[row.id for row in project.origin_rows if row.kind == kind]] = True
    found = np.zeros(len(names), np.bool_)
    for place, name in enumerate(names):
        try:
            if project.has_labels(name):
                found[place] = counts[project.origins(name)].any()
        except ProjectError:  # it left the project while the list still shows it
            continue
    return found
