"""The folded encoder in OpenVINO's operations; nothing else is needed to make it, ONNX neither."""

from __future__ import annotations

from collections.abc import Sequence
from math import gcd

import numpy as np

from segcore.inference.graph import Weights, write_encoder
from segcore.models import SegFormer
from segcore.openvino import openvino
from segcore.openvino import opset13 as ops

PIXELS = "pixels"
"""The encoder's input: normalised, (B, H, W, channels) float32."""


def stage_name(stage: int) -> str:
    """What the encoder's output of a stage (from 1) is called."""
    return f"stage{stage}"


def encoder_graph(model: SegFormer, threads: int = 1) -> openvino.Model:
    """Pixels (B, H, W, channels) to the stages (B, h_i*w_i, C_i); B, H and W are open.

    It is meant for that many threads, and right with any.
    """
    channels = model.config.in_channels
    pixels = _input(PIXELS, (-1, -1, -1, channels))
    outputs = write_encoder(OpenVINOWriter(threads), model.encoder, _channels_first(pixels))
    named = [_named(tokens, index) for index, (tokens, _) in enumerate(outputs, start=1)]
    return openvino.Model(named, [pixels], "segformer_encoder")


class OpenVINOWriter:
    """A `GraphWriter`: its nodes are OpenVINO's, for so many threads."""

    def __init__(self, threads: int = 1) -> None:
        self._threads = threads

    def convolve(
        self,
        picture: openvino.Node,
        weight: Weights,
        bias: Weights | None,
        *,
        stride: int = 1,
        padding: int = 0,
        groups: int = 1,
    ) -> openvino.Node:
        """See `GraphWriter`."""
        strides, pads, dilations = [stride] * 2, [padding] * 2, [1, 1]
        if groups == 1:
            made = ops.convolution(picture, ops.constant(weight), strides, pads, pads, dilations)
        else:
            outputs, inputs, height, width = weight.shape
            by_group = weight.reshape(groups, outputs // groups, inputs, height, width)
            filters = ops.constant(by_group)
            made = ops.group_convolution(picture, filters, strides, pads, pads, dilations)
        return made if bias is None else ops.add(made, ops.constant(bias[None, :, None, None]))

    def linear(self, tokens: openvino.Node, weight: Weights, bias: Weights | None) -> openvino.Node:
        """See `GraphWriter`.

        Not as a 1 x 1 convolution of a row, which is as fast: tokens that are seen as a row here
        and as a picture there are copied.
        """
        product = ops.matmul(tokens, ops.constant(weight), transpose_a=False, transpose_b=True)
        return product if bias is None else ops.add(product, ops.constant(bias[None, None]))

    def normalise(
        self, tokens: openvino.Node, gain: Weights, bias: Weights, epsilon: float
    ) -> openvino.Node:
        """See `GraphWriter`."""
        centred = ops.mvn(
            tokens, _integers(-1), normalize_variance=True, eps=epsilon, eps_mode="inside_sqrt"
        )
        scaled = ops.multiply(centred, ops.constant(gain[None, None]))
        return ops.add(scaled, ops.constant(bias[None, None]))

    def attend(
        self,
        queries: openvino.Node,
        keys: openvino.Node,
        values: openvino.Node,
        *,
        heads: int,
        width: int,
    ) -> openvino.Node:
        """See `GraphWriter`; the CPU plugin recognises the pattern and fuses it."""

        def by_head(tokens: openvino.Node) -> openvino.Node:
            split = ops.reshape(tokens, _integers(0, 0, heads, width // heads), special_zero=True)
            return ops.transpose(split, _integers(0, 2, 1, 3))

        shape = ops.shape_of(queries)
        in_parts = ops.concat([self._parts(shape, heads), _integers(-1, heads, width // heads)], 0)
        parted = ops.transpose(
            ops.reshape(queries, in_parts, special_zero=False), _integers(0, 2, 1, 3)
        )
        scores = ops.matmul(parted, by_head(keys), transpose_a=False, transpose_b=True)
        attended = ops.matmul(
            ops.softmax(scores, -1), by_head(values), transpose_a=False, transpose_b=False
        )
        merged = ops.transpose(attended, _integers(0, 2, 1, 3))
        return ops.reshape(merged, shape, special_zero=False)

    def _parts(self, shape: openvino.Node, heads: int) -> openvino.Node:
        """Into how many samples queries of that (B, n, C) are to be cut, as an array of one.

        The plugin gives whole heads of a sample to its threads: of five heads two threads get
        three and two, and the one waits for the other. The queries of a lone sample are cut into
        parts, which see the same keys, where that comes out even; others stay as they are.
        """
        batch, count = (ops.gather(shape, _integers(at), _integers(0)) for at in (0, 1))
        parts = self._threads // gcd(self._threads, heads) if heads > self._threads else 1
        if parts == 1:
            return batch
        rest = ops.mod(count, _integers(parts))
        comes_out = ops.logical_and(ops.equal(batch, _integers(1)), ops.equal(rest, _integers(0)))
        return ops.select(comes_out, _integers(parts), batch)

    def add(self, first: openvino.Node, second: openvino.Node) -> openvino.Node:
        """See `GraphWriter`."""
        return ops.add(first, second)

    def gelu(self, picture: openvino.Node) -> openvino.Node:
        """See `GraphWriter`."""
        return ops.gelu(picture, "erf")

    def relu(self, picture: openvino.Node) -> openvino.Node:
        """See `GraphWriter`."""
        return ops.relu(picture)

    def upsample(self, picture: openvino.Node, like: openvino.Node) -> openvino.Node:
        """See `GraphWriter`."""
        return ops.interpolate(
            picture,
            _grid(like),
            "linear_onnx",
            "sizes",
            coordinate_transformation_mode="half_pixel",
            axes=_integers(2, 3),
        )

    def tokens(self, picture: openvino.Node, width: int) -> openvino.Node:
        """See `GraphWriter`."""
        last = ops.transpose(picture, _integers(0, 2, 3, 1))
        return ops.reshape(last, _integers(0, -1, width), special_zero=True)

    def picture(self, tokens: openvino.Node, like: openvino.Node, width: int) -> openvino.Node:
        """See `GraphWriter`."""
        shape = ops.concat([_integers(0), _grid(like), _integers(width)], 0)
        return _channels_first(ops.reshape(tokens, shape, special_zero=True))


def _input(name: str, shape: Sequence[int]) -> openvino.Node:
    parameter = ops.parameter(openvino.PartialShape(list(shape)), np.float32, name=name)
    parameter.output(0).set_names({name})
    return parameter


def _named(tokens: openvino.Node, stage: int) -> openvino.Node:
    tokens.output(0).set_names({stage_name(stage)})
    return tokens


def _channels_first(picture: openvino.Node) -> openvino.Node:
    return ops.transpose(picture, _integers(0, 3, 1, 2))


def _grid(picture: openvino.Node) -> openvino.Node:
    return ops.gather(ops.shape_of(picture), _integers(2, 3), _integers(0))


def _integers(*values: int) -> openvino.Node:
    return ops.constant(np.array(values, np.int64))
