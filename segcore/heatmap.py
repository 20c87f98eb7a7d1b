"""Heat maps: float images that say how much each pixel matters, and how they are shown."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from segcore.errors import RequestError
from segcore.geometry import EMPTY, Box, Size
from segcore.opencv import cv2

Normalisation = Literal["linear", "log", "power", "replknet"]

LOG_SCALE = 1000.0
POWER = 0.3

COLOURS = "inferno"
"""matplotlib's colour map for maps of amounts."""
DIVERGING = "coolwarm"
"""And for signed ones: blue below zero, red above, equally light at equal distance from it."""


@dataclass(frozen=True, eq=False)
class HeatMap:
    """How much something counts at each place of an image.

    Attributes:
        values: (H, W) float32, rows from the top; not normalised.
        meaning: what they are, for a person: "ERF of stage 4", "attention of head 2".
        box: the image pixels that the map covers; its cells divide the box evenly.
        unit: what a value is counted in, or nothing.
        signed: values below and above zero say opposite things, as in a difference: zero is shown
            in the middle of a diverging colour map, and both signs on one scale.
    """

    values: npt.NDArray[np.float32]
    meaning: str
    box: Box
    unit: str = ""
    signed: bool = False

    def __post_init__(self) -> None:
        if self.values.ndim != 2:
            raise RequestError(f"A heat map has rows and columns, not shape {self.values.shape}.")
        object.__setattr__(self, "values", np.ascontiguousarray(self.values, np.float32))

    def __array__(
        self, dtype: npt.DTypeLike | None = None, copy: bool | None = None
    ) -> npt.NDArray[Any]:
        return np.array(self.values, dtype=dtype, copy=copy)

    @property
    def shape(self) -> tuple[int, int]:
        """(H, W) of the values."""
        height, width = self.values.shape
        return height, width

    def reduced(self, side: int) -> HeatMap:
        """The same map with at most `side` cells on its longer side, each a mean of those there
        were; itself where it has no more."""
        rows, columns = self.shape
        factor = max(rows, columns) / side
        if factor <= 1:
            return self
        size = (max(round(columns / factor), 1), max(round(rows / factor), 1))
        values = cv2.resize(self.values, size, interpolation=cv2.INTER_AREA)
        return replace(self, values=values.astype(np.float32))

    def range(
        self, low_percentile: float = 0.0, high_percentile: float = 100.0
    ) -> tuple[float, float]:
        """The values at two percentiles of the finite ones; (0, 0) where there are none."""
        finite = self.values[np.isfinite(self.values)].astype(np.float64)
        if finite.size == 0:
            return 0.0, 0.0
        low, high = np.percentile(finite, (low_percentile, high_percentile))
        return float(low), float(high)

    @property
    def colours(self) -> str:
        """The colour map of matplotlib that suits it."""
        return DIVERGING if self.signed else COLOURS

    def limits(
        self, low_percentile: float = 0.0, high_percentile: float = 100.0
    ) -> tuple[float, float]:
        """The values that the first and the last colour stand for; as far apart from 0 if signed.

        Maps that are nowhere negative start at 0, unless a `low_percentile` is given.
        """
        low, high = self.range(low_percentile, high_percentile)
        if self.signed:
            most = max(abs(low), abs(high))
            return -most, most
        return (0.0 if low_percentile == 0 and low > 0 else low), high

    def normalised(
        self,
        kind: Normalisation = "linear",
        *,
        low_percentile: float = 0.0,
        high_percentile: float = 100.0,
        log_scale: float = LOG_SCALE,
        power: float = POWER,
        top: float | None = None,
    ) -> npt.NDArray[np.float32]:
        """The values between 0 and 1, (H, W) float32; never NaN.

        First the values at the two percentiles become 0 and 1 and what is beyond is clipped. Maps
        that are nowhere negative start at 0 rather than at their least, unless `low_percentile` is
        given, so that 0 stays 0. Then:

        - `linear`: nothing more;
        - `log`: log10(log_scale · v + 1) over its largest value. RepLKNet's ERF script has
          log10(v + 1) of un-scaled sums, which depends on their scale; scaled first, any two
          maps can be compared;
        - `power`: v ** power, which shows what is faint;
        - `replknet`: log10(v + 1) over its largest value, of the values as they are, not scaled
          first, as RepLKNet's script shows fields. Negative values count as 0.

        With `top` that value becomes 1 instead of the highest percentile, so that several maps
        share a scale.

        NaN becomes 0, and infinities the ends. A constant map of zeros is 0 everywhere, any
        other constant map that is nowhere negative is 1.

        Of a signed map all this holds for the amounts on both sides of zero, which becomes 0.5:
        the largest amount of either sign is 1 above and 0 below, and NaN is 0.5.

        Raises:
            RequestError: an unknown kind, or percentiles out of order.
        """
        if not 0 <= low_percentile < high_percentile <= 100:
            raise RequestError(
                f"Percentiles {low_percentile} and {high_percentile} are no range: "
                "give two from 0 to 100, the lower first."
            )
        low, high = self.limits(low_percentile, high_percentile)
        high = high if top is None else top
        if kind == "replknet" and not self.signed:
            return _log_over(self.values, high)
        if not self.signed:
            return _on_scale(_scaled_to_unit(self.values, low, high), kind, log_scale, power)
        amounts = np.abs(self.values)
        if kind == "replknet":
            amounts = _log_over(amounts, high)
        else:
            amounts = _on_scale(_scaled_to_unit(amounts, 0.0, high), kind, log_scale, power)
        return np.where(self.values < 0, 0.5 - amounts / 2, 0.5 + amounts / 2).astype(np.float32)

    def minus(self, other: HeatMap, meaning: str) -> HeatMap:
        """This map less another one of the same cells: a signed map.

        Raises:
            RequestError: the two do not lie over the same part of the picture in the same cells.
        """
        if self.shape != other.shape or self.box != other.box:
            raise RequestError(
                "These two maps have no difference: they do not lie over the same part of the "
                "picture in the same cells."
            )
        return HeatMap(self.values - other.values, meaning, self.box, self.unit, signed=True)

    def cells_of_share(self, share: float) -> npt.NDArray[np.bool_]:
        """(H, W) bool: the fewest cells that together hold a share of the map's sum.

        The largest values come first; of equal ones those further up, then further left. Values
        below zero, and those that are no numbers, count nothing; a map of nothing has no cells.

        Args:
            share: above 0, up to 1.

        Raises:
            RequestError: there is no such share.
        """
        if not 0 < share <= 1:
            raise RequestError(f"{share:g} is no share: give more than 0 and not more than 1.")
        amounts = np.where(np.isfinite(self.values), self.values, 0).clip(0).ravel()
        order = np.argsort(-amounts, kind="stable")
        reached = np.cumsum(amounts[order], dtype=np.float64)
        cells = np.zeros(amounts.size, np.bool_)
        if reached.size and reached[-1] > 0:
            cells[order[: int(np.searchsorted(reached, share * reached[-1])) + 1]] = True
        return cells.reshape(self.shape)

    def region(self, share: float, image_size: Size) -> npt.NDArray[np.bool_]:
        """(H, W) bool over an image: the pixels in the cells that hold a share of the map's sum.

        A pixel belongs to the cell in which its centre lies, so that where cells are finer than
        pixels only the cells under the centres are taken. See `cells_of_share`.

        Args:
            share: above 0, up to 1.
            image_size: (height, width) of the image that the map's box lies in.

        Raises:
            RequestError: there is no such share.
        """
        place, inside = self.region_in_box(share, image_size)
        region = np.zeros(image_size, np.bool_)
        region[place.slices] = inside
        return region

    def region_in_box(self, share: float, image_size: Size) -> tuple[Box, npt.NDArray[np.bool_]]:
        """As `region`, of the smallest box around it alone: the box, and (h, w) bool within it.

        Raises:
            RequestError: there is no such share.
        """
        cells = self.cells_of_share(share)
        seen = self.box.clip(*image_size)
        rows = _cells_of_pixels(seen.y0 - self.box.y0, seen.height, self.box.height, cells.shape[0])
        columns = _cells_of_pixels(
            seen.x0 - self.box.x0, seen.width, self.box.width, cells.shape[1]
        )
        down = np.flatnonzero(np.asarray(cells.any(axis=1))[rows])
        across = np.flatnonzero(np.asarray(cells.any(axis=0))[columns])
        if not (down.size and across.size):
            return EMPTY, np.zeros((0, 0), np.bool_)
        top, bottom, left, right = down[0], down[-1] + 1, across[0], across[-1] + 1
        place = Box(int(left), int(top), int(right), int(bottom)).moved(seen.x0, seen.y0)
        return place, cells[rows[top:bottom, None], columns[left:right]]

    def colour(
        self, cmap: str | None = None, kind: Normalisation = "linear", **options: float
    ) -> npt.NDArray[np.uint8]:
        """(H, W, 4) uint8 RGBA, opaque, in a colour map of matplotlib; options of `normalised`.

        Without a `cmap` it is the one that suits the map, `colours`.

        Raises:
            RequestError: matplotlib has no such colour map.
        """
        indices = (self.normalised(kind, **options) * 255 + 0.5).astype(np.uint8)
        table = np.column_stack([colour_table(cmap or self.colours), np.full(256, 255, np.uint8)])
        return np.take(table.view(np.uint32)[:, 0], indices).view(np.uint8).reshape(*self.shape, 4)


