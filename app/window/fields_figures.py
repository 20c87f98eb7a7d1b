"""Receptive fields as a figure like the paper's, and in numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from app.figure_files import FigureNumbers
from app.inference.inquiries.fields import Fields
from app.inference.requests import Point
from app.window.fields_words import share_inside
from segcore.errors import RequestError
from segcore.geometry import Box
from segcore.heatmap import Normalisation

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Row = tuple[str, Fields]

COLUMNS = (
    "model",
    "target",
    "area_ratio_20",
    "area_ratio_30",
    "area_ratio_50",
    "area_ratio_99",
    "centroid_x",
    "centroid_y",
    "radius",
    "equivalent_radius",
    "box_share",
)


def figure_maker(
    rows: Sequence[Row],
    point: Point | None,
    display: Normalisation,
    *,
    title: str,
    difference: tuple[int, int] = (1, 0),
) -> Callable[[], Figure]:
    """What makes the figure, on any thread: a row for each model, and a difference of two."""

    def make() -> Figure:
        from segcore.inspection.erf_comparison import ErfRow, comparison_figure
        from segcore.inspection.erf_display import ErfDisplay

        drawn = [ErfRow(name, each.maps, point, each.figures) for name, each in rows]
        look = ErfDisplay(display)
        if len(drawn) > 1:
            try:
                return comparison_figure(
                    drawn, display=look, patches=True, difference=difference, title=title
                )
            except RequestError:
                pass  # maps of different sizes have no difference; they are shown without one
        return comparison_figure(drawn, display=look, patches=True, title=title)

    return make


def numbers_of(rows: Sequence[Row], box: Box | None) -> FigureNumbers:
    """The maps, a row of figures for each of them, and all settings."""
    single = len(rows) == 1
    arrays = {
        target if single else f"row{number}_{target}": np.asarray(one)
        for number, (_name, fields) in enumerate(rows)
        for target, one in fields.maps.items()
    }
    table = [
        (
            name,
            target,
            *each.area_ratio.values(),
            *each.centroid,
            each.radius,
            each.equivalent_radius,
            "" if box is None else share_inside(fields.maps[target], box),
        )
        for name, fields in rows
        for target, each in fields.figures.items()
    ]
    settings = {
        "rows": [{"title": name, **fields.settings} for name, fields in rows],
        "box": None if box is None else list(box),
    }
    return FigureNumbers(arrays, COLUMNS, table, settings)
