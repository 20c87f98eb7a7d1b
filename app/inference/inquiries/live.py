"""What the model says of the newest frame of a camera or stream."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from app.inference.inquiry import Desk, Inquiry
from app.inference.requests import Image, ModelSpec
from segcore.progress import CancelToken, ProgressCallback

if TYPE_CHECKING:
    from segcore.inference import Prediction


@dataclass(frozen=True, eq=False)
class LiveInquiry(Inquiry):
    """Labels of one frame; what the person asks about pictures goes first."""

    kind: ClassVar[str] = "live"
    model: ModelSpec
    source: str
    image: Image

    @property
    def title(self) -> str:
        """What the list of jobs calls it."""
        return self.source

    def answer(
        self,
        desk: Desk,
        cancel: CancelToken,
        progress: ProgressCallback,
        partial: Callable[[Any], None],  # noqa: ARG002 - labels come whole
    ) -> Prediction:
        """Labels alone: confidence is not shown."""
        predictor = desk.predictor(self.model)
        return predictor.predict(self.image, confidence=False, cancel=cancel, progress=progress)
