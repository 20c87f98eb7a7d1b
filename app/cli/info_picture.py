"""What `info --image` adds: the stages on one picture, in numbers and as features."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from app.cli.query import naming
from app.cli.terminal import Terminal
from segcore.atomic import replacing
from segcore.errors import RequestError, readable

if TYPE_CHECKING:
    from segcore.checkpoints import Checkpoint
    from segcore.inference import EncodedImage, Predictor
    from segcore.inspection import StageFacts

PREVIEW_SIDE = 512
"""Pixels of the longer side of a picture of components, at least: grids of 16 x 16 are small."""


def say_picture(
    terminal: Terminal,
    checkpoint: Checkpoint,
    image: Path,
    *,
    size: tuple[int, int] | None,
    features: Path | None,
    device: str,
    quiet: bool,
) -> dict[str, Any]:
    """Print the stages on a picture unless `quiet`, and write its features where asked.

    Returns:
        The numbers, for JSON.

    Raises:
        SegcoreError: the picture or the model cannot be used, or the folder cannot be written to.
    """
    from app.cli.info import parameters_of, say_model
    from segcore.images import read_image
    from segcore.inference import Predictor
    from segcore.inspection import stage_facts

    picture = read_image(image)
    predictor = Predictor.from_checkpoint(checkpoint, device)
    for note in predictor.notes:
        terminal.note(note)
    with naming(image):
        encoded = predictor.encode(picture, size=size)
        facts = stage_facts(predictor, encoded)
        written = _write_features(predictor, encoded, features) if features else []
    middle = encoded.windows[encoded.window_at((picture.shape[1] // 2, picture.shape[0] // 2))]
    if len(encoded.windows) > 1:
        terminal.note(
            f"{readable(image)}: it goes in as {len(encoded.windows)} tiles; this is the one in "
            "the middle."
        )
    for note in encoded.notes:
        terminal.note(note)
    if not quiet:
        say_model(terminal, checkpoint)
        _print_facts(terminal, facts, middle.model_size)
        if features is not None:
            names = f"{written[0]} … {written[-1]}"
            terminal.say(f"{names}, each also as .npz, in {readable(features)}")
    return {
        "image": readable(image),
        "size": list(middle.model_size),
        "windows": len(encoded.windows),
        "device": predictor.device,
        "parameters": parameters_of(checkpoint),
        "macs": sum(row.macs for row in facts),
        "stages": [row.to_json() for row in facts],
    }


def _print_facts(terminal: Terminal, facts: Sequence[StageFacts], size: tuple[int, int]) -> None:
    from rich.table import Table

    table = Table(box=None, show_footer=True)
    table.add_column(f"input {size[0]} x {size[1]}", "all")
    table.add_column("output (C, h, w)")
    for heading in ("R", "tokens", "keys", "heads", "blocks"):
        table.add_column(heading, justify="right")
    parameters, macs = (sum(getattr(row, name) for row in facts) for name in ("parameters", "macs"))
    seconds = sum(row.seconds or 0.0 for row in facts)
    table.add_column("parameters", f"{parameters:,}", justify="right")
    table.add_column("GMAC", f"{macs / 1e9:.2f}", justify="right")
    table.add_column("ms", f"{1000 * seconds:.1f}", justify="right")
    for row in facts:
        counts = (row.ratio, row.tokens, row.keys, row.heads, row.blocks)
        table.add_row(
            row.name,
            " x ".join(map(str, row.shape)),
            *(f"{count:,}" if count else "–" for count in counts),
            f"{row.parameters:,}",
            f"{row.macs / 1e9:.2f}",
            f"{1000 * (row.seconds or 0.0):.1f}",
        )
    terminal.table(table)


def _write_features(predictor: Predictor, encoded: EncodedImage, folder: Path) -> list[str]:
    """`stage1.png` and `stage1.npz` …, `fused`, `head`; returns the names of the pictures.

    Raises:
        RequestError: the folder cannot be written to.
    """
    from PIL import Image

    from segcore.inspection.components import principal_components
    from segcore.inspection.feature_maps import TARGETS, feature_map

    written = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for target in TARGETS:
            found = feature_map(predictor, encoded, target)
            components = principal_components(found.values, min(3, found.shape[0]))
            shown = Image.fromarray(components.picture())
            factor = max(-(-PREVIEW_SIDE // max(shown.size)), 1)
            shown = shown.resize(
                (shown.width * factor, shown.height * factor), Image.Resampling.NEAREST
            )
            with replacing(folder / f"{target}.png") as stream:
                shown.save(stream, format="png")
            with replacing(folder / f"{target}.npz") as stream:
                np.savez(
                    stream,
                    allow_pickle=False,
                    features=found.values,
                    components=components.values,
                    shares=components.shares,
                    box=np.array(found.box),
                )
            written.append(f"{target}.png")
    except OSError as error:
        raise RequestError(
            f"{readable(folder)} cannot be written to ({error.strerror or error}): "
            "choose another folder."
        ) from error
    return written
