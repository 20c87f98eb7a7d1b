"""SegFormer's All-MLP head on a ResNet: what the head does where no encoder sees far.

Section 4.2 and Table 1d of the SegFormer paper (arXiv 2105.15203).
"""

from __future__ import annotations

import copy
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from segcore.models.convolutions import fold_norms
from segcore.models.decoder import AllMLPDecoder, at_finest_grid
from segcore.models.fold import FoldedHead, fold_head
from segcore.models.initialise import initialise
from segcore.models.resnet import ResNet
from segcore.models.resnet_config import ResNetMlpConfig
from segcore.models.segformer import place


class FoldedAllMLP(nn.Module):
    """The head with fast numerics: one 1 x 1 convolution a stage, upsampled, summed, ReLU."""

    def __init__(self, decoder: AllMLPDecoder) -> None:
        super().__init__()
        head = fold_head(decoder)
        self.stages = len(head.matrices)
        for index, matrix in enumerate(head.matrices):
            self.register_buffer(f"matrix{index}", matrix)
        self.register_buffer("bias", head.bias)
        self.classifier = decoder.classifier

    def folded(self) -> FoldedHead:
        """The matrices that it is made of."""
        classifier = self.classifier
        assert classifier.bias is not None, "the All-MLP decoder's classifier has a bias"
        return FoldedHead(
            tuple(self.get_buffer(f"matrix{index}") for index in range(self.stages)),
            self.get_buffer("bias"),
            classifier.weight.detach()[:, :, 0, 0],
            classifier.bias.detach(),
        )

    def forward(self, stages: Sequence[Tensor]) -> Tensor:
        """Four stage outputs (B, C_i, h_i, w_i) to logits (B, classes, h_1, w_1)."""
        return self.classify(self.merge(self.project(stages)))

    def project(self, stages: Sequence[Tensor]) -> list[Tensor]:
        """Each stage's share (B, D, h_i, w_i) of the fused features, on its own grid."""
        last = len(stages) - 1
        return [
            # The one bias comes in once, on the smallest grid.
            F.conv2d(
                stage,
                self.get_buffer(f"matrix{index}")[:, :, None, None],
                self.get_buffer("bias") if index == last else None,
            )
            for index, stage in enumerate(stages)
        ]

    def merge(self, projected: Sequence[Tensor]) -> Tensor:
        """Shares to the features (B, D, h_1, w_1) after the ReLU."""
        total, *coarser = at_finest_grid(projected)
        for share in coarser:
            total = total + share
        return F.relu(total)

    def classify(self, fused: Tensor) -> Tensor:
        """Features after the ReLU to logits."""
        logits: Tensor = self.classifier(fused)
        return logits


class ResNetMlp(nn.Module):
    """A ResNet's four stages under the All-MLP head.

    On a real device the weights start ready for training; on `meta` they are left without storage,
    to be filled by `load_state_dict(..., assign=True)`.
    """

    def __init__(
        self,
        config: ResNetMlpConfig,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        self.config = config
        self.fast = False
        self.decoder: AllMLPDecoder | FoldedAllMLP
        with torch.device("meta"):
            self.encoder = ResNet(config.encoder)
            self.decoder = AllMLPDecoder(config)
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
        logits: Tensor = self.decoder(stages)
        return logits

    def fused(self, stages: Sequence[Tensor]) -> Tensor:
        """Four stage outputs to the head's features (B, D, h_1, w_1) after the ReLU."""
        return self.merge(self.project(stages))

    def project(self, stages: Sequence[Tensor]) -> list[Tensor]:
        """The part of the head before its upsampling: four (B, D, h_i, w_i)."""
        return self.decoder.project(stages)

    def merge(self, projected: Sequence[Tensor]) -> Tensor:
        """What `project` gave, upsampled to the first one's grid and fused: (B, D, h_1, w_1)."""
        return self.decoder.merge(projected)

    def classify(self, fused: Tensor) -> Tensor:
        """The head's features (B, D, h, w) to logits (B, classes, h, w)."""
        return self.decoder.classify(fused)

    def initialise(self, generator: torch.Generator | None = None) -> None:
        """Draw all weights anew; one generator state, one network."""
        initialise(self, generator)

    def folded(self) -> ResNetMlp:
        """A copy with fast numerics, for inference: the head is one matrix a stage, BatchNorm is
        folded into the convolutions."""
        network = copy.deepcopy(self).eval()
        fold_norms(network)
        network.fast = True
        assert isinstance(network.decoder, AllMLPDecoder), "it is folded once"
        network.decoder = FoldedAllMLP(network.decoder)
        return network
