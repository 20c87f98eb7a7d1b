"""mmsegmentation 0.17 to 1.x: its own names for the paper's encoder, and a head of its own."""

from __future__ import annotations

from segcore.checkpoints.family import Family
from segcore.checkpoints.naming import Layout, Rule
from segcore.checkpoints.nvlabs import has_decoder, has_no_decoder
from segcore.models.config import NormEpsilons

_STAGE = "encoder.stages.{s}"
_BLOCK = "encoder.stages.{s}.blocks.{i}"


def _encoder_rules(prefix: str) -> tuple[Rule, ...]:
    """The encoder's rules with every key below `prefix`."""
    stage = f"{prefix}layers.{{s}}"
    block = f"{prefix}layers.{{s}}.1.{{i}}"
    # One tensor for query, key and value, whose leaf hangs on an underscore.
    joined = f"{block}.attn.attn.in_proj_{{leaf}}"
    return (
        Rule(f"{_STAGE}.patch_embed.proj", f"{stage}.0.projection"),
        Rule(f"{_STAGE}.patch_embed.norm", f"{stage}.0.norm"),
        Rule(f"{_BLOCK}.norm1", f"{block}.norm1"),
        Rule(f"{_BLOCK}.attention.query", joined, part=0, parts=3),
        Rule(f"{_BLOCK}.attention.key", joined, part=1, parts=3),
        Rule(f"{_BLOCK}.attention.value", joined, part=2, parts=3),
        Rule(f"{_BLOCK}.attention.sr", f"{block}.attn.sr"),
        Rule(f"{_BLOCK}.attention.sr_norm", f"{block}.attn.norm"),
        Rule(f"{_BLOCK}.attention.output", f"{block}.attn.attn.out_proj"),
        Rule(f"{_BLOCK}.norm2", f"{block}.norm2"),
        Rule(f"{_BLOCK}.mlp.fc1", f"{block}.ffn.layers.0", pointwise=True),
        Rule(f"{_BLOCK}.mlp.depthwise", f"{block}.ffn.layers.1"),
        Rule(f"{_BLOCK}.mlp.fc2", f"{block}.ffn.layers.4", pointwise=True),
        Rule(f"{_STAGE}.norm", f"{stage}.2"),
    )


_HEAD = (
    Rule("decoder.linears.{s}", "decode_head.convs.{s}.conv", pointwise=True),
    Rule("decoder.norms.{s}", "decode_head.convs.{s}.bn"),
    Rule("decoder.fuse", "decode_head.fusion_conv.conv"),
    Rule("decoder.norm", "decode_head.fusion_conv.bn"),
    Rule("decoder.classifier", "decode_head.conv_seg"),
)

SEGMENTATION = Family(
    name="mmseg",
    title="mmsegmentation",
    layouts=(Layout("mmseg", _encoder_rules("backbone.") + _HEAD),),
    epsilons=NormEpsilons.MMSEG,
    head="mmseg",
    says_more=has_decoder,
)
# What training starts from: the encoder as ImageNet left it, its classifier taken off.
ENCODER = Family(
    name="mmseg-encoder",
    title="mmsegmentation",
    layouts=(
        Layout("mmseg pretrained", _encoder_rules("")),
        Layout("mmseg backbone", _encoder_rules("backbone.")),
    ),
    epsilons=NormEpsilons.MMSEG,
    encoder_only=True,
    says_more=has_no_decoder,
)
