"""Sizes of a convolutional network, counted off a run without numbers (torch's `meta` device)."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn


def layer_macs(part: nn.Module, *inputs: Any) -> tuple[Any, int]:
    """What `part` gives for `inputs`, and the multiply-accumulates of its layers on the way.

    Convolutions and linear layers count, as in published figures; norms, activations, pooling and
    upsampling do not. On `meta` nothing is computed.
    """
    total = 0

    def count(layer: nn.Module, _: tuple[Any, ...], output: Tensor) -> None:
        nonlocal total
        if isinstance(layer, nn.Conv2d):
            kernel = layer.kernel_size[0] * layer.kernel_size[1]
            total += output.numel() * kernel * layer.in_channels // layer.groups
        elif isinstance(layer, nn.Linear):
            total += output.numel() * layer.in_features

    layers = [part for part in part.modules() if isinstance(part, nn.Conv2d | nn.Linear)]
    handles = [layer.register_forward_hook(count) for layer in layers]
    try:
        with torch.no_grad():
            result = part(*inputs)
    finally:
        for handle in handles:
            handle.remove()
    return result, total
