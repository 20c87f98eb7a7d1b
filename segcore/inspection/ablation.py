"""What the model would say without one of its stages.

The stage is taken out of the decoder alone: its features are replaced there, while the encoder's
later stages, which were computed from it, stay as they are. So this says what the decoder draws
from the stage, and not what the network would be without it. Unlike the shares of `explain`, which
hold the ReLU's gates, here the gates move.

Features are replaced by zeros, which leaves the stage's term out of the fused sum (its biases stay,
as they are no features), or by their mean over the window, which leaves in what is the same
everywhere and takes out what tells places apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import torch
from torch import Tensor

from segcore.errors import RequestError
from segcore.geometry import Point
from segcore.inference.blend import blended_blocks
from segcore.inference.encoded import EncodedImage
from segcore.inference.predictor import Predictor
from segcore.inference.upsample import empty_labels, label_block
from segcore.inspection.decoded_pixel import DecodedPixel
from segcore.inspection.decoder_parts import folded_head, wide
from segcore.inspection.explain import probabilities
from segcore.labels import LabelMap
from segcore.progress import CancelToken, ProgressCallback, Ticker

Replacement = Literal["zero", "mean"]
REPLACEMENTS: tuple[Replacement, ...] = get_args(Replacement)


@dataclass(frozen=True)
class Chance:
    """One class at one pixel: its logit, and its probability from 0 to 1."""

    id: int
    name: str
    logit: float
    probability: float


@dataclass(frozen=True)
class WithoutStage:
    """One pixel as the decoder sees it without a stage.

    Attributes:
        stage: from 1.
        replacement: what stands in the place of its features.
        classes: every class, the likeliest first.
    """

    stage: int
    replacement: Replacement
    classes: tuple[Chance, ...]

    @property
    def winner(self) -> Chance:
        """The likeliest class."""
        return self.classes[0]

    def to_json(self) -> dict[str, Any]:
        """As `explain --json --without` prints it."""
        return {
            "stage": f"stage{self.stage}",
            "replacement": self.replacement,
            "classes": [
                {
                    "id": chance.id,
                    "name": chance.name,
                    "logit": chance.logit,
                    "probability": chance.probability,
                }
                for chance in self.classes
            ],
        }


def ablations(
    predictor: Predictor,
    encoded: EncodedImage,
    point: Point,
    replacement: Replacement = "zero",
) -> tuple[WithoutStage, ...]:
    """The classes at a pixel without each stage in turn, in float64.

    Args:
        predictor: the model.
        encoded: the image; its features are used and kept.
        point: (x, y) in image pixels.
        replacement: see the module.

    Raises:
        RequestError: the point is outside the image, the decoder has other matrices than the
            paper's, there is no such replacement, or the logits are not finite.
    """
    _check_replacement(replacement)

    def logits_there() -> list[Tensor]:
        with torch.inference_mode():
            pixel = DecodedPixel.of(encoded, point)
            return [
                pixel.with_stage(index, _replaced(wide(picture), replacement)).terms().sum(dim=1)
                for index, picture in enumerate(pixel.pictures)
            ]

    found = []
    for stage, values in enumerate(predictor.with_less_memory(encoded, logits_there), start=1):
        logits = values.numpy()
        probability = probabilities(logits, predictor.name, point)
        chances = tuple(
            Chance(
                int(index),
                predictor.classes[int(index)].name,
                float(logits[index]),
                float(probability[index]),
            )
            for index in np.argsort(-logits, kind="stable")
        )
        found.append(WithoutStage(stage, replacement, chances))
    return tuple(found)


def labels_without(
    predictor: Predictor,
    encoded: EncodedImage,
    stage: int,
    replacement: Replacement = "zero",
    *,
    cancel: CancelToken | None = None,
    progress: ProgressCallback | None = None,
) -> LabelMap:
    """The label map (H, W) that the decoder gives without a stage.

    Of a protocol with several passes it is the first one's. The mean is that of each window, which
    is the whole picture where it goes in whole.

    Args:
        encoded: the image; its features are used and kept.
        stage: from 1.
        replacement: see the module.
        cancel, progress: looked at before, and told after, each window.

    Raises:
        RequestError: there is no such stage or replacement, or the decoder has other matrices than
            the paper's.
        Cancelled: it was called off.
    """
    _check_replacement(replacement)
    folded = folded_head(encoded.backend.model)
    if not 1 <= stage <= len(folded.matrices):
        raise RequestError(f"There is no stage {stage}: choose 1 to {len(folded.matrices)}.")
    labels = empty_labels(encoded.size, predictor.classes)

    @torch.inference_mode()
    def run() -> None:
        ticker = Ticker(len(encoded.windows), progress)

        def logits_of(index: int) -> Tensor:
            if cancel is not None:
                cancel.raise_if_cancelled()
            backend = encoded.backend
            stages = list(encoded.stages(index))
            picture = backend.picture_of(stages[stage - 1])
            stages[stage - 1] = backend.stage_of(_replaced(picture, replacement))
            logits = backend.decode(stages)
            ticker.tick()
            return logits

        for block in blended_blocks(encoded.plan, logits_of):
            label_block(block, labels)

    predictor.with_less_memory(encoded, run)
    return labels


def _replaced(picture: Tensor, replacement: Replacement) -> Tensor:
    """What stands in the place of a stage's features (C, h, w)."""
    if replacement == "zero":
        return torch.zeros_like(picture)
    return picture.mean(dim=(1, 2), keepdim=True).expand_as(picture).contiguous()


def _check_replacement(replacement: str) -> None:
    if replacement not in REPLACEMENTS:
        raise RequestError(
            f'Features cannot be replaced by "{replacement}": choose {" or ".join(REPLACEMENTS)}.'
        )
