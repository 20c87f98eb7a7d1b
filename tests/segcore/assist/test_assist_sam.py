"""A click model with SAM's names, built here: what is clicked is what comes out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from segcore.assist.sam import DECODER_INPUTS, SamModel
from segcore.errors import CheckpointError, RequestError

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

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


@pytest.mark.parametrize("prepares_itself", [True, False])
def test_clicks_reach_the_decoder_where_they_were_made(
    tmp_path: Path, prepares_itself: bool
) -> None:
    model = SamModel(
        encoder(tmp_path / "encoder.onnx", prepares_itself=prepares_itself),
        decoder(tmp_path / "decoder.onnx"),
    )
    image = np.zeros((300, 400, 3), np.uint8)
    embedding = model.embed(image, (250, 120))
    found = model.select(embedding, [(250, 120)], [(10, 10)])
    reach = 400 * RADIUS
    assert found.place.x0 == pytest.approx(250 - reach, abs=1.5)
    assert found.place.x1 == pytest.approx(251 + reach, abs=1.5)
    assert found.place.y0 == pytest.approx(120 - reach, abs=1.5)
    assert found.region.all(), "the better of the two masks is taken"


def test_a_large_picture_is_seen_around_the_click(tmp_path: Path) -> None:
    model = SamModel(
        encoder(tmp_path / "e.onnx", prepares_itself=True), decoder(tmp_path / "d.onnx")
    )
    image = np.broadcast_to(np.zeros((1, 1, 3), np.uint8), (20_000, 20_000, 3))
    embedding = model.embed(image, (15_000, 7_000))
    assert embedding.box.size == (1024, 1024)
    found = model.select(embedding, [(15_000, 7_000)])
    assert found.place.contains((15_000, 7_000))
    with pytest.raises(RequestError, match="click there"):
        model.select(embedding, [(10, 10)])


def test_files_of_something_else_are_refused_in_a_sentence(tmp_path: Path) -> None:
    good = encoder(tmp_path / "encoder.onnx", prepares_itself=True)
    right = decoder(tmp_path / "decoder.onnx")
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"not a model")
    for pair, words in (
        ((tmp_path / "missing.onnx", right), "missing.onnx is not there"),
        ((broken, right), "broken.onnx is no ONNX model"),
        ((good, good), "encoder.onnx has no input"),
        ((right, right), "does not take one picture"),
    ):
        with pytest.raises(CheckpointError, match=words) as error:
            SamModel(*pair)
        assert "\n" not in str(error.value)
