"""How good the weights are on pictures that they were not trained on."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from segcore.labels import LabelMap
from segcore.metrics import Scores, confusion_matrix
from segcore.models import Runnable, SegmentationNetwork, fast_network
from segcore.preprocess import Preprocess
from segcore.training.samples import Samples
from segcore.training.workers import ALONE, Workers


@dataclass(frozen=True, eq=False)
class Validation:
    """Figures of the held-out pictures.

    Attributes:
        confusion: (n, n) int64 pixels; rows the truth.
        by_picture: mIoU of each picture over the classes in it; NaN where nothing is labelled.
    """

    confusion: npt.NDArray[np.int64]
    by_picture: npt.NDArray[np.float64]

    @property
    def scores(self) -> Scores:
        """IoU and accuracy over all pictures."""
        return Scores.from_confusion(self.confusion)


def validate(
    network: SegmentationNetwork,
    weights: Mapping[str, Tensor] | None,
    samples: Samples,
    preprocess: Preprocess,
    *,
    workers: Workers = ALONE,
    indices: Iterable[int] | None = None,
) -> Validation:
    """Predict whole pictures at their own size, without scales or flips.

    Args:
        weights: in place of the network's own, which stay as they are.
        indices: of the pictures; all where None.
    """
    device = next(network.parameters()).device
    fast = judged_network(network, weights)
    classes = samples.classes
    chosen = list(range(len(samples)) if indices is None else indices)
    confusion = np.zeros((len(classes), len(classes)), np.int64)
    by_picture = np.zeros(len(chosen))
    with torch.inference_mode():
        for place in range(workers.rank, len(chosen), workers.count):
            index = chosen[place]
            labels = samples.labels(index)
            predicted = predict(fast, samples.picture(index), preprocess, device)
            counts = confusion_matrix(labels, predicted, len(classes), classes.ignore)
            confusion += counts
            by_picture[place] = Scores.from_confusion(counts).miou
    both = torch.from_numpy(np.concatenate([confusion.ravel(), by_picture]).astype(np.float64))
    both = both.to(device if device.type != "mps" else "cpu")
    workers.sum_(both)
    summed = both.cpu().numpy()
    return Validation(
        summed[: confusion.size].astype(np.int64).reshape(confusion.shape), summed[confusion.size :]
    )


def judged_network(network: SegmentationNetwork, weights: Mapping[str, Tensor] | None) -> Runnable:
    """A copy of the network for inference, with other weights where some are given."""
    judged = copy.deepcopy(network)
    if weights is not None:
        judged.load_state_dict(weights)
    return fast_network(judged.eval()).to(next(network.parameters()).device)


def predict(
    network: Runnable, picture: npt.NDArray[np.uint8], preprocess: Preprocess, device: torch.device
) -> LabelMap:
    """The (H, W) ids of a picture at its own size."""
    pixels = torch.from_numpy(preprocess.normalised(picture))[None].to(device)
    logits = network(pixels)
    larger = functional.interpolate(logits, picture.shape[:2], mode="bilinear", align_corners=False)
    ids: npt.NDArray[np.int64] = larger.argmax(dim=1)[0].cpu().numpy()
    return ids.astype(np.uint8) if logits.shape[1] <= 255 else ids.astype(np.uint16)
