"""Questions to the model that answer themselves: one frozen class each, and nothing else to touch.

A new view of the model is an `Inquiry` whose `answer` calls the core. It is submitted like every
request, and its answer comes back through the client's `inquiryAnswered` with the inquiry itself:
whoever asked drops what is not the answer to the inquiry that was asked last.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from segcore.progress import CancelToken, ProgressCallback

if TYPE_CHECKING:
    from app.inference.requests import Image, ModelSpec
    from segcore.inference import EncodedImage, Predictor


class Desk(Protocol):
    """What an inquiry may draw from; used on the inference thread alone."""

    def predictor(self, spec: ModelSpec) -> Predictor:
        """The model, loaded when it is not at hand.

        Raises:
            SegcoreError: it cannot be used.
        """

    def encoded(self, spec: ModelSpec, image: Image) -> EncodedImage:
        """The picture with its features, which are kept for the next question."""


@dataclass(frozen=True, eq=False)
class Inquiry:
    """The base of all questions; an inquiry is equal to itself alone.

    `kind` is its place in the queue (`queue.SLOTS`, of which the newest counts, or
    `queue.IN_LINE`, which are all done, one after the other, giving way to everything else).
    """

    kind: ClassVar[str]

    @property
    def title(self) -> str:
        """What the list of jobs calls it."""
        raise NotImplementedError

    def answer(
        self,
        desk: Desk,
        cancel: CancelToken,
        progress: ProgressCallback,
        partial: Callable[[Any], None],
    ) -> Any:
        """What the core says; on the inference thread.

        Call `progress` between steps: it gives way to more urgent jobs and raises `Cancelled`.

        Args:
            partial: sends what is known so far, as an answer that is not the last one.

        Raises:
            SegcoreError: it cannot be answered, in one sentence.
            Cancelled: it was called off.
        """
        raise NotImplementedError


@dataclass(frozen=True, eq=False)
class InquiryAnswer:
    """What became known: `value` is of the type that the inquiry's `answer` returns."""

    inquiry: Inquiry
    value: Any
    final: bool = True
