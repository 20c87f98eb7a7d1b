"""Figures of a training report, as PNG bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from segcore.classes import ClassTable
from segcore.labels import LabelMap
from segcore.render import blend

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_MOST_NAMED = 40
_GAP = 6


def curves(steps: Sequence[Mapping[str, Any]], looks: Sequence[Mapping[str, Any]]) -> bytes:
    """Loss of every step with its running mean, and mIoU of every look, over the steps."""
    figure = _figure(9, 3.4)
    left, right = figure.subplots(1, 2)
    numbers = np.array([step["step"] for step in steps])
    losses = np.array([step["loss"] for step in steps], np.float64)
    left.plot(numbers, losses, color="#9aa5b1", linewidth=0.6)
    left.plot(numbers, _running_mean(losses), color="#1f5fa8", linewidth=1.6)
    left.set(xlabel="step", ylabel="loss", yscale="log" if (losses > 0).all() else "linear")
    right.plot(
        [look["step"] for look in looks],
        [100 * look["miou"] for look in looks],
        color="#1f5fa8",
        marker="o",
        markersize=3,
    )
    right.set(xlabel="step", ylabel="mIoU of held-out pictures, %")
    for axes in (left, right):
        axes.grid(alpha=0.3)
    return _png(figure)


def confusion(counts: npt.NDArray[np.int64], classes: ClassTable) -> bytes:
    """Shares of each true class (rows) by what was predicted (columns)."""
    totals = counts.sum(axis=1, keepdims=True)
    shares = counts / np.maximum(totals, 1)
    side = min(3.0 + 0.35 * len(classes), 16)
    figure = _figure(side + 1, side)
    axes = figure.subplots()
    image = axes.imshow(shares, vmin=0, vmax=1, cmap="viridis")
    figure.colorbar(image, ax=axes, label="share of the true class")
    if len(classes) <= _MOST_NAMED:
        places = range(len(classes))
        axes.set_xticks(places, classes.names, rotation=90)
        axes.set_yticks(places, classes.names)
    axes.set(xlabel="predicted", ylabel="true")
    return _png(figure)


def side_by_side(
    picture: npt.NDArray[np.uint8], truth: LabelMap, predicted: LabelMap, classes: ClassTable
) -> bytes:
    """The picture, the truth over it and the prediction over it, in one row."""
    from PIL import Image

    planes = [
        picture,
        blend(picture, truth, classes, 0.65),
        blend(picture, predicted, classes, 0.65),
    ]
    gap = np.full((picture.shape[0], _GAP, 3), 255, np.uint8)
    row = np.concatenate([planes[0], gap, planes[1], gap, planes[2]], axis=1)
    image = Image.fromarray(row)
    image.thumbnail((1500, 600))
    stream = BytesIO()
    image.save(stream, "PNG")
    return stream.getvalue()


def _running_mean(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Each value with those before it, a fiftieth of all at most."""
    reach = max(len(values) // 50, 1)
    sums = np.concatenate([[0.0], np.cumsum(values)])
    ends = np.arange(1, len(values) + 1)
    begins = np.maximum(ends - reach, 0)
    means: npt.NDArray[np.float64] = (sums[ends] - sums[begins]) / (ends - begins)
    return means


def _figure(width: float, height: float) -> Figure:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def _png(figure: Figure) -> bytes:
    stream = BytesIO()
    figure.savefig(stream, format="png", dpi=110)
    return stream.getvalue()
