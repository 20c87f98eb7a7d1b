"""torchvision's ResNets with ImageNet's classifier or without: encoders to begin training with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from segcore.checkpoints.family import Family
from segcore.checkpoints.fit import Fit
from segcore.checkpoints.naming import Layout, Rule
from segcore.checkpoints.resnet_layouts import block_rules, measure_resnet, stem_rules
from segcore.checkpoints.shapes import MissingWeightError, agreed
from segcore.models.resnet_config import ResNetClassifierConfig, ResNetConfig


def _configure(fit: Fit, words: Mapping[str, Any]) -> ResNetClassifierConfig:  # noqa: ARG001
    try:
        encoder = ResNetConfig(**measure_resnet(fit.shapes))
        if fit.headless:
            return ResNetClassifierConfig(encoder)
        places = [("classifier.weight", 0), ("classifier.bias", 0)]
        return ResNetClassifierConfig(encoder, agreed(fit.shapes, places))
    except MissingWeightError as error:
        raise fit.refuse(f"missing or misshapen keys: {fit.their(error.key)}") from error
    except ValueError as error:
        raise fit.refuse(str(error)) from error


IMAGENET = Family(
    name="torchvision-imagenet",
    title="torchvision, ImageNet classifier",
    layouts=(Layout("torchvision", (*stem_rules(""), *block_rules(""), Rule("classifier", "fc"))),),
    configure=_configure,
    encoder_only=True,
)
