"""VainF's DeepLabV3Plus-Pytorch: torchvision's ResNet below `backbone`, its head `classifier`.

One decoder convolution, low-level features first. The output stride leaves no trace in the file:
16 is what the code trains with unless told; `DeepLabConfig.at_output_stride` is for the others.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from segcore.checkpoints.deeplab_shapes import deeplab_config
from segcore.checkpoints.family import Family
from segcore.checkpoints.fit import Fit
from segcore.checkpoints.naming import Layout, Rule
from segcore.checkpoints.resnet_layouts import block_rules, holds_keys, stem_rules
from segcore.models.deeplab_config import RATES, DeepLabConfig

_OUTPUT_STRIDE = 16
_BRANCHES = 4


def _head(*, separable: bool) -> tuple[Rule, ...]:
    """`classifier.*`; its 3 x 3 convolutions come whole, or as depthwise and pointwise."""
    aspp, theirs = "head.aspp", "classifier.aspp"
    rules = [
        Rule(f"{aspp}.branches.0.conv", f"{theirs}.convs.0.0"),
        Rule(f"{aspp}.pool.conv", f"{theirs}.convs.4.1"),
        Rule(f"{aspp}.pool.norm", f"{theirs}.convs.4.2"),
        Rule(f"{aspp}.project.conv", f"{theirs}.project.0"),
        Rule(f"{aspp}.project.norm", f"{theirs}.project.1"),
        Rule("head.low_level.conv", "classifier.project.0"),
        Rule("head.low_level.norm", "classifier.project.1"),
        Rule("head.refine.0.norm", "classifier.classifier.1"),
        Rule("head.classifier", "classifier.classifier.3"),
    ]
    rules += [
        Rule(f"{aspp}.branches.{index}.norm", f"{theirs}.convs.{index}.1")
        for index in range(_BRANCHES)
    ]
    large = {f"{aspp}.branches.{index}": f"{theirs}.convs.{index}.0" for index in (1, 2, 3)}
    large["head.refine.0"] = "classifier.classifier.0"
    for own, their in large.items():
        if separable:
            rules.append(Rule(f"{own}.depthwise.conv", f"{their}.body.0"))
            rules.append(Rule(f"{own}.conv", f"{their}.body.1"))
        else:
            rules.append(Rule(f"{own}.conv", their))
    return tuple(rules)


def _configure(fit: Fit, words: Mapping[str, Any]) -> DeepLabConfig:  # noqa: ARG001 - it has none
    return deeplab_config(
        fit,
        encoder={"output_stride": _OUTPUT_STRIDE},
        head={"rates": RATES[_OUTPUT_STRIDE], "low_level_first": True},
    )


_ENCODER = (*stem_rules("backbone."), *block_rules("backbone."))

SEGMENTATION = Family(
    name="vainf-deeplab",
    title="DeepLabV3Plus-Pytorch",
    layouts=(
        Layout("vainf", _ENCODER + _head(separable=False)),
        Layout("vainf, separable", _ENCODER + _head(separable=True)),
    ),
    says_more=holds_keys("classifier."),
    configure=_configure,
)
