"""The chart of mean distance and entropy of every head, and its numbers as a table."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from segcore.atomic import replacing
from segcore.errors import RequestError, readable
from segcore.geometry import Size

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from segcore.inspection.attention_spread import HeadSpread

KINDS = ("png", "svg", "pdf", "csv")
"""What `write_spread` writes."""

_NARROW = 4.0
"""Inches of width below which words are shorter and smaller."""
_MARK = 18

COLUMNS = (
    "stage",
    "block",
    "head",
    "distance_px",
    "distance_share_of_diagonal",
    "even_distance_px",
    "entropy",
)


def spread_figure(
    spreads: Sequence[HeadSpread],
    size: Size,
    *,
    title: str = "",
    text: str = "#1d232b",
    background: str = "#ffffff",
    inches: tuple[float, float] = (7.0, 6.0),
    dots_per_inch: float = 100.0,
) -> Figure:
    """A figure with a mark for each head: above its mean distance, below its entropy.

    Blocks stand side by side in their order, stages in bands. A line says for each block what an
    even spread over its keys would be. Distances are in pixels of the picture (left axis) and as a
    share of its diagonal (right axis). Made without pyplot, so that it needs no display.

    Args:
        spreads: of `attention_spread`, at least one.
        size: (height, width) of the picture.
        text, background: colours as matplotlib takes them.
        inches, dots_per_inch: how large it is.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    small = inches[0] < _NARROW
    words = 7 if small else 9
    figure = Figure(figsize=inches, dpi=dots_per_inch, layout="constrained", facecolor=background)
    FigureCanvasAgg(figure)
    far, sharp = figure.subplots(2, 1, sharex=True)
    blocks = sorted({(spread.stage, spread.block) for spread in spreads})
    at = {block: number for number, block in enumerate(blocks)}
    for axes in (far, sharp):
        axes.set_facecolor(background)
        _draw_stages(axes, blocks, text, "{}" if small else "stage {}")
    _draw_heads(far, spreads, at, [spread.distance for spread in spreads])
    _draw_heads(sharp, spreads, at, [spread.entropy for spread in spreads])
    for (stage, block), number in at.items():
        even = next(s.even_distance for s in spreads if (s.stage, s.block) == (stage, block))
        label = "even spread" if number == 0 else None
        far.hlines(even, number - 0.42, number + 0.42, color=text, lw=1.2, ls="--", label=label)
    sharp.axhline(1.0, color=text, lw=1.2, ls="--")
    far.set_ylim(0)
    far.set_ylabel("mean distance, px", color=text, fontsize=words)
    diagonal = math.hypot(*size)
    share = far.secondary_yaxis(
        "right", functions=(lambda px: px / diagonal * 100, lambda part: part * diagonal / 100)
    )
    share.set_ylabel("% of the diagonal", color=text, fontsize=words)
    share.tick_params(colors=text, labelsize=words)
    sharp.set_ylim(0, 1.06)
    sharp.set_ylabel("entropy (1: even)", color=text, fontsize=words)
    sharp.set_xticks(range(len(blocks)), [_short(block, blocks) for block in blocks])
    sharp.set_xlabel("block of stages 1 to 4" if small else "block", color=text, fontsize=words)
    for axes in (far, sharp):
        axes.tick_params(colors=text, labelsize=words)
        for spine in axes.spines.values():
            spine.set_color(text)
    far.legend(
        loc="lower left", fontsize=words, labelcolor=text, facecolor=background, framealpha=0.8
    )
    if title:
        figure.suptitle(title, color=text, fontsize=11)
    return figure


def spread_csv(spreads: Sequence[HeadSpread], size: Size) -> str:
    """The numbers of `spread_figure`, a row for each head, columns as in COLUMNS."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(COLUMNS)
    diagonal = math.hypot(*size)
    for each in spreads:
        far = (each.distance, each.distance / diagonal, each.even_distance, each.entropy)
        numbers = [f"{value:.6g}" for value in far]
        writer.writerow([each.stage, each.block, each.head, *numbers])
    return stream.getvalue()


def _draw_stages(axes: Axes, blocks: Sequence[tuple[int, int]], text: str, naming: str) -> None:
    """Every other stage on a band, and its name above."""
    for stage in sorted({stage for stage, _ in blocks}):
        numbers = [number for number, block in enumerate(blocks) if block[0] == stage]
        if stage % 2 == 0:
            axes.axvspan(numbers[0] - 0.5, numbers[-1] + 0.5, color=text, alpha=0.07, lw=0)
        axes.text(
            (numbers[0] + numbers[-1]) / 2,
            1.01,
            naming.format(stage),
            transform=axes.get_xaxis_transform(),
            ha="center",
            va="bottom",
            color=text,
            fontsize=8,
        )
    axes.set_xlim(-0.5, len(blocks) - 0.5)


def _draw_heads(
    axes: Axes,
    spreads: Sequence[HeadSpread],
    at: dict[tuple[int, int], int],
    values: Sequence[float],
) -> None:
    from matplotlib import colormaps

    stages = sorted({spread.stage for spread in spreads})
    for stage in stages:
        own = [number for number, spread in enumerate(spreads) if spread.stage == stage]
        heads = max(spreads[number].head for number in own) + 1
        places = [
            at[stage, spreads[n].block] + (spreads[n].head - (heads - 1) / 2) * 0.7 / max(heads, 2)
            for n in own
        ]
        colour = colormaps["viridis"](0.25 + 0.6 * (stage - 1) / 3)
        axes.scatter(places, [values[n] for n in own], s=_MARK, color=[colour])


def _short(block: tuple[int, int], blocks: Sequence[tuple[int, int]]) -> str:
    """The block's number; of deep stages every fifth alone has one."""
    return str(block[1]) if len(blocks) <= 20 or block[1] % 5 == 0 else ""


def write_spread(path: Path, spreads: Sequence[HeadSpread], size: Size, *, title: str = "") -> None:
    """Save chart or numbers, by the ending of the path: `.png`, `.svg`, `.pdf` or `.csv`.

    Raises:
        RequestError: another ending, or the file cannot be written.
    """
    kind = path.suffix.lower().removeprefix(".")
    if kind not in KINDS:
        raise RequestError(
            f"{readable(path.name)}: a chart is saved as one of {', '.join(KINDS)}: choose another "
            "ending."
        )
    try:
        with replacing(path) as stream:
            if kind == "csv":
                stream.write(spread_csv(spreads, size).encode())
            else:
                spread_figure(spreads, size, title=title).savefig(stream, format=kind)
    except OSError as error:
        raise RequestError(
            f"{readable(path)} cannot be written ({error.strerror or error}): choose another place."
        ) from error
