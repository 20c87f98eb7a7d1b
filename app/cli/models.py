"""`models`: which models are at hand, which there are to download, and what one of them is."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from app.cli.convert import convert
from app.cli.download import download
from app.cli.options import JsonFlag, ModelArgument
from app.cli.terminal import Terminal

if TYPE_CHECKING:
    from segcore.checkpoints.released import Released

commands = typer.Typer(
    help="Bundled models, your own, and those of a hub.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
commands.command("download", short_help="Download a model from a hub.")(download)
commands.command("convert", short_help="Write a model in the form of another code base.")(convert)


@commands.command("list", short_help="List the models that can be named.")
def list_all(
    released: Annotated[
        bool,
        typer.Option("--released", help="The checkpoints that NVIDIA released, here or not."),
    ] = False,
    as_json: JsonFlag = False,
) -> None:
    """List the models that can be named: bundled, your own, and downloaded ones."""
    if released:
        _list_released(as_json=as_json)
        return
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
    terminal.note(
        f"Your own models are listed when they lie in {local_models_folder()}. "
        "`models list --released` names those that can be downloaded."
    )


def _list_released(*, as_json: bool) -> None:
    from segcore.checkpoints.released import released_models

    terminal = Terminal()
    rows = [_released_words(one) for one in released_models()]
    if as_json:
        terminal.say_json(rows)
        return
    columns = ("name", "data set", "size", "input", "mIoU", "with flips and scales", "parameters")
    table = Table(*columns, "licence", "here", box=None)
    for row in rows:
        table.add_row(
            row["name"],
            row["data_set"],
            row["variant"],
            "x".join(str(side) for side in row["input_size"]),
            _per_cent(row["miou"]),
            _per_cent(row["miou_multi_scale"]),
            f"{row['parameters'] / 1e6:.1f} M",
            "non-commercial" if row["non_commercial"] else row["licence"],
            "yes" if row["on_disk"] else "",
        )
    terminal.table(table)
    licence = released_models()[0].licence
    terminal.note(
        f"mIoU as the paper has it. {licence.title}: {licence.url}. "
        "`models download NAME` brings one here."
    )


def _released_words(one: Released) -> dict[str, Any]:
    from segcore.checkpoints.hub import cached_path

    return {
        **{key: value for key, value in asdict(one).items() if key != "licence"},
        "licence": one.licence.title,
        "licence_url": one.licence.url,
        "non_commercial": one.licence.non_commercial,
        "on_disk": cached_path(one.name) is not None,
    }


def _per_cent(share: float | None) -> str:
    return "" if share is None else f"{share:.1f} %"


@commands.command("show", short_help="Say what a model is: size, classes, licence, card.")
def show(model: ModelArgument, as_json: JsonFlag = False) -> None:
    """Say what a model is: size, classes, licence, its card; also of one not downloaded yet."""
    if _show_released(model, as_json=as_json):
        return
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
        "notes": list(checkpoint.notes),
    }
    if as_json:
        terminal.say_json(words)
        return
    terminal.say(f"{checkpoint.name}: {checkpoint.summary}")
    terminal.say(f"path     {checkpoint.path}")
    terminal.say(f"sha256   {checkpoint.sha256}")
    terminal.say(f"licence  {checkpoint.licence or 'not said'}")
    terminal.say(f"input    {checkpoint.preprocess.input_words}")
    if checkpoint.preprocess.reduce_labels:
        terminal.say(
            "labels   reduced by one in its data set (do_reduce_labels): 0 is ignore there"
        )
    if len(checkpoint.classes):
        terminal.say(f"classes  {', '.join(checkpoint.classes.names)}")
    card = card_text(checkpoint.path)
    if card:
        terminal.say(f"\n{card}")
    for note in checkpoint.notes:
        terminal.note(note)


def _show_released(name: str, *, as_json: bool) -> bool:
    """Show what the catalogue knows of a released checkpoint that is not on this machine."""
    from segcore.checkpoints.hub import cached_path
    from segcore.checkpoints.released import released

    known = released(name)
    if known is None or Path(name).exists() or cached_path(name) is not None:
        return False
    terminal = Terminal()
    words = _released_words(known)
    if as_json:
        terminal.say_json(words)
        return True
    height, width = known.input_size
    terminal.say(f"{known.name}: {known.variant} for {known.data_set}, not on this machine")
    terminal.say(f"input    {height} x {width}")
    if known.protocol:
        terminal.say(f"protocol {known.protocol}")
    if known.miou is not None:
        scales = _per_cent(known.miou_multi_scale)
        terminal.say(
            f"mIoU     {_per_cent(known.miou)} in the paper"
            + (f", {scales} with flips and scales" if scales else "")
        )
    terminal.say(f"classes  {known.classes}")
    terminal.say(f"weights  {known.parameters:,} parameters")
    terminal.say(f"licence  {known.licence.title}: {known.licence.url}")
    terminal.say(f"         {known.licence.summary}")
    terminal.say(f"\nsegformer-studio models download {known.name}")
    return True
