"""The question what a fine-tuned model would change: on many pictures, on the open one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

import numpy as np
import numpy.typing as npt

from app.inference.inquiry import Desk, Inquiry
from app.inference.requests import Image, ModelSpec
from app.lay_under import mapped_labels
from app.mask_levels import MaskLevels
from segcore.classes import ClassTable
from segcore.edits import Relabelling
from segcore.errors import SegcoreError
from segcore.geometry import Box
from segcore.progress import CancelToken, Progress, ProgressCallback

if TYPE_CHECKING:
    from segcore.training.flips import Flips


class Approved(Protocol):
    """Where pictures and the labels that people stand by are read, on the inference thread."""

    def read(self, name: str) -> Image:
        """The picture, (H, W, 3) uint8 RGB."""

    def approved(self, name: str) -> npt.NDArray[Any]:
        """(H, W) ids of the project's table, ignore where no person has said anything."""


@dataclass(frozen=True, eq=False)
class FlipsInquiry(Inquiry):
    """Both models over each picture; (name, `Flips`) come as partial answers, then their sum."""

    kind: ClassVar[str] = "study"
    before: ModelSpec
    after: ModelSpec
    names: tuple[str, ...]
    store: Approved
    classes: ClassTable

    @property
    def title(self) -> str:
        """What the list of jobs calls it."""
        return self.after.source.rsplit("/", 1)[-1]

    def answer(
        self,
        desk: Desk,
        cancel: CancelToken,
        progress: ProgressCallback,
        partial: Callable[[Any], None],
    ) -> Flips:
        """Pictures that cannot be read are left out."""
        from segcore.training.flips import Flips, flips_between

        total = Flips()
        for done, name in enumerate(self.names):
            progress(Progress(done, len(self.names)))
            try:
                image, approved = self.store.read(name), self.store.approved(name)
            except SegcoreError:
                continue
            said = []
            for spec in (self.before, self.after):
                found = desk.predictor(spec).predict(image, confidence=False, cancel=cancel)
                said.append(mapped_labels(found.labels, found.classes, self.classes))
            flips = flips_between(said[0], said[1], np.asarray(approved), self.classes.ignore)
            total += flips
            partial((name, flips))
        progress(Progress(len(self.names), len(self.names)))
        return total


@dataclass(frozen=True, eq=False)
class FlipMap:
    """What flips of one picture.

    Attributes:
        flips: how many pixels.
        levels: where; the ids are those of `flip_map`, 1 to 3. None where nothing flips.
    """

    flips: Flips
    levels: MaskLevels | None


@dataclass(frozen=True, eq=False)
class FlipMapInquiry(Inquiry):
    """Both models over the open picture, whose features are kept: a `FlipMap`.

    Attributes:
        approved: (H, W) ids that people stand by, ignore where they say nothing.
    """

    kind: ClassVar[str] = "flips"
    before: ModelSpec
    after: ModelSpec
    name: str
    image: Image
    approved: npt.NDArray[Any]
    classes: ClassTable

    @property
    def title(self) -> str:
        """What the list of jobs calls it."""
        return self.name

    def answer(
        self,
        desk: Desk,
        cancel: CancelToken,
        _progress: ProgressCallback,
        _partial: Callable[[Any], None],
    ) -> FlipMap:
        """Against what people said of the picture, where they said anything."""
        from segcore.training.flips import flip_map, flips_between

        said = []
        for spec in (self.before, self.after):
            found = desk.predictor(spec).predict(desk.encoded(spec, self.image), cancel=cancel)
            said.append(mapped_labels(found.labels, found.classes, self.classes))
        approved, ignore = self.approved, self.classes.ignore
        flips = flips_between(said[0], said[1], approved, ignore)
        if not flips.flipped:
            return FlipMap(flips, None)
        kinds = flip_map(said[0], said[1], approved, ignore)
        whole = Box.of_size((kinds.shape[0], kinds.shape[1]))
        return FlipMap(flips, MaskLevels(Relabelling(whole, kinds > 0, kinds), whole.size))
