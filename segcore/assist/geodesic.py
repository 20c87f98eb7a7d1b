"""Distances along paths over a grid whose steps cost more across edges."""

from __future__ import annotations

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
    along_rows = np.pad(np.cumsum(steps.across, axis=1, dtype=np.float32), ((0, 0), (1, 0)))
    along_columns = np.pad(np.cumsum(steps.down, axis=0, dtype=np.float32), ((1, 0), (0, 0)))
    for _ in range(rounds):
        before = distance.copy()
        for summed, axis in ((along_rows, 1), (along_columns, 0)):
            _sweep(distance, summed, axis)
        if np.array_equal(before, distance):
            break
    return np.minimum(distance, FAR)


def _sweep(distance: Floats, summed: Floats, axis: int) -> None:
    """Walk along every line of an axis, forward and back, in place."""
    forward = distance - summed
    np.minimum.accumulate(forward, axis=axis, out=forward)
    forward += summed
    backward = np.flip(distance + summed, axis)
    backward = np.flip(np.minimum.accumulate(backward, axis=axis), axis) - summed
    np.minimum(distance, forward, out=distance)
    np.minimum(distance, backward, out=distance)
