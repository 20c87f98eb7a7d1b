"""The folded network in ONNX's operations, made without torch's exporter."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from onnx import GraphProto, NodeProto, TensorProto, ValueInfoProto, helper, numpy_helper

from segcore.inference.graph import Weights

GELU_SINCE = 20
"""The operator set from which on GELU is one operation."""


class ONNXWriter:
    """A `GraphWriter`: its nodes are the names of values.

    Attributes:
        opset: the operator set that the graph may use, 17 or later.
    """

    def __init__(self, opset: int) -> None:
        self.opset = opset
        self._nodes: list[NodeProto] = []
        self._weights: list[TensorProto] = []
        self._integers: dict[tuple[int, ...], str] = {}
        self._grids: dict[str, str] = {}

    def graph(
        self,
        name: str,
        inputs: dict[str, list[int | str]],
        outputs: dict[str, tuple[str, list[int | str]]],
    ) -> GraphProto:
        """Everything written so far, with float32 inputs (name to shape) and outputs.

        An output is a name with the value that it stands for and its shape; a dimension is a
        number, or a word where it is open.
        """
        for public, (value, _) in outputs.items():
            self._nodes.append(helper.make_node("Identity", [value], [public], name=public))
        return helper.make_graph(
            self._nodes,
            name,
            [_value(key, shape) for key, shape in inputs.items()],
            [_value(key, shape) for key, (_, shape) in outputs.items()],
            self._weights,
        )

    def convolve(
        self,
        picture: str,
        weight: Weights,
        bias: Weights | None,
        *,
        stride: int = 1,
        padding: int = 0,
        groups: int = 1,
    ) -> str:
        """See `GraphWriter`."""
        inputs = [picture, self._weight(weight)]
        if bias is not None:
            inputs.append(self._weight(bias))
        return self._node(
            "Conv",
            *inputs,
            kernel_shape=list(weight.shape[2:]),
            strides=[stride] * 2,
            pads=[padding] * 4,
            group=groups,
        )

    def linear(self, tokens: str, weight: Weights, bias: Weights | None) -> str:
        """See `GraphWriter`."""
        product = self._node("MatMul", tokens, self._weight(weight.T))
        return product if bias is None else self._node("Add", product, self._weight(bias))

    def normalise(self, tokens: str, gain: Weights, bias: Weights, epsilon: float) -> str:
        """See `GraphWriter`."""
        inputs = tokens, self._weight(gain), self._weight(bias)
        return self._node("LayerNormalization", *inputs, axis=-1, epsilon=epsilon)

    def attend(self, queries: str, keys: str, values: str, *, heads: int, width: int) -> str:
        """See `GraphWriter`."""

        def by_head(tokens: str, order: list[int]) -> str:
            shape = self._constant(0, 0, heads, width // heads)
            return self._node("Transpose", self._node("Reshape", tokens, shape), perm=order)

        scores = self._node("MatMul", by_head(queries, [0, 2, 1, 3]), by_head(keys, [0, 2, 3, 1]))
        weights = self._node("Softmax", scores, axis=-1)
        attended = self._node("MatMul", weights, by_head(values, [0, 2, 1, 3]))
        merged = self._node("Transpose", attended, perm=[0, 2, 1, 3])
        return self._node("Reshape", merged, self._constant(0, 0, width))

    def add(self, first: str, second: str) -> str:
        """See `GraphWriter`."""
        return self._node("Add", first, second)

    def gelu(self, picture: str) -> str:
        """See `GraphWriter`."""
        if self.opset >= GELU_SINCE:
            return self._node("Gelu", picture)
        # In this order ONNX Runtime knows it again and runs it as one.
        scaled = self._node("Div", picture, self._weight(np.array(np.sqrt(2), np.float32)))
        raised = self._node("Add", self._node("Erf", scaled), self._weight(np.float32(1)))
        product = self._node("Mul", picture, raised)
        return self._node("Mul", product, self._weight(np.float32(0.5)))

    def relu(self, picture: str) -> str:
        """See `GraphWriter`."""
        return self._node("Relu", picture)

    def upsample(self, picture: str, like: str) -> str:
        """See `GraphWriter`."""
        leading = self._node("Slice", self._node("Shape", picture), *self._from_to(0, 2))
        sizes = self._node("Concat", leading, self._grid(like), axis=0)
        return self._node(
            "Resize",
            picture,
            "",
            "",
            sizes,
            mode="linear",
            coordinate_transformation_mode="half_pixel",
        )

    def tokens(self, picture: str, width: int) -> str:
        """See `GraphWriter`."""
        last = self._node("Transpose", picture, perm=[0, 2, 3, 1])
        return self._node("Reshape", last, self._constant(0, -1, width))

    def picture(self, tokens: str, like: str, width: int) -> str:
        """See `GraphWriter`."""
        parts = self._constant(0), self._grid(like), self._constant(width)
        grid = self._node("Reshape", tokens, self._node("Concat", *parts, axis=0))
        return self._node("Transpose", grid, perm=[0, 3, 1, 2])

    def _grid(self, picture: str) -> str:
        """The (h, w) of a picture, read once however often it is wanted."""
        if picture not in self._grids:
            shape = self._node("Shape", picture)
            self._grids[picture] = self._node("Slice", shape, *self._from_to(2, 4))
        return self._grids[picture]

    def _from_to(self, begin: int, end: int) -> tuple[str, str]:
        return self._constant(begin), self._constant(end)

    def _node(self, operation: str, *inputs: str, **attributes: Any) -> str:
        name = f"{operation}_{len(self._nodes)}"
        self._nodes.append(helper.make_node(operation, inputs, [name], name=name, **attributes))
        return name

    def _weight(self, values: npt.ArrayLike) -> str:
        name = f"weight_{len(self._weights)}"
        array = np.ascontiguousarray(values).reshape(np.shape(values))
        self._weights.append(numpy_helper.from_array(array, name))
        return name

    def _constant(self, *values: int) -> str:
        if values not in self._integers:
            name = "shape_" + "_".join(str(value).replace("-", "minus") for value in values)
            self._weights.append(numpy_helper.from_array(np.array(values, np.int64), name))
            self._integers[values] = name
        return self._integers[values]


def _value(name: str, shape: list[int | str]) -> ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
