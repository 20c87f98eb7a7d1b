"""The loss: cross entropy of the upsampled logits, by class, by pixel, or of the hardest alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from segcore.training.upsampled_loss import fits, pixel_losses, plain_losses

Balance = Literal["none", "log", "root"]
_MOST = 5.0


@dataclass(frozen=True)
class Objective:
    """What is made small.

    Attributes:
        balance: weights of the classes by their share of the labels: `none`, `log` (1 / log(1.1 +
            share), after Paszke et al., arXiv 1606.02147), or `root` (share ** -0.5, at most five
            times the mean's).
        hardest: online hard example mining: only this share of a batch's pixels, those with the
            largest loss, count; 1 for all.
        smoothing: label smoothing.
    """

    balance: Balance = "none"
    hardest: float = 1.0
    smoothing: float = 0.0


def class_weights(
    shares: npt.NDArray[np.float64], balance: Balance
) -> npt.NDArray[np.float32] | None:
    """(classes,) weights whose mean over the labelled pixels is 1; None where all are alike."""
    if balance == "none":
        return None
    if balance == "log":
        weights = 1 / np.log(1.1 + shares)
    else:
        weights = np.maximum(shares, 1e-6) ** -0.5
        weights = np.minimum(weights, _MOST * (weights * shares).sum())
    weights[shares == 0] = 0
    chosen: npt.NDArray[np.float32] = (weights / (weights * shares).sum()).astype(np.float32)
    return chosen


def loss_of(
    logits: Tensor,
    labels: Tensor,
    objective: Objective,
    *,
    ignore: int,
    by_class: Tensor | None = None,
    by_pixel: Tensor | None = None,
) -> Tensor:
    """The weighted mean over the pixels that count, a scalar; 0 where none does.

    Args:
        logits: (B, classes, h, w), upsampled here to the labels' size, bilinear.
        labels: (B, H, W) int64.
        by_class: (classes,) weights.
        by_pixel: (B, H, W) weights.
    """
    losses_of = pixel_losses if fits(logits, labels) else plain_losses
    losses = losses_of(logits, labels, ignore=ignore, smoothing=objective.smoothing)
    known = labels != ignore
    weights = known.to(losses.dtype)
    if by_class is not None:
        weights = weights * by_class[torch.where(known, labels, 0)]
        losses = losses * weights
    if by_pixel is not None:
        losses, weights = losses * by_pixel, weights * by_pixel
    if objective.hardest < 1:
        chosen = known & (losses.detach() >= _border(losses.detach(), known, objective.hardest))
        losses, weights = losses * chosen, weights * chosen
    return losses.sum() / weights.sum().clamp(min=torch.finfo(weights.dtype).tiny)


def _border(losses: Tensor, known: Tensor, share: float) -> Tensor:
    """The least of the largest losses, which are so many: `share` of the known pixels."""
    if losses.device.type == "cpu":
        count = max(int(share * int(known.sum())), 1)
        return torch.topk(losses.flatten(), count).values[-1]
    # How many these are stays on the GPU, which need not come to rest to say it.
    last = (share * known.sum()).long().clamp(min=1) - 1
    return losses.flatten().sort(descending=True).values.gather(0, last.view(1))
