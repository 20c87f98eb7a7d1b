"""What a clip asks of the model: labels of one frame, carried along and weighed against it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import numpy as np
import numpy.typing as npt

from app.inference.inquiry import Desk, Inquiry
from app.inference.requests import Image, ModelSpec
from segcore.classes import ClassTable
from segcore.errors import RequestError
from segcore.progress import CancelToken, ProgressCallback, Ticker

Partial = Callable[[Any], None]


class FrameSource(Protocol):
    """Where the frames come from; called on the inference thread."""

    def read(self, name: str) -> Image:
        """The frame, uint8 RGB (H, W, 3)."""

    def is_corrected(self, name: str) -> bool:
        """Whether a person has said something of the frame: labels are not carried past it."""


@dataclass(frozen=True, eq=False)
class PropagatedFrame:
    """The labels of one more frame: (H, W) ids of the project, (H, W) 0 to 1."""

    name: str
    labels: npt.NDArray[Any]
    confidence: npt.NDArray[np.float16]


@dataclass(frozen=True, eq=False)
class PropagationEnd:
    """How it ended: "reached", "cut", "corrected", and the name of the last frame done or None."""

    why: str
    last: str | None
    frames: int


@dataclass(frozen=True, eq=False)
class PropagateInquiry(Inquiry):
    """Carry labels from a frame over those that follow in `names`; partial answers are frames.

    Attributes:
        names: in the order in which they are walked, without the first frame.
        labels: (H, W) ids of `classes` on the first frame.
    """

    kind: ClassVar[str] = "study"
    model: ModelSpec
    start: str
    image: Image
    labels: npt.NDArray[Any]
    classes: ClassTable
    names: tuple[str, ...]
    source: FrameSource

    @property
    def title(self) -> str:
        """What the list of jobs calls it."""
        return self.start

    def answer(
        self, desk: Desk, cancel: CancelToken, progress: ProgressCallback, partial: Partial
    ) -> PropagationEnd:
        """Frame by frame; each is sent as soon as it is known."""
        from segcore.inference.fusion import fused_labels
        from segcore.motion import Carrier

        predictor = desk.predictor(self.model)
        ids = [self.classes.id_of(name) for name in predictor.classes.names]
        if None in ids:
            raise RequestError(
                "The model has classes that the project does not have: predict the frame first."
            )
        known = [number for number in ids if number is not None]
        carrier = Carrier(self.image, self.labels, ignore=self.classes.ignore)
        ticker, last = Ticker(len(self.names)), None
        for done, name in enumerate(self.names):
            cancel.raise_if_cancelled()
            if self.source.is_corrected(name):
                return PropagationEnd("corrected", last, done)
            image = self.source.read(name)
            if image.shape != self.image.shape:
                return PropagationEnd("cut", last, done)
            carried = carrier.step(image)
            if carried is None:
                return PropagationEnd("cut", last, done)
            fused = fused_labels(
                predictor,
                predictor.encode(image, budget=0),
                carried.labels,
                carried.confidence,
                known,
                cancel=cancel,
            )
            partial(PropagatedFrame(name, fused.labels, fused.confidence))
            last = name
            progress(ticker.tick(name))
        return PropagationEnd("reached", last, len(self.names))
