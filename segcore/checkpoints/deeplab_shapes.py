"""Which DeepLabv3+ a state dict is, from the shapes of its own-named weights."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from segcore.checkpoints.fit import Fit
from segcore.checkpoints.refusal import named
from segcore.checkpoints.resnet_layouts import measure_resnet
from segcore.checkpoints.shapes import MissingWeightError, Shape, agreed
from segcore.models.deeplab_config import Convolution, DeepLabConfig
from segcore.models.resnet_config import ResNetConfig

_REFINE = re.compile(r"head\.refine\.(\d+)\.")
_HEAD = "head.aspp"


def deeplab_config(
    fit: Fit, *, encoder: Mapping[str, Any], head: Mapping[str, Any]
) -> DeepLabConfig:
    """The configuration that the weights tell, with what a family knows of `encoder` and `head`.

    Raises:
        CheckpointError: a weight that tells a number is missing, or the numbers go with no network.
    """
    try:
        measured = measure_resnet(fit.shapes)
        own = _measure_head(fit.shapes)
        return DeepLabConfig(ResNetConfig(**measured, **encoder), **own, **head)
    except MissingWeightError as error:
        if fit.misshapen:
            raise fit.refuse(f"misshapen keys: {named(fit.misshapen)}") from error
        raise fit.refuse(f"missing or misshapen keys: {fit.their(error.key)}") from error
    except ValueError as error:
        raise fit.refuse(str(error)) from error


def _measure_head(shapes: Mapping[str, Shape]) -> dict[str, Any]:
    refine = {match[1] for match in map(_REFINE.match, shapes) if match is not None}
    if not refine:
        raise MissingWeightError("head.refine.0.conv.weight")
    classifier = [("head.classifier.weight", 0), ("head.classifier.bias", 0)]
    project = f"{_HEAD}.project.conv.weight"
    branches = [(f"{_HEAD}.branches.{index}.norm.weight", 0) for index in range(4)]
    return {
        "num_classes": agreed(shapes, classifier),
        "aspp_width": agreed(shapes, [(project, 0), *branches]),
        "low_level_width": agreed(shapes, _layer("head.low_level")),
        "decoder_width": agreed(shapes, _layer("head.refine.0")),
        "decoder_depth": len(refine),
        "aspp_convolution": _convolution(shapes, f"{_HEAD}.branches.1"),
        "decoder_convolution": _convolution(shapes, "head.refine.0"),
        "project_kernel": agreed(shapes, [(project, 2)]),
        "project_again": f"{_HEAD}.again.conv.weight" in shapes,
    }


def _layer(name: str) -> list[tuple[str, int]]:
    return [(f"{name}.{leaf}", 0) for leaf in ("conv.weight", "norm.weight", "norm.bias")]


def _convolution(shapes: Mapping[str, Shape], block: str) -> Convolution:
    if f"{block}.depthwise.norm.weight" in shapes:
        return "separable_norm"
    return "separable" if f"{block}.depthwise.conv.weight" in shapes else "dense"
