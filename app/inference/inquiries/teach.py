"""Questions of teaching by scribbles: fit and apply to what is in view, apply to many pictures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy.typing as npt

from app.inference.inquiry import Desk, Inquiry
from app.inference.requests import Image, ModelSpec, PictureStore
from segcore.classes import ClassTable
from segcore.errors import SegcoreError
from segcore.geometry import Box
from segcore.progress import CancelToken, Progress, ProgressCallback

if TYPE_CHECKING:
    from segcore.assist.scribbles import Samples, Scribble, TaughtClassifier

Partial = Callable[[Any], None]
ORIGIN = "taught"
"""What the model is called that labels as it was taught."""


@dataclass(frozen=True, eq=False)
class Taught:
    """What the scribbles say of a part of the picture.

    Attributes:
        labels: (h, w) of the place, in ids of the classifier's table.
        classifier: what was fitted, or the one that was given.
        samples: what the model sees under each stroke of this picture.
    """

    place: Box
    labels: npt.NDArray[Any]
    classifier: TaughtClassifier
    samples: Mapping[Scribble, Samples]


@dataclass(frozen=True, eq=False)
class TeachInquiry(Inquiry):
    """Fit to scribbles and apply; the answer is a `Taught`.

    Attributes:
        strokes: of this picture.
        known: samples of some of them, taken earlier.
        others: samples of other pictures.
        given: a classifier to be applied as it is where there are no strokes at all.
    """

    kind: ClassVar[str] = "assist"
    model: ModelSpec
    image: Image
    place: Box
    classes: ClassTable
    strokes: tuple[Scribble, ...] = ()
    known: Mapping[Scribble, Samples] = field(default_factory=dict)
    others: tuple[Samples, ...] = ()
    given: TaughtClassifier | None = None

    @property
    def title(self) -> str:
        """What the list of jobs calls it."""
        return self.model.source

    def answer(
        self, desk: Desk, cancel: CancelToken, _progress: ProgressCallback, _partial: Partial
    ) -> Taught:
        """From the features that a prediction left behind, where there was one."""
        from segcore.assist.scribble_features import scribbled, taught_labels
        from segcore.assist.scribbles import Samples, TaughtClassifier

        predictor, encoded = desk.predictor(self.model), desk.encoded(self.model, self.image)
        seen = dict(self.known)
        for stroke in self.strokes:
            if stroke not in seen:
                seen[stroke] = scribbled(predictor, encoded, stroke, cancel=cancel)
        samples = {stroke: seen[stroke] for stroke in self.strokes}
        classifier = self.given
        if samples or self.others or classifier is None:
            classifier = TaughtClassifier.fitted(
                Samples.together([*self.others, *samples.values()]),
                self.classes,
                model=predictor.name,
                model_sha256=predictor.sha256,
            )
        labels = taught_labels(predictor, encoded, classifier, self.place, cancel=cancel)
        return Taught(self.place, labels, classifier, samples)


@dataclass(frozen=True, eq=False)
class TeachPicturesInquiry(Inquiry):
    """Label many pictures as was taught, under what people said.

    Each picture's name comes as a partial answer once it is saved; the answer is a list of
    (name, sentence) of those that could not be done.
    """

    kind: ClassVar[str] = "study"
    model: ModelSpec
    classifier: TaughtClassifier
    names: tuple[str, ...]
    store: PictureStore

    @property
    def title(self) -> str:
        """What the list of jobs calls it."""
        return ORIGIN

    def answer(
        self, desk: Desk, cancel: CancelToken, progress: ProgressCallback, partial: Partial
    ) -> list[tuple[str, str]]:
        """One picture after the other, giving way to whatever a person waits for."""
        from segcore.assist.scribble_features import taught_prediction

        troubles: list[tuple[str, str]] = []
        for done, name in enumerate(self.names):
            progress(Progress(done, len(self.names)))
            if self.store.is_open(name):
                continue
            try:
                predictor = desk.predictor(self.model)
                encoded = predictor.encode(self.store.read(name))
                found = taught_prediction(
                    predictor, encoded, self.classifier, name=ORIGIN, cancel=cancel
                )
                if self.store.save(name, found):
                    partial(name)
            except SegcoreError as error:
                troubles.append((name, str(error)))
        progress(Progress(len(self.names), len(self.names)))
        return troubles
