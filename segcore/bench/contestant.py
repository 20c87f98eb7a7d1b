"""Each contestant in a process of its own: nobody's settings, allocator or cache helps another."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from segcore.bench.memory import peak_of_gpu, peak_of_process, seconds_of_gpu
from segcore.errors import SegcoreError

Action = Callable[[], Any]


class ContestantError(SegcoreError):
    """One of the contestants could not be made ready, or fell over; why, in a sentence."""


@dataclass(frozen=True)
class Side:
    """A way of doing something.

    Attributes:
        name: what the table calls it.
        prepare: a function of a module, which the new process imports and calls with `arguments`;
            it gets everything ready and returns what is to be timed.
        on_gpu: whether it is the GPU's memory and clock that count.
    """

    name: str
    prepare: Callable[..., Action]
    arguments: tuple[Any, ...] = ()
    on_gpu: bool = False


class Contestant:
    """A side in its process, from `with` on; it works only when it is asked to.

    Raises ContestantError when the side cannot be made ready or fails.
    """

    def __init__(self, side: Side) -> None:
        self.side = side
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, side), daemon=False)
        self._process.start()
        theirs.close()

    def __enter__(self) -> Contestant:
        try:
            self._hear()
        except ContestantError:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def first(self) -> tuple[Any, int | None]:
        """Run it for the first time: its result, and the bytes it needed at its peak."""
        answer: tuple[Any, int | None] = self._ask("first")
        return answer

    def seconds(self) -> float:
        """Run it once more: how long that took."""
        return float(self._ask("run"))

    def close(self) -> None:
        """End the process."""
        self._connection.close()
        self._process.join()

    def _ask(self, word: str) -> Any:
        self._connection.send(word)
        return self._hear()

    def _hear(self) -> Any:
        try:
            good, answer = self._connection.recv()
        except EOFError:
            raise ContestantError(f"{self.side.name} ended without a word.") from None
        if not good:
            raise ContestantError(f"{self.side.name} could not be run ({answer}).")
        return answer


def alone(prepare: Callable[..., Action], *arguments: Any) -> Any:
    """The result of `prepare(*arguments)()` in a process of its own, which then is gone."""
    with Contestant(Side(prepare.__name__, prepare, tuple(arguments))) as contestant:
        return contestant.first()[0]


def _serve(connection: Connection, side: Side) -> None:
    """What runs in the process: get ready, then answer until the other end is closed."""
    try:
        action = side.prepare(*side.arguments)
        connection.send((True, None))
        while True:
            connection.send((True, _answer(connection.recv(), action, on_gpu=side.on_gpu)))
    except EOFError:
        return
    except Exception as error:  # noqa: BLE001 - the last stop of this process, told to the other
        trouble = " ".join(f"{type(error).__name__}: {error}".split())
        connection.send((False, trouble[:300]))


def _answer(word: str, action: Action, *, on_gpu: bool) -> Any:
    if on_gpu:
        return _answer_of_gpu(word, action)
    if word == "run":
        start = time.perf_counter()
        action()
        return time.perf_counter() - start
    result, peak = peak_of_process(action)
    return _portable(result), peak


def _answer_of_gpu(word: str, action: Action) -> Any:
    from torch import cuda

    if word == "run":
        return seconds_of_gpu(action, cuda)
    result, peak = peak_of_gpu(action, cuda)
    return _portable(result), peak


def _portable(result: Any) -> Any:
    """A tensor as an array, which needs nothing of torch on its way to the other process."""
    return result.float().cpu().numpy() if hasattr(result, "cpu") else result


def in_turn(contestants: Sequence[Contestant], rounds: int, told: Action) -> list[list[float]]:
    """Seconds of each contestant, round by round; every round begins with another one."""
    seconds: list[list[float]] = [[] for _ in contestants]
    order = list(range(len(contestants)))
    for _ in range(rounds):
        for index in order:
            seconds[index].append(contestants[index].seconds())
        order = order[1:] + order[:1]
        told()
    return seconds
