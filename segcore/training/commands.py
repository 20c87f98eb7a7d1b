"""From what a person asked for to a plan and a recipe."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch

from segcore.classes import ClassTable
from segcore.errors import TrainingError
from segcore.formats.splits import SplitBy
from segcore.inference.devices import place
from segcore.progress import CancelToken
from segcore.training.augmentation import Augmentation
from segcore.training.batches import Sampling
from segcore.training.objective import Balance, Objective
from segcore.training.opening import PNG, open_samples
from segcore.training.optimiser import Course, Freeze
from segcore.training.plan import Plan, Result, Told
from segcore.training.recipe import Precision, Recipe
from segcore.training.run import train
from segcore.training.samples import Samples
from segcore.training.workers import local_device

_LARGEST_CROP = 512
_GRID = 32


@dataclass(frozen=True)
class Request:
    """The words of the command line; None where the person left the choice to us."""

    data: Path
    model: str
    out: Path
    scratch: bool = False
    steps: int = 1000
    epochs: float | None = None
    batch: int = 8
    size: tuple[int, int] | None = None
    lr: float | None = None
    device: str = "auto"
    head_factor: float | None = None
    warm_up: int | None = None
    course: Course = "poly"
    decay: float = 0.01
    scale: tuple[float, float] = (0.5, 2.0)
    turn: bool = False
    rare: float = 0.25
    balance: Balance = "none"
    hardest: float = 1.0
    smoothing: float = 0.0
    average: float = 0.999
    drop_path: float | None = None
    dropout: float | None = None
    freeze: Freeze = "none"
    precision: Precision | Literal["auto"] = "auto"
    accumulate: int = 1
    checkpointing: bool = False
    seed: int = 0
    mix: Sequence[tuple[Path, float]] = ()
    form: str = PNG
    hold_out: float | None = None
    by: SplitBy = "picture"
    every: int = 0
    glance: int = 0
    seconds: float = math.inf
    save_seconds: float = 60.0
    threads: int = 0
    half: bool = False
    card: str | None = None
    resume: bool = False
    patience: int = 0
    onnx: bool = False
    tensorboard: bool = False
    classes: ClassTable | None = None


def carry_out(
    request: Request, told: Told = lambda _event: None, cancel: CancelToken | None = None
) -> Result:
    """Read the data, settle what was left open, and train; raises as `train` does."""
    if request.threads:
        torch.set_num_threads(request.threads)
    trained, held_out = open_samples(
        request.data,
        request.form,
        hold_out=request.hold_out,
        by=request.by,
        seed=request.seed,
        classes=request.classes,
    )
    shares = [share for _, share in request.mix]
    if sum(shares) >= 1:
        raise TrainingError("The shares of --mix come to 1 or more: leave some to DIR itself.")
    others = [open_samples(folder, classes=request.classes).trained for folder, _ in request.mix]
    plan = Plan(
        sources=[(trained, 1 - sum(shares)), *zip(others, shares)],
        held_out=held_out,
        model=request.model,
        out=request.out,
        scratch=request.scratch,
        resume=request.resume,
        device=request.device,
        every=request.every,
        glance=request.glance,
        seconds=request.seconds,
        save_seconds=request.save_seconds,
        card=request.card,
        half=request.half,
        patience=request.patience,
        onnx=request.onnx,
        tensorboard=request.tensorboard,
    )
    return train(plan, recipe_of(request, trained), told, cancel)


def recipe_of(request: Request, samples: Samples) -> Recipe:
    """The recipe, with what was left open as the paper has it."""
    steps = request.steps
    if request.epochs is not None:
        steps = max(round(request.epochs * len(samples) / request.batch), 1)
    lr = request.lr if request.lr is not None else (1e-3 if request.scratch else 6e-5)
    factor = request.head_factor
    if factor is None:
        factor = 1.0 if request.scratch else 10.0
    return Recipe(
        steps=steps,
        sampling=Sampling(
            batch=request.batch,
            size=request.size or _crop_size(samples),
            rare=request.rare,
            augmentation=Augmentation(scale=request.scale, turn=request.turn),
        ),
        objective=Objective(request.balance, request.hardest, request.smoothing),
        lr=lr,
        head_factor=factor,
        warm_up=request.warm_up if request.warm_up is not None else min(steps // 20, 1500),
        course=request.course,
        decay=request.decay,
        average=request.average,
        drop_path=request.drop_path,
        dropout=request.dropout,
        accumulate=request.accumulate,
        checkpointing=request.checkpointing,
        precision=_precision(request),
        freeze=request.freeze,
        seed=request.seed,
    )


def _crop_size(samples: Samples) -> tuple[int, int]:
    """The first picture's size on the grid of 32, up to 512 a side."""
    height, width = samples.picture(0).shape[:2]
    tall, wide = (
        min(max(side // _GRID * _GRID, 2 * _GRID), _LARGEST_CROP) for side in (height, width)
    )
    return tall, wide


def _precision(request: Request) -> Precision:
    if request.precision != "auto":
        return request.precision
    return place(local_device(request.device)).precision
