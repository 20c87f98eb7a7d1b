"""What a network asks of its training: how many pictures at once, how much is left out."""

from __future__ import annotations

import torch
from torch import nn

from segcore.models import DeepLab, SegmentationNetwork
from segcore.models.encoder import StochasticDepth


def fewest_pictures(network: SegmentationNetwork) -> int:
    """How many pictures must go through in training at once.

    DeepLabv3+ pools a picture to one value a channel, of which BatchNorm can take no variance.
    """
    return 2 if isinstance(network, DeepLab) else 1


def is_out_of_memory(error: Exception) -> bool:
    """Whether torch said so, of a GPU or of the machine itself."""
    return isinstance(error, torch.OutOfMemoryError) or "can't allocate memory" in str(error)


def regularise(network: nn.Module, drop_path: float | None, dropout: float | None) -> None:
    """Set stochastic depth (rising evenly over the blocks) and dropout; None leaves them."""
    if drop_path is not None:
        depths = [part for part in network.modules() if isinstance(part, StochasticDepth)]
        for index, part in enumerate(depths):
            part.probability = drop_path * index / max(len(depths) - 1, 1)
    if dropout is not None:
        for layer in network.modules():
            if isinstance(layer, nn.Dropout | nn.Dropout2d):
                layer.p = dropout
