"""What `train` says while it runs: JSON lines, or a bar with a table of the looks it takes."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from app.cli.terminal import Terminal, counted
from segcore.progress import Progress, Ticker

Event = Mapping[str, Any]


@contextmanager
def teller(terminal: Terminal, as_json: bool) -> Iterator[Callable[[Event], None]]:
    """What to hand to the training: it is told of every event."""
    if as_json:
        yield _as_lines
        return
    with terminal.progress("train") as show:
        yield _Words(terminal, show).tell


def _as_lines(event: Event) -> None:
    sys.stdout.write(json.dumps(event, ensure_ascii=False) + "\n")
    sys.stdout.flush()


class _Words:
    def __init__(self, terminal: Terminal, show: Callable[[Progress], None]) -> None:
        self._terminal = terminal
        self._show = show
        self._ticker: Ticker | None = None
        self._headed = False
        self._loss = 0.0
        self._rate = 0.0

    def tell(self, event: Event) -> None:
        match event["event"]:
            case "note" | "warning":
                self._terminal.note(event["text"])
            case "survey":
                self._show(Progress(event["done"], event["pictures"], "reading the labels"))
            case "resumed":
                self._terminal.note(_resumed(event["step"], event["steps"]))
            case "step":
                self._step(event)
            case "validation":
                self._validation(event)
            case "report":
                self._terminal.note(f"{event['path']}: curves, confusion, best and worst pictures.")
            case "onnx":
                self._terminal.note(f"{event['path']}: the same as ONNX.")
            case "model":
                self._terminal.note(
                    f"{event['path']}: the model after {counted(event['step'], 'step')}."
                )

    def _step(self, event: Event) -> None:
        self._rate = event["lr"]
        if self._ticker is None:
            # How long a step takes is known from the second one on.
            self._ticker = Ticker(event["steps"], self._show)
            self._ticker.done = event["step"]
            self._loss = event["loss"]
            self._show(Progress(event["step"], event["steps"], f"loss {self._loss:.3f}"))
            return
        self._loss += 0.05 * (event["loss"] - self._loss)
        self._ticker.tick(f"loss {self._loss:.3f}")

    def _validation(self, event: Event) -> None:
        if not self._headed:
            self._terminal.say(f"{'step':>8}{'loss':>9}{'rate':>10}{'mIoU':>8}{'accuracy':>10}")
            self._headed = True
        self._terminal.say(
            f"{event['step']:>8}{self._loss:>9.3f}{self._rate:>10.1e}"
            f"{100 * event['miou']:>7.1f}%{100 * event['pixel_accuracy']:>9.1f}%"
            f"{'  best so far' if event['best'] else ''}"
        )


def _resumed(step: int, steps: int) -> str:
    if step < steps:
        return f"Going on after step {step}."
    return f"All {counted(steps, 'step')} had been done."
