"""The All-MLP decoder (section 3.2 of the paper), in the reference order of operations."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from segcore.models.config import SegFormerConfig
from segcore.models.encoder import picture_of, tokens_of


class AllMLPDecoder(nn.Module):
    """One linear layer per stage, upsampling to stage 1, fusion, ReLU and classifier."""

    def __init__(self, config: SegFormerConfig) -> None:
        super().__init__()
        width = config.decoder_width
        self.linears = nn.ModuleList(nn.Linear(channels, width) for channels in config.widths)
        self.fuse = nn.Conv2d(width * len(config.widths), width, 1, bias=False)
        self.norm = nn.BatchNorm2d(width)
        self.dropout = nn.Dropout2d(config.dropout)
        self.classifier = nn.Conv2d(width, config.num_classes, 1)

    def forward(self, stages: Sequence[Tensor]) -> Tensor:
        """Four stage outputs (B, C_i, h_i, w_i) to logits (B, classes, h_1, w_1)."""
        return self.classify(self.fused(stages))

    def fused(self, stages: Sequence[Tensor]) -> Tensor:
        """Four stage outputs to the features (B, D, h_1, w_1) after the ReLU."""
        size = (stages[0].shape[2], stages[0].shape[3])
        projected = []
        for linear, stage in zip(self.linears, stages, strict=True):
            grid = (stage.shape[2], stage.shape[3])
            picture = picture_of(linear(tokens_of(stage)), grid)
            if grid != size:
                picture = F.interpolate(picture, size, mode="bilinear", align_corners=False)
            projected.append(picture)
        # Released weights expect stage 4 first.
        return F.relu(self.norm(self.fuse(torch.cat(projected[::-1], dim=1))))

    def classify(self, fused: Tensor) -> Tensor:
        """Features after the ReLU to logits."""
        logits: Tensor = self.classifier(self.dropout(fused))
        return logits
