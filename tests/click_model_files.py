"""A click model with SAM's names, built here: what is clicked is what comes out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx

from segcore.assist.sam import DECODER_INPUTS

RADIUS = 0.1
"""Of the mask around the first click, in parts of the longer side."""


def _save(graph: Any, path: Path) -> Path:
    opset = onnx.helper.make_opsetid("", 17)
    model = onnx.helper.make_model(graph, opset_imports=[opset], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, str(path))
    return path


def _value(name: str, shape: list[Any], kind: int = onnx.TensorProto.FLOAT) -> Any:
    return onnx.helper.make_tensor_value_info(name, kind, shape)


def encoder(path: Path, *, prepares_itself: bool) -> Path:
    """Hands out the mean of its input as the embedding."""
    shape = ["h", "w", 3] if prepares_itself else [1, 3, 1024, 1024]
    graph = onnx.helper.make_graph(
        [
            onnx.helper.make_node("ReduceMean", ["input_image"], ["mean"], keepdims=0),
            onnx.helper.make_node("Expand", ["mean", "shape"], ["image_embeddings"]),
        ],
        "encoder",
        [_value("input_image", shape)],
        [_value("image_embeddings", [1, 1, 1, 1])],
        [onnx.numpy_helper.from_array(np.ones(4, np.int64), "shape")],
    )
    return _save(graph, path)


def decoder(path: Path, names: tuple[str, ...] = DECODER_INPUTS) -> Path:
    """Two masks: nothing, and a square around the first point; the score says which is right.

    The square is made in the 1024 grid of the points, at the size that `orig_im_size` asks for;
    points that are wrong take theirs away again.
    """
    make = onnx.helper.make_node
    constant = onnx.numpy_helper.from_array
    shapes: dict[str, list[Any]] = {
        "image_embeddings": ["a", "b", "c", "d"],
        "point_coords": [1, "n", 2],
        "point_labels": [1, "n"],
        "mask_input": [1, 1, 256, 256],
        "has_mask_input": [1],
        "orig_im_size": [2],
    }
    given = {
        "zero": np.array(0, np.int64),
        "one": np.array(1, np.int64),
        "two": np.array(2, np.int64),
        "step": np.array(1, np.float32),
        "nought": np.array(0, np.float32),
        "half": np.array(0.5, np.float32),
        "long": np.array(1024, np.float32),
        "reach": np.array(1024 * RADIUS, np.float32),
        "down": np.array([1], np.int64),
        "across": np.array([0], np.int64),
        "masks_axes": np.array([0, 1], np.int64),
        "scores": np.array([[0.1, 0.9]], np.float32),
        "small": np.zeros((1, 2, 256, 256), np.float32),
    }
    nodes = [
        make("Gather", ["orig_im_size", "zero"], ["height"]),
        make("Gather", ["orig_im_size", "one"], ["width"]),
        make("ReduceMax", ["orig_im_size"], ["longest"], keepdims=0),
        make("Div", ["long", "longest"], ["scale"]),
        make("Range", ["nought", "height", "step"], ["rows"]),
        make("Range", ["nought", "width", "step"], ["columns"]),
        make("Add", ["rows", "half"], ["row_middles"]),
        make("Add", ["columns", "half"], ["column_middles"]),
        make("Mul", ["row_middles", "scale"], ["ys"]),
        make("Mul", ["column_middles", "scale"], ["xs"]),
        make("Gather", ["point_coords", "zero"], ["firsts"], axis=1),
        make("Gather", ["firsts", "zero"], ["px"], axis=1),
        make("Gather", ["firsts", "one"], ["py"], axis=1),
        make("Sub", ["xs", "px"], ["dx"]),
        make("Sub", ["ys", "py"], ["dy"]),
        make("Abs", ["dx"], ["adx"]),
        make("Abs", ["dy"], ["ady"]),
        make("Unsqueeze", ["adx", "across"], ["row_of_x"]),
        make("Unsqueeze", ["ady", "down"], ["column_of_y"]),
        make("Max", ["row_of_x", "column_of_y"], ["away"]),
        make("Sub", ["reach", "away"], ["odds"]),
        make("Unsqueeze", ["odds", "masks_axes"], ["mask"]),
        make("Neg", ["mask"], ["not_mask"]),
        make("Concat", ["not_mask", "mask"], ["masks"], axis=1),
        make("Identity", ["scores"], ["iou_predictions"]),
        make("Identity", ["small"], ["low_res_masks"]),
    ]
    graph = onnx.helper.make_graph(
        nodes,
        "decoder",
        [_value(name, shapes[name]) for name in names],
        [
            _value("masks", [1, 2, "H", "W"]),
            _value("iou_predictions", [1, 2]),
            _value("low_res_masks", [1, 2, 256, 256]),
        ],
        [constant(value, name) for name, value in given.items()],
    )
    return _save(graph, path)
