"""Receptive fields at work: how much context windows cut off, and how far they should overlap.

A pixel of a tiled picture is labelled by the window whose core holds it, and that window ends
somewhere. With a mean field, shifted so that its query lies on the pixel, the part of it that falls
outside the window but inside the picture is what the pixel does not see.
"""

from __future__ import annotations

from bisect import bisect_left

import numpy as np
import numpy.typing as npt

from segcore.errors import RequestError
from segcore.geometry import Box, Point, WindowGeometry, cell_of_point
from segcore.heatmap import HeatMap
from segcore.inference.protocol import LOGIT_STRIDE
from segcore.inference.tiling import TilePlan

Doubles = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]
Ranges = tuple[Indices, Indices]


def overlap_for(field_mean: HeatMap, share: float, point: Point | None = None) -> int:
    """How many model pixels neighbouring windows must share for a share of the field to be seen.

    Of two windows that share o pixels, each answers for the pixels up to the middle of them: the
    worst placed pixels, at a corner of four windows or where a seam meets the edge of the picture,
    see o / 2 pixels beyond themselves. The overlap is the least that leaves none of these with less
    than `share` of what the picture has of their field, rounded up to a multiple of 4, as blended
    windows need it.

    Args:
        field_mean: a mean field, best of `head`, at the scale at which the windows will go in. A
            larger picture may show a wider field: attention reaches everywhere.
        share: of the field's sum, above 0 and below 1.
        point: the field's query in image pixels; the middle of the map without one.

    Raises:
        RequestError: the share is none, or the field is zero.
    """
    reach = reach_of(field_mean, share, point)
    return -(-2 * reach // LOGIT_STRIDE) * LOGIT_STRIDE


def reach_of(field_mean: HeatMap, share: float, point: Point | None = None) -> int:
    """The least r so that a window that ends r pixels beyond a pixel holds the share of its field.

    On two sides at once, or on one side of a picture that ends anywhere across it. In model pixels;
    arguments and errors as `overlap_for`.
    """
    if not 0 < share < 1:
        raise RequestError(f"{share:g} is no share of a field: give more than 0 and less than 1.")
    field = _CentredField.of(field_mean, point)
    return bisect_left(range(field.furthest), share, key=field.least_seen)


def context_lost(plan: TilePlan, field_mean: HeatMap, point: Point | None = None) -> HeatMap:
    """The share of each pixel's field that its window cut off, 0 to 1, over the whole picture.

    Counted against what of the field lies inside the picture: beyond its edge there is nothing to
    see. Fields differ from place to place; the mean stands for all of them.

    Args:
        plan: how the picture goes in; its windows see the picture at the scale of the field.
        field_mean: as in `overlap_for`.
        point: the field's query in image pixels; the middle of the map without one.

    Raises:
        RequestError: the field is zero.
    """
    field = _CentredField.of(field_mean, point)
    height, width = plan.rows.size, plan.columns.size
    lost = np.zeros((height, width), np.float32)
    for window in plan.windows:
        lost[window.core.slices] = field.lost_in(window, Box(0, 0, width, height))
    return HeatMap(lost, "share of the field that was cut off", Box(0, 0, width, height))


def cut_off(
    plan: TilePlan,
    reach: HeatMap | float,
    more_than: float = 0.05,
    point: Point | None = None,
) -> npt.NDArray[np.bool_]:
    """The pixels of a tiled picture whose context was cut off: (H, W) bool.

    Args:
        plan: how the picture goes in.
        reach: a mean field, of which a pixel must lose more than the share `more_than`; or a radius
            in model pixels, within which the window must end before the picture does.
        more_than: the share, from 0 and below 1; of no meaning for a radius.
        point: the field's query in image pixels; the middle of the map without one.

    Raises:
        RequestError: the field is zero, or the radius negative.
    """
    if isinstance(reach, HeatMap):
        return context_lost(plan, reach, point).values > more_than
    if reach < 0:
        raise RequestError(f"{reach:g} is no radius: give 0 or more pixels.")
    size = (plan.rows.size, plan.columns.size)
    marked = np.zeros(size, np.bool_)
    for window in plan.windows:
        down, right = (
            _ends_within(start, stop, core, length, reach * (stop - start) / cells)
            for start, stop, core, length, cells in _axes(window, size)
        )
        marked[window.core.slices] = down[:, None] | right[None, :]
    return marked


_CORNERS = ((1, 1), (1, -1), (-1, 1), (-1, -1))


class _CentredField:
    """Sums of a field over rectangles around its query."""

    def __init__(self, values: Doubles, row: int, column: int) -> None:
        height, width = values.shape
        self.row, self.column = row, column
        self.integral = np.zeros((height + 1, width + 1))
        self.integral[1:, 1:] = values.cumsum(axis=0).cumsum(axis=1)
        self.total = float(self.integral[-1, -1])
        self.furthest = max(row, height - 1 - row, column, width - 1 - column)

    @classmethod
    def of(cls, field_mean: HeatMap, point: Point | None) -> _CentredField:
        values = np.abs(np.asarray(field_mean, np.float64))
        height, width = values.shape
        row, column = height // 2, width // 2
        if point is not None:
            inside = (point[0] - field_mean.box.x0, point[1] - field_mean.box.y0)
            row, column = cell_of_point(inside, field_mean.box.size, (height, width))
        field = cls(values, row, column)
        if not field.total > 0:
            raise RequestError(
                "The receptive field is zero everywhere and says nothing of windows: take the "
                "mean of more pictures, or another seed."
            )
        return field

    def least_seen(self, reach: int) -> float:
        """Of the field in the picture, what the worst placed pixel sees within `reach` pixels."""
        height, width = self.integral.shape
        ends = np.arange(self.furthest + 1)
        least = 1.0
        for down, right in _CORNERS:
            rows = _half_line(self.row, height - 1, np.array(reach), down)
            columns = _half_line(self.column, width - 1, np.array(reach), right)
            to_edge_down = _half_line(self.row, height - 1, ends, down)
            to_edge_right = _half_line(self.column, width - 1, ends, right)
            all_rows, all_columns = (0, height - 1), (0, width - 1)
            for seen, there in (
                (self._sum(*rows, *columns), self.total),
                (self._sum(*rows, *to_edge_right), self._sum(*all_rows, *to_edge_right)),
                (self._sum(*to_edge_down, *columns), self._sum(*to_edge_down, *all_columns)),
            ):
                least = min(least, float(_share(seen, there).min()))
        return least

    def lost_in(self, window: WindowGeometry, picture: Box) -> npt.NDArray[np.float32]:
        """Of each pixel of a window's core, the share of the field in the picture that is cut."""
        size = picture.size
        kept: list[Ranges] = []
        whole: list[Ranges] = []
        for (start, stop, core, length, cells), middle, top in zip(
            _axes(window, size), (self.row, self.column), self.integral.shape, strict=True
        ):
            pixels, scale = np.arange(*core) + 0.5, cells / (stop - start)
            for ends, found in (((start, stop), kept), ((0, length), whole)):
                first, last = (
                    np.clip(np.rint((end - pixels) * scale + middle + 0.5), 0, top - 1)
                    for end in ends
                )
                found.append((first.astype(np.intp), last.astype(np.intp)))
        seen, there = (
            self._sum(rows[0][:, None], rows[1][:, None], columns[0][None], columns[1][None])
            for rows, columns in (kept, whole)
        )
        lost: npt.NDArray[np.float32] = np.clip(1 - _share(seen, there), 0, 1).astype(np.float32)
        return lost

    def _sum(
        self,
        top: Indices | int,
        bottom: Indices | int,
        left: Indices | int,
        right: Indices | int,
    ) -> Doubles:
        table = self.integral
        found: Doubles = (
            table[bottom, right] - table[top, right] - table[bottom, left] + table[top, left]
        )
        return found


def _share(seen: Doubles, there: Doubles | float) -> Doubles:
    """What is seen of what is there; all of it where nothing is."""
    return np.divide(seen, there, out=np.ones_like(seen), where=np.greater(there, 0))


def _half_line(middle: int, length: int, reaches: Indices, sign: int) -> Ranges:
    """First and last-plus-one cell of what ends `reaches` beyond the middle, on one side."""
    if sign > 0:
        return np.zeros_like(reaches), np.minimum(middle + reaches + 1, length)
    return np.maximum(middle - reaches, 0), np.full_like(reaches, length)


def _axes(
    window: WindowGeometry, size: tuple[int, int]
) -> tuple[tuple[int, int, tuple[int, int], int, int], ...]:
    """Down and across: where the window starts and stops, its core, the picture, model pixels."""
    box, core = window.box, window.core
    return (
        (box.y0, box.y1, (core.y0, core.y1), size[0], window.model_size[0]),
        (box.x0, box.x1, (core.x0, core.x1), size[1], window.model_size[1]),
    )


def _ends_within(
    start: int, stop: int, core: tuple[int, int], length: int, radius: float
) -> npt.NDArray[np.bool_]:
    """Whether the window ends within `radius` of each pixel's centre where the picture goes on."""
    centres = np.arange(*core) + 0.5
    before = (start > 0) & (centres - start < radius)
    after = (stop < length) & (stop - centres < radius)
    ended: npt.NDArray[np.bool_] = before | after
    return ended
