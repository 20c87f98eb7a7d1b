"""ResNet as an encoder: four stages after the stem, dilated where the output stride asks for it.

He et al., arXiv 1512.03385; pictures and stage outputs are (B, C, h, w).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from segcore.models.config import STAGES
from segcore.models.convolutions import ConvNorm
from segcore.models.resnet_config import ResNetClassifierConfig, ResNetConfig
from segcore.models.segformer import place


class ResidualBlock(nn.Module):
    """Two or three convolutions with BatchNorm, added to their input, then ReLU."""

    def __init__(self, config: ResNetConfig, stage: int, index: int) -> None:
        super().__init__()
        width, inner = config.widths[stage], config.inner_widths[stage]
        before = width if index else _width_before(config, stage)
        stride = 1 if index else config.strides[stage]
        dilation = config.dilations[stage]
        if index == 0 and stage and config.gradual_dilation:
            dilation = config.dilations[stage - 1]
        if config.block == "basic":
            second = config.dilations[stage] if config.dilates_second else 1
            layers = [
                ConvNorm(before, width, 3, stride=stride, dilation=dilation),
                ConvNorm(width, width, 3, dilation=second),
            ]
        else:
            middle = ConvNorm(
                inner, inner, 3, stride=stride, dilation=dilation, groups=config.groups
            )
            layers = [ConvNorm(before, inner, 1), middle, ConvNorm(inner, width, 1)]
        self.layers = nn.ModuleList(layers)
        self.shortcut: ConvNorm | None = None
        # Also where a stride became a dilation: both have the same weights.
        if before != width or (index == 0 and stage > 0):
            self.shortcut = ConvNorm(before, width, 1, stride=stride)

    def forward(self, picture: Tensor) -> Tensor:
        """(B, C_before, h, w) to (B, C_i, h', w')."""
        branch = picture
        for layer in self.layers[:-1]:
            branch = F.relu(layer(branch), inplace=True)
        branch = self.layers[-1](branch)
        kept = picture if self.shortcut is None else self.shortcut(picture)
        return F.relu(branch + kept, inplace=True)


def _width_before(config: ResNetConfig, stage: int) -> int:
    return config.widths[stage - 1] if stage else config.stem_widths[-1]


class Stage(nn.Module):
    """L_i residual blocks, the first of which changes grid and width."""

    def __init__(self, config: ResNetConfig, stage: int) -> None:
        super().__init__()
        self.blocks = nn.Sequential(
            *(ResidualBlock(config, stage, index) for index in range(config.depths[stage]))
        )

    def forward(self, picture: Tensor) -> Tensor:
        """(B, C_before, h, w) to (B, C_i, h', w')."""
        deeper: Tensor = self.blocks(picture)
        return deeper


class Stem(nn.ModuleList):
    """One 7 x 7 convolution or several of 3 x 3, the first with stride 2; then pooling."""

    def forward(self, pixel_values: Tensor) -> Tensor:
        """(B, channels, H, W) to (B, C, ceil(H/4), ceil(W/4))."""
        picture = pixel_values
        for layer in self:
            picture = F.relu(layer(picture), inplace=True)
        return F.max_pool2d(picture, 3, stride=2, padding=1)


class ResNet(nn.Module):
    """Stem (stride 4 with its pooling) and four stages."""

    def __init__(self, config: ResNetConfig) -> None:
        super().__init__()
        self.config = config
        kernel = 7 if len(config.stem_widths) == 1 else 3
        befores = (config.in_channels, *config.stem_widths[:-1])
        self.stem = Stem(
            ConvNorm(before, width, kernel, stride=1 if index else 2)
            for index, (before, width) in enumerate(zip(befores, config.stem_widths))
        )
        self.stages = nn.ModuleList(Stage(config, stage) for stage in range(STAGES))

    def forward(self, pixel_values: Tensor) -> tuple[Tensor, ...]:
        """Normalised pixels (B, channels, H, W) to four (B, C_i, h_i, w_i), each after its ReLU.

        Raises ValueError for an input under 32 x 32 pixels.
        """
        self.config.check_input_size((pixel_values.shape[2], pixel_values.shape[3]))
        picture = self.stem(pixel_values)
        outputs = []
        for stage in self.stages:
            picture = stage(picture)
            outputs.append(picture)
        return tuple(outputs)


class ResNetClassifier(nn.Module):
    """The encoder with ImageNet's classifier, as torchvision's checkpoints hold it."""

    def __init__(
        self,
        config: ResNetClassifierConfig,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        self.config = config
        with torch.device("meta"):
            self.encoder = ResNet(config.encoder)
            self.classifier = nn.Linear(config.widths[-1], config.num_classes)
        place(self, device, dtype)

    def forward(self, pixel_values: Tensor) -> Tensor:
        """Normalised pixels (B, channels, H, W) to scores (B, classes)."""
        deepest = self.encoder(pixel_values)[-1]
        scores: Tensor = self.classifier(deepest.mean(dim=(2, 3)))
        return scores
