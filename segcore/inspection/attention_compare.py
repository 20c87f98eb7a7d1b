"""A figure of two queries: what each looks at in the mean of all heads, and the difference."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from segcore.geometry import Box, Point
from segcore.inspection.attention import AttentionMap
from segcore.inspection.attention_picture import Picture, panel_size, picture_panel, row_name

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_INCHES = 2.3
"""Of a panel's width."""


def comparison_picture(
    first: Sequence[AttentionMap],
    second: Sequence[AttentionMap],
    image: Picture,
    box: Box,
    *,
    title: str = "",
) -> Figure:
    """A figure with a row for each block: the picture, A, B, and B less A.

    A and B share one scale, which the bar beside B shows; the difference has a diverging one of its
    own, zero in its middle. The grids are shown as they are, in blocks; grey where there are none.

    Args:
        first, second: the maps of two queries, of the same blocks, at least one.
        image: (H, W, 3) uint8 RGB.
        box: the image pixels that are shown: those of the window that answered.
        title: above all panels.

    Raises:
        RequestError: the maps of the two queries do not lie over the same cells.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    size = panel_size(box)
    tall = _INCHES * size[0] / size[1] + 0.25
    figure = Figure(figsize=(4 * _INCHES + 2.6, len(first) * tall + 0.8), layout="constrained")
    FigureCanvasAgg(figure)
    plain = picture_panel(image, box, size)
    for row, (a, b) in zip(figure.subplots(len(first), 4, squeeze=False), zip(first, second)):
        _draw_row(row.tolist(), a, b, box, plain)
    if title:
        figure.suptitle(title, fontsize=11)
    return figure


def _draw_row(
    row: Sequence[Axes], a: AttentionMap, b: AttentionMap, box: Box, plain: Picture
) -> None:
    maps = [a.heat_map(), b.heat_map()]
    difference = maps[1].minus(maps[0], "B less A")
    most = max(one.limits()[1] for one in maps)
    for axes, name in zip(row, ("picture", "A", "B", "B less A")):
        axes.set_title(name, fontsize=8)
        axes.set_facecolor("0.5")
        axes.set_xticks([])
        axes.set_yticks([])
    row[0].imshow(plain, extent=_extent(box))
    row[0].set_ylabel(row_name(a), fontsize=8)
    for axes, heat_map, limits in (
        (row[1], maps[0], (0.0, most)),
        (row[2], maps[1], (0.0, most)),
        (row[3], difference, difference.limits()),
    ):
        shown = axes.imshow(
            heat_map.values,
            cmap=heat_map.colours,
            vmin=limits[0],
            vmax=limits[1],
            interpolation="nearest",
            extent=_extent(heat_map.box),
        )
        axes.set(xlim=(box.x0, box.x1), ylim=(box.y1, box.y0))
        if axes is not row[1]:
            bar = axes.figure.colorbar(shown, ax=axes, shrink=0.9, pad=0.02)
            bar.ax.tick_params(labelsize=7)
    _mark(row[1], a.point)
    _mark(row[2], b.point)


def _extent(box: Box) -> tuple[float, float, float, float]:
    return box.x0, box.x1, box.y1, box.y0


def _mark(axes: Axes, point: Point) -> None:
    for colour, line in (("white", 2.5), ("black", 1.0)):
        axes.scatter(
            [point[0] + 0.5],
            [point[1] + 0.5],
            40,
            facecolors="none",
            edgecolors=colour,
            linewidths=line,
            clip_on=False,  # a query in a corner
        )
