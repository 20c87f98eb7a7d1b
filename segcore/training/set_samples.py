"""Samples of a labelled set, however it was read, and of a project.

Nothing here needs torch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from segcore.classes import ClassTable
from segcore.errors import TrainingError
from segcore.formats.contract import LabelledPicture, LabelledSet
from segcore.formats.splits import SplitBy, group_of
from segcore.images import read_image
from segcore.labels import LabelMap
from segcore.project import Project
from segcore.project.origins import NOBODY, OriginKind
from segcore.project.states import REJECTED
from segcore.review.said_by import said_by
from segcore.training.samples import Image, Weights

ORIGIN_WEIGHTS: Mapping[OriginKind, float] = {
    "person": 1.0,
    "imported": 1.0,
    "propagated": 0.5,
    "model": 0.25,
}
"""How much a pixel counts by who said it: a person's more than a model's."""
JUDGES: tuple[OriginKind, ...] = ("person", "imported")
"""By whose pixels a model may be judged."""
VOUCHED_FOR = frozenset({"done", "approved"})
"""Statuses of pictures by all of whose labels a person stands."""


def is_vouched_for(project: Project, name: str) -> bool:
    """Whether a person stands by every label of a picture, whoever said it first."""
    return project.state(name).status in VOUCHED_FOR


class SetSamples:
    """The pictures of a set, or of some of its splits, that have a picture file.

    Args:
        by: what stays together when pictures are held out.
    """

    def __init__(
        self, labelled: LabelledSet, splits: Sequence[str] | None = None, by: SplitBy = "picture"
    ) -> None:
        self._classes = labelled.classes
        self._by = by
        self._pictures: list[LabelledPicture] = [
            picture
            for picture in labelled.pictures
            if picture.image is not None and (splits is None or picture.split in splits)
        ]

    @property
    def classes(self) -> ClassTable:
        """The set's class table."""
        return self._classes

    def __len__(self) -> int:
        return len(self._pictures)

    def name(self, index: int) -> str:
        """The relative path."""
        return self._pictures[index].name

    def picture(self, index: int) -> Image:
        """(H, W, 3) uint8 RGB, upright; ImageError where it cannot be read."""
        image = self._pictures[index].image
        assert image is not None, "pictures without a file were left out"
        return read_image(image)

    def labels(self, index: int) -> LabelMap:
        """(H, W) ids; FormatError or ImageError where they cannot be read."""
        return self._pictures[index].labels()

    def weights(self, index: int) -> Weights | None:  # noqa: ARG002 - files do not say who said it
        """Every pixel counts 1."""
        return None

    def group(self, index: int) -> str:
        """What the picture stays together with."""
        return group_of(self._pictures[index].name, self._by)


@dataclass(frozen=True, eq=False)
class ProjectSamples:
    """The labelled pictures of an open project, each pixel weighted by its origin."""

    project: Project
    names: Sequence[str]
    by: SplitBy = "picture"

    @classmethod
    def of(cls, project: Project, by: SplitBy = "picture") -> ProjectSamples:
        """All pictures with labels, but those that a person has rejected.

        Raises:
            TrainingError: there is none.
        """
        names = [
            name
            for name in project.images
            if project.has_labels(name) and project.status(name) != REJECTED
        ]
        if not names:
            raise TrainingError(
                f"{project.folder.name}: no picture of this project has labels yet; label some."
            )
        return cls(project, names, by)

    @property
    def classes(self) -> ClassTable:
        """The project's class table."""
        return self.project.classes

    def __len__(self) -> int:
        return len(self.names)

    def name(self, index: int) -> str:
        """The relative path."""
        return self.names[index]

    def picture(self, index: int) -> Image:
        """(H, W, 3) uint8 RGB, upright; ImageError where it cannot be read."""
        return read_image(self.project.image_path(self.names[index]))

    def labels(self, index: int) -> LabelMap:
        """(H, W) ids, with every recorded edit."""
        return self.project.labels(self.names[index])

    def weights(self, index: int) -> Weights | None:
        """By the origin of each pixel; None where all count alike.

        Of a picture that a person is done with or has approved, the person stands by all of it.
        """
        if is_vouched_for(self.project, self.names[index]):
            return None
        rows = self.project.origin_rows
        by_id = np.ones(max([NOBODY, *(row.id for row in rows)]) + 1, np.float32)
        for row in rows:
            by_id[row.id] = ORIGIN_WEIGHTS[row.kind]
        if (by_id == 1).all():
            return None
        weights: Weights = by_id[self.project.origins(self.names[index])]
        return weights

    def group(self, index: int) -> str:
        """What the picture stays together with."""
        return group_of(self.names[index], self.by)

    @property
    def judged(self) -> JudgedSamples:
        """The pictures, and of them the pixels, that a model can be judged by."""
        names = np.array(self.names, np.object_)
        some = [said_by(self.project, self.names, kind) for kind in JUDGES]
        some.append(np.array([is_vouched_for(self.project, name) for name in self.names], np.bool_))
        return JudgedSamples(self.project, names[np.logical_or.reduce(some)].tolist(), self.by)


@dataclass(frozen=True, eq=False)
class JudgedSamples(ProjectSamples):
    """Pictures of which people or an import said something: what a model said is no truth.

    Unless a person is done with a picture or has approved it: then all of it is.
    """

    def labels(self, index: int) -> LabelMap:
        """(H, W) ids, ignore where nobody else than a model or a neighbouring frame spoke."""
        name = self.names[index]
        maps = self.project.maps(name)
        if is_vouched_for(self.project, name):
            return maps.labels
        counts = np.zeros(256, np.bool_)
        counts[[row.id for row in self.project.origin_rows if row.kind in JUDGES]] = True
        labels = maps.labels.copy()
        labels[~counts[maps.origins]] = self.classes.ignore
        return labels

    def weights(self, index: int) -> Weights | None:  # noqa: ARG002 - what counts counts alike
        """Every pixel counts 1."""
        return None
