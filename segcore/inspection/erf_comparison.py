"""One figure of receptive fields: rows of models, columns of targets, as the paper's Fig. 3.

Made without pyplot, so that it needs no display and leaves nothing behind; draw it off the window's
thread.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from segcore.errors import RequestError
from segcore.geometry import Point, cell_of_point
from segcore.heatmap import POWER, HeatMap
from segcore.inspection.erf_display import ErfDisplay
from segcore.inspection.erf_figures import ErfFigures

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.image import AxesImage

TITLES = {
    "stage1": "Stage 1",
    "stage2": "Stage 2",
    "stage3": "Stage 3",
    "stage4": "Stage 4",
    "fused": "Head, fused",
    "head": "Head, logits",
}

ZOOMED = {"stage4": "red", "head": "blue"}
"""The targets whose middle is shown enlarged, and the colour of the frame, as in the paper."""

ZOOM = 4
"""A patch is so many times narrower than the shorter side of the map."""

_PANEL_WIDTH = 2.6  # inches


@dataclass(frozen=True, eq=False)
class ErfRow:
    """One row of a comparison.

    Attributes:
        title: the model, for people.
        maps: target -> map.
        point: the query in image pixels; None is the middle.
        figures: where given, the numbers stand under the maps.
    """

    title: str
    maps: Mapping[str, HeatMap]
    point: Point | None = None
    figures: Mapping[str, ErfFigures] | None = None


def erf_picture(
    heat_maps: Mapping[str, HeatMap],
    figures: Mapping[str, ErfFigures] | None = None,
    *,
    title: str = "",
    cmap: str | None = None,
) -> Figure:
    """A figure with one panel per target, on one logarithmic scale below each map's largest value.

    Args:
        heat_maps: target -> map, as `receptive_field` returns them.
        figures: where given, the numbers stand under the panels.
        title: above all panels.
        cmap: one of matplotlib's colour maps.
    """
    return comparison_figure([ErfRow("", heat_maps, None, figures)], title=title, cmap=cmap)


def comparison_figure(
    rows: Sequence[ErfRow],
    *,
    display: ErfDisplay | None = None,
    patches: bool = False,
    difference: tuple[int, int] | None = None,
    title: str = "",
    cmap: str | None = None,
) -> Figure:
    """Rows of models, columns of targets, one scale of colours, as the SegFormer paper's Fig. 3.

    Args:
        rows: the models; a target that one of them lacks leaves a gap.
        display: how values become colours; log below each map's own top if left out.
        patches: on the right, the surroundings of the query enlarged: of stage 4 with a red frame,
            of the head with a blue one, which the maps show at their places.
        difference: two numbers of rows, from 0: below all, each map of the first less that of the
            second, both scaled to sum 1 before: where one looks that the other does not.
        title: above all.
        cmap: one of matplotlib's colour maps, other than the one that suits the maps.

    Raises:
        RequestError: there is no row, no such row, or two rows whose maps have no difference.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    if not rows:
        raise RequestError("There is no receptive field to show: give at least one model.")
    display = display or ErfDisplay()
    shown = list(rows)
    below = None if difference is None else _difference(rows, *difference)
    targets = list(dict.fromkeys(target for row in rows for target in row.maps))
    zoomed = [target for target in targets if patches and target in ZOOMED]
    columns = max(len(targets) + len(zoomed), 1)
    count = len(shown) + (below is not None)
    figure = Figure(figsize=_size(rows, columns, count, title), layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(count, columns, squeeze=False)
    top = display.top_of([each for row in rows for each in row.maps.values()])
    style = _Style(display, top, cmap)
    images = [
        _draw_row(list(panels[number]), row, targets, zoomed, style, first=number == 0)
        for number, row in enumerate(shown)
    ]
    image = next((drawn for drawn in images if drawn is not None), None)
    if image is not None:
        signed = any(each.signed for row in rows for each in row.maps.values())
        above = panels[: len(shown)].ravel().tolist()
        _add_scale(figure, image, above, display.words, signed=signed)
    if below is not None:
        contrast = _Style(ErfDisplay("power"), None, None)
        drawn = _draw_row(list(panels[-1]), below, targets, zoomed, contrast, first=False)
        if drawn is not None:
            words = f"±(|d| / largest |d|)^{POWER:g}, d: share less share"
            _add_scale(figure, drawn, panels[-1].tolist(), words, signed=True)
    if title:
        figure.suptitle(title, fontsize=11)
    return figure


def difference_maps(
    first: Mapping[str, HeatMap], second: Mapping[str, HeatMap]
) -> dict[str, HeatMap]:
    """Target by target, the first map less the second, each scaled to sum 1 before: signed maps.

    Scaled, because gradients of two networks have no common unit: what remains is where each
    looks. Of signed maps the magnitudes are compared.

    Raises:
        RequestError: they have no common target, or differ in size or place.
    """
    both = [target for target in first if target in second]
    if not both:
        raise RequestError("The two models have no target in common: ask both for the same.")
    found = {}
    for target in both:
        one, other = first[target], second[target]
        if one.shape != other.shape or one.box != other.box:
            raise RequestError(
                f"The maps of {target} have no difference, as the models take their pictures at "
                "different sizes: give one size for all (--size)."
            )
        found[target] = _as_shares(one).minus(_as_shares(other), f"difference of {target}")
    return found


def _as_shares(heat_map: HeatMap) -> HeatMap:
    values = np.abs(heat_map.values.astype(np.float64))
    total = values.sum() or 1.0
    return HeatMap((values / total).astype(np.float32), heat_map.meaning, heat_map.box)


def _difference(rows: Sequence[ErfRow], first: int, second: int) -> ErfRow:
    for number in (first, second):
        if not 0 <= number < len(rows):
            raise RequestError(f"There is no row {number}: choose 0 to {len(rows) - 1}.")
    one, other = rows[first], rows[second]
    title = f"{one.title}\nless {other.title}"
    return ErfRow(title, difference_maps(one.maps, other.maps), one.point)


@dataclass(frozen=True)
class _Style:
    """How all panels of some rows are coloured."""

    display: ErfDisplay
    top: float | None
    cmap: str | None

    def show(self, panel: Axes, heat_map: HeatMap) -> AxesImage:
        values = heat_map.normalised(self.display.kind, top=self.top)
        cmap = self.cmap or heat_map.colours
        panel.set_xticks([])
        panel.set_yticks([])
        return panel.imshow(values, cmap=cmap, vmin=0, vmax=1)


def _draw_row(
    panels: Sequence[Axes],
    row: ErfRow,
    targets: Sequence[str],
    zoomed: Sequence[str],
    style: _Style,
    *,
    first: bool,
) -> AxesImage | None:
    """One model's panels; an image that has their colours."""
    image = None
    for panel, target in zip(panels, targets):
        if first:
            panel.set_title(TITLES.get(target, target), fontsize=10)
        if target not in row.maps:
            panel.set_axis_off()
            continue
        image = style.show(panel, row.maps[target])
        if target in zoomed:
            _frame_patch(panel, row.maps[target], row.point, ZOOMED[target])
        if row.figures is not None and target in row.figures:
            panel.set_xlabel(_caption(row.figures[target]), fontsize=8)
    for panel, target in zip(panels[len(targets) :], zoomed):
        if first:
            panel.set_title(f"{TITLES[target]}, x{ZOOM}", fontsize=10)
        if target not in row.maps:
            panel.set_axis_off()
            continue
        style.show(panel, row.maps[target])
        left, top, side = _patch(row.maps[target], row.point)
        panel.set_xlim(left - 0.5, left + side - 0.5)
        panel.set_ylim(top + side - 0.5, top - 0.5)
        for spine in panel.spines.values():
            spine.set_color(ZOOMED[target])
            spine.set_linewidth(2)
    if row.title and panels:
        panels[0].set_ylabel(row.title, fontsize=9)
        panels[0].set_axis_on()
    return image


def _patch(heat_map: HeatMap, point: Point | None) -> tuple[int, int, int]:
    """(left, top, side) of the cells around the query that are shown enlarged."""
    height, width = heat_map.shape
    row, column = height // 2, width // 2
    if point is not None:
        inside = (point[0] - heat_map.box.x0, point[1] - heat_map.box.y0)
        row, column = cell_of_point(inside, heat_map.box.size, (height, width))
    side = max(min(height, width) // ZOOM, 1)
    left = min(max(column - side // 2, 0), width - side)
    top = min(max(row - side // 2, 0), height - side)
    return left, top, side


def _frame_patch(panel: Axes, heat_map: HeatMap, point: Point | None, colour: str) -> None:
    from matplotlib.patches import Rectangle

    left, top, side = _patch(heat_map, point)
    panel.add_patch(
        Rectangle((left - 0.5, top - 0.5), side, side, fill=False, edgecolor=colour, linewidth=1.5)
    )


def _size(rows: Sequence[ErfRow], columns: int, count: int, title: str) -> tuple[float, float]:
    """(width, height) of the figure in inches."""
    first = next((each for row in rows for each in row.maps.values()), None)
    height, width = (1, 1) if first is None else first.shape
    panel_height = min(max(_PANEL_WIDTH * height / width, 1.0), 6.0)
    caption = 0.45 if any(row.figures is not None for row in rows) else 0.1
    tall = count * (panel_height + caption) + 0.45 + (0.3 if title else 0)
    return _PANEL_WIDTH * columns + 0.8, tall


def _add_scale(figure: Figure, image: AxesImage, panels: Any, words: str, *, signed: bool) -> None:
    bar = figure.colorbar(image, ax=panels, shrink=0.7, pad=0.01)
    if signed:
        bar.set_ticks([0, 0.25, 0.5, 0.75, 1], labels=["-1", "-0.5", "0", "0.5", "1"])
    bar.set_label(words, fontsize=8)
    bar.ax.tick_params(labelsize=7)


def _caption(figures: ErfFigures) -> str:
    half, nearly = (_percent(figures.area_ratio[share]) for share in (50, 99))
    return f"area of 50 %: {half}\n99 %: {nearly}, radius {figures.radius:.0f} px"


def _percent(ratio: float) -> str:
    return "none" if np.isnan(ratio) else f"{100 * ratio:.3g} %"
