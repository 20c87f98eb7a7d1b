"""The folded network as a graph, said once for every format that it is written in.

OpenVINO and ONNX differ in how an operation is called, not in which operations there are: a
`GraphWriter` knows the former, `write_encoder` and `write_head` the latter. Weights go through the
algebra of `segcore.models.fold`, so that the graph is that of `fast` numerics.

Pictures are (B, C, h, w) and tokens (B, h*w, C). Which linear map is a product of tokens and which
a 1 x 1 convolution of a picture was measured: between two convolutions a product costs a transpose
of the widest tensor there is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

import numpy as np
import numpy.typing as npt
from torch import Tensor, nn

from segcore.models.decoder import AllMLPDecoder
from segcore.models.encoder import Block, MixFFN, MixTransformer, Stage
from segcore.models.fold import (
    fold_attention,
    fold_head,
    fold_projections,
    fold_single_head,
)
from segcore.models.mmseg_decoder import MMSegDecoder

Weights = npt.NDArray[np.float32]
Node = TypeVar("Node")


class GraphWriter(Protocol[Node]):
    """What a format has to offer; a `Node` is a value in its graph."""

    def convolve(
        self,
        picture: Node,
        weight: Weights,
        bias: Weights | None,
        *,
        stride: int = 1,
        padding: int = 0,
        groups: int = 1,
    ) -> Node:
        """Convolve (B, C, h, w) with `weight` (C', C / groups, k, k); zeros beyond the edge."""

    def linear(self, tokens: Node, weight: Weights, bias: Weights | None) -> Node:
        """Tokens (B, n, C) times `weight` (C', C) transposed."""

    def normalise(self, tokens: Node, gain: Weights, bias: Weights, epsilon: float) -> Node:
        """LayerNorm over the channels of (B, n, C)."""

    def attend(self, queries: Node, keys: Node, values: Node, *, heads: int, width: int) -> Node:
        """softmax(Q K^T) V head by head: (B, n, C) and twice (B, m, C), C = `width`, to (B, n, C).

        The scale lies in the queries.
        """

    def add(self, first: Node, second: Node) -> Node:
        """The sum of two of one shape."""

    def gelu(self, picture: Node) -> Node:
        """GELU with the error function."""

    def relu(self, picture: Node) -> Node:
        """The positive part."""

    def upsample(self, picture: Node, like: Node) -> Node:
        """Bilinear, half-pixel centres, to the (h, w) of the picture `like`."""

    def tokens(self, picture: Node, width: int) -> Node:
        """(B, C, h, w), C = `width`, to (B, h*w, C)."""

    def picture(self, tokens: Node, like: Node, width: int) -> Node:
        """(B, h*w, C), C = `width`, to (B, C, h, w) on the grid of the picture `like`."""


def write_encoder(
    writer: GraphWriter[Node], encoder: MixTransformer, pixels: Node
) -> list[tuple[Node, Node]]:
    """Normalised pixels (B, channels, H, W) to the four stage outputs, each after its norm.

    Returns:
        Of each stage the tokens (B, h_i*w_i, C_i) and the same as a picture (B, C_i, h_i, w_i).
    """
    outputs = []
    picture = pixels
    for stage in encoder.stages:
        assert isinstance(stage, Stage)
        tokens = _write_stage(writer, stage, picture)
        outputs.append(tokens)
        picture = tokens[1]
    return outputs


def write_head(
    writer: GraphWriter[Node], decoder: AllMLPDecoder | MMSegDecoder, stages: Sequence[Node]
) -> Node:
    """Four stage outputs as pictures to logits (B, classes, h_1, w_1)."""
    folded = fold_head(decoder)
    if isinstance(decoder, MMSegDecoder):
        stages = [
            writer.relu(writer.convolve(stage, _pointwise(matrix), _array(bias)))
            for stage, (matrix, bias) in zip(stages, fold_projections(decoder))
        ]
    first, *others = folded.matrices
    finest = fused = writer.convolve(stages[0], _pointwise(first), _array(folded.bias))
    for stage, matrix in zip(stages[1:], others):
        share = writer.convolve(stage, _pointwise(matrix), None)
        fused = writer.add(fused, writer.upsample(share, like=finest))
    classifier, bias = _pointwise(folded.classifier), _array(folded.classifier_bias)
    return writer.convolve(writer.relu(fused), classifier, bias)


def _write_stage(writer: GraphWriter[Node], stage: Stage, picture: Node) -> tuple[Node, Node]:
    embedding = stage.patch_embed
    grid = _write_convolution(writer, embedding.proj, picture)
    width = embedding.proj.out_channels
    tokens = _write_norm(writer, embedding.norm, writer.tokens(grid, width))
    for block in stage.blocks:
        assert isinstance(block, Block)
        write = _write_single_head if block.attention.heads == 1 else _write_attention
        tokens = writer.add(tokens, write(writer, block, tokens, grid))
        normalised = _write_norm(writer, block.norm2, tokens)
        tokens = writer.add(tokens, _write_mix_ffn(writer, block.mlp, normalised, grid))
    tokens = _write_norm(writer, stage.norm, tokens)
    return tokens, writer.picture(tokens, grid, width)


def _write_attention(writer: GraphWriter[Node], block: Block, tokens: Node, grid: Node) -> Node:
    """Norm and attention, not yet added to the tokens."""
    attention, width = block.attention, block.norm1.weight.numel()
    folded = fold_attention(attention)
    tokens = reduced = _write_norm(writer, block.norm1, tokens)
    if attention.sr is not None and attention.sr_norm is not None:
        smaller = _write_convolution(writer, attention.sr, writer.picture(tokens, grid, width))
        reduced = _write_norm(writer, attention.sr_norm, writer.tokens(smaller, width))
    key, value = folded.key_value.chunk(2)
    attended = writer.attend(
        writer.linear(tokens, _array(folded.query), _array(folded.query_bias)),
        writer.linear(reduced, _array(key), None),
        writer.linear(reduced, _array(value), None),
        heads=attention.heads,
        width=width,
    )
    return writer.linear(attended, _array(folded.output), _array(folded.output_bias))


def _write_single_head(writer: GraphWriter[Node], block: Block, tokens: Node, grid: Node) -> Node:
    """The same of one head, see `FoldedSingleHead`."""
    width, norm = block.norm1.weight.numel(), block.attention.sr_norm
    folded = fold_single_head(block)
    ones = np.ones(width, np.float32)
    tokens = reduced = writer.normalise(tokens, ones, ones, block.norm1.eps)
    if folded.reduction is not None and folded.reduction_bias is not None and norm is not None:
        weight, bias = _array(folded.reduction), _array(folded.reduction_bias)
        picture = writer.picture(tokens, grid, width)
        smaller = writer.convolve(picture, weight, bias, stride=weight.shape[-1])
        reduced = _write_norm(writer, norm, writer.tokens(smaller, width))
    return writer.attend(
        tokens,
        writer.linear(reduced, _array(folded.key), None),
        writer.linear(reduced, _array(folded.value), _array(folded.value_bias)),
        heads=1,
        width=width,
    )


def _write_mix_ffn(writer: GraphWriter[Node], mlp: MixFFN, tokens: Node, grid: Node) -> Node:
    width = mlp.fc1.in_features
    picture = writer.picture(tokens, grid, width)
    hidden = writer.convolve(picture, _pointwise(mlp.fc1.weight), _array(mlp.fc1.bias))
    active = writer.gelu(_write_convolution(writer, mlp.depthwise, hidden))
    mixed = writer.convolve(active, _pointwise(mlp.fc2.weight), _array(mlp.fc2.bias))
    return writer.tokens(mixed, width)


def _write_convolution(writer: GraphWriter[Node], layer: nn.Conv2d, picture: Node) -> Node:
    assert layer.bias is not None, "SegFormer's convolutions all have a bias"
    return writer.convolve(
        picture,
        _array(layer.weight),
        _array(layer.bias),
        stride=layer.stride[0],
        padding=int(layer.padding[0]),
        groups=layer.groups,
    )


def _write_norm(writer: GraphWriter[Node], norm: nn.LayerNorm, tokens: Node) -> Node:
    return writer.normalise(tokens, _array(norm.weight), _array(norm.bias), norm.eps)


def _pointwise(matrix: Tensor) -> Weights:
    """A matrix (C', C) as the weight of a 1 x 1 convolution."""
    return _array(matrix)[:, :, None, None]


def _array(tensor: Tensor) -> Weights:
    array: Weights = tensor.detach().contiguous().numpy()
    return array
