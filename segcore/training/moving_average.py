"""Weights averaged over the steps: steadier than any of them."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn


class MovingAverage:
    """An exponential moving average of all weights and running statistics.

    In its first steps it forgets faster, so that the weights it began with soon have no say.
    """

    def __init__(self, network: nn.Module, decay: float) -> None:
        self._decay = decay
        self.steps = 0
        self.state = {
            name: tensor.detach().clone() for name, tensor in network.state_dict().items()
        }

    @torch.no_grad()
    def update(self, network: nn.Module) -> None:
        """Take in the weights as they are now."""
        self.steps += 1
        decay = min(self._decay, (1 + self.steps) / (10 + self.steps))
        own, new = [], []
        for name, tensor in network.state_dict().items():
            if tensor.is_floating_point():
                own.append(self.state[name])
                new.append(tensor)
            else:
                self.state[name].copy_(tensor)
        torch._foreach_lerp_(own, new, 1 - decay)

    def restore(self, state: Mapping[str, Tensor], steps: int) -> None:
        """Go on from where another one was."""
        self.steps = steps
        for name, tensor in state.items():
            self.state[name].copy_(tensor)
