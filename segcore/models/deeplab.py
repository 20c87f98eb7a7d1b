"""DeepLabv3+ on a ResNet: atrous spatial pyramid pooling, and a decoder with low-level features.

Written from Chen et al., "Encoder-Decoder with Atrous Separable Convolution for Semantic Image
Segmentation", arXiv 1802.02611 (§3.1 and Fig. 2), and the pyramid of arXiv 1706.05587 (§3.3).
Pictures are (B, C, h, w).
"""

from __future__ import annotations

import copy
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from segcore.models.convolutions import ConvBlock, fold_norms
from segcore.models.deeplab_config import DeepLabConfig
from segcore.models.initialise import initialise
from segcore.models.resnet import ResNet
from segcore.models.segformer import place


class AtrousPyramid(nn.Module):
    """1 x 1, three dilated 3 x 3 branches and the mean of the whole picture, joined.

    While training, a batch needs more than one picture: the pooled branch has one value per channel
    and picture, of which BatchNorm can take no variance.
    """

    def __init__(self, config: DeepLabConfig) -> None:
        super().__init__()
        before, width = config.widths[-1], config.aspp_width
        dilated = [
            ConvBlock(before, width, 3, dilation=rate, kind=config.aspp_convolution)
            for rate in config.rates
        ]
        self.branches = nn.ModuleList([ConvBlock(before, width, 1), *dilated])
        self.pool = ConvBlock(before, width, 1)
        self.pool_first = config.pool_first
        joined = width * (len(self.branches) + 1)
        self.project = ConvBlock(joined, width, config.project_kernel)
        self.dropout = nn.Dropout(config.aspp_dropout)
        self.again: ConvBlock | None = None
        if config.project_again:
            self.again = ConvBlock(width, width, 3, kind="separable")

    def forward(self, deepest: Tensor) -> Tensor:
        """The last stage (B, C_4, h_4, w_4) to (B, aspp_width, h_4, w_4)."""
        branches = [branch(deepest) for branch in self.branches]
        pooled = self.pool(deepest.mean(dim=(2, 3), keepdim=True))
        spread = pooled.expand(-1, -1, *deepest.shape[2:])
        parts = [spread, *branches] if self.pool_first else [*branches, spread]
        projected: Tensor = self.dropout(self.project(torch.cat(parts, dim=1)))
        if self.again is not None:
            projected = self.again(projected)
        return projected


class DeepLabHead(nn.Module):
    """The pyramid, and the decoder that refines it at the first stage's grid."""

    def __init__(self, config: DeepLabConfig) -> None:
        super().__init__()
        self.aspp = AtrousPyramid(config)
        self.low_level = ConvBlock(config.widths[0], config.low_level_width, 1)
        self.low_level_first = config.low_level_first
        self.align_corners = config.align_corners
        width = config.decoder_width
        joined = config.aspp_width + config.low_level_width
        self.refine = nn.ModuleList(
            ConvBlock(width if index else joined, width, 3, kind=config.decoder_convolution)
            for index in range(config.decoder_depth)
        )
        self.dropout = nn.Dropout(config.dropout)
        self.classifier = nn.Conv2d(width, config.num_classes, 1)

    def forward(self, stages: Sequence[Tensor]) -> Tensor:
        """Four stage outputs to logits (B, classes, h_1, w_1)."""
        return self.classify(self.refined(self.join(stages)))

    def join(self, stages: Sequence[Tensor]) -> Tensor:
        """The pyramid upsampled to the first stage's grid, and that stage, reduced, in one."""
        low_level = self.low_level(stages[0])
        size = tuple(low_level.shape[2:])
        pyramid = F.interpolate(
            self.aspp(stages[-1]), size, mode="bilinear", align_corners=self.align_corners
        )
        parts = [low_level, pyramid] if self.low_level_first else [pyramid, low_level]
        return torch.cat(parts, dim=1)

    def refined(self, joined: Tensor) -> Tensor:
        """What `join` gave, or a piece of it, through the decoder's 3 x 3 convolutions."""
        for block in self.refine:
            joined = block(joined)
        return joined

    def classify(self, fused: Tensor) -> Tensor:
        """(B, decoder_width, h, w) to logits (B, classes, h, w)."""
        logits: Tensor = self.classifier(self.dropout(fused))
        return logits


class DeepLab(nn.Module):
    """DeepLabv3+; its logits are those before the last upsampling, at a quarter of the input.

    On a real device the weights start as He et al. draw them, ready for training; on `meta` they
    are left without storage, to be filled by `load_state_dict(..., assign=True)`.
    """

    def __init__(
        self,
        config: DeepLabConfig,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        self.config = config
        self.fast = False
        with torch.device("meta"):
            self.encoder = ResNet(config.encoder)
            self.head = DeepLabHead(config)
        place(self, device, dtype)

    def forward(self, pixel_values: Tensor) -> Tensor:
        """Normalised pixels (B, channels, H, W) to logits (B, classes, ceil(H/4), ceil(W/4)).

        Raises ValueError for an input under 32 x 32 pixels.
        """
        return self.decode(self.encode(pixel_values))

    def encode(self, pixel_values: Tensor) -> tuple[Tensor, ...]:
        """Normalised pixels to the four stage outputs (B, C_i, h_i, w_i), each after its ReLU."""
        stages: tuple[Tensor, ...] = self.encoder(pixel_values)
        return stages

    def decode(self, stages: Sequence[Tensor]) -> Tensor:
        """Four stage outputs to logits (B, classes, h_1, w_1)."""
        logits: Tensor = self.head(stages)
        return logits

    def fused(self, stages: Sequence[Tensor]) -> Tensor:
        """Four stage outputs to the decoder's features (B, D, h_1, w_1) after the last ReLU."""
        return self.head.refined(self.head.join(stages))

    def fused_at(self, stages: Sequence[Tensor], row: int, column: int) -> Tensor:
        """What `fused` has in one cell, (B, D, 1, 1), refining only the cells around it."""
        joined = self.head.join(stages)
        # Each 3 x 3 convolution sees one cell further; the picture's own border stays a border.
        reach = len(self.head.refine)
        top, left = max(row - reach, 0), max(column - reach, 0)
        around = joined[:, :, top : row + reach + 1, left : column + reach + 1]
        refined = self.head.refined(around)
        return refined[:, :, row - top : row - top + 1, column - left : column - left + 1]

    def classify(self, fused: Tensor) -> Tensor:
        """The decoder's features (B, D, h, w) to logits (B, classes, h, w)."""
        return self.head.classify(fused)

    def initialise(self, generator: torch.Generator | None = None) -> None:
        """Draw all weights anew; one generator state, one network."""
        initialise(self, generator)

    def folded(self) -> DeepLab:
        """A copy with fast numerics: BatchNorm folded into the convolutions, for inference."""
        network = copy.deepcopy(self).eval()
        fold_norms(network)
        network.fast = True
        return network
