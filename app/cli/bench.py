"""`bench`: speed and memory of this machine."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.table import Table

from app.cli.options import JsonFlag, parse_choices, parse_device, parse_size
from app.cli.terminal import Terminal

_VARIANTS = ("b0", "b1", "b2", "b3", "b4", "b5")
_CPU_ROWS = ("forward", "photo", "attention", "erf", "batch")
_QUICK_ROUNDS = 2
_MEBIBYTE = 1 << 20


def bench(
    *,
    rows: Annotated[
        str | None,
        typer.Option("--rows", metavar="LIST", help=f"Of {', '.join(_CPU_ROWS)}. [all]"),
    ] = None,
    variants: Annotated[
        str | None,
        typer.Option(
            "--variants", "--models", metavar="LIST", help="Sizes to run. [b0,b2,b5; on a GPU all]"
        ),
    ] = None,
    size: Annotated[
        str, typer.Option("--size", metavar="HxW", help="The input of the forward rows.")
    ] = "512x512",
    rounds: Annotated[
        int, typer.Option("--rounds", min=1, help="How often each contestant is run.")
    ] = 5,
    quick: Annotated[
        bool,
        typer.Option("--quick", help="B0 twice, against transformers alone: about a minute."),
    ] = False,
    device: Annotated[
        str,
        typer.Option(
            "--device",
            callback=parse_device,
            metavar="DEVICE",
            help="cpu, or cuda: images per second of the GPU.",
        ),
    ] = "cpu",
    markdown: Annotated[
        bool, typer.Option("--markdown", help="Print tables for a README, with day and machine.")
    ] = False,
    as_json: JsonFlag = False,
) -> None:
    """Measure speed and memory against transformers, ONNX Runtime and OpenVINO, if installed.

    Each has a process of its own and is as it comes; they run in turn. What is not installed is
    left out.
    """
    on_gpu = device not in ("cpu", "auto")
    usual = "b0" if quick else ",".join(_VARIANTS) if on_gpu else "b0,b2,b5"
    chosen_variants = parse_choices((variants or usual).lower(), _VARIANTS, {})
    usual_rows = ("gpu",) if on_gpu else _CPU_ROWS
    chosen_rows = parse_choices(rows.lower(), usual_rows, {}) if rows else usual_rows
    height_width = parse_size(size)
    from segcore.bench import Plan
    from segcore.bench import bench as measure

    plan = Plan(
        rows=chosen_rows,
        variants=chosen_variants,
        size=height_width,
        rounds=_QUICK_ROUNDS if quick else rounds,
        device=device if on_gpu else "cpu",
        graphs=not quick,
    )
    terminal = Terminal()
    with terminal.progress("bench") as show:
        measured = measure(plan, progress=show)
    report = measured.as_json()
    for note in report["notes"]:
        terminal.note(note)
    if as_json:
        terminal.say_json(report)
        return
    if markdown:
        from segcore.bench.markdown import markdown as as_markdown

        terminal.say(as_markdown(measured))
        return
    terminal.say(_machine(report["machine"]))
    terminal.table(_table(report["rows"]))


def _machine(words: dict[str, Any]) -> str:
    packages = ("torch", "transformers", "onnxruntime", "openvino")
    versions = ", ".join(f"{name} {words[name]}" for name in packages if words[name])
    gpu = f", {words['gpu']}" if words["gpu"] else ""
    return (
        f"{words['processor']}, {words['cores']} cores, {words['threads']} threads{gpu}; {versions}"
    )


def _table(rows: list[dict[str, Any]]) -> Table:
    table = Table("what", "ours", "against", box=None)
    for title in ("ours", "theirs", "ratio", "from - to", "goal", "memory, ours / theirs"):
        table.add_column(title, justify="right")
    for row in rows:
        table.add_row(
            row["what"],
            row["ours"],
            row["theirs"] or "-",
            _amount(row["our_value"], row["unit"]),
            _amount(row["their_value"], row["unit"]),
            _ratio(row["ratio"]),
            "-" if row["lowest"] is None else f"{row['lowest']:.2f} - {row['highest']:.2f}",
            _goal(row),
            _memory(row),
        )
    return table


def _goal(row: dict[str, Any]) -> str:
    if row["goal"] is None:
        return "-"
    memory = f", memory 1/{1 / row['memory_goal']:.0f}" if row["memory_goal"] else ""
    verdict = {True: "reached", False: "missed", None: "not judged"}[row["reached"]]
    return f"{row['goal']:g}x{memory}: {verdict}"


def _memory(row: dict[str, Any]) -> str:
    if row["our_peak"] is None:
        return "-"
    ours = f"{row['our_peak'] / _MEBIBYTE:.0f}"
    if row["their_peak"] is None:
        return f"{ours} MiB"
    return f"{ours} / {row['their_peak'] / _MEBIBYTE:.0f} MiB"


def _amount(value: float | None, unit: str) -> str:
    if value is None:
        return "-"
    if unit == "s":
        value, unit = (value * 1e3, "ms") if value < 1 else (value, "s")
    elif unit == "bytes":
        value, unit = value / _MEBIBYTE, "MiB"
    return f"{value:,.0f} {unit}" if value >= 100 else f"{value:.3g} {unit}"


def _ratio(ratio: float | None) -> str:
    return "-" if ratio is None else f"{ratio:.2f}x"
