"""A figure of a hidden region: the picture, the labels and what changed, before and after."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from segcore.heatmap import HeatMap
from segcore.inspection.counterfactual import Counterfactual

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Picture = npt.NDArray[np.uint8]

_LARGEST = 640
"""Pixels of a panel's longer side; larger pictures are thinned out."""


def counterfactual_picture(found: Counterfactual, image: Picture, *, title: str = "") -> Figure:
    """A figure with two rows: what was seen and said, and the changes.

    The upper row has the picture, the hidden picture and the labels of both, the lower one the
    pixels that flipped, the change of confidence, and that of each receptive field. The region is
    framed, and a ring marks the pixel that was asked about.

    Args:
        found: with its receptive fields, if they were asked for.
        image: (H, W, 3) uint8 RGB as it was.
        title: above all panels.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    lut = found.before.classes.lut()
    changes = [
        ("flipped", found.flipped_map()),
        ("confidence", found.confidence_change()),
        *((f"ERF, {target}", found.erf_change(target)) for target in found.erf_before),
    ]
    height, width = image.shape[:2]
    columns = max(4, len(changes))
    figure = Figure(
        figsize=(3.2 * columns, 2 * 3.0 * min(height / width, 1.6) + 1.2),
        dpi=100,
        layout="constrained",
    )
    FigureCanvasAgg(figure)
    upper, lower = figure.subplots(2, columns, squeeze=False)
    pictures = (
        ("picture", image),
        (f"hidden ({found.filling})", found.image),
        ("labels before", lut[found.before.labels]),
        ("labels after", lut[found.after.labels]),
    )
    for axes, (name, picture) in zip(upper, pictures):
        _show(axes, name, picture, found)
    for axes, (name, change) in zip(lower, changes):
        _show_change(figure, axes, name, change, found)
    for axes in (*upper[len(pictures) :], *lower[len(changes) :]):
        axes.set_axis_off()
    if title:
        figure.suptitle(title, fontsize=11)
    return figure


def _show(axes: Axes, name: str, picture: Picture, found: Counterfactual) -> None:
    height, width = picture.shape[:2]
    step = -(-max(height, width) // _LARGEST)
    axes.imshow(picture[::step, ::step], extent=(0, width, height, 0), interpolation="nearest")
    _mark(axes, name, found)


def _show_change(
    figure: Figure, axes: Axes, name: str, change: HeatMap, found: Counterfactual
) -> None:
    box = change.box
    low, high = change.limits(0.5, 99.5) if change.signed else (0.0, 1.0)
    step = -(-max(change.shape) // _LARGEST)
    shown = axes.imshow(
        change.values[::step, ::step],
        cmap=change.colours,
        vmin=low,
        vmax=max(high, low + 1e-9),
        extent=(box.x0, box.x1, box.y1, box.y0),
        interpolation="nearest",
    )
    if change.signed:
        bar = figure.colorbar(shown, ax=axes, shrink=0.8, pad=0.02)
        bar.ax.tick_params(labelsize=6)
    _mark(axes, name, found)


def _mark(axes: Axes, name: str, found: Counterfactual) -> None:
    region = found.region
    x, y = found.point
    across = [region.x0, region.x1, region.x1, region.x0, region.x0]
    down = [region.y0, region.y0, region.y1, region.y1, region.y0]
    for colour, line in (("black", 2.0), ("white", 1.0)):
        axes.plot(across, down, color=colour, linewidth=line)
        axes.scatter(
            x + 0.5, y + 0.5, 36, facecolors="none", edgecolors=colour, linewidths=line + 0.5
        )
    height, width = found.before.labels.shape
    axes.set(xlim=(0, width), ylim=(height, 0), xticks=[], yticks=[])
    axes.set_title(name, fontsize=9)
