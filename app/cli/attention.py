"""`attention`: what one pixel attends to, at every stage, block and head."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from app.cli.options import (
    DeviceOption,
    JsonFlag,
    ModelOption,
    NumericsOption,
    OutputFolder,
    parse_point,
)
from app.cli.query import ImageArgument, PointOption, encode_picture, naming
from app.cli.terminal import Terminal
from segcore.errors import RequestError, readable
from segcore.progress import ProgressCallback, Ticker

if TYPE_CHECKING:
    from segcore.geometry import Point
    from segcore.inference import EncodedImage, Predictor
    from segcore.inspection import AttentionMap, HeadSpread
    from segcore.inspection.attention_views import View


def attention(
    *,
    image: ImageArgument,
    model: ModelOption,
    point: PointOption,
    output: OutputFolder,
    stage: Annotated[
        int | None,
        typer.Option("--stage", metavar="S", help="One stage alone, from 1."),
    ] = None,
    block: Annotated[
        int | None,
        typer.Option(
            "--block", metavar="B", help="One block alone, from 0, of each stage that has it."
        ),
    ] = None,
    show: Annotated[
        Literal["row", "towards", "received", "rollout"],
        typer.Option(
            "--show",
            help="What the point looks at, who looks at it, where all look, or what has reached "
            "it through all blocks.",
        ),
    ] = "row",
    compare: Annotated[
        str | None,
        typer.Option("--compare", metavar="X,Y", help="A second query beside the first."),
    ] = None,
    spread: Annotated[
        bool,
        typer.Option("--spread", help="Mean distance and entropy of every head, too."),
    ] = False,
    device: DeviceOption = "auto",
    numerics: NumericsOption = "fast",
    as_json: JsonFlag = False,
) -> None:
    """Write what one pixel attends to: attention.npz and attention.png."""
    pixel = parse_point(point)
    other = None if compare is None else parse_point(compare)
    from app.cli.attention_files import AttentionFiles

    terminal = Terminal()
    predictor, encoded = encode_picture(
        image, pixel, model=model, device=device, numerics=numerics, terminal=terminal
    )
    places = _places(predictor.name, predictor.config.depths, stage, block)
    if show == "rollout":
        places = [(number, 0) for number in sorted({place[0] for place in places})]
    with naming(image), terminal.progress("attention") as shown:
        queries = [pixel] if other is None else [pixel, other]
        found = [
            _maps_of(predictor, encoded, show, places=places, point=query, shown=shown)
            for query in queries
        ]
        spreads = _spread_of(predictor, encoded, pixel, shown) if spread else ()
        files = AttentionFiles(predictor.name, encoded, show, found, spreads)
        _say_notes(terminal, image, encoded, pixel)
        written = files.write(output)
    if as_json:
        terminal.say_json(files.report() | {"files": written})
    else:
        terminal.say(f"{_listed(written)} in {readable(output)}")


def _maps_of(
    predictor: Predictor,
    encoded: EncodedImage,
    show: View,
    *,
    places: Sequence[tuple[int, int]],
    point: Point,
    shown: ProgressCallback,
) -> list[AttentionMap]:
    """The maps of one query at each stage and block."""
    from segcore.inspection.attention_views import attention_view

    ticker = Ticker(len(places), shown)
    maps = []
    for stage, block in places:
        maps.append(attention_view(predictor, encoded, show, stage=stage, block=block, point=point))
        ticker.tick(f"stage {stage}, block {block}")
    return maps


def _spread_of(
    predictor: Predictor, encoded: EncodedImage, point: Point, shown: ProgressCallback
) -> tuple[HeadSpread, ...]:
    """Distance and entropy of every head of every block."""
    from segcore.inspection import attention_spread

    return attention_spread(predictor, encoded, point, progress=shown)


def _say_notes(terminal: Terminal, image: Path, encoded: EncodedImage, point: Point) -> None:
    for note in encoded.notes:
        terminal.note(note)
    if len(encoded.windows) > 1:
        terminal.note(
            f"{readable(image)}: it goes in as {len(encoded.windows)} tiles; this is the attention "
            f"inside the one that answers for {point[0]},{point[1]}."
        )


def _listed(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}"


def _places(
    model: str, depths: Sequence[int], stage: int | None, block: int | None
) -> list[tuple[int, int]]:
    """The stages and blocks that are asked for, all without a word.

    Raises:
        RequestError: the model has no such stage or block.
    """
    if stage is not None and not 1 <= stage <= len(depths):
        raise RequestError(f"{model} has no stage {stage}: choose 1 to {len(depths)}.")
    stages = range(1, len(depths) + 1) if stage is None else (stage,)
    found = [
        (number, index)
        for number in stages
        for index in range(depths[number - 1])
        if block is None or index == block
    ]
    if not found:
        last = max(depths[number - 1] for number in stages) - 1
        where = "" if stage is None else f" in stage {stage}"
        raise RequestError(f"{model} has no block {block}{where}: choose 0 to {last}.")
    return found
