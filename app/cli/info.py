"""`info`: what a model is, stage by stage."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from app.cli.options import JsonFlag, ModelArgument, parse_size
from app.cli.terminal import Terminal

_OWN_SIZE = (512, 512)


def info(
    model: ModelArgument,
    size: Annotated[
        str | None,
        typer.Option(
            "--size",
            metavar="HxW",
            help="The input to count for; the model's own, or 512x512, without it.",
        ),
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Say what a model is: sizes and costs, stage by stage."""
    wanted = None if size is None else parse_size(size)
    from segcore.checkpoints import read_checkpoint
    from segcore.errors import RequestError
    from segcore.models.summary import count_macs

    terminal = Terminal()
    checkpoint = read_checkpoint(model)
    height, width = wanted or checkpoint.preprocess.size or _OWN_SIZE
    try:
        checkpoint.config.check_input_size((height, width))
    except ValueError as error:
        raise RequestError(f"--size {height}x{width}: {error}.") from error
    rows = count_macs(checkpoint.config, (height, width))
    if checkpoint.encoder_only:
        rows = [row for row in rows if row.name.startswith("stage")]
    parameters = sum(tensor.numel() for name, tensor in checkpoint.state.items() if _learned(name))
    macs = sum(row.macs for row in rows)
    if as_json:
        terminal.say_json(
            {
                "name": checkpoint.name,
                "variant": checkpoint.config.variant,
                "family": checkpoint.family,
                "classes": list(checkpoint.classes.names),
                "licence": checkpoint.licence,
                "sha256": checkpoint.sha256,
                "size": [height, width],
                "parameters": parameters,
                "macs": macs,
                "stages": [
                    {
                        "name": row.name,
                        "shape": list(row.shape),
                        "parameters": row.parameters,
                        "macs": row.macs,
                    }
                    for row in rows
                ],
            }
        )
        return
    terminal.say(f"{checkpoint.name}: {checkpoint.summary}")
    terminal.say(f"weights  sha256 {checkpoint.sha256[:16]}…")
    table = Table(box=None, show_footer=True)
    table.add_column(f"input {height} x {width}", "all")
    table.add_column("output (C, h, w)")
    table.add_column("parameters", f"{parameters:,}", justify="right")
    table.add_column("GMAC", f"{macs / 1e9:.2f}", justify="right")
    for row in rows:
        shape = " x ".join(map(str, row.shape))
        table.add_row(row.name, shape, f"{row.parameters:,}", f"{row.macs / 1e9:.2f}")
    terminal.table(table)


def _learned(name: str) -> bool:
    """Running statistics are stored but nobody counts them as parameters."""
    return not name.endswith(("running_mean", "running_var"))
