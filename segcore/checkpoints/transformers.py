"""Hugging Face transformers: version 4's names, which the hub's files have, and version 5's."""

from __future__ import annotations

from segcore.checkpoints.family import Family
from segcore.checkpoints.naming import Layout, Rule
from segcore.checkpoints.nvlabs import has_decoder, has_no_decoder
from segcore.models.config import NormEpsilons

_BLOCK = "encoder.stages.{s}.blocks.{i}"
_V4_BLOCK = "segformer.encoder.block.{s}.{i}"
_V5_BLOCK = "segformer.stages.{s}.blocks.{i}"

ENCODER_V4 = (
    Rule("encoder.stages.{s}.patch_embed.proj", "segformer.encoder.patch_embeddings.{s}.proj"),
    Rule(
        "encoder.stages.{s}.patch_embed.norm", "segformer.encoder.patch_embeddings.{s}.layer_norm"
    ),
    Rule(f"{_BLOCK}.norm1", f"{_V4_BLOCK}.layer_norm_1"),
    Rule(f"{_BLOCK}.attention.query", f"{_V4_BLOCK}.attention.self.query"),
    Rule(f"{_BLOCK}.attention.key", f"{_V4_BLOCK}.attention.self.key"),
    Rule(f"{_BLOCK}.attention.value", f"{_V4_BLOCK}.attention.self.value"),
    Rule(f"{_BLOCK}.attention.sr", f"{_V4_BLOCK}.attention.self.sr"),
    Rule(f"{_BLOCK}.attention.sr_norm", f"{_V4_BLOCK}.attention.self.layer_norm"),
    Rule(f"{_BLOCK}.attention.output", f"{_V4_BLOCK}.attention.output.dense"),
    Rule(f"{_BLOCK}.norm2", f"{_V4_BLOCK}.layer_norm_2"),
    Rule(f"{_BLOCK}.mlp.fc1", f"{_V4_BLOCK}.mlp.dense1"),
    Rule(f"{_BLOCK}.mlp.depthwise", f"{_V4_BLOCK}.mlp.dwconv.dwconv"),
    Rule(f"{_BLOCK}.mlp.fc2", f"{_V4_BLOCK}.mlp.dense2"),
    Rule("encoder.stages.{s}.norm", "segformer.encoder.layer_norm.{s}"),
)
ENCODER_V5 = (
    Rule("encoder.stages.{s}.patch_embed.proj", "segformer.stages.{s}.patch_embeddings.proj"),
    Rule("encoder.stages.{s}.patch_embed.norm", "segformer.stages.{s}.patch_embeddings.layer_norm"),
    Rule(f"{_BLOCK}.norm1", f"{_V5_BLOCK}.layernorm_before"),
    Rule(f"{_BLOCK}.attention.query", f"{_V5_BLOCK}.attention.q_proj"),
    Rule(f"{_BLOCK}.attention.key", f"{_V5_BLOCK}.attention.k_proj"),
    Rule(f"{_BLOCK}.attention.value", f"{_V5_BLOCK}.attention.v_proj"),
    Rule(f"{_BLOCK}.attention.sr", f"{_V5_BLOCK}.attention.sequence_reduction.sequence_reduction"),
    Rule(f"{_BLOCK}.attention.sr_norm", f"{_V5_BLOCK}.attention.sequence_reduction.layer_norm"),
    Rule(f"{_BLOCK}.attention.output", f"{_V5_BLOCK}.attention.o_proj"),
    Rule(f"{_BLOCK}.norm2", f"{_V5_BLOCK}.layernorm_after"),
    Rule(f"{_BLOCK}.mlp.fc1", f"{_V5_BLOCK}.mlp.fc1"),
    Rule(f"{_BLOCK}.mlp.depthwise", f"{_V5_BLOCK}.mlp.dwconv.dwconv"),
    Rule(f"{_BLOCK}.mlp.fc2", f"{_V5_BLOCK}.mlp.fc2"),
    Rule("encoder.stages.{s}.norm", "segformer.stages.{s}.layer_norm"),
)
_HEAD = (
    Rule("decoder.fuse", "decode_head.linear_fuse"),
    Rule("decoder.norm", "decode_head.batch_norm"),
    Rule("decoder.classifier", "decode_head.classifier"),
)
_HEAD_V4 = (Rule("decoder.linears.{s}", "decode_head.linear_c.{s}.proj"), *_HEAD)
_HEAD_V5 = (Rule("decoder.linears.{s}", "decode_head.linear_projections.{s}.proj"), *_HEAD)
_CLASSIFIER = (Rule("classifier", "classifier"),)

SEGMENTATION_V4 = Layout("transformers 4", ENCODER_V4 + _HEAD_V4)
CLASSIFIER_V4 = Layout("transformers 4", ENCODER_V4 + _CLASSIFIER)


SEGMENTATION = Family(
    name="transformers",
    title="Hugging Face transformers",
    layouts=(SEGMENTATION_V4, Layout("transformers 5", ENCODER_V5 + _HEAD_V5)),
    epsilons=NormEpsilons.TRANSFORMERS,
    reads_folder=True,
    says_more=has_decoder,
)
IMAGENET = Family(
    name="transformers-imagenet",
    title="Hugging Face transformers, ImageNet classifier",
    layouts=(CLASSIFIER_V4, Layout("transformers 5", ENCODER_V5 + _CLASSIFIER)),
    epsilons=NormEpsilons.TRANSFORMERS,
    encoder_only=True,
    reads_folder=True,
    says_more=has_no_decoder,
)
