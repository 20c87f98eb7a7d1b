"""segmentation_models.pytorch: NVlabs' encoder, and a decoder that counts stages from the deepest.

Its network ends by upsampling the logits four times; here they stay at a quarter of the input, as
every family's do.
"""

from __future__ import annotations

from segcore.checkpoints.family import Family
from segcore.checkpoints.naming import Layout, Rule
from segcore.checkpoints.nvlabs import encoder_rules
from segcore.checkpoints.storage import StoredWeights
from segcore.models.config import NormEpsilons

_HEAD_RULES = (
    Rule("decoder.linears.{s}", "decoder.mlp_stage.{R}.linear"),
    Rule("decoder.fuse", "decoder.fuse_stage.0"),
    Rule("decoder.norm", "decoder.fuse_stage.1"),
    Rule("decoder.classifier", "segmentation_head.0"),
)

_ENCODER_RULES = encoder_rules("encoder.")


def _has_decoder(stored: StoredWeights) -> bool:
    return any(key.startswith(("decoder.", "segmentation_head.")) for key in stored.tensors)


def _has_no_decoder(stored: StoredWeights) -> bool:
    return not _has_decoder(stored)


SEGMENTATION = Family(
    name="smp",
    title="segmentation_models.pytorch",
    layouts=(Layout("smp", _ENCODER_RULES + _HEAD_RULES),),
    epsilons=NormEpsilons.NVLABS,
    says_more=_has_decoder,
)
ENCODER = Family(
    name="smp-encoder",
    title="segmentation_models.pytorch",
    layouts=(Layout("smp", _ENCODER_RULES),),
    epsilons=NormEpsilons.NVLABS,
    encoder_only=True,
    says_more=_has_no_decoder,
)
