"""How a picture is cut into windows, and which logits each of them answers for.

The picture goes in at some size, its *canvas*: its own, or resized. It goes in whole where that
fits. Else it is cut into tiles that overlap, and the logits of overlapping tiles are blended with
weights that rise and fall linearly over the overlap and sum to one, so that no seam shows. Tiles
begin at multiples of the network's largest stride: the cells of all tiles then lie on one grid, and
the result is upsampled as if one network had seen everything. Sliding windows are blended alike, or
averaged pixel by pixel; those may begin anywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from segcore.geometry import Box, Size, WindowGeometry
from segcore.inference.protocol import LOGIT_STRIDE as STRIDE
from segcore.inference.protocol import SMALLEST_SIDE, Sliding
from segcore.inference.spans import Span

ALIGNMENT = 32
"""Tiles begin at multiples of the last stage's stride, so that stage tokens line up too."""

TILE = 1024
OVERLAP = 128
SMALLEST_TILE = 256


@dataclass(frozen=True)
class AxisPlan:
    """One axis of a picture: where its windows begin and end.

    Attributes:
        size: image pixels along it.
        starts, stops: of the windows, in canvas pixels; the last stops at `model_size`.
        model_size: canvas pixels along the whole of it; `size` unless it is resized.
        averaged: windows may begin anywhere, and all over a pixel count the same.
    """

    size: int
    starts: tuple[int, ...]
    stops: tuple[int, ...]
    model_size: int
    averaged: bool = False

    @classmethod
    def whole(cls, size: int, model_size: int) -> AxisPlan:
        """One window over all of it."""
        return cls(size, (0,), (model_size,), model_size)

    @classmethod
    def tiled(
        cls, size: int, tile: int, model_size: int | None = None, overlap: int = OVERLAP
    ) -> AxisPlan:
        """Windows of about `tile` canvas pixels, spread evenly, neighbours sharing `overlap` or
        more (a quarter of small tiles)."""
        canvas = max(size, SMALLEST_SIDE) if model_size is None else model_size
        if canvas <= tile:
            return cls.whole(size, canvas)
        # Starts are rounded down, which may cost a neighbour ALIGNMENT of the overlap.
        overlap = min(overlap, tile // 4) + ALIGNMENT
        count = -(-(canvas - overlap) // (tile - overlap))
        last = (canvas - tile) // STRIDE * STRIDE
        evenly = (last * index // (count - 1) for index in range(count - 1))
        # An axis hardly longer than a tile has no room for as many beginnings.
        starts = sorted({start // ALIGNMENT * ALIGNMENT for start in evenly} | {last})
        if len(starts) == 1:
            return cls.whole(size, canvas)
        stops = [start + tile for start in starts[:-1]]
        return cls(size, tuple(starts), (*stops, canvas), canvas)

    @classmethod
    def sliding(
        cls, size: int, model_size: int, crop: int, stride: int, *, blended: bool
    ) -> AxisPlan:
        """Windows of `crop` canvas pixels every `stride`, the last moved back to end at the edge.

        Where they are blended the last begins on the grid of the others, up to 3 pixels earlier.
        """
        if model_size <= crop:
            return cls.whole(size, model_size)
        last = model_size - crop
        starts = [*range(0, last, stride), last // STRIDE * STRIDE if blended else last]
        starts = sorted(set(starts))
        stops = [start + crop for start in starts[:-1]]
        return cls(size, tuple(starts), (*stops, model_size), model_size, not blended)

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
        if self.count == 1:
            return self.grid / self.size
        across = self.stops[0] - self.starts[0]
        per_canvas_pixel = -(-across // STRIDE) / across if self.averaged else 1 / STRIDE
        return per_canvas_pixel * self.model_size / self.size

    def model_sizes(self) -> tuple[int, ...]:
        """Model pixels of each window."""
        return tuple(stop - start for start, stop in zip(self.starts, self.stops))

    def window_cells(self, index: int) -> int:
        """Cells of a window's own logits."""
        return -(-(self.stops[index] - self.starts[index]) // STRIDE)

    def cells(self, index: int) -> tuple[int, int]:
        """The first cell of a window on the grid that blended windows share, and the one after its
        last."""
        return self.starts[index] // STRIDE, -(-self.stops[index] // STRIDE)

    def finished(self, index: int) -> tuple[int, int]:
        """The cells to which no later window adds anything, once this one is done."""
        begin, end = self.cells(index)
        return begin, end if index == self.count - 1 else self.cells(index + 1)[0]

    def pixels(self, index: int) -> tuple[int, int]:
        """The image pixels that a window sees, whole or in part."""
        start, stop = self.starts[index] * self.size, self.stops[index] * self.size
        return start // self.model_size, -(-stop // self.model_size)

    def first_pixel(self, canvas_pixel: int) -> int:
        """The first image pixel whose centre is not before the start of a canvas pixel."""
        return -(-(2 * canvas_pixel * self.size - self.model_size) // (2 * self.model_size))

    def core(self, index: int) -> tuple[int, int]:
        """The image pixels that a window answers for: to the middle of each overlap."""
        last = index == self.count - 1
        return self._border(index), self.size if last else self._border(index + 1)

    def span(self, index: int) -> Span:
        """The pixels that can be decided once a blended window is done, and the cells they take.

        These are the finished cells and one before them: pixels lie between two cells.
        """
        begin, end = self.finished(index)
        held = max(begin - 1, 0)
        start = 0 if index == 0 else self._first_pixel_past(begin - 1)
        stop = self.size if index == self.count - 1 else self._first_pixel_past(end - 1)
        return Span(start, stop, self.scale, self.grid, held, end - held)

    def span_in(self, index: int, start: int, stop: int) -> Span:
        """Image pixels among the cells of one window's own logits."""
        cells = self.window_cells(index)
        if not self.averaged:
            return Span(start, stop, self.scale, self.grid, self.cells(index)[0], cells)
        return Span(start, stop, self.scale, cells, 0, cells, shift=self.offset(index))

    def offset(self, index: int) -> float:
        """Where the first cell of an averaged window begins, in cells from the canvas's edge."""
        across = self.stops[index] - self.starts[index]
        return self.starts[index] * self.window_cells(index) / across

    def covering(self, pixel: int) -> list[int]:
        """The averaged windows that see the centre of an image pixel."""
        return [
            index
            for index in range(self.count)
            if self.first_pixel(self.starts[index]) <= pixel < self.first_pixel(self.stops[index])
        ]

    def alone_at(self, index: int, pixel: int) -> bool:
        """Whether a pixel's logits are those of one window, with nothing blended into them."""
        if self.averaged:
            return self.covering(pixel) == [index]
        begin, end = self.cells(index)
        cell = (pixel + 0.5) * self.scale - 0.5 - begin
        first = int(np.clip(np.floor(cell), 0, end - begin - 1))
        return bool((self.weights[index][first : first + 2] == 1).all())

    @cached_property
    def weights(self) -> tuple[npt.NDArray[np.float32], ...]:
        """Of each blended window, the weight of its cells; over every cell they sum to one."""
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
        across = (2 * cell + 1) * STRIDE * self.size - self.model_size
        return -(-across // (2 * self.model_size))

    def _border(self, index: int) -> int:
        """Where the core of a window begins."""
        if index == 0:
            return 0
        return self.first_pixel((self.starts[index] + self.stops[index - 1]) // 2)


@dataclass(frozen=True)
class TilePlan:
    """All windows of an image, row by row."""

    rows: AxisPlan
    columns: AxisPlan

    @property
    def count(self) -> int:
        """How many windows."""
        return self.rows.count * self.columns.count

    @property
    def averaged(self) -> bool:
        """Whether all windows over a pixel count the same, wherever they begin."""
        return self.rows.averaged or self.columns.averaged

    @property
    def canvas(self) -> Size:
        """(height, width) of the picture as it goes in."""
        return self.rows.model_size, self.columns.model_size

    def canvas_box(self, index: int) -> Box:
        """The canvas pixels of a window."""
        row, column = divmod(index, self.columns.count)
        return Box(
            self.columns.starts[column],
            self.rows.starts[row],
            self.columns.stops[column],
            self.rows.stops[row],
        )

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
                (y0, y1), (x0, x1) = self.rows.pixels(row), self.columns.pixels(column)
                box = Box(x0, y0, x1, y1)
                size = (heights[row], widths[column])
                found.append(WindowGeometry(box, size, Box(left, top, right, bottom)))
        return tuple(found)


def plan_whole(image_size: Size, model_size: Size) -> TilePlan:
    """One window: the image resized to `model_size`, or to 32 where a side of that is smaller."""
    height, width = (max(side, SMALLEST_SIDE) for side in model_size)
    return TilePlan(AxisPlan.whole(image_size[0], height), AxisPlan.whole(image_size[1], width))


def plan_tiles(
    image_size: Size, tile: int, canvas: Size | None = None, overlap: int = OVERLAP
) -> TilePlan:
    """The image at its own size, or that of its canvas, in tiles of `tile` x `tile` pixels."""
    height, width = canvas or (None, None)
    return TilePlan(
        AxisPlan.tiled(image_size[0], tile, height, overlap),
        AxisPlan.tiled(image_size[1], tile, width, overlap),
    )


def plan_own_size(
    image_size: Size, whole_pixels: int, tile: int = TILE, canvas: Size | None = None
) -> TilePlan:
    """The image at its own size, or that of its canvas: whole up to `whole_pixels`, else tiles."""
    height, width = canvas or image_size
    if height * width <= whole_pixels:
        return plan_whole(image_size, (height, width))
    return plan_tiles(image_size, tile, canvas)


def plan_sliding(image_size: Size, canvas: Size, sliding: Sliding) -> TilePlan:
    """Windows at a fixed step over the canvas."""
    rows, columns = (
        AxisPlan.sliding(size, along, crop, stride, blended=sliding.blended)
        for size, along, crop, stride in zip(image_size, canvas, sliding.crop, sliding.stride)
    )
    return TilePlan(rows, columns)
