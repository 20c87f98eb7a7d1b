"""`info`: what a model is, stage by stage, and what it does with one picture."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli.options import DeviceOption, JsonFlag, ModelArgument, parse_size
from app.cli.terminal import Terminal

if TYPE_CHECKING:
    from segcore.checkpoints import Checkpoint
    from segcore.models import StageSummary

Size = tuple[int, int]

_OWN_SIZE = (512, 512)


def info(
    *,
    model: ModelArgument,
    size: Annotated[
        str | None,
        typer.Option(
            "--size",
            metavar="HxW",
            help="The input to count for; the model's own, or 512x512, without it. "
            "With --image the picture is resized to it.",
        ),
    ] = None,
    image: Annotated[
        Path | None,
        typer.Option(
            "--image", metavar="FILE", help="A picture: adds tokens, keys, heads, R and time."
        ),
    ] = None,
    features: Annotated[
        Path | None,
        typer.Option(
            "--features",
            metavar="DIR",
            help="Write every stage's features of the picture: NPZ, and components as PNG.",
        ),
    ] = None,
    device: DeviceOption = "auto",
    as_json: JsonFlag = False,
) -> None:
    """Say what a model is: sizes and costs, stage by stage."""
    wanted = None if size is None else parse_size(size)
    if features is not None and image is None:
        raise typer.BadParameter("--features are those of a picture: give --image too")
    from segcore.checkpoints import read_checkpoint

    terminal = Terminal()
    checkpoint = read_checkpoint(model)
    if image is None:
        _say_counts(terminal, checkpoint, wanted, as_json=as_json)
        return
    from app.cli.info_picture import say_picture

    report = say_picture(
        terminal, checkpoint, image, size=wanted, features=features, device=device, quiet=as_json
    )
    if as_json:
        terminal.say_json(_model_json(checkpoint) | report)


def _say_counts(
    terminal: Terminal, checkpoint: Checkpoint, wanted: Size | None, *, as_json: bool
) -> None:
    """The model by itself, counted and not run."""
    from segcore.errors import RequestError
    from segcore.models.summary import count_macs

    height, width = wanted or checkpoint.preprocess.size or _OWN_SIZE
    try:
        checkpoint.config.check_input_size((height, width))
    except ValueError as error:
        raise RequestError(f"--size {height}x{width}: {error}.") from error
    rows = count_macs(checkpoint.config, (height, width))
    if checkpoint.encoder_only:
        rows = [row for row in rows if row.name.startswith("stage")]
    macs = sum(row.macs for row in rows)
    if as_json:
        terminal.say_json(
            _model_json(checkpoint)
            | {
                "size": [height, width],
                "parameters": parameters_of(checkpoint),
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
    say_model(terminal, checkpoint)
    _print_counts(terminal, rows, (height, width), parameters_of(checkpoint))


def _model_json(checkpoint: Checkpoint) -> dict[str, Any]:
    return {
        "name": checkpoint.name,
        "variant": checkpoint.config.variant,
        "family": checkpoint.family,
        "classes": list(checkpoint.classes.names),
        "licence": checkpoint.licence,
        "sha256": checkpoint.sha256,
        "input": checkpoint.preprocess.input_words,
        "reduce_labels": checkpoint.preprocess.reduce_labels,
        "notes": list(checkpoint.notes),
    }


def say_model(terminal: Terminal, checkpoint: Checkpoint) -> None:
    """What it is, whatever goes in."""
    terminal.say(f"{checkpoint.name}: {checkpoint.summary}")
    terminal.say(f"weights  sha256 {checkpoint.sha256[:16]}…")
    terminal.say(f"input    {checkpoint.preprocess.input_words}")
    if checkpoint.preprocess.reduce_labels:
        terminal.say("labels   reduced by one (do_reduce_labels)")
    for note in checkpoint.notes:
        terminal.say(f"note     {note}")


def parameters_of(checkpoint: Checkpoint) -> int:
    """What was learned; running statistics are stored but nobody counts them."""
    return sum(
        tensor.numel()
        for name, tensor in checkpoint.state.items()
        if not name.endswith(("running_mean", "running_var"))
    )


def _print_counts(
    terminal: Terminal, rows: list[StageSummary], size: Size, parameters: int
) -> None:
    from rich.table import Table

    macs = sum(row.macs for row in rows)
    table = Table(box=None, show_footer=True)
    table.add_column(f"input {size[0]} x {size[1]}", "all")
    table.add_column("output (C, h, w)")
    table.add_column("parameters", f"{parameters:,}", justify="right")
    table.add_column("GMAC", f"{macs / 1e9:.2f}", justify="right")
    for row in rows:
        shape = " x ".join(map(str, row.shape))
        table.add_row(row.name, shape, f"{row.parameters:,}", f"{row.macs / 1e9:.2f}")
    terminal.table(table)
