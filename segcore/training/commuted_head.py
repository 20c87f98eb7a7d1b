"""The All-MLP head in training, its projections multiplied through.

Linear layer and fusion are 1 x 1 maps, and bilinear upsampling, whose weights sum to one, commutes
with both. So each stage is multiplied with one (D, C_i) matrix on its own small grid, and what is
upsampled is summed: the very map that the head as it is written gives to its BatchNorm, whose
statistics are therefore the same, for a fraction of the arithmetic. Gradients reach the head's own
weights through the products.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from segcore.models.decoder import AllMLPDecoder


def commuted(decoder: AllMLPDecoder, stages: Sequence[Tensor]) -> Tensor:
    """Stage outputs (B, h_i, w_i, C_i) to logits (B, classes, h_1, w_1)."""
    fused = functional.relu(decoder.norm(merged(decoder, stages).permute(0, 3, 1, 2)))
    logits: Tensor = decoder.classifier(decoder.dropout(fused))
    return logits


def merged(decoder: AllMLPDecoder, stages: Sequence[Tensor]) -> Tensor:
    """The head's features (B, h_1, w_1, D) before BatchNorm."""
    # The fusion's input begins with stage 4.
    shares = decoder.fuse.weight[:, :, 0, 0].chunk(len(stages), dim=1)[::-1]
    bias = torch.zeros_like(shares[0][:, 0])
    matrices = []
    for share, linear in zip(shares, decoder.linears, strict=True):
        assert isinstance(linear, nn.Linear)
        matrices.append(share @ linear.weight)
        bias = bias + share @ linear.bias
    finest, *coarser = stages
    # The one bias comes in once, on the smallest grid.
    biases = [None] * (len(stages) - 1) + [bias]
    total = functional.linear(finest, matrices[0])
    for stage, matrix, offset in zip(coarser, matrices[1:], biases[1:], strict=True):
        total = total + _upsampled(functional.linear(stage, matrix, offset), finest.shape[1:3])
    return total


def _upsampled(tokens: Tensor, size: Sequence[int]) -> Tensor:
    """Bilinear, half-pixel centres: (B, h, w, D) to (B, *size, D)."""
    picture = tokens.permute(0, 3, 1, 2)
    larger = functional.interpolate(picture, tuple(size), mode="bilinear", align_corners=False)
    return larger.permute(0, 2, 3, 1)
