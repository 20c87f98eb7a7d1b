"""The encoder with ImageNet's classifier, as the `mit_b*` checkpoints hold it."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from segcore.models.config import SegFormerConfig
from segcore.models.encoder import MixTransformer
from segcore.models.segformer import place


class ImageClassifier(nn.Module):
    """Mix Transformer, mean over the tokens of stage 4, one linear layer."""

    def __init__(
        self,
        config: SegFormerConfig,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        self.config = config
        with torch.device("meta"):
            self.encoder = MixTransformer(config)
            self.classifier = nn.Linear(config.widths[-1], config.num_classes)
        place(self, device, dtype)

    def forward(self, pixel_values: Tensor) -> Tensor:
        """Normalised pixels (B, channels, H, W) to scores (B, classes)."""
        deepest = self.encoder(pixel_values)[-1]
        scores: Tensor = self.classifier(deepest.mean(dim=(2, 3)))
        return scores