@lru_cache(maxsize=32)
def colour_table(cmap: str) -> npt.NDArray[np.uint8]:
    """(256, 3) uint8 RGB of a colour map of matplotlib, from low to high; read-only.

    Raises:
        RequestError: matplotlib has no such colour map.
    """
    from matplotlib import colormaps  # takes a while: only once a map is shown

    if cmap not in colormaps:
        raise RequestError(f'There is no colour map "{cmap}": choose one of matplotlib\'s.')
    table = np.round(colormaps[cmap](np.arange(256) / 255)[:, :3] * 255).astype(np.uint8)
    table.flags.writeable = False
    return table


def _scaled_to_unit(
    values: npt.NDArray[np.float32], low: float, high: float
) -> npt.NDArray[np.float32]:
    """`low` to `high` as 0 to 1, clipped; in float64, where no difference of float32 overflows."""
    span = high - low
    if span > 0:
        unit = np.clip((values.astype(np.float64) - low) / span, 0.0, 1.0)
    else:
        unit = np.where(values > low, 1.0, 0.0)
    return np.nan_to_num(unit, nan=0.0).astype(np.float32)


def _on_scale(
    unit: npt.NDArray[np.float32], kind: Normalisation, log_scale: float, power: float
) -> npt.NDArray[np.float32]:
    """Values of 0 to 1 as they fall on the colours.

    Raises:
        RequestError: an unknown kind.
    """
    if kind == "linear":
        return unit
    if kind == "log":
        top = np.log10(np.float32(log_scale) + np.float32(1))
        shown: npt.NDArray[np.float32] = np.log10(unit * np.float32(log_scale) + 1) / top
        return shown
    if kind == "power":
        return np.power(unit, np.float32(power))
    raise RequestError(
        f'There is no normalisation "{kind}": choose linear, log, power or replknet.'
    )


def _cells_of_pixels(start: int, count: int, length: int, cells: int) -> npt.NDArray[np.intp]:
    """Of `count` pixels from `start` on, of `length` under so many cells, the cell of each."""
    return (2 * np.arange(start, start + count) + 1) * cells // (2 * length)


def _log_over(values: npt.NDArray[np.float32], high: float) -> npt.NDArray[np.float32]:
    """log10(v + 1) over that of `high`, clipped to 0 … 1; NaN becomes 0."""
    top = np.log10(max(high, 0.0) + 1)
    if top == 0:
        return np.zeros_like(values)
    positive = np.maximum(np.nan_to_num(values.astype(np.float64), nan=0.0), 0)
    shown: npt.NDArray[np.float32] = np.clip(np.log10(positive + 1) / top, 0, 1).astype(np.float32)
    return shown
