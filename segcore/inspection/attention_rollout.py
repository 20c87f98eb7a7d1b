"""Attention through many blocks: from one token back to the pixels, block after block.

Rollout (Abnar and Zuidema 2020, "Quantifying Attention Flow in Transformers") multiplies the maps
of all blocks, each mixed in equal parts with the identity for the residual connection. Under
sequence reduction the maps are not square: a key stands for R x R tokens, over which its weight is
spread evenly; a patch merging spreads a token over the tokens under its convolution. Only the row
of one query is carried back, so that no product of two maps is ever formed. Mix-FFN's 3x3
convolution is left out, as rollout leaves out every MLP.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from segcore.errors import RequestError
from segcore.geometry import Point
from segcore.heatmap import HeatMap
from segcore.inference.encoded import EncodedImage
from segcore.inference.predictor import Predictor
from segcore.inspection.attention import UNIT
from segcore.inspection.attention_rows import rows_of
from segcore.models import QueriesAndKeys, SegFormerConfig
from segcore.progress import CancelToken, ProgressCallback, Ticker

RESIDUAL = 0.5
"""The identity's share in each block."""


def attention_rollout(
    predictor: Predictor,
    encoded: EncodedImage,
    stage: int = 4,
    point: Point | None = None,
    *,
    down_to: int = 1,
    cancel: CancelToken | None = None,
    progress: ProgressCallback | None = None,
) -> HeatMap:
    """From where the attention of a token at the end of a stage comes, through all blocks before.

    Args:
        stage: 1 to 4, at whose end the token lies.
        point: (x, y) in image pixels, the token's place; the middle of the image without it.
        down_to: the stage over whose input tokens the result lies; at most `stage`.
        cancel, progress: looked at before, and told after, each block.

    Returns:
        (h, w) float32 over the tokens of stage `down_to`; it sums to 1.

    Raises:
        RequestError: there is no such stage, or the point is outside the image.
        Cancelled: it was called off.
    """
    config = encoded.backend.attention_config
    if not 1 <= down_to <= stage <= len(config.depths):
        raise RequestError(
            f"A rollout from stage {stage} down to {down_to} is not possible: choose stages from 1 "
            f"to {len(config.depths)}, the second not above the first."
        )
    height, width = encoded.size
    asked = point if point is not None else (width // 2, height // 2)
    ticker = Ticker(sum(config.depths[down_to - 1 : stage]), progress)

    @torch.inference_mode()
    def run() -> HeatMap:
        index = encoded.window_at(asked)
        window = encoded.windows[index]
        row = _one_hot(window.stage_cell(asked, stage), config.grid(window.model_size, stage))
        for at in range(stage, down_to - 1, -1):
            for block in reversed(range(config.depths[at - 1])):
                found = encoded.queries_and_keys(index, at, block)
                row = _back_through_block(row, found, config.sr_ratios[at - 1], cancel)
                ticker.tick(f"stage {at}, block {block}")
            if at > down_to:
                row = _back_through_merging(row, config, at, window.model_size)
        values = (row / row.sum()).float().cpu().numpy()
        name = f"Attention rollout, stage {stage} to stage {down_to}"
        return HeatMap(values, name, window.box, UNIT)

    return predictor.with_less_memory(encoded, run)


def _one_hot(cell: tuple[int, int], grid: tuple[int, int]) -> Tensor:
    row = torch.zeros(grid, dtype=torch.float64)
    row[cell] = 1.0
    return row


def _back_through_block(
    row: Tensor, found: QueriesAndKeys, ratio: int, cancel: CancelToken | None
) -> Tensor:
    """(h, w) over the block's outputs to the same over its inputs; the sum stays."""
    flat = row.flatten().to(found.keys.device)
    keys = torch.zeros(found.keys.shape[1], dtype=torch.float64, device=flat.device)
    for rows in rows_of(found, cancel):
        carried = flat[rows.start : rows.stop]
        if bool(carried.any()):
            keys += carried @ rows.weights.mean(dim=0).double()
    return RESIDUAL * row + (1 - RESIDUAL) * _lifted(keys.cpu(), found, ratio)


def _lifted(keys: Tensor, found: QueriesAndKeys, ratio: int) -> Tensor:
    """Each key's weight spread evenly over its R x R tokens."""
    blocks = keys.view(found.key_grid) / ratio**2
    tokens = blocks.repeat_interleave(ratio, 0).repeat_interleave(ratio, 1)
    # A side that R does not divide leaves its last tokens without a key.
    missing = (found.grid[1] - tokens.shape[1], found.grid[0] - tokens.shape[0])
    return functional.pad(tokens, (0, missing[0], 0, missing[1]))


def _back_through_merging(
    row: Tensor, config: SegFormerConfig, stage: int, model_size: tuple[int, int]
) -> Tensor:
    """(h, w) over a stage's input tokens to the tokens of the stage before; the sum stays."""
    kernel, stride = config.patch_sizes[stage - 1], config.strides[stage - 1]
    finer = config.grid(model_size, stage - 1)
    window = torch.ones(1, 1, kernel, kernel, dtype=row.dtype)
    inside = functional.conv2d(
        torch.ones(1, 1, *finer, dtype=row.dtype), window, stride=stride, padding=kernel // 2
    )[0, 0]
    share = (row / inside)[None, None]
    rows, columns = (
        side - ((cells - 1) * stride - 2 * (kernel // 2) + kernel)
        for side, cells in zip(finer, row.shape)
    )
    return functional.conv_transpose2d(
        share, window, stride=stride, padding=kernel // 2, output_padding=(rows, columns)
    )[0, 0]
