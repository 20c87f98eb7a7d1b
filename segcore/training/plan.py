"""What a training run is to do, and how it ended."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from segcore.training.samples import Samples
from segcore.training.validation import Validation

Event = Mapping[str, Any]
Told = Callable[[Event], None]


@dataclass(frozen=True, eq=False)
class Plan:
    """What is to be done, besides the recipe.

    Attributes:
        sources: samples with their shares; the first one names the classes.
        held_out: what progress is measured on, or None.
        model, scratch: see `begin`.
        out: the folder that becomes a model; `training/` in it keeps state and log.
        resume: go on from the state in `out`, where there is one.
        every: steps between two looks at the held-out pictures; 0 for one at the end.
        glance: of them, how many are looked at before the end, evenly spread; 0 for all.
        save_seconds: between two saved states.
        seconds: stop, resumably, after so long.
        card: what `README.md` says.
        half: write half-precision weights.
        patience: end after so many looks without a better one; the model then has the weights of
            the best look. 0 goes on to the last step, whose weights it has.
        onnx: write `model.onnx` into `out` besides, at the end.
        tensorboard: write TensorBoard's files into `out/training/tensorboard`.
    """

    sources: Sequence[tuple[Samples, float]]
    held_out: Samples | None
    model: str
    out: Path
    scratch: bool = False
    resume: bool = False
    device: str = "auto"
    every: int = 0
    glance: int = 0
    save_seconds: float = 60.0
    seconds: float = math.inf
    card: str | None = None
    half: bool = False
    patience: int = 0
    onnx: bool = False
    tensorboard: bool = False


@dataclass(frozen=True, eq=False)
class Result:
    """How it ended.

    Attributes:
        steps: that were done in all.
        finished: whether the recipe's last step was reached, or patience was at its end.
        validation: of the weights that were written; None without held-out pictures.
    """

    steps: int
    finished: bool
    validation: Validation | None
