"""`predict`: pictures to label maps."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from app.cli.options import (
    BackendOption,
    DeviceOption,
    Inputs,
    JsonFlag,
    ModelOption,
    NumericsOption,
    OutputFolder,
    PrecisionOption,
    parse_choices,
)
from app.cli.terminal import Terminal
from segcore.errors import readable

VIDEO_SUFFIXES = frozenset((".mp4", ".mov", ".avi", ".mkv", ".webm", ".m4v", ".mpg", ".mpeg"))


def predict(
    *,
    inputs: Inputs,
    model: ModelOption,
    output: OutputFolder,
    device: DeviceOption = "auto",
    precision: PrecisionOption = "auto",
    backend: BackendOption = "auto",
    numerics: NumericsOption = "fast",
    save: Annotated[
        str,
        typer.Option(
            "--save",
            metavar="LIST",
            help="Also an NPZ per picture, of confidence,top2,logits,features.",
        ),
    ] = "",
    as_json: JsonFlag = False,
) -> None:
    """Write a label PNG for each picture, and classes.json."""
    from segcore.batch import SAVES, Save, predict_folder

    words = parse_choices(save, SAVES, {}) if save else ()
    wanted: list[Save] = [kind for kind in SAVES if kind in words]
    terminal = Terminal()
    pictures = [path for path in inputs if not _refused_as_video(path, terminal)]
    from segcore.inference import Predictor

    predictor = Predictor.load(model, device, precision, numerics, backend)
    for note in predictor.notes:
        terminal.note(note)
    with terminal.progress("predict") as show:
        summary = predict_folder(
            predictor,
            pictures,
            output,
            save=wanted,
            on_error=lambda _picture, sentence: terminal.complain(sentence),
            progress=show,
        )
    for note in summary.notes:
        terminal.note(note)
    if summary.skipped:
        terminal.complain(f"{len(summary.skipped)} pictures were not tried after that.")
    if as_json:
        terminal.say_json(
            {
                "model": predictor.name,
                "sha256": predictor.sha256,
                "device": predictor.device,
                "precision": predictor.precision,
                "done": [str(path) for path in summary.done],
                "failed": [
                    {"input": str(picture), "error": sentence}
                    for picture, sentence in summary.failed
                ],
                "skipped": [str(path) for path in summary.skipped],
                "notes": [*predictor.notes, *summary.notes],
            }
        )
    elif summary.done:
        count = len(summary.done)
        terminal.say(f"{count} label map{'s' if count > 1 else ''} in {readable(output)}")
    raise typer.Exit(terminal.status)


def _refused_as_video(path: Path, terminal: Terminal) -> bool:
    if path.suffix.lower() not in VIDEO_SUFFIXES or not path.is_file():
        return False
    terminal.complain(
        f"{readable(path)}: videos cannot be predicted yet; save its frames as pictures first."
    )
    return True
