"""`models convert`: a model of one family written as another's."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from app.cli.options import JsonFlag, ModelArgument
from app.cli.terminal import Terminal

Family = Literal["transformers", "nvlabs", "sithu31296", "smp", "mmseg"]


def convert(
    model: ModelArgument,
    out: Annotated[
        Path,
        typer.Argument(
            metavar="OUT", help="What to write: a folder for transformers, a file for the others."
        ),
    ],
    to: Annotated[Family, typer.Option("--to", help="Whose code is to read it.")],
    force: Annotated[
        bool, typer.Option("--force", help="Replace the model that is at OUT already.")
    ] = False,
    as_json: JsonFlag = False,
) -> None:
    """Write a model in another family's form: the same weights, bit for bit."""
    from segcore.checkpoints import read_checkpoint
    from segcore.checkpoints.convert import plan_conversion, write_conversion

    terminal = Terminal()
    plan = plan_conversion(read_checkpoint(model), to)
    # Said before it is written, so that nothing is lost in silence.
    for note in plan.notes:
        terminal.note(note)
    written = write_conversion(plan, out, force=force)
    if as_json:
        terminal.say_json(
            {
                "path": str(written),
                "to": to,
                "notes": list(plan.notes),
                "logit_difference": plan.logit_difference,
            }
        )
    else:
        terminal.say(f"{written}: {plan.checkpoint.name} for {to}")
