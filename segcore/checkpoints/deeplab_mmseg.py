"""mmsegmentation's DeepLabv3+: ResNet or ResNetV1c at output stride 8, separable convolutions.

The pooled branch comes first, branches are joined by a 3 x 3 convolution, and of a basic block the
first convolution alone dilates. The head for an auxiliary loss is left aside.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from segcore.checkpoints.deeplab_shapes import deeplab_config
from segcore.checkpoints.family import Family
from segcore.checkpoints.fit import Fit
from segcore.checkpoints.naming import Layout, Rule
from segcore.checkpoints.resnet_layouts import block_rules, deep_stem_rules, holds_keys, stem_rules
from segcore.models.deeplab_config import RATES, DeepLabConfig

_OUTPUT_STRIDE = 8
_HEAD = "decode_head"


def _module(own: str, theirs: str) -> tuple[Rule, Rule]:
    """A convolution with its norm."""
    return Rule(f"{own}.conv", f"{theirs}.conv"), Rule(f"{own}.norm", f"{theirs}.bn")


def _separable(own: str, theirs: str) -> tuple[Rule, ...]:
    return (
        *_module(f"{own}.depthwise", f"{theirs}.depthwise_conv"),
        *_module(own, f"{theirs}.pointwise_conv"),
    )


_DECODER = (
    *_module("head.aspp.pool", f"{_HEAD}.image_pool.1"),
    *_module("head.aspp.branches.0", f"{_HEAD}.aspp_modules.0"),
    *(
        rule
        for index in (1, 2, 3)
        for rule in _separable(f"head.aspp.branches.{index}", f"{_HEAD}.aspp_modules.{index}")
    ),
    *_module("head.aspp.project", f"{_HEAD}.bottleneck"),
    *_module("head.low_level", f"{_HEAD}.c1_bottleneck"),
    *(
        rule
        for index in (0, 1)
        for rule in _separable(f"head.refine.{index}", f"{_HEAD}.sep_bottleneck.{index}")
    ),
    Rule("head.classifier", f"{_HEAD}.conv_seg"),
)
_NEVER_USED = (r"auxiliary_head\..*",)


def _configure(fit: Fit, words: Mapping[str, Any]) -> DeepLabConfig:  # noqa: ARG001 - it has none
    return deeplab_config(
        fit,
        encoder={"output_stride": _OUTPUT_STRIDE, "dilates_second": False},
        head={
            "rates": RATES[_OUTPUT_STRIDE],
            "pool_first": True,
            "aspp_dropout": 0.0,
            "dropout": 0.1,
        },
    )


SEGMENTATION = Family(
    name="mmseg-deeplab",
    title="mmsegmentation",
    layouts=(
        Layout(
            "mmseg, ResNetV1c",
            (*deep_stem_rules("backbone."), *block_rules("backbone."), *_DECODER),
            unused=_NEVER_USED,
        ),
        Layout(
            "mmseg, ResNet",
            (*stem_rules("backbone."), *block_rules("backbone."), *_DECODER),
            unused=_NEVER_USED,
        ),
    ),
    says_more=holds_keys("decode_head."),
    configure=_configure,
)
