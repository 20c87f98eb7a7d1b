"""The paper's initialisation, drawn from a generator so that it can be repeated."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn


def initialise(module: nn.Module, generator: torch.Generator | None = None) -> None:
    """Set every parameter and buffer below `module`, in place.

    Linear weights are normal with deviation 0.02, truncated at 2 (not at two deviations), biases
    0; LayerNorm and BatchNorm are the identity; convolutions are normal with variance 2 / fan-out,
    where the fan-out of a grouped convolution counts one group only. Values are drawn on the
    generator's device in float32, so that one seed gives the same network on every device.
    """
    for part in module.modules():
        if isinstance(part, nn.Linear):
            _truncated_normal(part.weight, 0.02, generator)
        elif isinstance(part, nn.Conv2d):
            height, width = part.kernel_size
            fan_out = height * width * part.out_channels // part.groups
            _normal(part.weight, math.sqrt(2 / fan_out), generator)
        elif isinstance(part, nn.LayerNorm | nn.BatchNorm2d):
            part.reset_parameters()
            continue
        else:
            continue
        if part.bias is not None:
            nn.init.zeros_(part.bias)


@torch.no_grad()
def _normal(weight: Tensor, deviation: float, generator: torch.Generator | None) -> None:
    if weight.is_meta:
        return
    weight.copy_(_drawing_board(weight, generator).normal_(0.0, deviation, generator=generator))


@torch.no_grad()
def _truncated_normal(weight: Tensor, deviation: float, generator: torch.Generator | None) -> None:
    if weight.is_meta:
        return
    board = _drawing_board(weight, generator)
    weight.copy_(nn.init.trunc_normal_(board, std=deviation, generator=generator))


def _drawing_board(weight: Tensor, generator: torch.Generator | None) -> Tensor:
    device = weight.device if generator is None else generator.device
    return torch.empty(weight.shape, device=device, dtype=torch.float32)
