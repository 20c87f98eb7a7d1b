"""The `config.json` of this program's own layout, for networks that are no SegFormers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from segcore.models.deeplab_config import DeepLabConfig
from segcore.models.resnet_config import ResNetConfig, ResNetMlpConfig

DEEPLAB = "deeplabv3plus"
RESNET_MLP = "resnet_mlp"
ARCHITECTURES = {DEEPLAB: "DeepLabV3Plus", RESNET_MLP: "ResNetAllMLP"}
NETWORK = "network"


def read_network(words: Mapping[str, Any]) -> DeepLabConfig | ResNetMlpConfig:
    """The configuration that a `config.json` of this layout describes.

    Raises:
        ValueError: it describes none, in words that go on after "its config.json".
    """
    kind = words.get("model_type")
    network = words.get(NETWORK)
    if kind not in ARCHITECTURES or not isinstance(network, Mapping):
        raise ValueError("describes no DeepLabv3+ and no All-MLP head on a ResNet")
    encoder = network.get("encoder")
    if not isinstance(encoder, Mapping):
        raise ValueError("describes no encoder")
    config = DeepLabConfig if kind == DEEPLAB else ResNetMlpConfig
    _refuse_strangers(encoder, ResNetConfig)
    _refuse_strangers(network, config)
    try:
        return config(**{**network, "encoder": ResNetConfig(**encoder)})
    except TypeError as error:
        raise ValueError(f"has a value of the wrong kind ({error})") from error
    except ValueError as error:
        raise ValueError(f"describes a network that cannot be: {error}") from error


def is_own(words: Mapping[str, Any]) -> bool:
    """Whether a `config.json` is of this layout."""
    return words.get("model_type") in ARCHITECTURES


def _refuse_strangers(words: Mapping[str, Any], config: type) -> None:
    known = {field.name for field in fields(config)}
    strange = [str(name) for name in words if name not in known]
    if strange:
        raise ValueError(f"has {strange[0]}, which this program does not know")
