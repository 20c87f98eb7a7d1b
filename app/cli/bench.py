"""`bench`: speed and memory of this machine."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.table import Table

from app.cli.options import JsonFlag, parse_choices, parse_size
from app.cli.terminal import Terminal

_VARIANTS = ("b0", "b1", "b2", "b3", "b4", "b5")


def bench(
    models: Annotated[
        str, typer.Option("--models", metavar="LIST", help="Sizes to run, such as b0,b2,b5.")
    ] = "b0,b2",
    size: Annotated[str, typer.Option("--size", metavar="HxW", help="Their input.")] = "512x512",
    rounds: Annotated[int, typer.Option("--rounds", min=1, help="How often each is run.")] = 5,
    photo: Annotated[
        bool, typer.Option("--photo/--no-photo", help="Also a 12-megapixel photo, end to end.")
    ] = True,
    as_json: JsonFlag = False,
) -> None:
    """Measure speed and memory, against transformers if installed."""
    variants = parse_choices(models.lower(), _VARIANTS, {})
    height_width = parse_size(size)
    from segcore.bench import bench as measure

    terminal = Terminal()
    with terminal.progress("bench") as show:
        report = measure(variants, height_width, rounds=rounds, photo=photo, progress=show)
    if as_json:
        terminal.say_json(report)
        return
    words = report["machine"]
    terminal.say(
        f"{words['processor']}, {words['cores']} cores, {words['threads']} threads, "
        f"torch {words['torch']}, transformers {words['transformers'] or 'not installed'}"
    )
    table = Table("what", box=None)
    for title in ("here", "transformers", "ratio"):
        table.add_column(title, justify="right")
    for row in report["rows"]:
        table.add_row(
            row["name"], _amount(row, "ours"), _amount(row, "theirs"), _ratio(row["ratio"])
        )
    terminal.table(table)


def _amount(row: dict[str, Any], whose: str) -> str:
    value = row[whose]
    if value is None:
        return "-"
    number = f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
    return f"{number} {row['unit']}"


def _ratio(ratio: float | None) -> str:
    return "-" if ratio is None else f"{ratio:.2f}x"
