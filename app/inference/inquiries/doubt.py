"""The question of a walk: how undecided the model is at every pixel of the picture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt

from app.inference.inquiry import Desk, Inquiry
from segcore.progress import CancelToken, ProgressCallback

if TYPE_CHECKING:
    from app.inference.requests import Image, ModelSpec


@dataclass(frozen=True, eq=False)
class DoubtInquiry(Inquiry):
    """The answer is the entropy of each pixel, (H, W) float16 from 0 to 1."""

    kind: ClassVar[str] = "doubt"
    model: ModelSpec
    image_name: str
    image: Image

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
        """From the features that the prediction left behind, where there was one."""
        from segcore.inference.uncertainty import Measure, uncertainty_maps

        predictor = desk.predictor(self.model)
        encoded = desk.encoded(self.model, self.image)
        wanted: tuple[Measure, ...] = ("entropy",)
        found = uncertainty_maps(predictor, encoded, wanted, cancel=cancel, progress=progress)
        return found["entropy"]
