"""Every network that the program knows, by its configuration."""

from __future__ import annotations

import torch

from segcore.models.classifier import ImageClassifier
from segcore.models.config import SegFormerConfig
from segcore.models.deeplab import DeepLab
from segcore.models.deeplab_config import DeepLabConfig
from segcore.models.fast import FastSegFormer
from segcore.models.resnet import ResNetClassifier
from segcore.models.resnet_config import ResNetClassifierConfig, ResNetMlpConfig
from segcore.models.resnet_mlp import ResNetMlp
from segcore.models.segformer import SegFormer

ModelConfig = SegFormerConfig | DeepLabConfig | ResNetMlpConfig | ResNetClassifierConfig
"""What a checkpoint can hold. All tell `num_classes`, `in_channels`, `widths`, `depths`, `heads`
(empty where nothing attends), `variant`, `grid` and `check_input_size`."""

SegmentationNetwork = SegFormer | DeepLab | ResNetMlp
"""Networks with exact numerics that segment; all encode, decode, fuse and classify."""

Classifier = ImageClassifier | ResNetClassifier
"""ImageNet's classifiers, of which the encoder is wanted."""

Runnable = SegmentationNetwork | FastSegFormer
"""What inference runs: a network, or what its fast numerics made of it."""


def build_network(
    config: ModelConfig,
    *,
    encoder_only: bool = False,
    device: torch.device | str | None = None,
) -> SegmentationNetwork | Classifier:
    """The network of a configuration, freshly drawn; without storage on `meta`.

    `encoder_only` asks for ImageNet's classifier of a SegFormer's configuration.
    """
    if isinstance(config, DeepLabConfig):
        return DeepLab(config, device)
    if isinstance(config, ResNetMlpConfig):
        return ResNetMlp(config, device)
    if isinstance(config, ResNetClassifierConfig):
        return ResNetClassifier(config, device)
    return ImageClassifier(config, device) if encoder_only else SegFormer(config, device)


def fast_network(network: SegmentationNetwork) -> Runnable:
    """`network` with fast numerics, algebraically equal; `network` itself stays as it is."""
    if isinstance(network, SegFormer):
        return FastSegFormer.from_exact(network)
    return network.folded()


def is_fast(network: Runnable) -> bool:
    """Whether a network has fast numerics."""
    return isinstance(network, FastSegFormer) or (
        isinstance(network, DeepLab | ResNetMlp) and network.fast
    )


def architecture_title(config: ModelConfig) -> str:
    """What people call the architecture."""
    if isinstance(config, DeepLabConfig):
        return "DeepLabv3+"
    if isinstance(config, ResNetMlpConfig):
        return "All-MLP head on a ResNet"
    if isinstance(config, ResNetClassifierConfig):
        return "ResNet"
    return "SegFormer"
