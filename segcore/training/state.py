"""Where a training run stands, on disk: whole or not at all."""

from __future__ import annotations

import json
import pickle
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from segcore.atomic import replacing
from segcore.errors import TrainingError, readable

FOLDER = "training"
STATE = "state.pt"
BEST = "best.pt"
_FORMAT = 1


@dataclass(frozen=True, eq=False)
class State:
    """After `step` steps: what the next one needs.

    Nothing of the random generators is in it: every step begins its own from the seed and its
    number. `best` is the best held-out mIoU so far and the step that had it; `parts` is in how
    many parts batches go through. `data` is what was trained on: name of a picture -> checksum of
    its labels.
    """

    step: int
    recipe: Mapping[str, Any]
    network: Mapping[str, Tensor]
    optimiser: Mapping[str, Any]
    average: Mapping[str, Tensor]
    average_steps: int
    scaler: Mapping[str, Any]
    best: tuple[float, int]
    parts: int = 1
    data: Mapping[str, int] = field(default_factory=dict)


def state_path(out: Path) -> Path:
    """Where the state lies in the folder that the model is written to."""
    return out / FOLDER / STATE


def save_state(out: Path, state: State) -> None:
    """Replace what was saved before.

    Raises:
        TrainingError: the disk refuses; what was saved before is untouched.
    """
    path = state_path(out)
    words = {
        "format": _FORMAT,
        "step": state.step,
        "recipe": json.dumps(state.recipe),
        "network": dict(state.network),
        "optimiser": dict(state.optimiser),
        "average": dict(state.average),
        "average_steps": state.average_steps,
        "scaler": dict(state.scaler),
        "best": list(state.best),
        "parts": state.parts,
        "data": dict(state.data),
    }
    _write(path, words)


def save_best(out: Path, weights: Mapping[str, Tensor]) -> None:
    """Keep the weights of the best look so far, in the place of those before.

    Raises:
        TrainingError: the disk refuses; what was saved before is untouched.
    """
    _write(out / FOLDER / BEST, dict(weights))


def load_best(out: Path) -> dict[str, Tensor] | None:
    """The weights that `save_best` kept last; None where there are none.

    Raises:
        TrainingError: there is something, but it cannot be used.
    """
    path = out / FOLDER / BEST
    if not path.exists():
        return None
    try:
        weights: dict[str, Tensor] = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, pickle.UnpicklingError) as error:
        raise TrainingError(
            f"{readable(path)}: these are no weights ({type(error).__name__}); delete it to keep "
            "the last ones."
        ) from error
    return weights


def _write(path: Path, words: Mapping[str, Any]) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as stream:
            torch.save(dict(words), stream)
    except (OSError, RuntimeError) as error:
        # torch's writer reports a full disk as a RuntimeError of its own, about positions.
        why = [getattr(each, "strerror", None) for each in (error, error.__context__)]
        trouble = why[0] or why[1] or "is the disk full?"
        raise TrainingError(
            f"{readable(path)}: the state of the training cannot be written ({trouble}); make "
            "room, then go on with --resume from the last one that was."
        ) from error


def load_state(out: Path) -> State | None:
    """What was saved last; None where nothing was.

    Raises:
        TrainingError: there is something, but it cannot be used.
    """
    path = state_path(out)
    if not path.exists():
        return None
    try:
        words = torch.load(path, map_location="cpu", weights_only=True)
        if words["format"] != _FORMAT:
            raise KeyError("format")
        value, at = words["best"]
        return State(
            words["step"],
            json.loads(words["recipe"]),
            words["network"],
            words["optimiser"],
            words["average"],
            words["average_steps"],
            words["scaler"],
            (float(value), int(at)),
            words.get("parts", 1),
            words.get("data", {}),
        )
    except (
        OSError,
        RuntimeError,
        KeyError,
        TypeError,
        ValueError,
        pickle.UnpicklingError,
    ) as error:
        raise TrainingError(
            f"{readable(path)}: this is no state of a training ({type(error).__name__}); delete "
            "it to begin anew."
        ) from error
