"""What is said of a training while it runs: to the log, to TensorBoard, and to who asked."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from segcore.errors import TrainingError
from segcore.training.plan import Event, Told
from segcore.training.state import FOLDER
from segcore.training.transfer import Step

LOG = "log.jsonl"
TENSORBOARD = "tensorboard"
_PASSING = frozenset({"state", "survey"})
"""Events that nobody asks for afterwards."""


class Telling:
    """Hands every event on, in the one worker that speaks.

    Args:
        out: the folder of the model; the log lies in `training/` there.
        told: hears of every event.
        tensorboard: also write files for TensorBoard, in `training/tensorboard/`.

    Raises:
        TrainingError: TensorBoard's files are wanted and its package is not installed.
    """

    def __init__(self, out: Path, told: Told, *, speaks: bool, tensorboard: bool = False) -> None:
        if tensorboard and find_spec("tensorboard") is None:
            raise TrainingError(
                "--tensorboard needs the package tensorboard: pip install "
                '"segformer-studio[tensorboard]", or leave the option out: report.html has the '
                "same curves."
            )
        self._folder = out / FOLDER
        self._told = told
        self._speaks = speaks
        self._board = _Board(self._folder / TENSORBOARD) if tensorboard and speaks else None

    def say(self, event: Event) -> None:
        """Tell of an event, a mapping with `event`."""
        if not self._speaks:
            return
        if event["event"] not in _PASSING:
            line = json.dumps({"time": round(time.time(), 1), **event})
            # The log is a convenience: a full disk, which saving reports, stops nothing here.
            with suppress(OSError), (self._folder / LOG).open("a", encoding="utf-8") as log:
                log.write(f"{line}\n")
        if self._board is not None:
            self._board.hear(event)
        self._told(event)

    def close(self) -> None:
        """Write what is still to be written."""
        if self._board is not None:
            self._board.close()


class _Board:
    """Numbers of events as TensorBoard's scalars."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._resumed_after: int | None = None
        self._writer: Any = None

    def hear(self, event: Event) -> None:
        match event["event"]:
            case "resumed":
                self._resumed_after = event["step"]
            case "step":
                for name in ("loss", "lr", "gradient"):
                    self._add(f"train/{name}", event[name], event["step"])
            case "validation":
                for name in ("miou", "pixel_accuracy"):
                    self._add(f"held out/{name}", event[name], event["step"])
                for name, iou in event["iou"].items():
                    if iou is not None:
                        self._add(f"held out, IoU/{name}", iou, event["step"])

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()

    def _add(self, name: str, value: float, step: int) -> None:
        if self._writer is None:
            from torch.utils import tensorboard

            # Steps that a kill lost are done again: of these the first account goes.
            after = self._resumed_after
            self._writer = tensorboard.SummaryWriter(
                str(self._folder), purge_step=None if after is None else after + 1
            )
        self._writer.add_scalar(name, value, step)


def step_event(step: Step, last: int) -> dict[str, Any]:
    """What is said of a step of so many."""
    return {
        "event": "step",
        "step": step.step,
        "steps": last,
        "loss": round(step.loss, 5),
        "lr": step.rate,
        "gradient": round(step.gradient, 4),
        "seconds": round(step.seconds, 3),
    }
