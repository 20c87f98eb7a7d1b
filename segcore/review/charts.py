"""The figures of a project as charts and tables."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from segcore.project.statistics import Statistics

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Chart = Literal["statuses", "pixels", "pictures", "origins", "days"]
CHARTS: tuple[Chart, ...] = get_args(Chart)
MOST_CLASSES = 40
"""Bars of a chart of classes, the largest first; the table has them all."""

_STATUS_COLOURS = {
    "new": "#8a94a0",
    "predicted": "#1f6feb",
    "in_work": "#b7791f",
    "done": "#7cc79a",
    "approved": "#2e9e5b",
    "rejected": "#c9302c",
}
Bars = list[tuple[str, float, str]]


def table_of(
    statistics: Statistics, chart: Chart
) -> tuple[tuple[str, ...], list[tuple[object, ...]]]:
    """Names of the columns, and the rows, of what a chart shows."""
    if chart == "statuses":
        return ("status", "pictures"), list(statistics.statuses.items())
    if chart == "origins":
        return ("origin", "pixels"), list(statistics.origins.items())
    if chart == "days":
        totals = accumulate(count for _, count in statistics.by_day)
        rows = [
            (day.isoformat(), count, total)
            for (day, count), total in zip(statistics.by_day, totals)
        ]
        return ("day", "pictures", "pictures up to then"), list(rows)
    shares = statistics.shares
    listed = [
        (
            info.id,
            info.name,
            int(statistics.pixels[info.id]),
            float(shares[info.id]),
            int(statistics.pictures[info.id]),
        )
        for info in statistics.classes.shown
    ]
    return ("id", "class", "pixels", "share", "pictures"), list(listed)


def figure_of(
    statistics: Statistics,
    chart: Chart,
    *,
    inches: tuple[float, float] = (6.4, 4.8),
    dots_per_inch: float = 100,
    text: str = "#1d232b",
    background: str = "#ffffff",
    accent: str = "#1f6feb",
) -> Figure:
    """A chart, to be drawn by Agg on whichever thread."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=inches, dpi=dots_per_inch, facecolor=background, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot(facecolor=background)
    if chart == "days":
        _draw_days(axes, statistics, accent)
    else:
        _draw_bars(axes, *_bars(statistics, chart, accent))
    axes.tick_params(colors=text, labelsize=8)
    axes.xaxis.label.set_color(text)
    axes.yaxis.label.set_color(text)
    for side, spine in axes.spines.items():
        spine.set_color(text)
        spine.set_visible(side in ("left", "bottom"))
    return figure


def _bars(statistics: Statistics, chart: Chart, accent: str) -> tuple[Bars, str]:
    """Name, length and colour of each bar, and what the lengths are."""
    if chart == "statuses":
        found = statistics.statuses.items()
        return [(s.replace("_", " "), n, _STATUS_COLOURS[s]) for s, n in found], "pictures"
    if chart == "origins":
        total = max(sum(statistics.origins.values()), 1)
        ordered = sorted(statistics.origins.items(), key=lambda item: -item[1])
        return [(kind, 100 * n / total, accent) for kind, n in ordered], "% of labelled pixels"
    lengths = 100 * statistics.shares if chart == "pixels" else statistics.pictures
    shown = [info for info in statistics.classes.shown if lengths[info.id] > 0]
    shown.sort(key=lambda info: -float(lengths[info.id]))
    bars = [
        (info.name, float(lengths[info.id]), "#{:02x}{:02x}{:02x}".format(*info.color))
        for info in shown[:MOST_CLASSES]
    ]
    return bars, "% of labelled pixels" if chart == "pixels" else "pictures with the class"


def _draw_bars(axes: Axes, bars: Bars, unit: str) -> None:
    places = np.arange(len(bars))
    axes.barh(places, [length for _, length, _ in bars], color=[colour for *_, colour in bars])
    axes.set_yticks(places, [name for name, *_ in bars])
    axes.invert_yaxis()
    axes.set_xlabel(unit, fontsize=8)


def _draw_days(axes: Axes, statistics: Statistics, accent: str) -> None:
    days = [day.isoformat() for day, _ in statistics.by_day]
    totals = list(accumulate(count for _, count in statistics.by_day))
    places = np.arange(len(days))
    axes.bar(places, [count for _, count in statistics.by_day], color=accent, alpha=0.5)
    axes.step(places, totals, where="mid", color=accent)
    step = max(len(days) // 6, 1)
    axes.set_xticks(places[::step], days[::step], rotation=30, ha="right")
    axes.set_ylabel("labelled pictures", fontsize=8)
