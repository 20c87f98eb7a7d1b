"""One row of `segformer-studio bench` for a script: its table as Markdown, its JSON, its status."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from segcore.bench import Plan, Row, bench
from segcore.progress import Progress

MEBIBYTE = 1 << 20


def main(row: str, description: str, variants: str = "b0") -> int:
    """Measure, print, and say by the exit status whether every goal was reached."""
    parser = argparse.ArgumentParser(description=description.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=9, help="how often each contestant is run")
    parser.add_argument("--json", type=Path, help="also write the figures there; - for stdout")
    if row == "forward":
        parser.add_argument("--variants", default=variants, help="of b0 ... b5")
        parser.add_argument("--side", type=int, default=512, help="of the input")
        parser.add_argument(
            "--torch-alone", action="store_true", help="and transformers, no graphs"
        )
    chosen = vars(parser.parse_args())
    side = chosen.get("side", 512)
    alone = chosen.get("torch_alone", False)
    plan = Plan(
        rows=(row,),
        variants=tuple(chosen.get("variants", variants).split(",")),
        size=(side, side),
        rounds=chosen["rounds"],
        graphs=not alone,
        backends=("torch",) if alone else Plan.backends,
    )
    report = bench(plan, _tell)
    to_stdout = str(chosen["json"]) == "-"
    print(table(report.rows), file=sys.stderr if to_stdout else sys.stdout)
    for note in report.notes:
        print(note, file=sys.stderr)
    if chosen["json"] is not None:
        text = json.dumps(report.as_json(), indent=2) + "\n"
        print(text) if to_stdout else chosen["json"].write_text(text, encoding="utf-8")
    return int(any(measured.reached is False for measured in report.rows))


def table(rows: tuple[Row, ...]) -> str:
    """The rows as a Markdown table."""
    lines = [
        "| what | ours | against | ours | theirs | ratio (lowest - highest) | goal | peak memory |",
        "|---|---|---|---|---|---|---|---|",
    ]
    return "\n".join(lines + [_line(row) for row in rows])


def _line(row: Row) -> str:
    spread = "" if row.lowest is None else f" ({row.lowest:.2f} - {row.highest:.2f})"
    ratio = "-" if row.ratio is None else f"**{row.ratio:.2f}x**{spread}"
    goal = "-" if row.goal is None else f"{row.goal:g}x"
    values = f"{_amount(row.our_value, row.unit)} | {_amount(row.their_value, row.unit)}"
    peaks = [
        f"{peak / MEBIBYTE:.0f}" for peak in (row.our_peak, row.their_peak) if peak is not None
    ]
    memory = f"{' / '.join(peaks)} MiB" if peaks else "-"
    names = f"{row.what} | {row.ours} | {row.theirs or '-'}"
    return f"| {names} | {values} | {ratio} | {goal} | {memory} |"


def _amount(value: float | None, unit: str) -> str:
    if value is None:
        return "-"
    if unit == "s":
        return f"{value * 1e3:.3g} ms" if value < 0.1 else f"{value * 1e3:.0f} ms"
    return f"{value / MEBIBYTE:.0f} MiB" if unit == "bytes" else f"{value:.3g} {unit}"


def _tell(progress: Progress) -> None:
    print(f"{progress.done}/{progress.total}", end="\r", file=sys.stderr)
