"""The question what a fine-tuned model would change on the pictures of a project."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

import numpy as np
import numpy.typing as npt

from app.inference.inquiry import Desk, Inquiry
from app.inference.requests import Image, ModelSpec
from app.lay_under import mapped_labels
from segcore.classes import ClassTable
from segcore.errors import SegcoreError
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
