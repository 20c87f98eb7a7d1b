"""Questions about attention: the maps of one or two queries, and how far every head looks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from app.inference.inquiry import Desk, Inquiry
from segcore.progress import CancelToken, Progress, ProgressCallback

if TYPE_CHECKING:
    from app.inference.requests import Image, ModelSpec, Point
    from segcore.inspection import HeadSpread
    from segcore.inspection.attention_views import HeadMaps, View


@dataclass(frozen=True, eq=False)
class AttentionInquiry(Inquiry):
    """The maps of each of some queries, in their order: a tuple of `HeadMaps`."""

    kind: ClassVar[str] = "attention"
    model: ModelSpec
    image_name: str
    image: Image
    view: View
    stage: int
    block: int
    points: tuple[Point, ...]

    @property
    def title(self) -> str:
        """What the list of jobs calls it."""
        return self.image_name

    def answer(
        self,
        desk: Desk,
        cancel: CancelToken,
        progress: ProgressCallback,
        _partial: Callable[[Any], None],
    ) -> tuple[HeadMaps, ...]:
        """From queries and keys that are kept, or computed now and kept for the next question."""
        from segcore.inspection.attention_views import head_maps

        predictor, encoded = desk.predictor(self.model), desk.encoded(self.model, self.image)
        found = []
        for number, point in enumerate(self.points):
            progress(Progress(number, len(self.points)))
            found.append(
                head_maps(
                    predictor,
                    encoded,
                    self.view,
                    stage=self.stage,
                    block=self.block,
                    point=point,
                    cancel=cancel,
                    progress=progress,
                )
            )
        return tuple(found)


@dataclass(frozen=True, eq=False)
class HoverInquiry(AttentionInquiry):
    """The same where the pointer is: more urgent, and needless as soon as the pointer has moved."""

    kind: ClassVar[str] = "hover"


@dataclass(frozen=True, eq=False)
class SpreadInquiry(Inquiry):
    """Mean distance and entropy of every head: a tuple of `HeadSpread`."""

    kind: ClassVar[str] = "spread"
    model: ModelSpec
    image_name: str
    image: Image
    point: Point

    @property
    def title(self) -> str:
        """What the list of jobs calls it."""
        return self.image_name

    def answer(
        self,
        desk: Desk,
        cancel: CancelToken,
        progress: ProgressCallback,
        _partial: Callable[[Any], None],
    ) -> tuple[HeadSpread, ...]:
        """From every row of every block."""
        from segcore.inspection import attention_spread

        return attention_spread(
            desk.predictor(self.model),
            desk.encoded(self.model, self.image),
            self.point,
            cancel=cancel,
            progress=progress,
        )
