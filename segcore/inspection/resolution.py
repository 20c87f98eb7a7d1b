"""One picture at several input sizes: what Mix-FFN gives without interpolated position codes.

Section 3.1 of the paper: a network without positional encoding can be tested at another resolution
than it was trained at. How much of the answer stays is measured here.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from segcore.errors import RequestError
from segcore.geometry import Size
from segcore.inference.encoded import Image
from segcore.inference.predictor import Predictor
from segcore.labels import LabelMap
from segcore.metrics import Scores, confusion_matrix
from segcore.progress import CancelToken, ProgressCallback, Ticker

SCALES = (0.25, 0.5, 0.75, 1.0, 1.5, 2.0)
LARGEST = 4096
"""Pixels of a side; a larger input takes minutes on a CPU."""


@dataclass(frozen=True, eq=False)
class AtSize:
    """The answer at one input size.

    Attributes:
        scale: of the picture's own size.
        size: (height, width) that went in.
        labels: (H, W) at the picture's own size.
        confidence: mean probability of the winners, 0 to 1.
        agreement: share of the pixels with the same class as at scale 1, 0 to 1.
        miou, pixel_accuracy: against the truth, where it says anything; else None.
        seconds: that it took.
    """

    scale: float
    size: Size
    labels: LabelMap
    confidence: float
    agreement: float
    miou: float | None
    pixel_accuracy: float | None
    seconds: float

    def to_json(self) -> dict[str, Any]:
        """Everything but the labels."""
        return {
            "scale": self.scale,
            "size": list(self.size),
            "confidence": self.confidence,
            "agreement": self.agreement,
            "miou": self.miou,
            "pixel_accuracy": self.pixel_accuracy,
            "seconds": self.seconds,
        }


def resolution_study(
    predictor: Predictor,
    image: Image,
    scales: Sequence[float] = SCALES,
    truth: LabelMap | None = None,
    *,
    cancel: CancelToken | None = None,
    progress: ProgressCallback | None = None,
) -> tuple[AtSize, ...]:
    """Predict a picture at several input sizes and compare with its own size.

    Args:
        image: (H, W, 3) uint8 RGB.
        scales: of the picture's sides; answered in this order. Scale 1 is predicted in any case.
        truth: (H, W) class ids of the model, ignore where unknown.
        cancel, progress: looked at before, and told after, each size.

    Raises:
        RequestError: a scale that is not positive, or leads to a side over LARGEST; a truth of
            another size.
        Cancelled: it was called off.
    """
    height, width = image.shape[:2]
    sizes = {scale: _size_at(scale, (height, width)) for scale in (1.0, *scales)}
    if truth is not None and truth.shape != (height, width):
        raise RequestError(
            f"The labels are {truth.shape[0]}x{truth.shape[1]} and the picture "
            f"{height}x{width}: give labels of the same picture."
        )
    ticker = Ticker(len(sizes), progress)
    answers: dict[float, AtSize] = {}
    reference: LabelMap | None = None
    for scale, size in sizes.items():
        if cancel is not None:
            cancel.raise_if_cancelled()
        start = time.perf_counter()
        prediction = predictor.predict(predictor.encode(image, size=size, budget=0), cancel=cancel)
        seconds = time.perf_counter() - start
        reference = prediction.labels if reference is None else reference
        miou, accuracy = _against(truth, prediction.labels, len(predictor.classes), predictor)
        answers[scale] = AtSize(
            scale=scale,
            size=size,
            labels=prediction.labels,
            confidence=float(prediction.confidence.mean(dtype=np.float64)),
            agreement=float((prediction.labels == reference).mean()),
            miou=miou,
            pixel_accuracy=accuracy,
            seconds=seconds,
        )
        ticker.tick(f"{size[0]}x{size[1]}")
    return tuple(answers[scale] for scale in scales)


def _size_at(scale: float, own: Size) -> Size:
    if scale <= 0:
        raise RequestError(f"A picture cannot go in at scale {scale}: give a number above 0.")
    size = max(1, round(own[0] * scale)), max(1, round(own[1] * scale))
    if max(size) > LARGEST:
        raise RequestError(
            f"At scale {scale:g} the picture would be {size[0]}x{size[1]}: choose scales that keep "
            f"both sides within {LARGEST} pixels."
        )
    return size


def _against(
    truth: LabelMap | None, labels: LabelMap, count: int, predictor: Predictor
) -> tuple[float | None, float | None]:
    if truth is None:
        return None, None
    confusion = confusion_matrix(truth, labels, count, predictor.classes.ignore)
    scores = Scores.from_confusion(confusion)
    if not confusion.any():
        return None, None
    return scores.miou, scores.pixel_accuracy
