"""The All-MLP decoder (section 3.2 of the paper), in the reference order of operations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from segcore.models.encoder import picture_of, tokens_of


class AllMLPShape(Protocol):
    """What the decoder needs to know of a configuration, whichever encoder that has."""

    @property
    def widths(self) -> tuple[int, ...]:
        """Channels of each stage."""

    @property
    def decoder_width(self) -> int:
        """Channels inside the head."""

    @property
    def num_classes(self) -> int:
        """Channels of the logits."""

    @property
    def dropout(self) -> float:
        """Share of the fused channels that training leaves out."""


class AllMLPDecoder(nn.Module):
    """One linear layer per stage, upsampling to stage 1, fusion, ReLU and classifier."""

    def __init__(self, config: AllMLPShape) -> None:
        super().__init__()
        width = config.decoder_width
        self.linears = nn.ModuleList(nn.Linear(channels, width) for channels in config.widths)
        self.fuse = nn.Conv2d(width * len(config.widths), width, 1, bias=False)
        self.norm = nn.BatchNorm2d(width)
        self.dropout = nn.Dropout2d(config.dropout)
        self.classifier = nn.Conv2d(width, config.num_classes, 1)

    def forward(self, stages: Sequence[Tensor]) -> Tensor:
        """Four stage outputs (B, C_i, h_i, w_i) to logits (B, classes, h_1, w_1)."""
        return self.classify(self.merge(self.project(stages)))

    def project(self, stages: Sequence[Tensor]) -> list[Tensor]:
        """Each stage's features (B, D, h_i, w_i) after its linear layer, on its own grid."""
        return [
            picture_of(linear(tokens_of(stage)), (stage.shape[2], stage.shape[3]))
            for linear, stage in zip(self.linears, stages, strict=True)
        ]

    def merge(self, projected: Sequence[Tensor]) -> Tensor:
        """Projected stages to the features (B, D, h_1, w_1) after the ReLU."""
        # Released weights expect stage 4 first.
        return F.relu(self.norm(self.fuse(torch.cat(at_finest_grid(projected)[::-1], dim=1))))

    def classify(self, fused: Tensor) -> Tensor:
        """Features after the ReLU to logits."""
        logits: Tensor = self.classifier(self.dropout(fused))
        return logits


def at_finest_grid(pictures: Sequence[Tensor]) -> list[Tensor]:
    """Pictures (B, D, h_i, w_i) all upsampled, bilinear, to the first one's (h_1, w_1)."""
    size = pictures[0].shape[2:]
    return [
        picture
        if picture.shape[2:] == size
        else F.interpolate(picture, tuple(size), mode="bilinear", align_corners=False)
        for picture in pictures
    ]
