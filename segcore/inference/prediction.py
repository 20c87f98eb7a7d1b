"""What a prediction is made of."""

from __future__ import annotations

import math
from dataclasses import dataclass

from segcore.classes import ClassTable
from segcore.inference.protocol import PREPROCESS, InferenceProtocol
from segcore.inference.quads import Confidence, Labels


@dataclass(frozen=True, eq=False)
class Prediction:
    """What the model says of one image.

    Attributes:
        labels: (H, W) class ids, uint8 up to 255 classes and uint16 above.
        confidence: (H, W) float16, the softmax probability of that class, 0 to 1; NaN everywhere,
            read-only and without memory of its own, where it was not asked for.
        classes: what the ids are called.
        model, sha256: which model said so.
        protocol: how the picture went in.
        uncertainty: mean entropy of the softmax over the picture, divided by the logarithm of the
            number of classes: 0 (sure of every pixel) to 1; NaN where nobody measured it.
        notes: what a person should know of how it came about, one sentence each.
    """

    labels: Labels
    confidence: Confidence
    classes: ClassTable
    model: str
    sha256: str
    notes: tuple[str, ...] = ()
    protocol: InferenceProtocol = PREPROCESS
    uncertainty: float = math.nan
