"""mmsegmentation 0.17 to 1.x: its own names for the paper's encoder, and a head of its own."""

from __future__ import annotations

from segcore.checkpoints.family import Family
from segcore.checkpoints.naming import Layout, Rule
from segcore.models.config import NormEpsilons

_STAGE = "encoder.stages.{s}"
_BLOCK = "encoder.stages.{s}.blocks.{i}"
_THEIR_STAGE = "backbone.layers.{s}"
_THEIR_BLOCK = "backbone.layers.{s}.1.{i}"
# One tensor for query, key and value, whose leaf hangs on an underscore.
_IN_PROJECTION = f"{_THEIR_BLOCK}.attn.attn.in_proj_{{leaf}}"

_ENCODER = (
    Rule(f"{_STAGE}.patch_embed.proj", f"{_THEIR_STAGE}.0.projection"),
    Rule(f"{_STAGE}.patch_embed.norm", f"{_THEIR_STAGE}.0.norm"),
    Rule(f"{_BLOCK}.norm1", f"{_THEIR_BLOCK}.norm1"),
    Rule(f"{_BLOCK}.attention.query", _IN_PROJECTION, part=0, parts=3),
    Rule(f"{_BLOCK}.attention.key", _IN_PROJECTION, part=1, parts=3),
    Rule(f"{_BLOCK}.attention.value", _IN_PROJECTION, part=2, parts=3),
    Rule(f"{_BLOCK}.attention.sr", f"{_THEIR_BLOCK}.attn.sr"),
    Rule(f"{_BLOCK}.attention.sr_norm", f"{_THEIR_BLOCK}.attn.norm"),
    Rule(f"{_BLOCK}.attention.output", f"{_THEIR_BLOCK}.attn.attn.out_proj"),
    Rule(f"{_BLOCK}.norm2", f"{_THEIR_BLOCK}.norm2"),
    Rule(f"{_BLOCK}.mlp.fc1", f"{_THEIR_BLOCK}.ffn.layers.0", pointwise=True),
    Rule(f"{_BLOCK}.mlp.depthwise", f"{_THEIR_BLOCK}.ffn.layers.1"),
    Rule(f"{_BLOCK}.mlp.fc2", f"{_THEIR_BLOCK}.ffn.layers.4", pointwise=True),
    Rule(f"{_STAGE}.norm", f"{_THEIR_STAGE}.2"),
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
    layouts=(Layout("mmseg", _ENCODER + _HEAD),),
    epsilons=NormEpsilons.MMSEG,
    head="mmseg",
)
