"""Attention seen from the other end: who looks here, and where everybody looks."""

from __future__ import annotations

import torch
from torch import Tensor

from segcore.errors import RequestError
from segcore.geometry import Point
from segcore.inference.encoded import EncodedImage
from segcore.inference.predictor import Predictor
from segcore.inspection.attention import AttentionMap, key_box
from segcore.inspection.attention_rows import rows_of
from segcore.models import QueriesAndKeys
from segcore.progress import CancelToken


def attention_received(
    predictor: Predictor,
    encoded: EncodedImage,
    stage: int = 1,
    block: int = 0,
    point: Point | None = None,
    *,
    cancel: CancelToken | None = None,
) -> AttentionMap:
    """How much attention each key gets, as the mean over all queries of the window.

    Args:
        stage, block: stages from 1, blocks from 0.
        point: of an image in tiles, the tile that answers for this pixel; the middle without it.

    Returns:
        (heads, h, w) over the reduced key grid; each head sums to 1, so that an even spread would
        be 1 / (h · w) everywhere.

    Raises:
        RequestError: the point is outside the image, or there is no such stage or block.
        Cancelled: it was called off.
    """
    query = point if point is not None else _middle(encoded)

    @torch.inference_mode()
    def run() -> AttentionMap:
        index = encoded.window_at(query)
        found = encoded.queries_and_keys(index, stage, block)
        total = torch.zeros(found.heads, found.keys.shape[1], device=found.keys.device)
        for rows in rows_of(found, cancel):
            total += rows.weights.sum(dim=1)
        total /= found.queries.shape[1]
        window = encoded.windows[index]
        cell = window.stage_cell(query, stage, found.grid)
        box = key_box(window, found, encoded.backend.attention_config.sr_ratios[stage - 1])
        values = total.view(found.heads, *found.key_grid).cpu().numpy()
        return AttentionMap(values, stage, block, query, cell, box, "received, ")

    return predictor.with_less_memory(encoded, run)


def attention_towards(
    predictor: Predictor,
    encoded: EncodedImage,
    stage: int = 1,
    block: int = 0,
    point: Point | None = None,
    *,
    cancel: CancelToken | None = None,
) -> AttentionMap:
    """What attends to a place: of every query, the weight that it gives to the key at `point`.

    Returns:
        (heads, h, w) over the stage's tokens (not the key grid), values 0 to 1.

    Raises:
        RequestError: the point is outside the image or over no key, or there is no such stage or
            block.
        Cancelled: it was called off.
    """
    place = point if point is not None else _middle(encoded)

    @torch.inference_mode()
    def run() -> AttentionMap:
        index = encoded.window_at(place)
        found = encoded.queries_and_keys(index, stage, block)
        window = encoded.windows[index]
        ratio = encoded.backend.attention_config.sr_ratios[stage - 1]
        cell = window.stage_cell(place, stage, found.grid)
        key = _key_at(found, cell, ratio, place)
        weights: Tensor = torch.cat([rows.weights[:, :, key] for rows in rows_of(found, cancel)], 1)
        values = weights.view(found.heads, *found.grid).cpu().numpy()
        return AttentionMap(values, stage, block, place, cell, window.box, "towards here, ")

    return predictor.with_less_memory(encoded, run)


def _key_at(found: QueriesAndKeys, cell: tuple[int, int], ratio: int, point: Point) -> int:
    row, column = cell[0] // ratio, cell[1] // ratio
    if row >= found.key_grid[0] or column >= found.key_grid[1]:
        raise RequestError(
            f"Nothing can attend to {point[0]},{point[1]}: sequence reduction leaves the last rows "
            "and columns of this size without a key; ask about a pixel further in."
        )
    return row * found.key_grid[1] + column


def _middle(encoded: EncodedImage) -> Point:
    height, width = encoded.size
    return width // 2, height // 2
