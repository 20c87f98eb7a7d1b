"""Distances along paths over a grid whose steps cost more across edges."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

FAR = np.float32(1e6)
"""The distance of a cell to which no path leads."""

ROUNDS = 6
"""Sweeps to all four sides; a path bends about twice in each."""


class Steps(NamedTuple):
    """What the steps between neighbouring cells cost.

    Attributes:
        across: (h, w - 1) float32, from each cell to the one to its right.
        down: (h - 1, w) float32, to the one below it.
    """

    across: Floats
    down: Floats


class Ways:
    """Costs of the same steps in several respects, made ready for paths from any cell.

    Paths are found by sweeps: along a line the cheapest one is a running minimum of distances less
    the costs summed so far, for all lines at once. Those of more bends than some rounds of sweeps
    allow are overrated.
    """

    def __init__(self, respects: Sequence[Steps]) -> None:
        height, width = respects[0].across.shape[0], respects[0].down.shape[1]
        self._along_rows = np.zeros((width, len(respects), height), np.float32)
        self._along_columns = np.zeros((height, len(respects), width), np.float32)
        for number, steps in enumerate(respects):
            np.cumsum(steps.across.T, axis=0, out=self._along_rows[1:, number])
            np.cumsum(steps.down, axis=0, out=self._along_columns[1:, number])

    @property
    def count(self) -> int:
        """In how many respects."""
        return self._along_rows.shape[1]

    def distances(self, seeds: npt.NDArray[np.bool_], rounds: int = ROUNDS) -> Floats:
        """The cost of the cheapest 4-connected path from each cell to a seed, in each respect.

        Args:
            seeds: (h, w) bool.

        Returns:
            (n, h, w) float32, 0 at seeds, `FAR` where nothing leads.
        """
        distance = np.empty_like(self._along_columns)
        distance[...] = np.where(seeds, np.float32(0), FAR)[:, None]
        for _ in range(rounds):
            turned = _swept(_turned(distance), self._along_rows)
            following = _swept(_turned(turned), self._along_columns)
            if np.array_equal(following, distance):
                break
            distance = following
        return np.minimum(distance.transpose(1, 0, 2), FAR)

    def distances_from(self, cell: tuple[int, int]) -> Floats:
        """(n, h, w) float32 the distances from one cell, (row, column), in each respect."""
        seeds = np.zeros((len(self._along_columns), len(self._along_rows)), np.bool_)
        seeds[cell] = True
        return self.distances(seeds)


def geodesic_distance(steps: Steps, seeds: npt.NDArray[np.bool_], rounds: int = ROUNDS) -> Floats:
    """(h, w) float32 the distance from each cell to a seed; see `Ways`."""
    distance: Floats = Ways([steps]).distances(seeds, rounds)[0]
    return distance


def _turned(distance: Floats) -> Floats:
    """Lines of rows as lines of columns: (a, n, b) to (b, n, a)."""
    return np.ascontiguousarray(distance.transpose(2, 1, 0))


def _swept(distance: Floats, summed: Floats) -> Floats:
    """The distances (lines, n, across) after walking down all lines, and up again.

    Both walks are taken at once, the one up from the last line, and line by line: that is several
    times as fast as NumPy's own running minimum.
    """
    lines, *rest = distance.shape
    walks = np.empty((lines, 2, *rest), np.float32)
    np.subtract(distance, summed, out=walks[:, 0])
    np.add(distance, summed, out=walks[::-1, 1])
    for before, here in pairwise(walks.reshape(lines, -1)):
        np.minimum(before, here, out=here)
    forward, backward = walks[:, 0], walks[::-1, 1]
    forward += summed
    backward -= summed
    np.minimum(forward, backward, out=forward)
    return np.minimum(forward, distance)
