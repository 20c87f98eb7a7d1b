"""The forward pass of training: the exact network's own weights, in a faster order of operations.

Tokens are (B, h, w, C) from the patch embedding to the head, so that linear layers, LayerNorm and
convolutions run on the memory as it lies; keys and values come of one product, and sequence
reduction, whose kernel is its stride, is a matrix product over gathered patches. Results are those
of the exact network to rounding, and so are gradients.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.checkpoint import checkpoint

from segcore.models import SegFormer, SegmentationNetwork
from segcore.models.decoder import AllMLPDecoder
from segcore.models.encoder import Block, EfficientSelfAttention, MixFFN, Stage, StochasticDepth
from segcore.models.resnet_mlp import ResNetMlp
from segcore.training.commuted_head import commuted


def training_logits(
    network: SegmentationNetwork, pixel_values: Tensor, *, checkpointing: bool = False
) -> Tensor:
    """Normalised pixels (B, channels, H, W) to logits (B, classes, ceil(H/4), ceil(W/4)).

    Dropout and stochastic depth act as the network's `training` says.

    Args:
        checkpointing: keep only each block's input for the backward pass and compute it again
            there: less memory, a third more time. SegFormer alone.
    """
    if isinstance(network, SegFormer):
        return _segformer(network, pixel_values, checkpointing=checkpointing)
    pixels = pixel_values.contiguous(memory_format=torch.channels_last)
    if isinstance(network, ResNetMlp) and isinstance(network.decoder, AllMLPDecoder):
        stages = [stage.permute(0, 2, 3, 1) for stage in network.encode(pixels)]
        return commuted(network.decoder, stages)
    logits: Tensor = network(pixels)
    return logits


def _segformer(network: SegFormer, pixel_values: Tensor, *, checkpointing: bool) -> Tensor:
    network.config.check_input_size((pixel_values.shape[2], pixel_values.shape[3]))
    tokens = pixel_values.contiguous(memory_format=torch.channels_last).permute(0, 2, 3, 1)
    stages = []
    for stage in network.encoder.stages:
        assert isinstance(stage, Stage)
        tokens = _stage(stage, tokens, checkpointing=checkpointing)
        stages.append(tokens)
    if isinstance(network.decoder, AllMLPDecoder):
        return commuted(network.decoder, stages)
    return network.decode([stage.permute(0, 3, 1, 2) for stage in stages])


def _stage(stage: Stage, picture: Tensor, *, checkpointing: bool) -> Tensor:
    """(B, H, W, C_before) to (B, h, w, C_i), normalised."""
    embedded = stage.patch_embed.proj(picture.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)
    tokens: Tensor = stage.patch_embed.norm(embedded)
    for block in stage.blocks:
        assert isinstance(block, Block)
        if checkpointing and torch.is_grad_enabled():
            again: Any = checkpoint(_block, block, tokens, use_reentrant=False)
            tokens = again
        else:
            tokens = _block(block, tokens)
    normed: Tensor = stage.norm(tokens)
    return normed


def _block(block: Block, tokens: Tensor) -> Tensor:
    tokens = _added(tokens, _attended(block.attention, block.norm1(tokens)), block.drop_path)
    return _added(tokens, _mixed(block.mlp, block.norm2(tokens)), block.drop_path)


def _added(tokens: Tensor, branch: Tensor, drop_path: StochasticDepth) -> Tensor:
    """The residual sum; where the branch is dropped for some samples, in one pass."""
    if not drop_path.training or drop_path.probability == 0:
        return tokens + branch
    keep = 1 - drop_path.probability
    kept = torch.bernoulli(branch.new_full((branch.shape[0], 1, 1, 1), keep)) / keep
    return torch.addcmul(tokens, branch, kept.to(tokens.dtype))


def _attended(attention: EfficientSelfAttention, tokens: Tensor) -> Tensor:
    reduced = _reduced(attention, tokens)
    key, value = attention.key, attention.value
    both = functional.linear(
        reduced, torch.cat([key.weight, value.weight]), torch.cat([key.bias, value.bias])
    )
    keys, values = both.chunk(2, dim=-1)
    attended = functional.scaled_dot_product_attention(
        _by_head(attention.query(tokens), attention.heads),
        _by_head(keys, attention.heads),
        _by_head(values, attention.heads),
        scale=attention.scale,
    )
    output: Tensor = attention.output(attended.transpose(1, 2).reshape(tokens.shape))
    return output


def _reduced(attention: EfficientSelfAttention, tokens: Tensor) -> Tensor:
    """(B, h, w, C) to (B, h // R, w // R, C): rows and columns left over take no part."""
    if attention.sr is None or attention.sr_norm is None:
        return tokens
    ratio = attention.sr.kernel_size[0]
    batch, height, width, channels = tokens.shape
    rows, columns = height // ratio, width // ratio
    inner = tokens[:, : rows * ratio, : columns * ratio]
    patches = inner.reshape(batch, rows, ratio, columns, ratio, channels).transpose(2, 3)
    weight = attention.sr.weight.permute(0, 2, 3, 1).reshape(channels, -1)
    reduced = functional.linear(
        patches.reshape(batch, rows, columns, -1), weight, attention.sr.bias
    )
    normed: Tensor = attention.sr_norm(reduced)
    return normed


def _by_head(tokens: Tensor, heads: int) -> Tensor:
    batch, height, width, channels = tokens.shape
    return tokens.reshape(batch, height * width, heads, channels // heads).transpose(1, 2)


def _mixed(mlp: MixFFN, tokens: Tensor) -> Tensor:
    hidden = mlp.fc1(tokens).permute(0, 3, 1, 2)
    mixed: Tensor = mlp.fc2(functional.gelu(mlp.depthwise(hidden).permute(0, 2, 3, 1)))
    return mixed


def norms_over_the_batch(network: nn.Module) -> Sequence[nn.BatchNorm2d]:
    """Every BatchNorm of the network."""
    return [part for part in network.modules() if isinstance(part, nn.BatchNorm2d)]
