"""Where a batch reads its pictures and keeps its labels: the project of the session."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from app.lay_under import (
    MODEL_KIND,
    Ground,
    joined_classes,
    lay_under,
    mapped_labels,
    origin_of,
)
from app.pictures.claims import Claims
from segcore.images import read_image
from segcore.project import Project

if TYPE_CHECKING:
    from segcore.inference import Prediction


class ProjectPictures:
    """The pictures of one project; used from the threads of a batch."""

    def __init__(self, project: Project, claims: Claims) -> None:
        self._project = project
        self._claims = claims

    def read(self, name: str) -> npt.NDArray[np.uint8]:
        """The picture, uint8 RGB (H, W, 3).

        Raises:
            SegcoreError: it cannot be read.
        """
        return read_image(self._project.image_path(name))

    def is_open(self, name: str) -> bool:
        """Whether the window has the picture open."""
        return self._claims.is_claimed(name)

    def save(self, name: str, prediction: Prediction) -> bool:
        """Keep the labels under a person's pixels; False when the window has the picture open.

        Raises:
            SegcoreError: they cannot be written.
        """
        if not self._claims.try_claim(name):
            return False
        self._save_claimed(name, prediction)
        return True

    def holds(self, project: Project | None, name: str, open_name: str | None) -> bool:
        """Whether the picture open in the window is the one of that name in this project."""
        return project is self._project and name == open_name

    def _save_claimed(self, name: str, prediction: Prediction) -> None:
        try:
            save_under(self._project, name, prediction)
        finally:
            self._claims.release(name)


def save_under(
    project: Project, name: str, prediction: Prediction, *, overwrite: bool = False
) -> None:
    """Lay a prediction under what the project has of a picture; it can be undone there.

    With `overwrite` it is laid over a person's pixels too. How uncertain it is is noted.
    """
    project.set_uncertainty(name, prediction.uncertainty)
    classes = joined_classes(project.classes, prediction.classes)
    if classes != project.classes:
        project.set_classes(classes)
    if not project.has_labels(name):
        labels = mapped_labels(prediction.labels, prediction.classes, classes)
        project.save(name, labels, origin_of(prediction, project), straight=True)
        return
    replaceable = frozenset(
        row.id for row in project.origin_rows if overwrite or row.kind == MODEL_KIND
    )
    maps = project.maps(name)
    ground = Ground(
        maps.labels, maps.origins, classes, replaceable, blank=False, revision=0, project=project
    )
    laid = lay_under(prediction, ground, ground.origin_of(prediction))
    if laid.edit is not None:
        project.record_edit(name, replace(laid.edit, name="Predict"))
        project.fold(name)
