"""Logits of sliding windows, averaged pixel by pixel as the paper's evaluation does.

There each window's logits are upsampled to the window's pixels and added up, and the sums are
divided by the number of windows over each pixel. Here the picture is parted along the borders of
all windows. Over one part the same windows count everywhere, and where their cells lie on one grid
the mean of the cells is taken before the upsampling, which is linear. Where they do not (the last
window of a row ends at the edge, wherever that is) each is sampled at the pixels.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise, product

import torch
from torch import Tensor

from segcore.inference.blocks import Block
from segcore.inference.devices import sent
from segcore.inference.spans import Span
from segcore.inference.tiling import AxisPlan, TilePlan
from segcore.inference.upsample import cells_between

_SAMPLED_PIXELS = 128
"""Parts whose windows are sampled at the pixels are at most this wide and high."""

_SAME_GRID = 1e-6


@dataclass(frozen=True)
class _Reading:
    """What to read of one window along an axis: for each place two cells and how far between."""

    lower: Tensor
    upper: Tensor
    weight: Tensor | None  # None: it is the first cell

    @classmethod
    def of_cells(cls, first: int, count: int, cells: int) -> _Reading:
        """Some cells in a row; beyond the window's own its edge goes on."""
        places = torch.arange(first, first + count).clamp_(0, cells - 1)
        return cls(places, places, None)

    @classmethod
    def of_pixels(cls, span: Span) -> _Reading:
        """Between cells, at each pixel of a span."""
        lower, upper, weight = cells_between(span, torch.device("cpu"))
        return cls(lower, upper, weight)

    def along(self, logits: Tensor, axis: int, held_from: int = 0) -> Tensor:
        """The (C, h, w) logits read along axis 1 or 2; they begin with cell `held_from`."""
        near = logits.index_select(axis, sent(self.lower - held_from, logits.device))
        if self.weight is None:
            return near
        far = logits.index_select(axis, sent(self.upper - held_from, logits.device))
        weight = sent(self.weight, logits.device)
        return torch.lerp(near, far, weight[:, None] if axis == 1 else weight)


@dataclass(frozen=True)
class _Part:
    """Some pixels of an axis over which the same windows lie.

    Attributes:
        span: the pixels, among the cells that are read.
        windows: the windows, and what to read of each.
    """

    span: Span
    windows: dict[int, _Reading]

    @property
    def last(self) -> int:
        """The window after which the part can be decided."""
        return max(self.windows)


@dataclass(frozen=True)
class _Held:
    """The logits of a window from one of its rows of cells on."""

    logits: Tensor
    first: int

    def trimmed(self, first: int) -> _Held:
        """Without the rows of cells before `first`."""
        return _Held(self.logits[:, first - self.first :].clone(), first)


def averaged_blocks(plan: TilePlan, logits_of: Callable[[int], Tensor]) -> Iterator[Block]:
    """Ask for the logits (C, h, w) of each window in turn and hand out what is finished.

    Of the windows above and to the left only the cells are held that are still to be read. The
    boxes of the blocks tile the image, a row of windows after the other.
    """
    down, along = _parts_by_last(plan.rows), _parts_by_last(plan.columns)
    held: dict[tuple[int, int], _Held] = {}
    for row in range(plan.rows.count):
        for column in range(plan.columns.count):
            held[row, column] = _Held(logits_of(plan.index(row, column)).float(), 0)
            for rows, columns in product(down[row], along[column]):
                yield _mean(held, rows, columns)
            open_columns = _windows_of(along[column + 1 :])
            for place in [place for place in held if place[1] not in open_columns]:
                _keep_what_is_open(held, place, down[row + 1 :])


def _keep_what_is_open(
    held: dict[tuple[int, int], _Held], place: tuple[int, int], later: Sequence[Sequence[_Part]]
) -> None:
    """Let go of what no later part of the rows reads of a window."""
    readings = [
        part.windows[place[0]] for parts in later for part in parts if place[0] in part.windows
    ]
    if not readings:
        del held[place]
        return
    first = min(int(reading.lower.min()) for reading in readings)
    if first > held[place].first:
        held[place] = held[place].trimmed(first)


def _mean(held: dict[tuple[int, int], _Held], rows: _Part, columns: _Part) -> Block:
    read = [
        along.along(down.along(held[row, column].logits, 1, held[row, column].first), 2)
        for row, down in rows.windows.items()
        for column, along in columns.windows.items()
    ]
    total = read[0]
    for other in read[1:]:
        total += other
    return Block(total.div_(len(read)), rows.span, columns.span)


def _parts_by_last(axis: AxisPlan) -> list[list[_Part]]:
    """The parts of an axis, under the window after which each can be decided."""
    begins = [axis.first_pixel(start) for start in axis.starts]
    ends = [axis.first_pixel(stop) for stop in axis.stops]
    found: list[list[_Part]] = [[] for _ in axis.starts]
    for start, stop in pairwise(sorted({*begins, *ends})):
        windows = [i for i in range(axis.count) if begins[i] <= start < ends[i]]
        for part in _parts_between(axis, start, stop, windows):
            found[part.last].append(part)
    return found


def _parts_between(
    axis: AxisPlan, start: int, stop: int, windows: Sequence[int]
) -> Iterator[_Part]:
    shift = axis.offset(windows[0])
    ahead = {window: axis.offset(window) - shift for window in windows}
    if all(abs(cells - round(cells)) < _SAME_GRID for cells in ahead.values()):
        first = math.floor((start + 0.5) * axis.scale - 0.5 - shift)
        count = math.floor((stop - 0.5) * axis.scale - 0.5 - shift) + 2 - first
        span = Span(start, stop, axis.scale, count, first, count, shift)
        yield _Part(
            span,
            {
                window: _Reading.of_cells(first - round(cells), count, axis.window_cells(window))
                for window, cells in ahead.items()
            },
        )
        return
    for begin in range(start, stop, _SAMPLED_PIXELS):
        end = min(begin + _SAMPLED_PIXELS, stop)
        span = Span(begin, end, 1.0, end - begin, begin, end - begin)
        yield _Part(
            span,
            {i: _Reading.of_pixels(axis.span_in(i, begin, end)) for i in windows},
        )


def _windows_of(parts: Sequence[Sequence[_Part]]) -> set[int]:
    return {window for some in parts for part in some for window in part.windows}
