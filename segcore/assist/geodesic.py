"""Distances along paths over a grid whose steps cost more across edges."""

from __future__ import annotations

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


def geodesic_distance(steps: Steps, seeds: npt.NDArray[np.bool_], rounds: int = ROUNDS) -> Floats:
    """The cost of the cheapest 4-connected path from each cell to a seed.

    Found by sweeps: along a line the cheapest path is a running minimum of distances less the costs
    summed so far, for all lines at once. Paths of more bends than `rounds` allow are overrated.

    Args:
        seeds: (h, w) bool.

    Returns:
        (h, w) float32, 0 at seeds, `FAR` where nothing leads.
    """
    distance = np.where(seeds, np.float32(0), FAR)
    along_rows = np.zeros((seeds.shape[1], seeds.shape[0]), np.float32)
    np.cumsum(steps.across.T, axis=0, out=along_rows[1:])
    along_columns = np.zeros(seeds.shape, np.float32)
    np.cumsum(steps.down, axis=0, out=along_columns[1:])
    for _ in range(rounds):
        # Line by line is several times as fast as NumPy's own running minimum.
        turned = _swept(np.ascontiguousarray(distance.T), along_rows)
        following = _swept(np.ascontiguousarray(turned.T), along_columns)
        if np.array_equal(following, distance):
            break
        distance = following
    return np.minimum(distance, FAR)


def distance_from(steps: Steps, cell: tuple[int, int]) -> Floats:
    """(h, w) float32 the distance from one cell, (row, column)."""
    seeds = np.zeros((steps.across.shape[0], steps.down.shape[1]), np.bool_)
    seeds[cell] = True
    return geodesic_distance(steps, seeds)


def _swept(distance: Floats, summed: Floats) -> Floats:
    """The distances after walking down every column, and up again."""
    forward = distance - summed
    for before, here in pairwise(forward):
        np.minimum(before, here, out=here)
    backward = distance + summed
    for before, here in pairwise(backward[::-1]):
        np.minimum(before, here, out=here)
    forward += summed
    backward -= summed
    np.minimum(forward, backward, out=forward)
    np.minimum(forward, distance, out=forward)
    return forward
