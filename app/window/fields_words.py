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
            [figure_text(100 * each.area_ratio[share]) for each in figures],
        )
        for share in figures[0].area_ratio
    ]
    centroids = [each.centroid for each in figures]
    rows.append(
        (
            _tr("Centre x"),
            _tr("Centroid of the field, in the model's pixels"),
            [f"{x:.0f}" for x, _y in centroids],
        )
    )
    rows.append(
        (
            _tr("Centre y"),
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
            [
                figure_text(equivalent_radius(each.area_ratio[50], fields.maps[target]))
                for target, each in fields.figures.items()
            ],
        )
    )
    if box is not None:
        rows.append(
            (
                _tr("Box %"),
                _tr("Share of the field inside the drawn box, in %"),
                [figure_text(100 * share_inside(one, box)) for one in fields.maps.values()],
            )
        )
    return rows


def equivalent_radius(ratio: float, heat_map: HeatMap) -> float:
    """The radius of a disc that covers such a share of the map, in its pixels."""
    rows, columns = heat_map.shape
    return float(np.sqrt(ratio * rows * columns / np.pi))


def share_inside(heat_map: HeatMap, box: Box) -> float:
    """How much of the map's sum (of signed ones: of the amounts) lies in a box of image pixels."""
    rows, columns = heat_map.shape
    place = heat_map.box
    inside = box.intersect(place)
    total = float(np.abs(heat_map.values).sum(dtype=np.float64))
    if inside.is_empty or total == 0:
        return 0.0
    x0 = round((inside.x0 - place.x0) * columns / place.width)
    x1 = round((inside.x1 - place.x0) * columns / place.width)
    y0 = round((inside.y0 - place.y0) * rows / place.height)
    y1 = round((inside.y1 - place.y0) * rows / place.height)
    part = heat_map.values[y0 : max(y1, y0 + 1), x0 : max(x1, x0 + 1)]
    return float(np.abs(part).sum(dtype=np.float64)) / total


def figure_text(value: float) -> str:
    """Two figures that matter: 0.0031, 8.9, 72."""
    if value >= 10:
        return f"{value:.0f}"
    return f"{value:.2g}" if value >= 0.001 else "0"
