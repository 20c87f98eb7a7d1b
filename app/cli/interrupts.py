"""Ctrl+C as a wish to end early, so that a command can keep what it has."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from segcore.progress import CancelToken


@contextmanager
def cancelled_by_interrupt(*, or_terminated: bool = False) -> Iterator[CancelToken]:
    """A token that the first Ctrl+C raises; the second one ends the program as ever.

    With `or_terminated` a wish to terminate (SIGTERM) counts likewise, for a command that runs as
    a child. Outside the main thread, which alone hears of it, the token is never raised.
    """
    token = CancelToken()
    if threading.current_thread() is not threading.main_thread():
        yield token
        return

    def cancel(number: int, _frame: FrameType | None) -> None:
        token.cancel()
        signal.signal(number, before[number])

    heard = [signal.SIGINT, *([signal.SIGTERM] if or_terminated else [])]
    before = {int(number): signal.signal(number, cancel) for number in heard}
    try:
        yield token
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
