"""`models convert`: a model of one family written as another's."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from app.cli.options import JsonFlag, ModelArgument
from app.cli.terminal import Terminal

if TYPE_CHECKING:
    from segcore.checkpoints import Checkpoint

_ONE_WAY = (
    "ONNX holds the folded network, to be run as it is: no program here reads it back or trains "
    "it; keep the original for that."
)
Family = Literal["transformers", "nvlabs", "sithu31296", "smp", "mmseg", "onnx"]


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
    checkpoint = read_checkpoint(model)
    if to == "onnx":
        written, notes = _write_onnx(terminal, checkpoint, out, force=force)
        difference = None
    else:
        plan = plan_conversion(checkpoint, to)
        notes, difference = list(plan.notes), plan.logit_difference
        # Said before it is written, so that nothing is lost in silence.
        for note in notes:
            terminal.note(note)
        written = write_conversion(plan, out, force=force)
    if as_json:
        terminal.say_json(
            {"path": str(written), "to": to, "notes": notes, "logit_difference": difference}
        )
    else:
        terminal.say(f"{written}: {checkpoint.name} for {to}")


def _write_onnx(
    terminal: Terminal, checkpoint: Checkpoint, out: Path, *, force: bool
) -> tuple[Path, list[str]]:
    """The folded network as one ONNX file, and what should be known of it."""
    from segcore.checkpoints.convert import refuse_occupied
    from segcore.errors import RequestError
    from segcore.inference.onnx_export import export_onnx

    refuse_occupied(out, "onnx", is_folder=False, force=force)
    terminal.note(_ONE_WAY)
    notes = [_ONE_WAY]
    unchecked: list[str] = []
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with terminal.progress("converting") as progress:
            written = export_onnx(checkpoint, out, progress=progress, notes=unchecked)
    except OSError as error:
        raise RequestError(
            f"{out.name}: the model cannot be written ({error.strerror or error}); choose a place "
            "that can be written to, with enough space."
        ) from error
    for note in unchecked:
        terminal.note(note)
    return written, notes + unchecked
