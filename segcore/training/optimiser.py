"""AdamW as the paper's authors have it, and the learning rate over the steps."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import torch
from torch import nn

Freeze = Literal["none", "head", "last"]
"""What is trained: everything, the head alone, or the head and the last two stages."""

Course = Literal["poly", "cosine", "constant"]

_ENCODER = "encoder."
_LAST = tuple(f"{_ENCODER}stages.{index}." for index in (2, 3))


@dataclass(frozen=True)
class Schedule:
    """The learning rate of each step, as a share of the peak.

    Attributes:
        steps: how many there are.
        warm_up: of these, over how many it rises from nearly nothing.
        course: how it falls afterwards: `poly` with its `power`, `cosine`, or not at all.
    """

    steps: int
    warm_up: int = 0
    course: Course = "poly"
    power: float = 1.0

    def share(self, step: int) -> float:
        """Of step `step`, counted from 0."""
        if step < self.warm_up:
            return (step + 1) / (self.warm_up + 1)
        left = 1 - (step - self.warm_up) / max(self.steps - self.warm_up, 1)
        if self.course == "constant":
            return 1.0
        if self.course == "cosine":
            return 0.5 - 0.5 * math.cos(math.pi * left)
        return float(left**self.power)


def freeze(network: nn.Module, what: Freeze) -> None:
    """Let gradients reach only what is trained."""
    for name, parameter in network.named_parameters():
        in_encoder = name.startswith(_ENCODER)
        trained = what == "none" or not in_encoder or (what == "last" and name.startswith(_LAST))
        parameter.requires_grad_(trained)


def optimiser_of(
    network: nn.Module, *, lr: float, head_factor: float, decay: float
) -> torch.optim.AdamW:
    """AdamW over what is trained: no decay on norms and biases, the head at its own rate.

    Every group has `peak`, the rate that the schedule's shares are of.
    """
    groups: dict[tuple[bool, bool], list[nn.Parameter]] = {}
    for name, parameter in network.named_parameters():
        if parameter.requires_grad:
            kind = (name.startswith(_ENCODER), parameter.ndim > 1)
            groups.setdefault(kind, []).append(parameter)
    return torch.optim.AdamW(
        [
            {
                "params": parameters,
                "peak": lr if in_encoder else lr * head_factor,
                "weight_decay": decay if decays else 0.0,
            }
            for (in_encoder, decays), parameters in groups.items()
        ],
        lr=lr,
        betas=(0.9, 0.999),
        fused=True,
    )


def set_rate(optimiser: torch.optim.Optimizer, share: float) -> None:
    """Give every group that share of its peak."""
    for group in optimiser.param_groups:
        group["lr"] = group["peak"] * share
