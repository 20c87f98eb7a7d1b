"""Figures of an evaluation: the confusion matrix and the calibration curve.

Made without pyplot, so that they need no display; draw them off the window's thread.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from segcore.evaluation import Report
from segcore.metrics import Counts

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_MOST_NUMBERS = 24
"""Classes up to which the cells of the matrix have their numbers written in."""


def confusion_figure(report: Report) -> Figure:
    """Rows are the truth's classes that occur, columns what was predicted, shares of the row."""
    counts = report.confusion
    there = np.flatnonzero((counts.sum(axis=0) + counts.sum(axis=1)) > 0)
    return matrix_figure(
        counts[np.ix_(there, there)],
        [report.classes[int(class_id)].name for class_id in there],
        totals=report.scores.pixels[there],
        columns="predicted",
        rows="true",
        shares="share of the true pixels",
        title=f"mIoU {100 * report.scores.miou:.1f} %",
    )


def matrix_figure(
    counts: Counts,
    names: Sequence[str],
    *,
    totals: Counts,
    columns: str,
    rows: str,
    shares: str,
    title: str,
) -> Figure:
    """A confusion matrix as shares of its rows.

    Args:
        counts: (k, k) pixels.
        names: of the k classes.
        totals: (k,) pixels that each row is a share of.
        columns, rows, shares, title: what the axes, the colours and the whole are called.
    """
    from matplotlib.figure import Figure

    whole = totals.astype(np.float64)[:, None]
    cells = np.divide(counts, whole, out=np.zeros(counts.shape), where=whole > 0)
    side = 2.6 + 0.42 * max(len(names), 4)
    figure = Figure(figsize=(side + 1.0, side), layout="constrained")
    axes = figure.add_subplot()
    image = axes.imshow(cells, cmap="Blues", vmin=0.0, vmax=1.0)
    axes.set_xticks(range(len(names)), names, rotation=60, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(len(names)), names)
    axes.set_xlabel(columns)
    axes.set_ylabel(rows)
    if len(names) <= _MOST_NUMBERS:
        for row, column in np.ndindex(cells.shape):
            share = cells[row, column]
            if share >= 0.005:
                color = "white" if share > 0.5 else "black"
                axes.text(
                    column,
                    row,
                    f"{100 * share:.0f}",
                    ha="center",
                    va="center",
                    color=color,
                    fontsize=8,
                )
    figure.colorbar(image, ax=axes, label=shares, shrink=0.85)
    axes.set_title(title)
    return figure


def calibration_figure(report: Report) -> Figure:
    """Accuracy over confidence, with the diagonal, and how many pixels each bin has."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.0, 5.6), layout="constrained")
    curve, share = figure.subplots(2, 1, height_ratios=(3, 1), sharex=True)
    found = report.calibration
    assert found is not None, "the evaluation was made without confidence"
    edges = np.linspace(0.0, 1.0, found.bins + 1)
    middles = (edges[:-1] + edges[1:]) / 2
    there = found.counts > 0
    curve.plot([0, 1], [0, 1], "--", color="0.5", linewidth=1, label="as good as it says")
    curve.bar(
        middles[there],
        found.accuracy[there],
        width=0.92 / found.bins,
        color="tab:blue",
        alpha=0.35,
        label="right, by bin",
    )
    curve.plot(found.confidence[there], found.accuracy[there], "o-", color="tab:blue")
    curve.set(xlim=(0, 1), ylim=(0, 1), ylabel="share of pixels that are right")
    curve.set_title(f"expected calibration error {100 * found.ece:.1f} %")
    curve.legend(loc="upper left")
    share.bar(middles, found.counts / max(found.counts.sum(), 1), width=0.92 / found.bins)
    share.set(xlabel="confidence", ylabel="share of pixels")
    return figure
