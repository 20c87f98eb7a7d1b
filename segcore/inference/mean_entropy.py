"""How uncertain a prediction is as a whole, added up from the logits while these pass by."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from segcore.inference.blocks import Block

_LEAST = 1e-30
"""A probability whose logarithm is still a number."""

GRID_STEP, PIXEL_STEP = 2, 8
"""Of the cells of the logit grid, and of pixels, every so-many-th is looked at along each axis."""


class MeanEntropy:
    """The mean entropy of the softmax over a picture, divided by log C: 0 (sure) to 1.

    Every second cell of the logit grid stands for its surroundings: entropy is smooth there, and a
    prediction takes hardly longer. Blocks count by the pixels that they decide.
    """

    def __init__(self) -> None:
        self._sum: Tensor | float = 0.0
        self._pixels = 0

    @torch.inference_mode()
    def add_block(self, block: Block) -> None:
        """Count finished logits."""
        pixels = block.box.height * block.box.width
        if pixels and block.logits.numel():
            self._add(block.logits[:, ::GRID_STEP, ::GRID_STEP].float(), pixels)

    @torch.inference_mode()
    def add_strip(self, rows: slice, probabilities: Tensor) -> None:
        """Count (C, rows, W) probabilities of some rows."""
        pixels = (rows.stop - rows.start) * probabilities.shape[2]
        if pixels:
            some = probabilities[:, ::PIXEL_STEP, ::PIXEL_STEP]
            self._add(some.clamp_min(_LEAST).log(), pixels)

    @property
    def value(self) -> float:
        """The mean so far; NaN before anything was counted. Waits for the device."""
        return float(self._sum) / self._pixels if self._pixels else math.nan

    def _add(self, logits: Tensor, pixels: int) -> None:
        classes = len(logits)
        if classes > 1:
            logs = logits.log_softmax(dim=0)
            entropy = -(logs.exp() * logs.clamp_min(-1e4)).sum(dim=0).mean() / math.log(classes)
            self._sum = self._sum + entropy.clamp(0, 1) * pixels
        self._pixels += pixels
