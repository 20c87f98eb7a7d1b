"""What the assisting tools ask of the model: its logits and features around a place, as arrays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from app.inference.inquiry import Desk, Inquiry
from app.inference.requests import Image, ModelSpec, Point
from segcore.classes import ClassTable
from segcore.geometry import Box
from segcore.progress import CancelToken, ProgressCallback

if TYPE_CHECKING:
    from segcore.assist.evidence import Evidence

Partial = Callable[[Any], None]


@dataclass(frozen=True, eq=False)
class Looked:
    """What the model knows of a part of the picture, and what its classes are called."""

    evidence: Evidence
    classes: ClassTable


@dataclass(frozen=True, eq=False)
class _PictureInquiry(Inquiry):
    kind: ClassVar[str] = "assist"
    model: ModelSpec
    image: Image

    @property
    def title(self) -> str:
        """What the list of jobs calls it."""
        return self.model.source


@dataclass(frozen=True, eq=False)
class AroundInquiry(_PictureInquiry):
    """Logits and features of a square around a pixel; the answer is a `Looked`."""

    point: Point

    def answer(
        self, desk: Desk, cancel: CancelToken, _progress: ProgressCallback, _partial: Partial
    ) -> Looked:
        """From the features that a prediction left behind, where there was one."""
        from segcore.assist.model_evidence import evidence_around

        predictor, encoded = desk.predictor(self.model), desk.encoded(self.model, self.image)
        found = evidence_around(predictor, encoded, self.point, cancel=cancel)
        return Looked(found, predictor.classes)


@dataclass(frozen=True, eq=False)
class BoxInquiry(_PictureInquiry):
    """The logits of a part of the picture, without features; the answer is a `Looked`."""

    box: Box

    def answer(
        self, desk: Desk, cancel: CancelToken, _progress: ProgressCallback, _partial: Partial
    ) -> Looked:
        """From the features that a prediction left behind, where there was one."""
        from segcore.assist.model_evidence import evidence_in

        predictor, encoded = desk.predictor(self.model), desk.encoded(self.model, self.image)
        found = evidence_in(predictor, encoded, self.box, features=False, cancel=cancel)
        return Looked(found, predictor.classes)


@dataclass(frozen=True, eq=False)
class RefineInquiry(_PictureInquiry):
    """The logits of a box, seen again enlarged and blended; the answer is a `Looked`."""

    box: Box
    zoom: float
    share: float

    def answer(
        self, desk: Desk, cancel: CancelToken, _progress: ProgressCallback, _partial: Partial
    ) -> Looked:
        """One more pass of the network over the enlarged window."""
        from segcore.assist.refine import refined

        predictor, encoded = desk.predictor(self.model), desk.encoded(self.model, self.image)
        found = refined(
            predictor, encoded, self.box, zoom=self.zoom, share=self.share, cancel=cancel
        )
        return Looked(found, predictor.classes)
