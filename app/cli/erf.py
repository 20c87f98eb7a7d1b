"""`erf`: effective receptive fields, averaged over pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from app.cli.options import (
    DeviceOption,
    Inputs,
    JsonFlag,
    ModelOption,
    NumericsOption,
    OutputFolder,
    parse_choices,
    parse_point,
    parse_size,
)
from app.cli.terminal import Terminal
from segcore.errors import ImageError, RequestError, SegcoreError, readable
from segcore.progress import Progress, Ticker

TARGETS = ("stage1", "stage2", "stage3", "stage4", "head", "fused")
_SHORT = {"1": "stage1", "2": "stage2", "3": "stage3", "4": "stage4"}


def erf(
    *,
    inputs: Inputs,
    model: ModelOption,
    output: OutputFolder,
    targets: Annotated[
        str,
        typer.Option("--targets", metavar="LIST", help="Of 1,2,3,4 (the stages), head and fused."),
    ] = "1,2,3,4,head",
    point: Annotated[
        str | None,
        typer.Option(
            "--point", metavar="X,Y", help="The query's pixel; the middle of the grid without it."
        ),
    ] = None,
    size: Annotated[
        str | None,
        typer.Option("--size", metavar="HxW", help="Resize pictures to this before the model."),
    ] = None,
    contribution: Annotated[
        Literal["relu", "abs", "signed"],
        typer.Option("--contribution", help="What of the gradient counts."),
    ] = "relu",
    seed: Annotated[
        Literal["relu_sum"],
        typer.Option("--seed", help="What is differentiated: the sum of relu over the channels."),
    ] = "relu_sum",
    class_word: Annotated[
        str | None,
        typer.Option("--class", metavar="C", help="For head: one class alone, by id or name."),
    ] = None,
    compare: Annotated[
        str | None,
        typer.Option("--compare", metavar="MODEL", help="A second model on the same pictures."),
    ] = None,
    device: DeviceOption = "auto",
    numerics: NumericsOption = "fast",
    as_json: JsonFlag = False,
) -> None:
    """Average effective receptive fields over pictures."""
    wanted = parse_choices(targets, TARGETS, _SHORT)
    pixel = None if point is None else parse_point(point)
    height_width = None if size is None else parse_size(size)
    from app.cli.erf_files import write_erf
    from app.cli.erf_side import ErfSettings, Side, class_id_of
    from segcore.inference import Predictor

    settings = ErfSettings(wanted, pixel, height_width, contribution, seed)
    terminal = Terminal()
    sides = []
    for key, source in (("", model), ("compare", compare)):
        if source is not None:
            predictor = Predictor.load(source, device, "fp32", numerics)
            sides.append(Side(key, predictor, class_id_of(predictor, class_word), settings))
    for note in sides[0].predictor.notes:
        terminal.note(note)
    pictures = _pictures(inputs, terminal)
    with terminal.progress("erf") as show:
        ticker = Ticker(len(pictures) * len(wanted) * len(sides), show)
        for number, path in enumerate(pictures, start=1):
            _measure(path, sides, ticker, terminal)
            ticker.tick(path.name, number * len(wanted) * len(sides) - ticker.done)
    if not sides[0].pictures:
        raise RequestError(f"{readable(output)}: no picture could be used, nothing was written.")
    report = write_erf(output, sides)
    if as_json:
        terminal.say_json(report)
    else:
        _print(terminal, report, sides)
        terminal.say(f"erf.npz, erf.png and erf.json in {readable(output)}")
    raise typer.Exit(terminal.status)


def _measure(path: Path, sides: Sequence[Any], ticker: Ticker, terminal: Terminal) -> None:
    """Add one picture to every model's maps, or to none of them and complain."""
    from segcore.images import read_image

    def step(_: Progress) -> None:
        ticker.tick(path.name)

    name = readable(path)
    try:
        image = read_image(path)
        measured = [side.measure(name, image, step) for side in sides]
    except SegcoreError as error:
        sentence = str(error)
        terminal.complain(sentence if name in sentence else f"{name}: {sentence}")
        return
    for side, maps in zip(sides, measured):
        side.add(name, maps)


def _pictures(inputs: Sequence[Path], terminal: Terminal) -> list[Path]:
    from segcore.images import find_images

    found: list[Path] = []
    for path in inputs:
        try:
            inside = list(find_images(path)) if path.is_dir() else [path]
        except ImageError as error:
            terminal.complain(str(error))
            continue
        if not inside:
            terminal.complain(f"{readable(path)} holds no pictures: name another folder.")
        found.extend(inside)
    return found


def _print(terminal: Terminal, report: Mapping[str, Any], sides: Sequence[Any]) -> None:
    from rich.table import Table

    for side in sides:
        part = report[side.key] if side.key else report
        table = Table("target", title=side.predictor.name, title_justify="left", box=None)
        for share in ("20", "30", "50", "99"):
            table.add_column(f"area of {share} %", justify="right")
        table.add_column("radius", justify="right")
        for target in part["settings"]["targets"]:
            figures = part[target]
            ratios = (f"{100 * ratio:.2f} %" for ratio in figures["area_ratio"].values())
            table.add_row(target, *ratios, f"{figures['radius']:.1f} px")
        terminal.table(table)
