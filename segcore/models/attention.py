"""What both numerics hand out for attention on demand."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor


class QueriesAndKeys(NamedTuple):
    """Of one block, what its attention weights are made from.

    `queries` (B, h*w, C) are already scaled by 1/sqrt(C/heads) and `keys` are (B, kh*kw, C); the
    channels of a head lie together, so that head i's weights for one query are
    softmax(queries[b, n, i*d:(i+1)*d] @ keys[b, :, i*d:(i+1)*d].T). `grid` is (h, w) and
    `key_grid` the reduced (kh, kw), both row-major.
    """

    queries: Tensor
    keys: Tensor
    heads: int
    grid: tuple[int, int]
    key_grid: tuple[int, int]
