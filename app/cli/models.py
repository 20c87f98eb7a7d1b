"""`models`: which models are at hand, and what one of them is."""

from __future__ import annotations

from dataclasses import asdict

import typer
from rich.table import Table

from app.cli.convert import convert
from app.cli.options import JsonFlag, ModelArgument
from app.cli.terminal import Terminal

commands = typer.Typer(
    help="Bundled models and your own.", no_args_is_help=True, rich_markup_mode=None
)
commands.command("convert")(convert)


@commands.command("list")
def list_all(as_json: JsonFlag = False) -> None:
    """List the models that can be named."""
    from segcore.checkpoints import list_models, local_models_folder

    terminal = Terminal()
    entries = list_models()
    if as_json:
        terminal.say_json([asdict(entry) for entry in entries])
        return
    table = Table("name", "kind", "size", "classes", "licence", "what it is", box=None)
    for entry in entries:
        table.add_row(
            entry.name,
            entry.kind,
            entry.variant,
            str(entry.classes or ""),
            entry.licence,
            entry.trouble or entry.summary,
        )
    terminal.table(table)
    terminal.note(f"Your own models are listed when they lie in {local_models_folder()}.")


@commands.command("show")
def show(model: ModelArgument, as_json: JsonFlag = False) -> None:
    """Say what a model is: size, classes, licence, its card."""
    from segcore.checkpoints import read_checkpoint
    from segcore.checkpoints.catalog import card_text

    terminal = Terminal()
    checkpoint = read_checkpoint(model)
    words = {
        "name": checkpoint.name,
        "path": str(checkpoint.path),
        "family": checkpoint.family,
        "variant": checkpoint.config.variant,
        "classes": list(checkpoint.classes.names),
        "licence": checkpoint.licence,
        "sha256": checkpoint.sha256,
        "preprocess": checkpoint.preprocess.to_json(),
        "summary": checkpoint.summary,
    }
    if as_json:
        terminal.say_json(words)
        return
    terminal.say(f"{checkpoint.name}: {checkpoint.summary}")
    terminal.say(f"path     {checkpoint.path}")
    terminal.say(f"sha256   {checkpoint.sha256}")
    terminal.say(f"licence  {checkpoint.licence or 'not said'}")
    terminal.say(f"input    {_input(checkpoint.preprocess.size)}")
    if len(checkpoint.classes):
        terminal.say(f"classes  {', '.join(checkpoint.classes.names)}")
    card = card_text(checkpoint.path)
    if card:
        terminal.say(f"\n{card}")


def _input(size: tuple[int, int] | None) -> str:
    return "pictures at their own size" if size is None else f"pictures at {size[0]} x {size[1]}"
