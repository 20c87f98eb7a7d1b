"""Which pictures to label next: those from which the model would learn most.

Pictures about which the model is in doubt teach it more than those of which it is sure, but ten
alike teach little more than one. So pictures are taken greedily, each time the one with the
largest product of its doubt and its distance, in pooled features of stage 4, from all that are
labelled or taken already (k-centre greedy, Sener and Savarese, ICLR 2018, weighted by entropy).

Choosing is plain NumPy; `picture_facts` asks a model.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from segcore.errors import RequestError

if TYPE_CHECKING:
    from segcore.inference.encoded import EncodedImage
    from segcore.inference.predictor import Predictor
    from segcore.progress import CancelToken

Floats = npt.NDArray[np.float32]

_FLOOR = 1e-3
"""Doubt of a picture of which the model is sure: diversity alone then decides."""


class PictureFacts(NamedTuple):
    """What is known of one picture.

    Attributes:
        features: (C,) float32 of length 1: the mean of its stage-4 features.
        doubt: mean entropy of its softmax, 0 to 1.
    """

    features: Floats
    doubt: float


def picture_facts(
    predictor: Predictor, encoded: EncodedImage, *, cancel: CancelToken | None = None
) -> PictureFacts:
    """Ask a model about one picture; each window counts by its pixels.

    Raises:
        Cancelled: it was called off.
        RequestError: memory runs out on the CPU too.
    """
    from segcore.inference.uncertainty import Measure, uncertainty_maps

    pooled: Floats | None = None
    for box, stages in predictor.features(encoded):
        if cancel is not None:
            cancel.raise_if_cancelled()
        mean = stages["stage4"].mean(axis=(1, 2)) * np.float32(box.area)
        pooled = mean if pooled is None else pooled + mean
    assert pooled is not None
    measures: tuple[Measure, ...] = ("entropy",)
    maps = uncertainty_maps(predictor, encoded, measures, cancel=cancel)
    doubt = float(maps["entropy"].mean(dtype=np.float64))
    return PictureFacts(
        np.asarray(pooled / max(float(np.linalg.norm(pooled)), 1e-12), np.float32), doubt
    )


def next_pictures(
    features: Floats,
    doubt: Floats,
    labelled: Sequence[int] = (),
    count: int | None = None,
) -> list[int]:
    """The order in which to label what is not labelled yet, the most instructive first.

    Args:
        features: (N, C) of `PictureFacts.features`.
        doubt: (N,) of `PictureFacts.doubt`.
        labelled: indices of pictures that are labelled already; they are not in the answer.
        count: how many are wanted; all that are left by default.

    Raises:
        RequestError: the arrays do not go together.
    """
    features, doubt = np.asarray(features, np.float32), np.asarray(doubt, np.float32)
    if features.ndim != 2 or doubt.shape != (len(features),):
        raise RequestError(
            f"Features of shape {features.shape} and doubts of shape {doubt.shape} do not go "
            "together: give (N, C) and (N,)."
        )
    known = set(labelled)
    left = np.array([index not in known for index in range(len(features))], np.bool_)
    wanted = int(left.sum()) if count is None else min(count, int(left.sum()))
    # Scaled to their spread: what all pictures share tells none apart.
    centred = features - features.mean(axis=0) if len(features) else features
    gap = np.full(len(features), np.inf, np.float32)
    for index in known:
        gap = np.minimum(gap, _distance(centred, index))
    order: list[int] = []
    weight = np.maximum(doubt, _FLOOR)
    while len(order) < wanted:
        # Before anything is labelled all are equally far: the most doubtful is first.
        value = weight * np.where(np.isfinite(gap), gap + np.float32(1e-6), 1)
        chosen = int(np.argmax(np.where(left, value, -1)))
        order.append(chosen)
        left[chosen] = False
        gap = np.minimum(gap, _distance(centred, chosen))
    return order


def _distance(features: Floats, index: int) -> Floats:
    return np.asarray(np.linalg.norm(features - features[index], axis=1), np.float32)
