"""A convolution with its BatchNorm: what ResNets and their heads are made of.

Everything is (B, C, h, w).
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class ConvNorm(nn.Module):
    """A convolution without a bias and BatchNorm (epsilon 1e-5), padded so that the grid stays.

    With fast numerics the norm is folded into the convolution, see `fold_norms`.
    """

    def __init__(
        self,
        before: int,
        width: int,
        kernel: int,
        *,
        stride: int = 1,
        dilation: int = 1,
        groups: int = 1,
        normed: bool = True,
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(
            before,
            width,
            kernel,
            stride,
            kernel // 2 * dilation,
            dilation,
            groups,
            bias=False,
        )
        self.norm = nn.BatchNorm2d(width) if normed else nn.Identity()

    def forward(self, picture: Tensor) -> Tensor:
        """(B, C, h, w) to (B, width, ceil(h / stride), ceil(w / stride)), without a ReLU."""
        normed: Tensor = self.norm(self.conv(picture))
        return normed


class ConvBlock(ConvNorm):
    """Convolution, BatchNorm and ReLU; where it is separable, a depthwise convolution before.

    `separable_norm` has BatchNorm and ReLU between depthwise and pointwise as well, `separable` has
    nothing there.
    """

    def __init__(
        self,
        before: int,
        width: int,
        kernel: int,
        *,
        dilation: int = 1,
        kind: Literal["dense", "separable", "separable_norm"] = "dense",
    ) -> None:
        separable = kind != "dense"
        super().__init__(
            before, width, 1 if separable else kernel, dilation=1 if separable else dilation
        )
        self.depthwise: ConvNorm | None = None
        self.normed_between = kind == "separable_norm"
        if separable:
            self.depthwise = ConvNorm(
                before,
                before,
                kernel,
                dilation=dilation,
                groups=before,
                normed=self.normed_between,
            )

    def forward(self, picture: Tensor) -> Tensor:
        """(B, C, h, w) to (B, width, h, w) after the ReLU."""
        if self.depthwise is not None:
            picture = self.depthwise(picture)
            if self.normed_between:
                picture = F.relu(picture)
        return F.relu(super().forward(picture))


def fold_norms(network: nn.Module) -> None:
    """Multiply every BatchNorm of a `ConvNorm` below `network` into its convolution, in place.

    The products are taken in float64, with the running statistics: afterwards the network can no
    longer be trained.
    """
    for part in network.modules():
        if isinstance(part, ConvNorm) and isinstance(part.norm, nn.BatchNorm2d):
            part.conv = _folded(part.conv, part.norm)
            part.norm = nn.Identity()


@torch.no_grad()
def _folded(conv: nn.Conv2d, norm: nn.BatchNorm2d) -> nn.Conv2d:
    variance, mean = norm.running_var, norm.running_mean
    assert variance is not None, "a ConvNorm's BatchNorm keeps running statistics"
    assert mean is not None, "a ConvNorm's BatchNorm keeps running statistics"
    gain = norm.weight.cpu().double() / torch.sqrt(variance.cpu().double() + norm.eps)
    bias = norm.bias.cpu().double() - gain * mean.cpu().double()
    weight = conv.weight
    shape = (-1, *([1] * (weight.ndim - 1)))
    conv.weight = nn.Parameter((gain.view(shape) * weight.cpu().double()).to(weight))
    conv.bias = nn.Parameter(bias.to(weight))
    return conv
