"""The algebra that makes `fast` out of `exact`: linear maps that follow each other become one.

Everything is multiplied in float64 and cast once, so that folding adds no error of its own.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from segcore.models.decoder import AllMLPDecoder
from segcore.models.encoder import Block, EfficientSelfAttention
from segcore.models.mmseg_decoder import MMSegDecoder


class FoldedAttention(NamedTuple):
    """Attention whose scale lies in the query, and whose key and value need no bias.

    `query` (C, C) and `query_bias` (C,) are multiplied by 1/sqrt(C/heads). A key's bias adds the
    same number to all scores of a query, which softmax does not see, so it is dropped. A value's
    bias passes through weights that sum to one, so it is folded into `output_bias`. `key_value`
    (2C, C) is the two matrices, keys first.
    """

    query: Tensor
    query_bias: Tensor
    key_value: Tensor
    output: Tensor
    output_bias: Tensor


def fold_attention(attention: EfficientSelfAttention) -> FoldedAttention:
    """Fold scale and biases of one attention; the result has its dtype and device."""
    query, value, output = attention.query, attention.value, attention.output
    scaled_query = _wide(query.weight) * attention.scale
    scaled_bias = _wide(query.bias) * attention.scale
    key_value = torch.cat([attention.key.weight, value.weight])
    output_bias = _wide(output.weight) @ _wide(value.bias) + _wide(output.bias)
    return FoldedAttention(
        query=_like(query.weight, scaled_query),
        query_bias=_like(query.bias, scaled_bias),
        key_value=key_value.detach(),
        output=output.weight.detach(),
        output_bias=_like(output.bias, output_bias),
    )


class FoldedSingleHead(NamedTuple):
    """Attention of one head, whose queries are the tokens themselves and which has no output map.

    With one head a score is a bilinear form of two tokens: the query's and the key's matrix become
    one, and so do the value's and the output's. What the query's bias adds to the scores of a key
    needs a constant among the channels of the token. LayerNorm leaves none, as its channels sum to
    zero; so the tokens are normalised with a gain and a bias of one each, the sum of their
    channels is C, and `key` has that part spread over all of them.

    `reduction` (C, C, R, R) and `reduction_bias` (C,) are for such tokens; both are None where
    nothing is reduced, and `key` and `value` (C, C) take the tokens as they are. Else they take
    them after the reduction's own norm. `value_bias` (C,) has the output's in it.
    """

    reduction: Tensor | None
    reduction_bias: Tensor | None
    key: Tensor
    value: Tensor
    value_bias: Tensor


def fold_single_head(block: Block) -> FoldedSingleHead:
    """Fold the four maps of a block's attention, and the gain and bias of the norm before it."""
    attention = block.attention
    query, key, value, output = (
        _wide(layer.weight)
        for layer in (attention.query, attention.key, attention.value, attention.output)
    )
    gain, bias = _wide(block.norm1.weight), _wide(block.norm1.bias)
    # A token of the network is gain * (normalised - 1) + bias of the one that is normalised here.
    shift = bias - gain
    by_channel = gain[:, None] * query.T @ key
    by_key = (_wide(attention.query.bias) + query @ bias) @ key
    scores = (by_channel - by_channel.mean(0) + by_key / len(bias)) * attention.scale
    values = output @ value
    value_bias = output @ _wide(attention.value.bias) + _wide(attention.output.bias)
    reduction = reduction_bias = None
    model = attention.query.weight
    if attention.sr is not None:
        weight = _wide(attention.sr.weight)
        reduction = _like(model, weight * gain[:, None, None])
        reduction_bias = _like(model, _wide(attention.sr.bias) + weight.sum((2, 3)) @ shift)
    else:
        value_bias = value_bias + values @ shift
        scores, values = scores * gain, values * gain
    return FoldedSingleHead(
        reduction=reduction,
        reduction_bias=reduction_bias,
        key=_like(model, scores),
        value=_like(model, values),
        value_bias=_like(model, value_bias),
    )


class FoldedHead(NamedTuple):
    """The decoder as one matrix per stage, one bias (D,), and the classifier.

    Linear layer, fusion and BatchNorm are 1 x 1 maps and commute with bilinear upsampling, whose
    weights sum to one; so they are multiplied together and run on each stage's own small grid.
    The matrices are (D, C_i). mmsegmentation's have a ReLU before them, see `fold_projections`:
    theirs are (D, D).
    """

    matrices: tuple[Tensor, ...]
    bias: Tensor
    classifier: Tensor
    classifier_bias: Tensor


def fold_head(decoder: AllMLPDecoder | MMSegDecoder) -> FoldedHead:
    """Fold linear layers, fusion and BatchNorm (with its running statistics)."""
    fuse = decoder.fuse.weight
    gain, bias = _gain_and_bias(decoder.norm)
    shares = (gain[:, None] * _wide(fuse[:, :, 0, 0])).chunk(len(decoder.linears), dim=1)
    if isinstance(decoder, MMSegDecoder):
        matrices = [_like(fuse, share) for share in shares]
    else:
        matrices = []
        # The fusion's input begins with stage 4.
        for share, linear in zip(shares[::-1], decoder.linears):
            assert isinstance(linear, nn.Linear)
            matrices.append(_like(fuse, share @ _wide(linear.weight)))
            bias = bias + share @ _wide(linear.bias)
    return FoldedHead(
        matrices=tuple(matrices),
        bias=_like(fuse, bias),
        classifier=decoder.classifier.weight.detach()[:, :, 0, 0],
        classifier_bias=_like(fuse, _wide(decoder.classifier.bias)),
    )


class FoldedProjection(NamedTuple):
    """A stage's 1 x 1 map (D, C_i) and bias (D,) before its ReLU, BatchNorm in both."""

    matrix: Tensor
    bias: Tensor


def fold_projections(decoder: MMSegDecoder) -> list[FoldedProjection]:
    """Fold each stage's BatchNorm into its map; through the ReLU behind it nothing more goes."""
    folded = []
    for linear, norm in zip(decoder.linears, decoder.norms):
        assert isinstance(linear, nn.Linear)
        assert isinstance(norm, nn.BatchNorm2d)
        gain, bias = _gain_and_bias(norm)
        weight = linear.weight
        matrix = _like(weight, gain[:, None] * _wide(weight))
        folded.append(FoldedProjection(matrix, _like(weight, bias)))
    return folded


def _gain_and_bias(norm: nn.BatchNorm2d) -> tuple[Tensor, Tensor]:
    """BatchNorm in evaluation as x * gain + bias, in float64."""
    gain = _wide(norm.weight) / torch.sqrt(_wide(norm.running_var) + norm.eps)
    return gain, _wide(norm.bias) - gain * _wide(norm.running_mean)


def _wide(tensor: Tensor | None) -> Tensor:
    assert tensor is not None, "SegFormer's layers all have biases and running statistics"
    # MPS has no float64, so the products are taken on the CPU.
    return tensor.detach().to(device="cpu", dtype=torch.float64)


def _like(model: Tensor, folded: Tensor) -> Tensor:
    return folded.to(device=model.device, dtype=model.dtype)
