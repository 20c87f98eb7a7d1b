"""segmentation_models.pytorch: NVlabs' encoder, and a decoder that counts stages from the deepest.

Its network ends by upsampling the logits four times; here they stay at a quarter of the input, as
every family's do.
"""

from __future__ import annotations

from segcore.checkpoints.family import Family
from segcore.checkpoints.naming import Layout, Rule
from segcore.checkpoints.nvlabs import encoder_rules
from segcore.models.config import NormEpsilons

_HEAD_RULES = (
    Rule("decoder.linears.{s}", "decoder.mlp_stage.{R}.linear"),
    Rule("decoder.fuse", "decoder.fuse_stage.0"),
    Rule("decoder.norm", "decoder.fuse_stage.1"),
    Rule("decoder.classifier", "segmentation_head.0"),
)

SEGMENTATION = Family(
    name="smp",
    title="segmentation_models.pytorch",
    layouts=(Layout("smp", encoder_rules("encoder.") + _HEAD_RULES),),
    epsilons=NormEpsilons.NVLABS,
)
