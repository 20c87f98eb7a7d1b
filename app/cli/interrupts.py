"""Ctrl+C: a wish to end early, so that a command can keep what it has, and what is said of it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import FrameType

from segcore.progress import CancelToken

_WHAT_STAYS: Mapping[str, str] = {
    "predict": "what is finished stays, and the same command goes on from there.",
    "project predict": "what is predicted stays; with --unlabelled the same command does the rest.",
    "import": "nothing was taken.",
    "export": "nothing was written.",
    "erf": "no picture was done and nothing was written.",
    "train": "no step had been done; run the same command again.",
    "models download": "what has arrived is kept, and the same command goes on behind it.",
}
"""By command: what became of the work that was called off, and how to go on."""


def called_off(words: Sequence[str]) -> str:
    """What to say when the command line `words` was called off, with its line's end."""
    stays = _WHAT_STAYS.get(words[0]) or _WHAT_STAYS.get(" ".join(words[:2])) if words else None
    return f"Cancelled: {stays}\n" if stays else "Cancelled.\n"


def was_interrupted(ended: BaseException | None) -> bool:
    """Whether it was Ctrl+C that ended a command: Typer makes an ordinary end of it."""
    while ended is not None:
        if isinstance(ended, KeyboardInterrupt):
            return True
        ended = ended.__cause__ or ended.__context__
    return False


class InterruptToken(CancelToken):
    """A token that knows whether it was a person who raised it."""

    def __init__(self) -> None:
        super().__init__()
        self.interrupted = False

    def interrupt(self) -> None:
        """Raise it, as Ctrl+C does."""
        self.interrupted = True
        self.cancel()


@contextmanager
def cancelled_by_interrupt(*, or_terminated: bool = False) -> Iterator[InterruptToken]:
    """A token that the first Ctrl+C raises; the second one ends the program as ever.

    With `or_terminated` a wish to terminate (SIGTERM) counts likewise, for a command that runs as
    a child. Outside the main thread, which alone hears of it, the token is never raised.
    """
    token = InterruptToken()
    if threading.current_thread() is not threading.main_thread():
        yield token
        return

    def cancel(number: int, _frame: FrameType | None) -> None:
        token.interrupt()
        signal.signal(number, before[number])

    heard = [signal.SIGINT, *([signal.SIGTERM] if or_terminated else [])]
    before = {int(number): signal.signal(number, cancel) for number in heard}
    try:
        yield token
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
