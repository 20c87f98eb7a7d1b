"""`attention`: what one pixel attends to, at every stage, block and head."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
import typer

from app.cli.options import DeviceOption, ModelOption, NumericsOption, OutputFolder, parse_point
from app.cli.query import ImageArgument, PointOption, encode_picture, naming
from app.cli.terminal import Terminal
from segcore.atomic import replacing
from segcore.errors import RequestError, readable
from segcore.progress import Ticker

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from segcore.inspection import AttentionMap


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
    device: DeviceOption = "auto",
    numerics: NumericsOption = "fast",
) -> None:
    """Write what one pixel attends to: attention.npz and attention.png."""
    pixel = parse_point(point)
    from segcore.inspection import attention_map
    from segcore.inspection.attention_picture import attention_picture

    terminal = Terminal()
    predictor, encoded = encode_picture(
        image, pixel, model=model, device=device, numerics=numerics, terminal=terminal
    )
    places = _places(predictor.name, predictor.config.depths, stage, block)
    maps = []
    with naming(image), terminal.progress("attention") as show:
        ticker = Ticker(len(places), show)
        for place in places:
            maps.append(attention_map(predictor, encoded, *place, pixel))
            ticker.tick(f"stage {place[0]}, block {place[1]}")
    for note in encoded.notes:
        terminal.note(note)
    window = encoded.windows[encoded.window_at(pixel)].box
    if len(encoded.windows) > 1:
        terminal.note(
            f"{readable(image)}: it goes in as {len(encoded.windows)} tiles; this is the attention "
            f"inside the one that answers for {pixel[0]},{pixel[1]}."
        )
    title = f"{predictor.name}: attention of {pixel[0]},{pixel[1]}"
    _write(output, maps, attention_picture(maps, encoded.image, window, title=title))
    terminal.say(f"attention.npz and attention.png in {readable(output)}")


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


def _write(output: Path, maps: Sequence[AttentionMap], figure: Figure) -> None:
    arrays = {f"stage{found.stage}_block{found.block}": found.values for found in maps}
    try:
        output.mkdir(parents=True, exist_ok=True)
        with replacing(output / "attention.npz") as stream:
            np.savez(stream, allow_pickle=False, **arrays)
        with replacing(output / "attention.png") as stream:
            figure.savefig(stream, format="png")
    except OSError as error:
        raise RequestError(
            f"{readable(output)} cannot be written to ({error.strerror or error}): "
            "choose another output folder."
        ) from error
