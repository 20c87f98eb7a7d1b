"""How an image is cut into windows, and which logits each of them answers for.

A picture goes in whole where it fits. Else it is cut into tiles that overlap, and the logits of
overlapping tiles are blended with weights that rise and fall linearly over the overlap and sum to
one, so that no seam shows. Tiles begin at multiples of the network's largest stride: the cells of
all tiles then lie on one grid, and the result is upsampled as if one network had seen everything.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from segcore.geometry import Box, WindowGeometry
from segcore.inference.spans import Span

STRIDE = 4
"""Image pixels per cell of the logit grid."""

ALIGNMENT = 32
"""Tiles begin at multiples of the last stage's stride, so that stage tokens line up too."""

SMALLEST_SIDE = 32
"""A picture with a smaller side is enlarged to this."""

TILE = 1024
OVERLAP = 128
SMALLEST_TILE = 256


@dataclass(frozen=True)
class AxisPlan:
    """One axis of an image: where its windows begin and end.

    Attributes:
        size: image pixels along it.
        starts, stops: of the windows, in image pixels; the last stops at `size`.
        model_size: model pixels along the whole of it; `size` unless it is resized.
    """

    size: int
    starts: tuple[int, ...]
    stops: tuple[int, ...]
    model_size: int

    @classmethod
    def whole(cls, size: int, model_size: int) -> AxisPlan:
        """One window over all of it."""
        return cls(size, (0,), (size,), model_size)

    @classmethod
    def tiled(cls, size: int, tile: int) -> AxisPlan:
        """Windows of about `tile` pixels, spread evenly, neighbours sharing OVERLAP or more
        (a quarter of small tiles)."""
        if size <= tile:
            return cls.whole(size, max(size, SMALLEST_SIDE))
        # Starts are rounded down, which may cost a neighbour ALIGNMENT of the overlap.
        overlap = min(OVERLAP, tile // 4) + ALIGNMENT
        count = -(-(size - overlap) // (tile - overlap))
        last = (size - tile) // STRIDE * STRIDE
        starts = [last * index // (count - 1) // ALIGNMENT * ALIGNMENT for index in range(count)]
        starts[-1] = last
        stops = [start + tile for start in starts[:-1]]
        return cls(size, tuple(starts), (*stops, size), size)

    @property
    def count(self) -> int:
        """How many windows."""
        return len(self.starts)

    @property
    def grid(self) -> int:
        """Cells of the logit grid over the whole of it."""
        return -(-self.model_size // STRIDE)

    @property
    def scale(self) -> float:
        """Cells per image pixel."""
        return self.grid / self.size if self.count == 1 else 1 / STRIDE

    def model_sizes(self) -> tuple[int, ...]:
        """Model pixels of each window."""
        if self.count == 1:
            return (self.model_size,)
        return tuple(stop - start for start, stop in zip(self.starts, self.stops))

    def cells(self, index: int) -> tuple[int, int]:
        """The first cell of a window on the whole grid, and the one after its last."""
        if self.count == 1:
            return 0, self.grid
        return self.starts[index] // STRIDE, -(-self.stops[index] // STRIDE)

    def finished(self, index: int) -> tuple[int, int]:
        """The cells to which no later window adds anything, once this one is done."""
        begin, end = self.cells(index)
        return begin, end if index == self.count - 1 else self.cells(index + 1)[0]

    def core(self, index: int) -> tuple[int, int]:
        """The image pixels that a window answers for: to the middle of each overlap."""
        begin = 0 if index == 0 else (self.starts[index] + self.stops[index - 1]) // 2
        if index == self.count - 1:
            return begin, self.size
        return begin, (self.starts[index + 1] + self.stops[index]) // 2

    def span(self, index: int) -> Span:
        """The pixels that can be decided once a window is done, and the cells that it takes.

        These are the finished cells and one before them: pixels lie between two cells.
        """
        begin, end = self.finished(index)
        held = max(begin - 1, 0)
        start = 0 if index == 0 else self._first_pixel_past(begin - 1)
        stop = self.size if index == self.count - 1 else self._first_pixel_past(end - 1)
        return Span(start, stop, self.scale, self.grid, held, end - held)

    @cached_property
    def weights(self) -> tuple[npt.NDArray[np.float32], ...]:
        """Of each window, the weight of its cells; over every cell of the grid they sum to one."""
        ranges = [self.cells(index) for index in range(self.count)]
        ramps = np.zeros((self.count, self.grid), np.float64)
        for index, (begin, end) in enumerate(ranges):
            ramp = np.ones(end - begin)
            if index > 0:
                shared = ranges[index - 1][1] - begin
                ramp[:shared] = np.minimum(ramp[:shared], (np.arange(shared) + 0.5) / shared)
            if index < self.count - 1:
                shared = end - ranges[index + 1][0]
                fall = (np.arange(shared)[::-1] + 0.5) / shared
                ramp[-shared:] = np.minimum(ramp[-shared:], fall)
            ramps[index, begin:end] = ramp
        ramps /= ramps.sum(axis=0)
        return tuple(
            ramps[index, begin:end].astype(np.float32) for index, (begin, end) in enumerate(ranges)
        )

    def _first_pixel_past(self, cell: int) -> int:
        """The first image pixel whose centre is not before the centre of a cell (tiles only)."""
        return STRIDE * cell + STRIDE // 2


@dataclass(frozen=True)
class TilePlan:
    """All windows of an image, row by row."""

    rows: AxisPlan
    columns: AxisPlan

    @property
    def count(self) -> int:
        """How many windows."""
        return self.rows.count * self.columns.count

    def index(self, row: int, column: int) -> int:
        """The number of the window in a row and column of windows."""
        return row * self.columns.count + column

    @cached_property
    def windows(self) -> tuple[WindowGeometry, ...]:
        """The windows, row by row; their cores tile the image."""
        heights, widths = self.rows.model_sizes(), self.columns.model_sizes()
        found = []
        for row in range(self.rows.count):
            top, bottom = self.rows.core(row)
            for column in range(self.columns.count):
                left, right = self.columns.core(column)
                box = Box(
                    self.columns.starts[column],
                    self.rows.starts[row],
                    self.columns.stops[column],
                    self.rows.stops[row],
                )
                size = (heights[row], widths[column])
                found.append(WindowGeometry(box, size, Box(left, top, right, bottom)))
        return tuple(found)


def plan_whole(image_size: tuple[int, int], model_size: tuple[int, int]) -> TilePlan:
    """One window: the image resized to `model_size`, or to 32 where a side of that is smaller."""
    height, width = (max(side, SMALLEST_SIDE) for side in model_size)
    return TilePlan(AxisPlan.whole(image_size[0], height), AxisPlan.whole(image_size[1], width))


def plan_own_size(image_size: tuple[int, int], whole_pixels: int, tile: int = TILE) -> TilePlan:
    """The image at its own size: whole up to `whole_pixels`, else in tiles."""
    if image_size[0] * image_size[1] <= whole_pixels:
        return plan_whole(image_size, image_size)
    return plan_tiles(image_size, tile)


def plan_tiles(image_size: tuple[int, int], tile: int) -> TilePlan:
    """The image at its own size in tiles of `tile` x `tile` pixels."""
    return TilePlan(AxisPlan.tiled(image_size[0], tile), AxisPlan.tiled(image_size[1], tile))
