"""A click model that the person brings: SAM's two ONNX files, run by onnxruntime.

`encoder.onnx` turns a picture into embeddings once, `decoder.onnx` clicks into a mask in
milliseconds. The decoder has the names of segment-anything's own export: `image_embeddings`,
`point_coords`, `point_labels`, `mask_input`, `has_mask_input`, `orig_im_size` in, `masks`,
`iou_predictions`, `low_res_masks` out. There is no official export of the encoder; two kinds are
about: an input (H, W, 3) of plain pixels that the file prepares itself, and one (1, 3, 1024, 1024)
that is given normalised and padded. Both are told by the shape of their input.

Kirillov and others, "Segment Anything", 2023; https://github.com/facebookresearch/segment-anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from segcore.assist.windows import window_around
from segcore.edits.selection import Selection
from segcore.errors import CheckpointError, RequestError, readable
from segcore.geometry import Box, Point
from segcore.opencv import cv2

Image = npt.NDArray[np.uint8]

LONG_SIDE = 1024
"""Pixels of the longer side at which pictures go in."""
WINDOW = 1024
"""Pixels a side of a large picture that the encoder sees around a click."""
MEAN = (123.675, 116.28, 103.53)
STD = (58.395, 57.12, 57.375)
DECODER_INPUTS = (
    "image_embeddings",
    "point_coords",
    "point_labels",
    "mask_input",
    "has_mask_input",
    "orig_im_size",
)
MASK_SIDE = 256
_PADDING = -1.0
"""The label of a point that is none, which the decoder wants where there is no box."""


@dataclass(frozen=True, eq=False)
class Embedding:
    """What the encoder made of a part of a picture; `box` is which."""

    box: Box
    values: npt.NDArray[np.float32]


class SamModel:
    """An encoder and a decoder, loaded. Used by one thread at a time."""

    def __init__(self, encoder: str | Path, decoder: str | Path) -> None:
        """Load two files.

        Raises:
            CheckpointError: onnxruntime is missing, or a file is not what it should be.
        """
        self._encoder = _session(Path(encoder))
        self._decoder = _session(Path(decoder))
        missing = [n for n in DECODER_INPUTS if n not in _names(self._decoder.get_inputs())]
        if missing:
            raise CheckpointError(
                f"{readable(decoder)} has no input {missing[0]}: choose a decoder as "
                "segment-anything exports it."
            )
        if "masks" not in _names(self._decoder.get_outputs()):
            raise CheckpointError(
                f"{readable(decoder)} has no output masks: choose a decoder as segment-anything "
                "exports it."
            )
        entry = self._encoder.get_inputs()[0]
        if len(self._encoder.get_inputs()) != 1 or len(entry.shape) not in (3, 4):
            raise CheckpointError(
                f"{readable(encoder)} does not take one picture: choose an encoder of SAM or "
                "MobileSAM."
            )
        self._entry = entry.name
        self._prepares_itself = len(entry.shape) == 3

    def embed(self, image: Image, point: Point) -> Embedding:
        """Run the encoder on a window of the picture around a pixel; takes seconds on a CPU.

        Raises:
            RequestError: the point is outside the (H, W, 3) uint8 image.
        """
        window = window_around(point, WINDOW, (image.shape[0], image.shape[1]))
        part = np.ascontiguousarray(image[window.slices])
        height, width = _scaled(window.size)
        resized = cv2.resize(part, (width, height), interpolation=cv2.INTER_LINEAR)
        given = np.asarray(resized, np.float32)
        if not self._prepares_itself:
            normal = (given - np.array(MEAN)) / np.array(STD)
            room = ((0, LONG_SIDE - height), (0, LONG_SIDE - width), (0, 0))
            given = np.pad(normal, room).transpose(2, 0, 1)[None].astype(np.float32)
        values = self._encoder.run(None, {self._entry: np.ascontiguousarray(given)})[0]
        return Embedding(window, np.asarray(values, np.float32))

    def select(
        self, embedding: Embedding, right: Sequence[Point], wrong: Sequence[Point] = ()
    ) -> Selection:
        """The region of the clicks; empty where there is none.

        Args:
            right, wrong: pixels (x, y) that belong to it and that do not; those outside the
                embedding's box are left out.

        Raises:
            RequestError: no click that belongs to it is in the box, or the decoder answers
                something else than masks.
        """
        box = embedding.box
        inside = [point for point in right if box.contains(point)]
        if not inside:
            raise RequestError("No click lies where the click model has looked: click there.")
        others = [point for point in wrong if box.contains(point)]
        answer = self._decoder.run(None, self._questions(embedding, inside, others))
        named = dict(zip(_names(self._decoder.get_outputs()), answer))
        masks = np.asarray(named["masks"])
        if masks.ndim != 4 or masks.shape[2:] != box.size:
            raise RequestError(
                f"The decoder's masks have shape {masks.shape} and not one of {box.size}: choose a "
                "decoder as segment-anything exports it."
            )
        best = int(np.asarray(named["iou_predictions"])[0].argmax()) if _scored(named) else 0
        return Selection(box, masks[0, best] > 0).trimmed()

    def _questions(
        self, embedding: Embedding, right: Sequence[Point], wrong: Sequence[Point]
    ) -> dict[str, Any]:
        box = embedding.box
        height, width = _scaled(box.size)
        scale = np.array([width / box.width, height / box.height], np.float32)
        points = np.array([*right, *wrong], np.float32) - (box.x0, box.y0) + 0.5
        coordinates = np.vstack([points * scale, np.zeros((1, 2))]).astype(np.float32)
        labels = np.array([1.0] * len(right) + [0.0] * len(wrong) + [_PADDING], np.float32)
        return {
            "image_embeddings": embedding.values,
            "point_coords": coordinates[None],
            "point_labels": labels[None],
            "mask_input": np.zeros((1, 1, MASK_SIDE, MASK_SIDE), np.float32),
            "has_mask_input": np.zeros(1, np.float32),
            "orig_im_size": np.array(box.size, np.float32),
        }


def _scaled(size: tuple[int, int]) -> tuple[int, int]:
    scale = LONG_SIDE / max(size)
    return max(int(size[0] * scale + 0.5), 1), max(int(size[1] * scale + 0.5), 1)


def _scored(named: dict[str, Any]) -> bool:
    scores, masks = named.get("iou_predictions"), np.asarray(named["masks"])
    return scores is not None and np.asarray(scores).shape[-1] == masks.shape[1]


def _names(entries: Sequence[Any]) -> list[str]:
    return [entry.name for entry in entries]


def _session(path: Path) -> Any:
    try:
        import onnxruntime
    except ImportError as error:
        raise CheckpointError(
            "A click model needs onnxruntime, which is not installed: install the extra onnx."
        ) from error
    if not path.is_file():
        raise CheckpointError(f"{readable(path)} is not there: choose an ONNX file.")
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # the runtime has a class of error for each trouble
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise CheckpointError(
            f"{readable(path)} is no ONNX model that can be run ({reason[:120]}): choose another "
            "file."
        ) from error
