"""What the parts of the `fast` network share."""

from __future__ import annotations

from torch import Tensor, nn


class Frozen(nn.Module):
    """A part whose weights are buffers: they move with the module and are never trained."""

    def hold(self, **tensors: Tensor) -> None:
        """Register each tensor under its name, as its own memory."""
        for name, tensor in tensors.items():
            self.register_buffer(name, tensor.detach().clone())
