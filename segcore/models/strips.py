"""Where `fast` spends no more memory than the cache holds: work in strips of rows, on the CPU.

A Mix-FFN or the head, run over a whole grid, writes temporaries of tens of megabytes, and the
time goes into fetching fresh pages and waiting for memory rather than into arithmetic. Strips of
a few rows stay in the cache. The sums are the same ones, only in another order of rows.

Nothing here is differentiable: `in_strips` says when these ways may be taken.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

# Bytes per thread of one strip's largest temporary, and of the temporary from which on strips are
# worth their bookkeeping. Measured on cores with 1 MB of second-level cache each: flat around the
# best. Smaller strips mean more meetings of the threads, which cost when other programs run.
_STRIP_BYTES = 2 << 20
_WORTH_BYTES = 3 << 20

# Of shorter strips too much would be the rows that they share.
_LEAST_ROWS = 16

# The head passes over each strip four times and wants it nearer.
_HEAD_STRIP_BYTES = 3 << 19


def in_strips(tokens: Tensor) -> bool:
    """Whether `tokens` lie on a CPU and nobody will differentiate, trace or compile."""
    return (
        tokens.device.type == "cpu"
        and not (torch.is_grad_enabled() and tokens.requires_grad)
        and not torch.jit.is_tracing()  # type: ignore[attr-defined, no-untyped-call]
        and not torch.compiler.is_compiling()
    )


def linear(
    tokens: Tensor, weight: Tensor, bias: Tensor | None = None, add_to: Tensor | None = None
) -> Tensor:
    """`F.linear` of (..., C) tokens, plus `add_to` of the output's shape where that is given.

    Through oneDNN where PyTorch has it and no gradient is asked for: its matrix product, the
    faster one on every CPU tried, adds bias and residual without a pass of their own.
    """
    if not _in_onednn(tokens):
        product = F.linear(tokens, weight, bias)
        return product if add_to is None else add_to + product
    with_onednn = torch.ops.mkldnn._linear_pointwise
    if add_to is None:
        plain: Tensor = with_onednn(tokens, weight, bias, "none", [], "")
        return plain
    summed: Tensor = with_onednn.binary(tokens, add_to, weight, bias, "add")
    return summed


def add_linear(total: Tensor, tokens: Tensor, weight: Tensor) -> Tensor:
    """`linear(tokens, weight, add_to=total)`, which may be `total` itself; that is used up.

    A thin product is over before a second tensor of its size would be written.
    """
    outputs, inputs = weight.shape
    if inputs >= outputs:
        return linear(tokens, weight, add_to=total)
    total.view(-1, outputs).addmm_(tokens.reshape(-1, inputs), weight.t())
    return total


def depthwise_gelu(
    tokens: Tensor, weight: Tensor, bias: Tensor, padding: tuple[int, int]
) -> Tensor:
    """GELU of a depthwise convolution: (B, h, w, C) to (B, h', w', C).

    Through oneDNN, as `linear`, GELU is taken before the sums leave the registers.
    """
    picture, channels = tokens.permute(0, 3, 1, 2), tokens.shape[-1]
    if _in_onednn(tokens):
        active: Tensor = torch.ops.mkldnn._convolution_pointwise(
            picture, weight, bias, padding, (1, 1), (1, 1), channels, "gelu", [], "none"
        )
    else:
        active = F.gelu(F.conv2d(picture, weight, bias, padding=padding, groups=channels))
    return active.permute(0, 2, 3, 1)


def _in_onednn(tokens: Tensor) -> bool:
    return _HAS_ONEDNN and tokens.dtype == torch.float32 and in_strips(tokens)


_HAS_ONEDNN: bool = torch.backends.mkldnn.is_available() and all(  # type: ignore[no-untyped-call]
    hasattr(torch.ops.mkldnn, name) for name in ("_linear_pointwise", "_convolution_pointwise")
)


class FFNWeights(NamedTuple):
    """Mix-FFN: `expand` (H, C), `depthwise` (H, 1, 3, 3), `contract` (C, H), and their biases."""

    expand: Tensor
    expand_bias: Tensor
    depthwise: Tensor
    depthwise_bias: Tensor
    contract: Tensor
    contract_bias: Tensor


def ffn_strip_rows(tokens: Tensor, weights: FFNWeights) -> int:
    """How many rows of (B, h, w, C) tokens to take at a time; h where all of them fit."""
    _, height, width, _ = tokens.shape
    row = width * weights.expand.shape[0] * tokens.element_size()
    if row * height <= _WORTH_BYTES * torch.get_num_threads():
        return height
    return max(_STRIP_BYTES * torch.get_num_threads() // row, _LEAST_ROWS)


def mix_ffn_in_strips(
    tokens: Tensor, norm: Callable[[Tensor], Tensor], weights: FFNWeights, rows: int, out: Tensor
) -> None:
    """Write (h, w, C) tokens plus Mix-FFN(norm(tokens)) into `out`, `rows` at a time.

    The depthwise convolution sees one row above and one below each strip. These are expanded for
    both strips that they touch: that costs less than to carry them over, which takes a matrix
    product that writes into memory at hand, and oneDNN's do not.
    """
    height = tokens.shape[0]
    for top in range(0, height, rows):
        bottom = min(top + rows, height)
        first, last = max(top - 1, 0), min(bottom + 1, height)
        hidden = linear(norm(tokens[first:last]), weights.expand, weights.expand_bias)
        active = depthwise_gelu(hidden[None], weights.depthwise, weights.depthwise_bias, (1, 1))
        strip = active[0, top - first : bottom - first]
        contracted = linear(strip, weights.contract, weights.contract_bias)
        torch.add(tokens[top:bottom], contracted, out=out[top:bottom])


def head_strips(height: int, width: int, channels: int, item: int) -> Iterator[slice]:
    """Slices of rows of an (h, w, D) grid of `item`-byte numbers that stay in the cache."""
    rows = max(_HEAD_STRIP_BYTES * torch.get_num_threads() // (width * channels * item), 1)
    for top in range(0, height, rows):
        yield slice(top, min(top + rows, height))


class CoarseSum:
    """The sum of (h_i, w_i, D) grids that is wanted, a few rows at a time, at a finer size.

    Bilinear with half-pixel centres, as `F.interpolate(..., align_corners=False)` of each whole.
    A cell of the sum is a bag of four cells of each grid, weighted: one pass writes it, where
    upsampling one grid after the other writes each of them, and adds.
    """

    def __init__(self, grids: Sequence[Tensor], size: tuple[int, int]) -> None:
        height, self._width = size
        self._cells = torch.cat([grid.flatten(0, 1) for grid in grids])
        columns, rows = [], []
        first = 0
        for grid in grids:
            above, below = _neighbours(grid.shape[0], height)
            left, right = _neighbours(grid.shape[1], self._width)
            for vertical in (above, below):
                for horizontal in (left, right):
                    rows.append(_Tap(first + vertical.at * grid.shape[1], vertical.share))
                    columns.append(horizontal)
            first += grid.shape[0] * grid.shape[1]
        precision = torch.promote_types(self._cells.dtype, torch.float32)
        self._rows, self._columns = _stacked(rows, precision), _stacked(columns, precision)

    def rows(self, rows: slice) -> Tensor:
        """Those rows at the finer size, (rows, w, D)."""
        at = self._rows.at[rows, None] + self._columns.at
        shares = self._rows.share[rows, None] * self._columns.share
        taps = at.shape[-1]
        summed = F.embedding_bag(
            at.view(-1),
            self._cells,
            torch.arange(0, at.numel(), taps, dtype=at.dtype),
            mode="sum",
            per_sample_weights=shares.view(-1).to(self._cells.dtype),
        )
        return summed.view(-1, self._width, self._cells.shape[-1])


class _Tap(NamedTuple):
    """For each finer row (or column), which coarse one it takes, and how much of it."""

    at: Tensor
    share: Tensor


def _neighbours(coarse: int, fine: int) -> tuple[_Tap, _Tap]:
    """Of each finer row the coarse one above and the one below its centre."""
    centre = torch.arange(fine, dtype=torch.float64) + 0.5
    source = (centre * (coarse / fine) - 0.5).clamp_(min=0)
    above = source.to(torch.int64)
    share = source - above
    return _Tap(above, 1 - share), _Tap((above + 1).clamp_(max=coarse - 1), share)


def _stacked(taps: Sequence[_Tap], precision: torch.dtype) -> _Tap:
    """All of them as (finer rows, taps)."""
    at = torch.stack([tap.at for tap in taps], dim=1).to(torch.int32)
    return _Tap(at, torch.stack([tap.share for tap in taps], dim=1).to(precision))
