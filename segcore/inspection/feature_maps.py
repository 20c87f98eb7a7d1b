"""What flows through the network on one picture: the outputs of its stages and of its head."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from segcore.errors import RequestError
from segcore.geometry import Box, Point, cell_of_point
from segcore.inference.encoded import EncodedImage
from segcore.inference.predictor import Predictor

TARGETS = ("stage1", "stage2", "stage3", "stage4", "fused", "head")


@dataclass(frozen=True, eq=False)
class FeatureMap:
    """The features of one place of the network over one window of a picture.

    Attributes:
        target: one of `TARGETS`.
        values: (C, h, w) float32.
        box: the image pixels that they lie over.
    """

    target: str
    values: npt.NDArray[np.float32]
    box: Box

    @property
    def shape(self) -> tuple[int, int, int]:
        """(C, h, w)."""
        channels, height, width = self.values.shape
        return channels, height, width

    def cell(self, point: Point) -> tuple[int, int] | None:
        """The (row, column) in which an image pixel (x, y) falls; None outside the window."""
        return cell_in(self.box, point, self.shape)


def cell_in(box: Box, point: Point, shape: tuple[int, int, int]) -> tuple[int, int] | None:
    """The (row, column) of (C, h, w) features over `box` in which an image pixel falls, if any."""
    if not box.contains(point):
        return None
    return cell_of_point((point[0] - box.x0, point[1] - box.y0), box.size, shape[1:])


def feature_map(
    predictor: Predictor, encoded: EncodedImage, target: str, point: Point | None = None
) -> FeatureMap:
    """What a stage (after its norm), the fusion (`fused`, after the ReLU) or the head gives.

    Args:
        encoded: the picture; its stage features are used and kept.
        target: one of `TARGETS`; `head` is the logits.
        point: of an image in tiles, the tile of this pixel; the middle of the image without it.

    Raises:
        RequestError: there is no such target, or the point is outside the image.
    """
    if target not in TARGETS:
        raise RequestError(f"There are no features {target}: choose of {', '.join(TARGETS)}.")
    height, width = encoded.size
    asked = point if point is not None else (width // 2, height // 2)

    def run() -> FeatureMap:
        index = encoded.window_at(asked)
        picture = _computed(encoded, target)(index)
        values = np.ascontiguousarray(picture.float().cpu().numpy())
        return FeatureMap(target, values, encoded.windows[index].box)

    return predictor.with_less_memory(encoded, run)


def _computed(encoded: EncodedImage, target: str) -> Callable[[int], Tensor]:
    """A function from the number of a window to the target's (C, h, w)."""
    backend = encoded.backend
    if target == "head":
        return lambda index: backend.decode(encoded.stages(index))
    if target == "fused":

        def fused(index: int) -> Tensor:
            with torch.inference_mode():
                return backend.picture_of(backend.model.fused(encoded.stages(index)))

        return fused
    stage = int(target.removeprefix("stage")) - 1
    return lambda index: backend.picture_of(encoded.stages(index)[stage])
