"""What one pixel attends to: rows of the attention matrix, computed on demand.

At every stage the keys lie on a grid of H/32 x W/32 (efficient self-attention, section 3.1 of the
paper), and a whole map has one row for each of up to H/4 x W/4 queries. Only queries and keys are
kept, from which one row costs as many products as there are keys.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from segcore.errors import RequestError
from segcore.geometry import Box, Point, WindowGeometry
from segcore.heatmap import HeatMap
from segcore.inference.encoded import EncodedImage
from segcore.inference.predictor import Predictor
from segcore.models import QueriesAndKeys

UNIT = "of 1"
"""A query's weights over all keys sum to 1 in each head."""


@dataclass(frozen=True, eq=False)
class AttentionMap:
    """The attention weights of one query.

    Attributes:
        values: (heads, h, w) float32 over the reduced key grid, each head summing to 1.
        stage, block: where it was taken; stages count from 1, blocks from 0.
        point: the query, (x, y) in image pixels.
        cell: its (row, column) among the stage's tokens.
        box: the image pixels over which the grid lies.
        kind: what is shown instead of the query's own weights, for the names of heat maps.
    """

    values: npt.NDArray[np.float32]
    stage: int
    block: int
    point: Point
    cell: tuple[int, int]
    box: Box
    kind: str = ""

    def __array__(
        self, dtype: npt.DTypeLike | None = None, copy: bool | None = None
    ) -> npt.NDArray[Any]:
        return np.array(self.values, dtype=dtype, copy=copy)

    @property
    def heads(self) -> int:
        """How many heads the block has."""
        return len(self.values)

    def heat_map(self, head: int | None = None) -> HeatMap:
        """The weights of one head, or the mean of all.

        Raises:
            RequestError: there is no such head.
        """
        place = f"{self.kind}stage {self.stage}, block {self.block}"
        if head is None:
            return HeatMap(self.values.mean(axis=0), f"Attention, {place}, mean", self.box, UNIT)
        if not 0 <= head < self.heads:
            raise RequestError(f"There is no head {head}: choose 0 to {self.heads - 1}.")
        return HeatMap(self.values[head], f"Attention, {place}, head {head}", self.box, UNIT)


def attention_map(
    predictor: Predictor,
    encoded: EncodedImage,
    stage: int = 1,
    block: int = 0,
    point: Point | None = None,
) -> AttentionMap:
    """The attention of a query over the reduced key grid, by head.

    In an image cut into tiles it is the attention inside the window that answers for the point.

    Args:
        predictor: the model.
        encoded: the image, as `predictor.encode` made it; its features are used and kept.
        stage: 1 to 4.
        block: from 0.
        point: (x, y) in image pixels; the middle of the image, (W // 2, H // 2), if left out.

    Raises:
        RequestError: the point is outside the image, or there is no such stage or block.
    """
    height, width = encoded.size
    query = point if point is not None else (width // 2, height // 2)
    return predictor.with_less_memory(encoded, lambda: _attention_of(encoded, stage, block, query))


@torch.inference_mode()
def _attention_of(encoded: EncodedImage, stage: int, block: int, point: Point) -> AttentionMap:
    index = encoded.window_at(point)
    found = encoded.queries_and_keys(index, stage, block)
    window = encoded.windows[index]
    row, column = window.stage_cell(point, stage, found.grid)
    query = found.queries[0, row * found.grid[1] + column].float()
    keys = found.keys[0].float()
    by_head = keys.view(len(keys), found.heads, -1)
    scores = torch.einsum("khd,hd->hk", by_head, query.view(found.heads, -1))
    weights = scores.softmax(dim=1).view(found.heads, *found.key_grid)
    box = key_box(window, found, encoded.backend.attention_config.sr_ratios[stage - 1])
    return AttentionMap(weights.cpu().numpy(), stage, block, point, (row, column), box)


def key_box(window: WindowGeometry, found: QueriesAndKeys, ratio: int) -> Box:
    """The image pixels over which the keys lie; rows and columns left over by R have none."""
    height, width = (
        side * min(keys * ratio, tokens) // tokens
        for side, keys, tokens in zip(window.box.size, found.key_grid, found.grid)
    )
    return Box(window.box.x0, window.box.y0, window.box.x0 + width, window.box.y0 + height)
