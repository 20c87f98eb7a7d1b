"""Numbers and a picture for effective receptive fields: how far they reach, and where to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from segcore.geometry import Point, cell_of_point
from segcore.heatmap import HeatMap

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SHARES = (20, 30, 50, 99)

_PANEL_WIDTH = 2.6  # inches

TITLES = {
    "stage1": "Stage 1",
    "stage2": "Stage 2",
    "stage3": "Stage 3",
    "stage4": "Stage 4",
    "fused": "Head, fused",
    "head": "Head, logits",
}


@dataclass(frozen=True)
class ErfFigures:
    """How far an effective receptive field reaches.

    Attributes:
        area_ratio: of 20, 30, 50 and 99 % of the sum, the area of the smallest square of 3, 5, 7 …
            pixels a side, centred on the query and clipped to the picture, that holds more than
            that share, over H · W. 1.0 where no square does (a map of zeros).
        centroid: (x, y), the mean position of the map, in its pixels from 0; the query itself for
            a map of zeros.
        radius: the root mean square distance from the query, in the map's pixels.
    """

    area_ratio: dict[int, float]
    centroid: tuple[float, float]
    radius: float

    def to_json(self) -> dict[str, Any]:
        """As in `erf.json`."""
        return {
            "area_ratio": {str(share): ratio for share, ratio in self.area_ratio.items()},
            "centroid": list(self.centroid),
            "radius": self.radius,
        }


def erf_figures(heat_map: HeatMap, point: Point | None = None) -> ErfFigures:
    """Measure a receptive field.

    Args:
        heat_map: as `receptive_field` returns it. Of signed maps the magnitude is measured.
        point: the query in image pixels; without one, pixel (W // 2, H // 2) of the map.

    Raises:
        RequestError: the point is outside the map's box.
    """
    values = np.abs(np.asarray(heat_map, np.float64))
    height, width = values.shape
    if point is None:
        row, column = height // 2, width // 2
    else:
        box = heat_map.box
        inside = (point[0] - box.x0, point[1] - box.y0)
        row, column = cell_of_point(inside, box.size, (height, width))
    total = float(values.sum())
    if total == 0:
        return ErfFigures(dict.fromkeys(SHARES, 1.0), (float(column), float(row)), 0.0)
    across, down = values.sum(axis=0), values.sum(axis=1)
    x, y = np.arange(width), np.arange(height)
    squared = (down @ (y - row) ** 2 + across @ (x - column) ** 2) / total
    return ErfFigures(
        _area_ratios(values, row, column),
        (float(across @ x / total), float(down @ y / total)),
        float(np.sqrt(squared)),
    )


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
    ratios = {}
    for share in SHARES:
        enough = np.flatnonzero(held > share / 100 * total)
        ratios[share] = float(areas[enough[0]]) if len(enough) else 1.0
    return ratios


def erf_picture(
    heat_maps: Mapping[str, HeatMap],
    figures: Mapping[str, ErfFigures] | None = None,
    *,
    title: str = "",
    cmap: str = "inferno",
) -> Figure:
    """A figure with one panel per target, on one logarithmic scale below each map's largest value.

    Made without pyplot, so that it needs no display and leaves nothing behind.

    Args:
        heat_maps: target -> map, as `receptive_field` returns them.
        figures: where given, the area ratios stand under the panels.
        title: above all panels.
        cmap: one of matplotlib's colour maps.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    count = max(len(heat_maps), 1)
    height, width = next(iter(heat_maps.values())).shape if heat_maps else (1, 1)
    panel_height = min(max(_PANEL_WIDTH * height / width, 1.0), 6.0)
    size = (_PANEL_WIDTH * count + 0.8, panel_height + 0.9 + (0.3 if title else 0))
    figure = Figure(figsize=size, layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(1, count, squeeze=False)[0]
    image = None
    for panel, (target, heat_map) in zip(panels, heat_maps.items()):
        image = panel.imshow(heat_map.normalised("log"), cmap=cmap, vmin=0, vmax=1)
        panel.set_title(TITLES.get(target, target), fontsize=10)
        panel.set_xticks([])
        panel.set_yticks([])
        if figures is not None and target in figures:
            panel.set_xlabel(_caption(figures[target]), fontsize=8)
    if image is not None:
        bar = figure.colorbar(image, ax=panels, shrink=0.7, pad=0.01)
        bar.set_label("log10(1000 v / max + 1), scaled", fontsize=8)
        bar.ax.tick_params(labelsize=7)
    if title:
        figure.suptitle(title, fontsize=11)
    return figure


def _caption(figures: ErfFigures) -> str:
    half, nearly = (100 * figures.area_ratio[share] for share in (50, 99))
    return f"area of 50 %: {half:.2g} %\n99 %: {nearly:.3g} %, radius {figures.radius:.0f} px"
