"""Walking over all rows of an attention matrix without ever having the matrix.

A whole map of stage 1 has one row for each of up to H/4 x W/4 queries. What is asked of all of them
(who looks here, how far, how sharply) is summed up a few thousand rows at a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from segcore.models import QueriesAndKeys
from segcore.progress import CancelToken

ROWS_BYTES = 32 << 20
"""Of weights that are alive at once."""


class Rows(NamedTuple):
    """Some rows of the matrix.

    Attributes:
        start, stop: the queries, counted over the stage's tokens row by row.
        weights: (heads, stop - start, keys) float32, each row summing to 1.
    """

    start: int
    stop: int
    weights: Tensor


def rows_of(found: QueriesAndKeys, cancel: CancelToken | None = None) -> Iterator[Rows]:
    """All rows of one block of one window, in order, in pieces of about ROWS_BYTES.

    Raises:
        Cancelled: `cancel` was called.
    """
    queries = _by_head(found.queries[0], found.heads)
    keys = _by_head(found.keys[0], found.heads).transpose(1, 2).contiguous()
    count = queries.shape[1]
    step = max(1, ROWS_BYTES // (4 * found.heads * keys.shape[2]))
    for start in range(0, count, step):
        if cancel is not None:
            cancel.raise_if_cancelled()
        stop = min(start + step, count)
        yield Rows(start, stop, (queries[:, start:stop] @ keys).softmax(dim=2))


def _by_head(tokens: Tensor, heads: int) -> Tensor:
    """(tokens, C) to (heads, tokens, C / heads) float32."""
    return tokens.float().view(len(tokens), heads, -1).transpose(0, 1).contiguous()


def token_centres(grid: tuple[int, int], extent: tuple[float, float]) -> Tensor:
    """The centres of a grid's cells, row by row: (cells, 2) float32 as (x, y).

    Args:
        grid: (rows, columns).
        extent: (height, width) that the grid covers, in the unit of the result.
    """
    rows, columns = grid
    y = (torch.arange(rows) + 0.5) * (extent[0] / rows)
    x = (torch.arange(columns) + 0.5) * (extent[1] / columns)
    down, across = torch.meshgrid(y, x, indexing="ij")
    return torch.stack([across.flatten(), down.flatten()], dim=1)
