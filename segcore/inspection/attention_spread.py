"""How far and how sharply each head looks: mean distance and entropy of its attention.

After the distance plots of "An Image is Worth 16x16 Words" (arXiv 2010.11929, figure 7): how local
a head is. Keys stand for R x R tokens here, so that no head can look nearer than that.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import torch

from segcore.geometry import Point
from segcore.inference.encoded import EncodedImage
from segcore.inference.predictor import Predictor
from segcore.inspection.attention_rows import rows_of, token_centres
from segcore.models import QueriesAndKeys
from segcore.progress import CancelToken, ProgressCallback, Ticker


@dataclass(frozen=True)
class HeadSpread:
    """One head, averaged over all queries of a window.

    Attributes:
        stage, block, head: stages from 1, blocks and heads from 0.
        distance: weighted mean distance from the query's token to the keys, in image pixels.
        even_distance: what it would be if every key had the same weight.
        entropy: of the weights over the entropy of even weights, 0 (one key) to 1 (all alike).
    """

    stage: int
    block: int
    head: int
    distance: float
    even_distance: float
    entropy: float

    def to_json(self) -> dict[str, Any]:
        """As `attention --json` prints it."""
        return {
            "stage": self.stage,
            "block": self.block,
            "head": self.head,
            "distance": self.distance,
            "even_distance": self.even_distance,
            "entropy": self.entropy,
        }


def attention_spread(
    predictor: Predictor,
    encoded: EncodedImage,
    point: Point | None = None,
    *,
    cancel: CancelToken | None = None,
    progress: ProgressCallback | None = None,
) -> tuple[HeadSpread, ...]:
    """Distance and entropy of every head of every block, in order of stage, block and head.

    Args:
        point: of an image in tiles, the tile that answers for this pixel; the middle without it.
        cancel, progress: looked at before, and told after, each block.

    Raises:
        RequestError: the point is outside the image, or the model has no attention.
        Cancelled: it was called off.
    """
    config = encoded.backend.attention_config
    height, width = encoded.size
    asked = point if point is not None else (width // 2, height // 2)
    ticker = Ticker(sum(config.depths), progress)

    @torch.inference_mode()
    def run() -> list[HeadSpread]:
        index = encoded.window_at(asked)
        size = encoded.windows[index].box.size
        spreads: list[HeadSpread] = []
        for stage, depth in enumerate(config.depths, start=1):
            for block in range(depth):
                found = encoded.queries_and_keys(index, stage, block)
                ratio = config.sr_ratios[stage - 1]
                for head, figures in enumerate(_of_block(found, ratio, size, cancel)):
                    spreads.append(HeadSpread(stage, block, head, *figures))
                ticker.tick(f"stage {stage}, block {block}")
        return spreads

    return tuple(predictor.with_less_memory(encoded, run))


def _of_block(
    found: QueriesAndKeys, ratio: int, size: tuple[int, int], cancel: CancelToken | None
) -> list[tuple[float, float, float]]:
    """Of each head (distance, even distance, entropy); distances in pixels of `size`."""
    device = found.keys.device
    queries = token_centres(found.grid, size).to(device)
    covered = [
        side * min(keys * ratio, tokens) / tokens
        for side, keys, tokens in zip(size, found.key_grid, found.grid)
    ]
    keys = token_centres(found.key_grid, (covered[0], covered[1])).to(device)
    distance = torch.zeros(found.heads, dtype=torch.float64, device=device)
    entropy = torch.zeros_like(distance)
    even = 0.0
    for rows in rows_of(found, cancel):
        apart = torch.cdist(queries[rows.start : rows.stop], keys)
        distance += (rows.weights * apart).sum(dim=(1, 2), dtype=torch.float64)
        entropy += torch.special.entr(rows.weights).sum(dim=(1, 2), dtype=torch.float64)
        even += float(apart.mean(dim=1).sum(dtype=torch.float64))
    count = found.queries.shape[1]
    most = math.log(len(keys)) if len(keys) > 1 else 1.0
    return [
        (float(far) / count, even / count, float(spread) / count / most)
        for far, spread in zip(distance, entropy)
    ]
