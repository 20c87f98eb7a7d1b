"""Numbers for effective receptive fields: how far they reach, and where to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from segcore.errors import RequestError
from segcore.geometry import Box, Point, cell_of_point
from segcore.heatmap import HeatMap
from segcore.inspection.erf_settings import Analysis

SHARES = (20, 30, 50, 99)

_HALF = 50


@dataclass(frozen=True)
class ErfFigures:
    """How far an effective receptive field reaches.

    Attributes:
        area_ratio: of 20, 30, 50 and 99 % of the sum, the area of the smallest square of 3, 5, 7 …
            pixels a side, centred on the query and clipped to the picture, that holds more than
            that share, over H · W. 1.0 where no square does (a map of zeros). As RepLKNet's script
            has it where that was asked for: see `replknet_area_ratios`, which may be NaN.
        centroid: (x, y), the mean position of the map, in its pixels from 0; the query itself for
            a map of zeros.
        radius: the root mean square distance from the query, in the map's pixels.
        equivalent_radius: of a disc as large as the square that holds 50 % (of the map itself,
            whatever the analysis), sqrt(area / pi), in the map's pixels.
        box_share: the share of the sum inside a box that was asked for, 0 to 1.
    """

    area_ratio: dict[int, float]
    centroid: tuple[float, float]
    radius: float
    equivalent_radius: float = 0.0
    box_share: float | None = None

    def to_json(self) -> dict[str, Any]:
        """As in `erf.json`."""
        data: dict[str, Any] = {
            "area_ratio": {
                str(share): None if np.isnan(ratio) else ratio
                for share, ratio in self.area_ratio.items()
            },
            "centroid": list(self.centroid),
            "radius": self.radius,
            "equivalent_radius": self.equivalent_radius,
        }
        return data if self.box_share is None else {**data, "box_share": self.box_share}


def erf_figures(
    heat_map: HeatMap,
    point: Point | None = None,
    *,
    analysis: Analysis = "plain",
    box: Box | None = None,
) -> ErfFigures:
    """Measure a receptive field.

    Args:
        heat_map: as `receptive_field` returns it. Of signed maps the magnitude is measured.
        point: the query in image pixels; without one, pixel (W // 2, H // 2) of the map.
        analysis: `replknet` takes the area ratios as that script does.
        box: image pixels whose share of the sum is wanted; a cell counts with its centre.

    Raises:
        RequestError: the point is outside the map's box, or no cell of the map is in `box`.
    """
    values = np.abs(np.asarray(heat_map, np.float64))
    height, width = values.shape
    if point is None:
        row, column = height // 2, width // 2
    else:
        inside = (point[0] - heat_map.box.x0, point[1] - heat_map.box.y0)
        row, column = cell_of_point(inside, heat_map.box.size, (height, width))
    total = float(values.sum())
    share = None if box is None else _share_inside(values, heat_map.box, box)
    plain: dict[int, float] = dict.fromkeys(SHARES, 1.0)
    if total > 0:
        plain = _area_ratios(values, row, column)
    ratios = replknet_area_ratios(values) if analysis == "replknet" else plain
    disc = float(np.sqrt(plain[_HALF] * height * width / np.pi))
    if total == 0:
        return ErfFigures(ratios, (float(column), float(row)), 0.0, disc, share)
    across, down = values.sum(axis=0), values.sum(axis=1)
    x, y = np.arange(width), np.arange(height)
    squared = (down @ (y - row) ** 2 + across @ (x - column) ** 2) / total
    return ErfFigures(
        ratios,
        (float(across @ x / total), float(down @ y / total)),
        float(np.sqrt(squared)),
        disc,
        share,
    )


def replknet_area_ratios(values: npt.NDArray[np.floating[Any]]) -> dict[int, float]:
    """Area ratios at 20, 30, 50 and 99 % as the analysis of RepLKNet's ERF script takes them.

    Of log10(v + 1) over its largest value, `v` the un-normalised map: the area of the smallest
    square of 3, 5, 7 … pixels a side around pixel (h // 2, w // 2) whose share of the sum is more
    than t, over h · w. The script's squares have a reach below half the shorter side (it fails on
    pictures wider than high, where it looks for more); where none of them is enough, as for a map
    of zeros, it has no answer, which is NaN here (null in JSON).
    """
    shown = np.log10(np.asarray(values, np.float64) + 1)
    height, width = shown.shape
    row, column = height // 2, width // 2
    ratios = dict.fromkeys(SHARES, np.nan)
    if not shown.max() > 0:
        return ratios
    shown = shown / shown.max()
    total = shown.sum()
    for reach in range(1, min(row, column)):
        side = 2 * reach + 1
        square = shown[row - reach : row + reach + 1, column - reach : column + reach + 1]
        held = square.sum() / total
        for share in SHARES:
            if np.isnan(ratios[share]) and held > share / 100:
                ratios[share] = (side / height) * (side / width)
    return ratios


def _share_inside(values: npt.NDArray[np.float64], covered: Box, wanted: Box) -> float:
    height, width = values.shape
    y = covered.y0 + (np.arange(height) + 0.5) * covered.height / height
    x = covered.x0 + (np.arange(width) + 0.5) * covered.width / width
    rows = (y >= wanted.y0) & (y < wanted.y1)
    columns = (x >= wanted.x0) & (x < wanted.x1)
    if not (rows.any() and columns.any()):
        raise RequestError(
            f"The box {','.join(map(str, wanted))} holds nothing of the field, which lies in "
            f"{','.join(map(str, covered))}: choose another box."
        )
    total = values.sum()
    return float(values[np.ix_(rows, columns)].sum() / total) if total > 0 else 0.0


def _area_ratios(values: npt.NDArray[np.float64], row: int, column: int) -> dict[int, float]:
    height, width = values.shape
    integral = np.zeros((height + 1, width + 1))
    integral[1:, 1:] = values.cumsum(axis=0).cumsum(axis=1)
    furthest = max(row, height - 1 - row, column, width - 1 - column)
    reach = np.arange(1, max(furthest, 1) + 1)
    top, bottom = np.maximum(row - reach, 0), np.minimum(row + reach + 1, height)
    left, right = np.maximum(column - reach, 0), np.minimum(column + reach + 1, width)
    held = (
        integral[bottom, right]
        - integral[top, right]
        - integral[bottom, left]
        + integral[top, left]
    )
    areas = (bottom - top) * (right - left) / (height * width)
    total = integral[-1, -1]
    ratios: dict[int, float] = {}
    for share in SHARES:
        enough = np.flatnonzero(held > share / 100 * total)
        ratios[share] = float(areas[enough[0]]) if len(enough) else 1.0
    return ratios
