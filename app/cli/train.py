"""`train`: fine-tune a model on labelled pictures, or train one from scratch."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated

import typer

from app.cli.interrupts import cancelled_by_interrupt
from app.cli.options import DeviceOption, ModelOption, parse_size
from app.cli.terminal import Terminal, counted
from app.cli.train_options import (
    Balance,
    Course,
    Freeze,
    Precision,
    SplitBy,
    parse_mix,
    parse_scale,
)
from app.cli.train_progress import teller

_CANCELLED = 130


def train(
    *,
    data: Annotated[
        Path,
        typer.Argument(
            metavar="DIR",
            help="A project, or a folder with images/, labels/ and classes.json; where these have "
            "subfolders train and val, the first is trained on and the second held out.",
        ),
    ],
    model: ModelOption,
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="OUT", help="The folder of the new model.")
    ],
    form: Annotated[
        str, typer.Option("-f", "--format", metavar="FORMAT", help="Of a DIR that is no project.")
    ] = "png",
    classes: Annotated[
        Path | None,
        typer.Option("--classes", metavar="FILE", help="The classes.json that the ids mean."),
    ] = None,
    scratch: Annotated[
        bool,
        typer.Option(
            "--scratch",
            help="Take only the architecture from MODEL, here also b0 to b5, or such as "
            "deeplabv3plus-resnet18 and allmlp-resnet18.",
        ),
    ] = False,
    steps: Annotated[int, typer.Option("--steps", min=1, help="Steps of the optimiser.")] = 1000,
    epochs: Annotated[
        float | None, typer.Option("--epochs", min=0, help="Instead: turns through the pictures.")
    ] = None,
    batch: Annotated[int, typer.Option("--batch", min=1, help="Crops in a step.")] = 8,
    size: Annotated[
        str, typer.Option("--size", metavar="HxW", help="Of the crops; by default up to 512x512.")
    ] = "",
    lr: Annotated[
        float | None,
        typer.Option("--lr", min=0, help="Peak learning rate; 6e-5, from scratch 1e-3."),
    ] = None,
    device: DeviceOption = "auto",
    head_factor: Annotated[
        float | None,
        typer.Option("--head-factor", min=0, help="The head's rate; 10, from scratch 1."),
    ] = None,
    warm_up: Annotated[
        int | None, typer.Option("--warm-up", min=0, help="Steps; a twentieth by default.")
    ] = None,
    course: Annotated[Course, typer.Option("--course", help="How the rate falls.")] = "poly",
    decay: Annotated[float, typer.Option("--decay", min=0, help="Weight decay.")] = 0.01,
    scale: Annotated[
        str, typer.Option("--scale", metavar="LOW-HIGH", help="Pictures are scaled by.")
    ] = "0.5-2",
    turn: Annotated[
        bool, typer.Option("--turn", help="Also quarter turns: for pictures from above.")
    ] = False,
    rare: Annotated[
        float, typer.Option("--rare", min=0, max=1, help="Share of crops that show rare classes.")
    ] = 0.25,
    balance: Annotated[
        Balance, typer.Option("--balance", help="Weights of classes by their share.")
    ] = "none",
    hardest: Annotated[
        float, typer.Option("--hardest", min=0.01, max=1, help="Only this share of the pixels.")
    ] = 1.0,
    smoothing: Annotated[
        float, typer.Option("--smoothing", min=0, max=0.5, help="Of the labels.")
    ] = 0.0,
    average: Annotated[
        float, typer.Option("--average", min=0, max=0.99999, help="Decay of averaged weights.")
    ] = 0.999,
    drop_path: Annotated[
        float | None, typer.Option("--drop-path", min=0, max=0.9, help="Instead of the model's.")
    ] = None,
    dropout: Annotated[
        float | None, typer.Option("--dropout", min=0, max=0.9, help="Instead of the model's.")
    ] = None,
    frozen: Annotated[
        Freeze,
        typer.Option("--freeze", help="What stays: none, all but the head, or all but the last."),
    ] = "none",
    precision: Annotated[
        Precision, typer.Option("--precision", help="auto: fp32 on a CPU, half on a GPU.")
    ] = "auto",
    accumulate: Annotated[
        int, typer.Option("--accumulate", min=1, help="Parts of a batch, one after the other.")
    ] = 1,
    checkpointing: Annotated[
        bool, typer.Option("--checkpointing", help="Less memory, a third more time.")
    ] = False,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of all that is drawn.")] = 0,
    mix: Annotated[
        list[str] | None,
        typer.Option("--mix", metavar="DIR=SHARE", help="Another folder's share of the crops."),
    ] = None,
    hold_out: Annotated[
        float | None,
        typer.Option("--hold-out", min=0, max=0.9, help="Share of the pictures to measure on."),
    ] = None,
    by: Annotated[
        SplitBy, typer.Option("--by", help="What is held out as a whole: picture, folder, video.")
    ] = "picture",
    every: Annotated[
        int, typer.Option("--every", min=0, help="Steps between two looks at the held-out ones.")
    ] = 0,
    glance: Annotated[
        int, typer.Option("--glance", min=0, help="Of them, how many before the end; 0 for all.")
    ] = 0,
    patience: Annotated[
        int,
        typer.Option(
            "--patience", min=0, help="End after so many looks without a better one; keep the best."
        ),
    ] = 0,
    minutes: Annotated[
        float, typer.Option("--minutes", min=0, help="Stop after so long, to be resumed.")
    ] = math.inf,
    save_seconds: Annotated[
        float, typer.Option("--save-seconds", min=0, help="Between two saved states.")
    ] = 60.0,
    threads: Annotated[
        int, typer.Option("--threads", min=0, help="Of each process; 0 for torch's choice.")
    ] = 0,
    half: Annotated[bool, typer.Option("--half", help="Write half-precision weights.")] = False,
    card: Annotated[
        Path | None, typer.Option("--card", exists=True, dir_okay=False, help="The README.md.")
    ] = None,
    onnx: Annotated[
        bool, typer.Option("--onnx", help="Write OUT/model.onnx besides, at the end.")
    ] = False,
    tensorboard: Annotated[
        bool, typer.Option("--tensorboard", help="Curves for TensorBoard in OUT/training.")
    ] = False,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the training that OUT holds, if any.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object a line on stdout, as it goes on.")
    ] = False,
) -> None:
    """Train a model on labelled pictures.

    It can be killed at any time: --resume goes on from the last minute. Several processes or GPUs:
    torchrun --nproc-per-node N -m app train ….
    """
    from segcore.classes import ClassTable
    from segcore.training import commands

    terminal = Terminal()
    request = commands.Request(
        data=data,
        model=model,
        out=output,
        scratch=scratch,
        steps=steps,
        epochs=epochs,
        batch=batch,
        size=parse_size(size) if size else None,
        lr=lr,
        device=device,
        head_factor=head_factor,
        warm_up=warm_up,
        course=course,
        decay=decay,
        scale=parse_scale(scale),
        turn=turn,
        rare=rare,
        balance=balance,
        hardest=hardest,
        smoothing=smoothing,
        average=average,
        drop_path=drop_path,
        dropout=dropout,
        freeze=frozen,
        precision=precision,
        accumulate=accumulate,
        checkpointing=checkpointing,
        seed=seed,
        mix=tuple(parse_mix(words) for words in mix or ()),
        form=form,
        hold_out=hold_out,
        by=by,
        every=every,
        glance=glance,
        seconds=60 * minutes,
        save_seconds=save_seconds,
        threads=threads,
        half=half,
        card=None if card is None else card.read_text(encoding="utf-8"),
        resume=resume,
        patience=patience,
        onnx=onnx,
        tensorboard=tensorboard,
        classes=None if classes is None else ClassTable.read(classes),
    )
    with cancelled_by_interrupt(or_terminated=True) as cancel, teller(terminal, as_json) as told:
        result = commands.carry_out(request, told, cancel)
    if not result.finished:
        terminal.note(f"Stopped after {counted(result.steps, 'step')}; --resume goes on.")
    raise typer.Exit(_CANCELLED if cancel.interrupted else terminal.status)
