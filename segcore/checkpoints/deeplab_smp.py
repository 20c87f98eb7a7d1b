"""segmentation_models.pytorch's DeepLabV3Plus on its ResNets.

The pyramid is followed by one more separable convolution and upsampled with aligned corners; all
blocks of a dilated stage have its whole dilation. A folder written by its `save_pretrained` says
output stride and rates in `config.json`; without one they are its defaults.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from segcore.checkpoints.deeplab_shapes import deeplab_config
from segcore.checkpoints.family import Family
from segcore.checkpoints.fit import Fit
from segcore.checkpoints.naming import Layout, Rule
from segcore.checkpoints.resnet_layouts import block_rules, holds_keys, stem_rules
from segcore.models.deeplab_config import DeepLabConfig

_ASPP = "decoder.aspp.0"
_OUTPUT_STRIDE = 16
_RATES = (12, 24, 36)


def _head(*, separable: bool) -> tuple[Rule, ...]:
    rules = [
        Rule("head.aspp.branches.0.conv", f"{_ASPP}.convs.0.0"),
        Rule("head.aspp.branches.0.norm", f"{_ASPP}.convs.0.1"),
        Rule("head.aspp.pool.conv", f"{_ASPP}.convs.4.1"),
        Rule("head.aspp.pool.norm", f"{_ASPP}.convs.4.2"),
        Rule("head.aspp.project.conv", f"{_ASPP}.project.0"),
        Rule("head.aspp.project.norm", f"{_ASPP}.project.1"),
        Rule("head.aspp.again.depthwise.conv", "decoder.aspp.1.0"),
        Rule("head.aspp.again.conv", "decoder.aspp.1.1"),
        Rule("head.aspp.again.norm", "decoder.aspp.2"),
        Rule("head.low_level.conv", "decoder.block1.0"),
        Rule("head.low_level.norm", "decoder.block1.1"),
        Rule("head.refine.0.depthwise.conv", "decoder.block2.0.0"),
        Rule("head.refine.0.conv", "decoder.block2.0.1"),
        Rule("head.refine.0.norm", "decoder.block2.1"),
        Rule("head.classifier", "segmentation_head.0"),
    ]
    for index in (1, 2, 3):
        own, their = f"head.aspp.branches.{index}", f"{_ASPP}.convs.{index}"
        rules.append(Rule(f"{own}.norm", f"{their}.1"))
        if separable:
            rules.append(Rule(f"{own}.depthwise.conv", f"{their}.0.0"))
            rules.append(Rule(f"{own}.conv", f"{their}.0.1"))
        else:
            rules.append(Rule(f"{own}.conv", f"{their}.0"))
    return tuple(rules)


def _configure(fit: Fit, words: Mapping[str, Any]) -> DeepLabConfig:
    told = words if words.get("_model_class") == "DeepLabV3Plus" else {}
    rates = told.get("decoder_atrous_rates", _RATES)
    if not isinstance(rates, (list, tuple)) or not all(isinstance(rate, int) for rate in rates):
        raise fit.refuse(
            f"its config.json has decoder_atrous_rates {rates!r} where three numbers belong",
            "take the config.json that belongs to these weights",
        )
    return deeplab_config(
        fit,
        encoder={
            "output_stride": told.get("encoder_output_stride", _OUTPUT_STRIDE),
            "gradual_dilation": False,
        },
        head={"rates": tuple(rates), "align_corners": True, "aspp_dropout": 0.5},
    )


_ENCODER = (*stem_rules("encoder."), *block_rules("encoder."))

SEGMENTATION = Family(
    name="smp-deeplab",
    title="segmentation_models.pytorch",
    layouts=(
        Layout("smp", _ENCODER + _head(separable=True)),
        Layout("smp, dense", _ENCODER + _head(separable=False)),
    ),
    says_more=holds_keys("decoder."),
    configure=_configure,
    reads_folder=True,
)
