"""Numbers on their way to the device and back, without making either side wait.

A GPU works through a queue that the program fills ahead; asking for a number that is still to be
computed empties the queue. So what a step came to is read one step later there, and pictures go
over from page-locked memory while the step before is still at work.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import Any

import numpy.typing as npt
import torch
from torch import Tensor

from segcore.errors import TrainingError


@dataclass(frozen=True)
class Step:
    """What one step came to."""

    step: int
    loss: float
    rate: float
    gradient: float
    seconds: float


def to_device(array: npt.NDArray[Any], device: torch.device) -> Tensor:
    """The array on the device, in its own type; to a GPU without waiting for it to arrive."""
    tensor = torch.from_numpy(array)
    if device.type == "cuda":
        tensor = tensor.pin_memory()
    return tensor.to(device, non_blocking=True)


def reads_late(device: torch.device) -> bool:
    """Whether numbers of a step are read only when the next one is on its way."""
    return device.type == "cuda"


class Reading:
    """Loss and norm of the gradient of one step, on their way from the device.

    Args:
        step: counted from 1.
        loss, gradient: scalars on the device.
        may_overflow: a gradient that is no number is no error, as loss scaling skips the step.
    """

    def __init__(
        self, step: int, rate: float, loss: Tensor, gradient: Tensor, *, may_overflow: bool
    ) -> None:
        self._step = step
        self._rate = rate
        self._may_overflow = may_overflow
        numbers = torch.stack([loss.detach().float(), gradient.detach().float()])
        self.not_finite = (~torch.isfinite(numbers)).any().float()
        # Without waiting the numbers go to page-locked memory; the event says when they are there.
        self._numbers = numbers.to("cpu", non_blocking=reads_late(loss.device))
        self._there: torch.cuda.Event | None = None
        if reads_late(loss.device):
            self._there = torch.cuda.Event()  # type: ignore[no-untyped-call]
            self._there.record()

    def read(self, began: float) -> Step:
        """Wait for the numbers; `began` is what `time.perf_counter` said before the step.

        Raises:
            TrainingError: one of them is no number.
        """
        if self._there is not None:
            self._there.synchronize()
        loss, gradient = self._numbers.tolist()
        if not math.isfinite(loss):
            raise _not_a_number("loss", self._step)
        if not math.isfinite(gradient) and not self._may_overflow:
            raise _not_a_number("gradient", self._step)
        return Step(self._step, loss, self._rate, gradient, time.perf_counter() - began)


def _not_a_number(what: str, step: int) -> TrainingError:
    return TrainingError(
        f"The {what} is no number any more after {step - 1} steps: go on from the last state with "
        "--resume and a smaller learning rate (--lr) or --precision fp32, or begin anew in another "
        "folder."
    )
