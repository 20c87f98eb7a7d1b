"""The question how undecided the model is at every pixel of a picture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from app.inference.inquiry import Desk, Inquiry
from segcore.progress import CancelToken, ProgressCallback

if TYPE_CHECKING:
    from app.inference.requests import Image, ModelSpec
    from segcore.inference import Prediction

Measure = Literal["entropy", "margin"]
MEASURES: tuple[Measure, ...] = ("entropy", "margin")


@dataclass(frozen=True, eq=False)
class UncertaintyInquiry(Inquiry):
    """One measure of a picture that was predicted; the answer is (H, W) float16 from 0 to 1."""

    kind: ClassVar[str] = "uncertainty"
    model: ModelSpec
    image_name: str
    image: Image
    measure: Measure
    prediction: Prediction

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
    ) -> npt.NDArray[np.float16]:
        """From the features that the prediction left behind."""
        from segcore.inference.uncertainty import uncertainty_maps

        predictor = desk.predictor(self.model)
        encoded = desk.encoded(self.model, self.image)
        maps = uncertainty_maps(
            predictor, encoded, (self.measure,), cancel=cancel, progress=progress
        )
        return maps[self.measure]
