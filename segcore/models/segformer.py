"""SegFormer: the Mix Transformer encoder with the decoder that its configuration names."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import torch
from torch import Tensor, nn

from segcore.models.attention import QueriesAndKeys
from segcore.models.config import SegFormerConfig
from segcore.models.decoder import AllMLPDecoder
from segcore.models.encoder import MixTransformer
from segcore.models.initialise import initialise
from segcore.models.mmseg_decoder import MMSegDecoder


class SegFormer(nn.Module):
    """The network of the paper with `exact` numerics: the reference order of operations.

    On a real device the weights start as the paper's initialisation; on `meta` they are left
    without storage, to be filled by `load_state_dict(..., assign=True)`.
    """

    def __init__(
        self,
        config: SegFormerConfig,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        self.config = config
        # Built without storage first, so that no weight is drawn twice.
        with torch.device("meta"):
            self.encoder = MixTransformer(config)
            self.decoder = _decoder(config)
        place(self, device, dtype)

    def forward(self, pixel_values: Tensor) -> Tensor:
        """Normalised pixels (B, channels, H, W) to logits (B, classes, ceil(H/4), ceil(W/4)).

        Raises ValueError for an input under 32 x 32 pixels.
        """
        return self.decode(self.encode(pixel_values))

    def encode(self, pixel_values: Tensor) -> tuple[Tensor, ...]:
        """Normalised pixels to the four stage outputs (B, C_i, h_i, w_i), each after its norm."""
        stages: tuple[Tensor, ...] = self.encoder(pixel_values)
        return stages

    def decode(self, stages: Sequence[Tensor]) -> Tensor:
        """Four stage outputs to logits (B, classes, h_1, w_1)."""
        logits: Tensor = self.decoder(stages)
        return logits

    def fused(self, stages: Sequence[Tensor]) -> Tensor:
        """Four stage outputs to the head's features (B, D, h_1, w_1) after the ReLU."""
        return self.merge(self.project(stages))

    def project(self, stages: Sequence[Tensor]) -> list[Tensor]:
        """The part of the head before its upsampling, which acts on each cell by itself.

        Four stage outputs to four (B, D, h_i, w_i); what comes of them goes into `merge`.
        """
        return self.decoder.project(stages)

    def merge(self, projected: Sequence[Tensor]) -> Tensor:
        """What `project` gave, upsampled to the first one's grid and fused: (B, D, h_1, w_1)."""
        return self.decoder.merge(projected)

    def classify(self, fused: Tensor) -> Tensor:
        """The head's features (B, D, h, w) to logits (B, classes, h, w)."""
        return self.decoder.classify(fused)

    def queries_and_keys(
        self, stage: int, stage_input: Tensor, blocks: Collection[int] | None = None
    ) -> list[QueriesAndKeys]:
        """See `MixTransformer.queries_and_keys`."""
        return self.encoder.queries_and_keys(stage, stage_input, blocks)

    def initialise(self, generator: torch.Generator | None = None) -> None:
        """Draw all weights anew as the paper does; one generator state, one network."""
        initialise(self, generator)


def _decoder(config: SegFormerConfig) -> AllMLPDecoder | MMSegDecoder:
    return MMSegDecoder(config) if config.head == "mmseg" else AllMLPDecoder(config)


def place(module: nn.Module, device: torch.device | str | None, dtype: torch.dtype | None) -> None:
    """Give a module built on `meta` storage and its first weights; on `meta` only a dtype."""
    module.to(dtype=dtype or torch.get_default_dtype())
    target = torch.get_default_device() if device is None else torch.device(device)
    if target.type != "meta":
        module.to_empty(device=target)
        initialise(module)
