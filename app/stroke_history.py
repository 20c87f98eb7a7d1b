"""Scribbles of many pictures, with an undo of their own."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from segcore.assist.scribbles import Scribble

REACH = 6.0
"""Image pixels within which a way takes a stroke away."""

Strokes = tuple[Scribble, ...]


class StrokeHistory:
    """The strokes of each picture as they are, were, and were before they were taken back."""

    def __init__(self) -> None:
        self._strokes: dict[str, Strokes] = {}
        self._done: list[tuple[str, Strokes, Strokes]] = []
        self._undone: list[tuple[str, Strokes, Strokes]] = []

    def of(self, name: str) -> Strokes:
        """Those of a picture."""
        return self._strokes.get(name, ())

    @property
    def classes(self) -> frozenset[int]:
        """The classes over which anything is scribbled, in any picture."""
        return frozenset(stroke.class_id for held in self._strokes.values() for stroke in held)

    @property
    def can_undo(self) -> bool:
        """Whether there is a change to take back."""
        return bool(self._done)

    @property
    def can_redo(self) -> bool:
        """Whether there is one to make again."""
        return bool(self._undone)

    def change(self, name: str, after: Strokes) -> bool:
        """Give a picture other strokes; False when they are the same."""
        before = self.of(name)
        if after == before:
            return False
        self._done.append((name, before, after))
        self._undone.clear()
        self._strokes[name] = after
        return True

    def undo(self) -> bool:
        """Take the last change back; False when there is none."""
        if not self._done:
            return False
        name, before, after = self._done.pop()
        self._undone.append((name, before, after))
        self._strokes[name] = before
        return True

    def redo(self) -> bool:
        """Make the change again that was taken back last; False when there is none."""
        if not self._undone:
            return False
        name, before, after = self._undone.pop()
        self._done.append((name, before, after))
        self._strokes[name] = after
        return True

    def clear(self) -> None:
        """Forget all of it."""
        self._strokes.clear()
        self._done.clear()
        self._undone.clear()


def cross(stroke: Sequence[tuple[int, int]], way: Sequence[tuple[int, int]]) -> bool:
    """Whether two ways come near each other; both are followed from point to point."""
    one, other = _dense(stroke), _dense(way)
    gaps = np.abs(one[:, None] - other[None]).max(axis=2)
    return bool((gaps <= REACH).any())


def _dense(points: Sequence[tuple[int, int]]) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """A way with no step longer than `REACH`."""
    corners = np.asarray(points, np.float64)
    if len(corners) == 1:
        return corners
    parts = [corners[:1]]
    for before, after in pairwise(corners):
        count = max(int(np.ceil(np.abs(after - before).max() / REACH)), 1)
        parts.append(before + (after - before) * (np.arange(1, count + 1) / count)[:, None])
    return np.concatenate(parts)
