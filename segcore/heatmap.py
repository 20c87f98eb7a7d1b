"""Heat maps: float images that say how much each pixel matters, and how they are shown."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from segcore.errors import RequestError
from segcore.geometry import Box

Normalisation = Literal["linear", "log", "power"]

LOG_SCALE = 1000.0
POWER = 0.3


@dataclass(frozen=True, eq=False)
class HeatMap:
    """How much something counts at each place of an image.

    Attributes:
        values: (H, W) float32, rows from the top; not normalised.
        meaning: what they are, for a person: "ERF of stage 4", "attention of head 2".
        box: the image pixels that the map covers; its cells divide the box evenly.
        unit: what a value is counted in, or nothing.
    """

    values: npt.NDArray[np.float32]
    meaning: str
    box: Box
    unit: str = ""

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

    def range(
        self, low_percentile: float = 0.0, high_percentile: float = 100.0
    ) -> tuple[float, float]:
        """The values at two percentiles of the finite ones; (0, 0) where there are none."""
        finite = self.values[np.isfinite(self.values)].astype(np.float64)
        if finite.size == 0:
            return 0.0, 0.0
        low, high = np.percentile(finite, (low_percentile, high_percentile))
        return float(low), float(high)

    def normalised(
        self,
        kind: Normalisation = "linear",
        *,
        low_percentile: float = 0.0,
        high_percentile: float = 100.0,
        log_scale: float = LOG_SCALE,
        power: float = POWER,
    ) -> npt.NDArray[np.float32]:
        """The values between 0 and 1, (H, W) float32; never NaN.

        First the values at the two percentiles become 0 and 1 and what is beyond is clipped. Maps
        that are nowhere negative start at 0 rather than at their least, unless `low_percentile` is
        given, so that 0 stays 0. Then:

        - `linear`: nothing more;
        - `log`: log10(log_scale · v + 1) over its largest value. RepLKNet's ERF script has
          log10(v + 1) of un-scaled sums, which depends on their scale; scaled first, any two
          maps can be compared;
        - `power`: v ** power, which shows what is faint.

        NaN becomes 0, and infinities the ends. A constant map of zeros is 0 everywhere, any
        other constant map that is nowhere negative is 1.

        Raises:
            RequestError: an unknown kind, or percentiles out of order.
        """
        if not 0 <= low_percentile < high_percentile <= 100:
            raise RequestError(
                f"Percentiles {low_percentile} and {high_percentile} are no range: "
                "give two from 0 to 100, the lower first."
            )
        low, high = self.range(low_percentile, high_percentile)
        if low_percentile == 0 and low > 0:
            low = 0.0
        unit = _scaled_to_unit(self.values, low, high)
        if kind == "linear":
            return unit
        if kind == "log":
            top = np.log10(np.float32(log_scale) + np.float32(1))
            shown: npt.NDArray[np.float32] = np.log10(unit * np.float32(log_scale) + 1) / top
            return shown
        if kind == "power":
            return np.power(unit, np.float32(power))
        raise RequestError(f'There is no normalisation "{kind}": choose linear, log or power.')

    def colour(
        self, cmap: str = "inferno", kind: Normalisation = "linear", **options: float
    ) -> npt.NDArray[np.uint8]:
        """(H, W, 4) uint8 RGBA, opaque, in a colour map of matplotlib; options of `normalised`.

        Raises:
            RequestError: matplotlib has no such colour map.
        """
        indices = (self.normalised(kind, **options) * 255 + 0.5).astype(np.uint8)
        table = np.column_stack([colour_table(cmap), np.full(256, 255, np.uint8)])
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
