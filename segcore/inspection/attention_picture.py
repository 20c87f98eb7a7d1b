"""A figure of a query's attention: a row for each block, with the picture and all its heads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from segcore.geometry import Box, Point
from segcore.heatmap import HeatMap
from segcore.inspection.attention import AttentionMap

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Picture = npt.NDArray[np.uint8]

_PANEL = 160  # pixels of a panel's longer side
_GAP = 6
_DOTS_PER_INCH = 100
_WITHOUT_KEYS = 128  # grey, where no key lies


def attention_picture(
    maps: Sequence[AttentionMap],
    image: Picture,
    box: Box,
    *,
    title: str = "",
    cmap: str = "inferno",
) -> Figure:
    """A figure with a row for each map: the picture, the mean of the heads, and each head.

    The key grid is shown as it is, in blocks and not interpolated, each panel scaled by its own
    largest weight; where no key lies it is grey. A ring marks the query. Made without pyplot, so
    that it needs no display and leaves nothing behind.

    Args:
        maps: of one query, at least one.
        image: (H, W, 3) uint8 RGB, in which the query is a pixel.
        box: the image pixels that are shown: those of the window that answered.
        title: above all panels.
        cmap: one of matplotlib's colour maps.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.cm import ScalarMappable
    from matplotlib.figure import Figure

    height, width = panel_size(box)
    heads = max(found.heads for found in maps)
    rows, columns = np.arange(len(maps)) * (height + _GAP), np.arange(heads + 2) * (width + _GAP)
    canvas = np.full((rows[-1] + height, columns[-1] + width, 3), 255, np.uint8)
    plain = picture_panel(image, box, (height, width))
    rings = []
    for top, found in zip(rows, maps):
        shown = [found.heat_map(), *(found.heat_map(head) for head in range(found.heads))]
        panels = [plain, *(_panel(one, box, (height, width), cmap) for one in shown)]
        for left, panel in zip(columns, panels):
            canvas[top : top + height, left : left + width] = panel
            rings.append(_ring(found.point, box, (height, width), (int(top), int(left))))

    inches = (canvas.shape[1] / _DOTS_PER_INCH + 2.4, canvas.shape[0] / _DOTS_PER_INCH + 1.2)
    figure = Figure(figsize=inches, dpi=_DOTS_PER_INCH, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    axes.imshow(canvas, interpolation="nearest")
    across, down = zip(*rings)
    for colour, line in (("white", 2.5), ("black", 1.0)):
        axes.scatter(
            *(across, down, 40),
            facecolors="none",
            edgecolors=colour,
            linewidths=line,
            clip_on=False,  # a query in a corner
        )
    axes.set(xlim=(-0.5, canvas.shape[1] - 0.5), ylim=(canvas.shape[0] - 0.5, -0.5))
    names = ["picture", "mean", *(f"head {head}" for head in range(heads))]
    axes.set_xticks(columns + width / 2, names, fontsize=8)
    axes.set_yticks(rows + height / 2, [row_name(found) for found in maps], fontsize=8)
    axes.tick_params(length=0, top=False, labeltop=True, labelbottom=False)
    axes.spines[:].set_visible(False)
    bar = figure.colorbar(ScalarMappable(cmap=cmap), ax=axes, aspect=30, shrink=0.9, pad=0.01)
    bar.set_label("attention weight\nover the panel's largest", fontsize=8)
    bar.ax.tick_params(labelsize=7)
    if title:
        figure.suptitle(title, fontsize=11)
    return figure


def row_name(found: AttentionMap) -> str:
    rows, columns = found.values.shape[1:]
    if found.kind.startswith("rollout"):
        return f"rollout from\nstage {found.stage}\n{rows} x {columns} tokens"
    cells = "tokens" if found.kind.startswith("towards") else "keys"
    return f"stage {found.stage}\nblock {found.block}\n{rows} x {columns} {cells}"


def panel_size(box: Box) -> tuple[int, int]:
    longer = max(box.size)
    return (
        max(round(_PANEL * box.height / longer), 16),
        max(round(_PANEL * box.width / longer), 16),
    )


def _places(length: int, cells: int) -> npt.NDArray[np.intp]:
    """Of each of `length` pixels, the cell in which its centre falls."""
    return (2 * np.arange(length) + 1) * cells // (2 * length)


def picture_panel(image: Picture, box: Box, size: tuple[int, int]) -> Picture:
    from PIL import Image

    shown = Image.fromarray(image[box.slices]).resize(size[::-1], Image.Resampling.BOX)
    return np.asarray(shown)


def _panel(heat_map: HeatMap, box: Box, size: tuple[int, int], cmap: str) -> Picture:
    """The map over its part of the window, in blocks."""
    panel = np.full((*size, 3), _WITHOUT_KEYS, np.uint8)
    height = round(size[0] * heat_map.box.height / box.height)
    width = round(size[1] * heat_map.box.width / box.width)
    colours = heat_map.colour(cmap)[..., :3]
    rows, columns = (
        _places(length, cells) for length, cells in zip((height, width), heat_map.shape)
    )
    panel[:height, :width] = colours[rows[:, None], columns]
    return panel


def _ring(
    point: Point, box: Box, size: tuple[int, int], corner: tuple[int, int]
) -> tuple[float, float]:
    """Where the query lies in a panel whose upper left corner is (top, left): (x, y)."""
    x = (point[0] - box.x0 + 0.5) * size[1] / box.width - 0.5
    y = (point[1] - box.y0 + 0.5) * size[0] / box.height - 0.5
    return corner[1] + x, corner[0] + y
