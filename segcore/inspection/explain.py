"""Why one pixel got its class: what each stage adds to the winner's logit.

The All-MLP decoder (section 3.2 of the paper) is linear but for one ReLU: each stage has one matrix
of its own, linear layer, fusion and BatchNorm multiplied together, and bilinear upsampling commutes
with it. With the ReLU's gates held as they are at a pixel, its logits are sums of one term per
stage and a bias, exactly. The terms say what the stages add, not what the logits would be without
them: taking a stage away moves the gates too (`ablation`).

mmsegmentation's decoder has one more ReLU for each stage, before the upsampling. Its gates are held
as well, at the cells of the stage's own grid, and the same sum holds.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch

from segcore.errors import RequestError
from segcore.geometry import Point
from segcore.inference.encoded import EncodedImage
from segcore.inference.predictor import Predictor
from segcore.inspection.decoded_pixel import DecodedPixel
from segcore.inspection.explanation import ClassScore, Explanation, Margin

__all__ = ["ClassScore", "Explanation", "Margin", "explain"]

Doubles = npt.NDArray[np.float64]


def explain(predictor: Predictor, encoded: EncodedImage, point: Point) -> Explanation:
    """The competing classes at a pixel, and each stage's share of their logits.

    The head's ReLU gates are held as they are at the four cells of the logit grid between which the
    pixel lies. Only those cells are computed, in float64, from the features of `encoded`, which are
    used and kept.

    In an image cut into tiles, these are the logits of the window that answers for the point. Where
    that window overlaps another the label map blends their logits; a note says so.

    Args:
        predictor: the model.
        encoded: the image, as `predictor.encode` made it.
        point: (x, y) in image pixels.

    Raises:
        RequestError: the point is outside the image, the decoder has other matrices than the
            paper's, or the logits are not finite.
    """

    def terms_there() -> tuple[DecodedPixel, Doubles]:
        with torch.inference_mode():
            pixel = DecodedPixel.of(encoded, point)
            return pixel, pixel.terms().numpy()

    pixel, terms = predictor.with_less_memory(encoded, terms_there)
    logits = terms.sum(axis=1)
    probability = probabilities(logits, predictor.name, point)
    order = np.argsort(-logits, kind="stable")
    scores = tuple(
        ClassScore(
            id=int(index),
            name=predictor.classes[int(index)].name,
            logit=float(logits[index]),
            probability=float(probability[index]),
            stages={f"stage{n}": float(term) for n, term in enumerate(terms[index, :-1], start=1)},
            bias=float(terms[index, -1]),
        )
        for index in order
    )
    return Explanation(point, scores, pixel.box, pixel.notes)


def probabilities(logits: Doubles, model: str, point: Point) -> Doubles:
    """Softmax of (classes,) logits.

    Raises:
        RequestError: they are not finite; the sentence names the model and the point.
    """
    if not np.isfinite(logits).all():
        raise RequestError(
            f"{model}: its logits at {point[0]},{point[1]} are not finite numbers and "
            "cannot be explained; choose another model, or fp32."
        )
    likelihood = np.exp(logits - logits.max())
    shares: Doubles = likelihood / likelihood.sum()
    return shares
