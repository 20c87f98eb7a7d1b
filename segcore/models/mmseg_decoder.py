"""mmsegmentation's decoder: another network than the paper's, trained under the same name.

Each stage has its own BatchNorm and ReLU before the upsampling, and the fusion's input begins with
stage 1. Its channels are 256 for every size of encoder.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from segcore.models.config import SegFormerConfig
from segcore.models.decoder import at_finest_grid
from segcore.models.encoder import picture_of, tokens_of


class MMSegDecoder(nn.Module):
    """Per stage a 1 x 1 map, BatchNorm and ReLU; upsampling, fusion, ReLU and classifier."""

    def __init__(self, config: SegFormerConfig) -> None:
        super().__init__()
        width = config.decoder_width
        self.linears = nn.ModuleList(
            nn.Linear(channels, width, bias=False) for channels in config.widths
        )
        self.norms = nn.ModuleList(nn.BatchNorm2d(width) for _ in config.widths)
        self.fuse = nn.Conv2d(width * len(config.widths), width, 1, bias=False)
        self.norm = nn.BatchNorm2d(width)
        self.dropout = nn.Dropout2d(config.dropout)
        self.classifier = nn.Conv2d(width, config.num_classes, 1)

    def forward(self, stages: Sequence[Tensor]) -> Tensor:
        """Four stage outputs (B, C_i, h_i, w_i) to logits (B, classes, h_1, w_1)."""
        return self.classify(self.merge(self.project(stages)))

    def project(self, stages: Sequence[Tensor]) -> list[Tensor]:
        """Each stage's features (B, D, h_i, w_i) after its ReLU, on its own grid."""
        projected = []
        for linear, norm, stage in zip(self.linears, self.norms, stages, strict=True):
            picture = picture_of(linear(tokens_of(stage)), (stage.shape[2], stage.shape[3]))
            projected.append(F.relu(norm(picture)))
        return projected

    def merge(self, projected: Sequence[Tensor]) -> Tensor:
        """Projected stages to the features (B, D, h_1, w_1) after the last ReLU."""
        return F.relu(self.norm(self.fuse(torch.cat(at_finest_grid(projected), dim=1))))

    def classify(self, fused: Tensor) -> Tensor:
        """Features after the last ReLU to logits."""
        logits: Tensor = self.classifier(self.dropout(fused))
        return logits
