"""What the page of receptive fields says of its maps, in words and figures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from PySide6.QtCore import QCoreApplication

from app.inference.inquiries.fields import Fields
from segcore.geometry import Box
from segcore.heatmap import HeatMap

Row = tuple[str, str, Sequence[str]]


def _tr(text: str) -> str:
    return QCoreApplication.translate("fields", text)


def target_titles(targets: Iterable[str]) -> dict[str, str]:
    """`stage1` as `Stage 1`, `fused` and `head` as words."""
    titles = {"fused": _tr("Fused"), "head": _tr("Head")}
    return {
        target: titles.get(target) or _tr("Stage {}").format(target.removeprefix("stage"))
        for target in targets
    }


def half_caption(figures: object) -> str:
    """What stands under a thumbnail."""
    ratio = figures.area_ratio[50]  # type: ignore[attr-defined]
    return _tr("half in {} %").format(figure_text(100 * ratio))


def figure_rows(fields: Fields, box: Box | None) -> list[Row]:
    """The table of figures of merit: name, tip, a text for each target."""
    if not fields.figures:
        return []
    figures = list(fields.figures.values())
    rows: list[Row] = [
        (
            f"{share} %",
            _tr("Area of the square that holds {} % of the field, in % of the picture").format(
                share
            ),
            [table_text(100 * each.area_ratio[share]) for each in figures],
        )
        for share in figures[0].area_ratio
    ]
    centroids = [each.centroid for each in figures]
    rows.append(
        (
            _tr("x"),
            _tr("Centroid of the field, in the model's pixels"),
            [f"{x:.0f}" for x, _y in centroids],
        )
    )
    rows.append(
        (
            _tr("y"),
            _tr("Centroid of the field, in the model's pixels"),
            [f"{y:.0f}" for _x, y in centroids],
        )
    )
    rows.append(
        (
            _tr("Radius"),
            _tr("Root mean square distance from the query, in the model's pixels"),
            [f"{each.radius:.0f}" for each in figures],
        )
    )
    rows.append(
        (
            _tr("Disc"),
            _tr("Radius of the disc as large as the square that holds 50 %, in pixels"),
            [table_text(each.equivalent_radius) for each in figures],
        )
    )
    if box is not None:
        rows.append(
            (
                _tr("Box %"),
                _tr("Share of the field inside the drawn box, in %"),
                [table_text(100 * share_inside(one, box)) for one in fields.maps.values()],
            )
        )
    return rows


def share_inside(heat_map: HeatMap, box: Box) -> float:
    """How much of the map's sum (of signed ones: of the amounts) lies in a box of image pixels.

    A cell counts with its centre, as in `erf_figures`.
    """
    place = heat_map.box
    across, down = (
        _cells_between(start, length, cells, first, last)
        for start, length, cells, first, last in (
            (place.x0, place.width, heat_map.shape[1], box.x0, box.x1),
            (place.y0, place.height, heat_map.shape[0], box.y0, box.y1),
        )
    )
    total = float(np.abs(heat_map.values).sum(dtype=np.float64))
    if total == 0:
        return 0.0
    return float(np.abs(heat_map.values[down, across]).sum(dtype=np.float64)) / total


def _cells_between(start: int, length: int, cells: int, first: int, last: int) -> slice:
    """Of so many cells over a length from `start` on, those with their centres in a range."""
    begin, end = (
        min(max(int(np.ceil((edge - start) * cells / length - 0.5)), 0), cells)
        for edge in (first, last)
    )
    return slice(begin, end)


def figure_text(value: float) -> str:
    """Two figures that matter: 0.0031, 8.9, 72; a dash for what is not known."""
    if np.isnan(value):
        return "–"
    if value >= 10:
        return f"{value:.0f}"
    return f"{value:.2g}" if value >= 0.001 else "0"


def table_text(value: float) -> str:
    """As `figure_text`, as short as a narrow column needs it: .0031."""
    text = figure_text(value)
    return text.removeprefix("0") if text.startswith("0.") else text
