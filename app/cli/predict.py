"""`predict`: pictures to label maps."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from app.cli.options import (
    BackendOption,
    Inputs,
    JsonFlag,
    ModelOption,
    NumericsOption,
    OutputFolder,
    PrecisionOption,
    parse_choices,
    parse_device,
)
from app.cli.predict_video import smoothed, the_one_video, write_overlay
from app.cli.protocol_options import (
    BlendFlag,
    FlipFlag,
    ProtocolOption,
    ProtocolSizeOption,
    ScalesOption,
    StrideOption,
    chosen_protocol,
)
from app.cli.terminal import Terminal, counted
from segcore.errors import readable

ALL_GPUS = "cuda:all"


def parse_devices(text: str) -> str:
    """One device, several with commas between them, or `cuda:all`; anything else is wrong usage."""
    if text != ALL_GPUS:
        for word in text.split(","):
            parse_device(word)
    return text


def predict(
    *,
    inputs: Inputs,
    model: ModelOption,
    output: OutputFolder,
    device: Annotated[
        str,
        typer.Option(
            "--device",
            callback=parse_devices,
            metavar="DEVICES",
            help="auto, cpu, cuda, cuda:N or mps; several GPUs share the pictures: "
            "cuda:0,cuda:1 or cuda:all.",
        ),
    ] = "auto",
    precision: PrecisionOption = "auto",
    backend: BackendOption = "auto",
    numerics: NumericsOption = "fast",
    save: Annotated[
        str,
        typer.Option(
            "--save",
            metavar="LIST",
            help="Also an NPZ per picture, of confidence,top2,entropy,margin,logits,features.",
        ),
    ] = "",
    protocol: ProtocolOption = "preprocess",
    size: ProtocolSizeOption = "",
    stride: StrideOption = None,
    blend: BlendFlag = False,
    flip: FlipFlag = False,
    scales: ScalesOption = "1",
    redo: Annotated[
        bool, typer.Option("--redo", help="Do again what an earlier run has finished.")
    ] = False,
    overlay: Annotated[
        Path | None,
        typer.Option("--overlay", metavar="MP4", help="Also the video with its labels over it."),
    ] = None,
    opacity: Annotated[
        float, typer.Option("--opacity", min=0.0, max=1.0, help="Of the labels in the overlay.")
    ] = 0.5,
    side_by_side: Annotated[
        bool, typer.Option("--side-by-side", help="The bare video stands beside the overlay.")
    ] = False,
    smooth: Annotated[
        float,
        typer.Option(
            "--smooth",
            min=0.0,
            max=0.99,
            metavar="WEIGHT",
            help="Of the frames before, along the motion: a video flickers less (0.5 is good).",
        ),
    ] = 0.0,
    as_json: JsonFlag = False,
) -> None:
    """Write a label PNG for each picture and each frame of a video, and classes.json.

    What an earlier run of the same model has finished in the output folder is left alone.
    """
    from segcore.batch import SAVES, Save, predict_folder

    words = parse_choices(save, SAVES, {}) if save else ()
    wanted: list[Save] = [kind for kind in SAVES if kind in words]
    way_in = chosen_protocol(protocol, size, stride, blend=blend, flip=flip, scales=scales)
    if len(way_in.views) > 1 and {"logits", "features"} & set(wanted):
        raise typer.BadParameter(
            "--save logits,features keeps what one pass computes: leave out --flip and --scales"
        )
    video = None if overlay is None and not smooth else the_one_video(inputs)
    if smooth and (wanted or len(way_in.views) > 1 or "," in device or device == ALL_GPUS):
        raise typer.BadParameter("--smooth goes with one device, one pass and without --save")
    terminal = Terminal()
    from segcore.inference import Predictor

    predictors = [
        Predictor.load(model, each, precision, numerics, backend, protocol=way_in)
        for each in _devices(device)
    ]
    if "confidence" not in wanted:
        predictors = [each.labels_alone() for each in predictors]
    predictor = predictors[0]
    for note in predictor.notes:
        terminal.note(note)
    with terminal.progress("predict") as show:
        summary = predict_folder(
            [smoothed(predictor, smooth)] if smooth else predictors,
            inputs,
            output,
            save=wanted,
            redo=redo,
            on_error=lambda _picture, sentence: terminal.complain(sentence),
            progress=show,
        )
    for note in summary.notes:
        terminal.note(note)
    if summary.skipped:
        terminal.complain(f"Not tried after that: {counted(len(summary.skipped), 'picture')}.")
    if overlay is not None and video is not None:
        with terminal.progress("overlay") as show:
            write_overlay(
                video,
                output / video.stem,
                overlay,
                predictor.classes,
                opacity=opacity,
                side_by_side=side_by_side,
                progress=show,
                on_error=terminal.complain,
            )
    if as_json:
        terminal.say_json(
            {
                "model": predictor.name,
                "sha256": predictor.sha256,
                "device": ",".join(each.device for each in predictors),
                "precision": predictor.precision,
                "backend": predictor.backend_name,
                "protocol": way_in.to_json() | {"words": way_in.in_words()},
                "done": [str(path) for path in summary.done],
                "kept": [str(path) for path in summary.kept],
                "failed": [
                    {"input": str(picture), "error": sentence}
                    for picture, sentence in summary.failed
                ],
                "skipped": [str(path) for path in summary.skipped],
                "notes": [*predictor.notes, *summary.notes],
            }
        )
    elif summary.done or summary.kept:
        terminal.say(_in_words(len(summary.done), len(summary.kept), output))
    raise typer.Exit(terminal.status)


def _devices(text: str) -> tuple[str, ...]:
    """The devices that a word on the command line names."""
    if text != ALL_GPUS:
        return tuple(text.split(","))
    from segcore.inference.devices import available_devices

    found = (device.name for device in available_devices())
    return tuple(name for name in found if name.startswith("cuda")) or ("cuda",)


def _in_words(done: int, kept: int, output: Path) -> str:
    maps = f"{counted(done, 'label map')} in {readable(output)}"
    return f"{maps}; {kept} had been finished before" if kept else maps
