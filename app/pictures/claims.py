"""Who may write the labels of a picture: the window that has it open, or a batch in passing."""

from __future__ import annotations

import threading
from collections import Counter


class Claims:
    """At most one claim on each picture, over all threads.

    Each release counts as a change, so that labels read ahead of time are known to be stale.
    """

    def __init__(self) -> None:
        self._claimed: set[str] = set()
        self._changes: Counter[str] = Counter()
        self._freed = threading.Condition()

    def claim(self, name: str, timeout: float | None = None) -> bool:
        """Wait until nobody else has the picture, then have it; False when `timeout` ends first."""
        with self._freed:
            if not self._freed.wait_for(lambda: name not in self._claimed, timeout):
                return False
            self._claimed.add(name)
            return True

    def try_claim(self, name: str) -> bool:
        """Have the picture if nobody else has it."""
        return self.claim(name, 0.0)

    def is_claimed(self, name: str) -> bool:
        """Whether somebody has the picture at this moment."""
        with self._freed:
            return name in self._claimed

    def release(self, name: str) -> None:
        """Give the picture free, after everything written about it is with the project."""
        with self._freed:
            self._claimed.discard(name)
            self._changes[name] += 1
            self._freed.notify_all()

    def changes(self, name: str) -> int:
        """How often the picture's labels may have changed so far."""
        with self._freed:
            return self._changes[name]

    def wait_until_free(self, timeout: float | None = None) -> bool:
        """Wait until nothing is claimed; False when `timeout` ends first."""
        with self._freed:
            return self._freed.wait_for(lambda: not self._claimed, timeout)


class Claim:
    """A claim that was made; called, it gives the picture free, once however often."""

    def __init__(self, claims: Claims, name: str) -> None:
        self._claims = claims
        self._name = name
        self._held = True

    def __call__(self) -> None:
        if self._held:
            self._held = False
            self._claims.release(self._name)
