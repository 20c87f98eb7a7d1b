"""What training reads: pictures with their labels, wherever they come from.

Nothing here needs torch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from segcore.classes import ClassTable
from segcore.labels import LabelMap

Image = npt.NDArray[np.uint8]
Weights = npt.NDArray[np.float32]


class Samples(Protocol):
    """Labelled pictures in a fixed order.

    `labels` of a picture have its size and hold ids of `classes`, or its `ignore`. `weights` say
    how much each pixel counts (None: all alike). Pictures of one `group` (a folder, a video) stay
    together when pictures are held out.
    """

    @property
    def classes(self) -> ClassTable:
        """What the ids mean."""

    def __len__(self) -> int: ...

    def name(self, index: int) -> str:
        """What a person knows the picture by."""

    def picture(self, index: int) -> Image:
        """(H, W, 3) uint8 RGB."""

    def labels(self, index: int) -> LabelMap:
        """(H, W) ids."""

    def weights(self, index: int) -> Weights | None:
        """(H, W) float32, at least 0; None where every pixel counts 1."""

    def group(self, index: int) -> str:
        """What belongs together."""


@dataclass(frozen=True, eq=False)
class Subset:
    """Some of the samples, in the order of `indices`."""

    samples: Samples
    indices: Sequence[int]

    @property
    def classes(self) -> ClassTable:
        """The classes of the whole."""
        return self.samples.classes

    def __len__(self) -> int:
        return len(self.indices)

    def name(self, index: int) -> str:
        """As in the whole."""
        return self.samples.name(self.indices[index])

    def picture(self, index: int) -> Image:
        """As in the whole."""
        return self.samples.picture(self.indices[index])

    def labels(self, index: int) -> LabelMap:
        """As in the whole."""
        return self.samples.labels(self.indices[index])

    def weights(self, index: int) -> Weights | None:
        """As in the whole."""
        return self.samples.weights(self.indices[index])

    def group(self, index: int) -> str:
        """As in the whole."""
        return self.samples.group(self.indices[index])


@dataclass(frozen=True, eq=False)
class ArraySamples:
    """Samples that lie in memory; names count from 0."""

    classes: ClassTable
    pictures: Sequence[Image]
    label_maps: Sequence[LabelMap]
    groups: Sequence[str] = ()

    def __len__(self) -> int:
        return len(self.pictures)

    def name(self, index: int) -> str:
        """The number of the picture."""
        return str(index)

    def picture(self, index: int) -> Image:
        """(H, W, 3) uint8 RGB."""
        return self.pictures[index]

    def labels(self, index: int) -> LabelMap:
        """(H, W) ids."""
        return self.label_maps[index]

    def weights(self, index: int) -> Weights | None:  # noqa: ARG002 - all alike
        """Every pixel counts 1."""
        return None

    def group(self, index: int) -> str:
        """The group that was given, or each picture by itself."""
        return self.groups[index] if self.groups else str(index)
