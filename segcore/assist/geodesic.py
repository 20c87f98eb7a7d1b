"""Distances along paths over a grid whose steps cost more across edges."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from segcore.opencv import cv2

Floats = npt.NDArray[np.float32]

FAR = np.float32(1e6)
"""The distance of a cell to which no path leads."""

LARGE_GRID = 128 * 128
"""Cells from which on distances are found on a coarser grid: a click must not wait for them."""

ROUNDS = 5
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


def distance_from(steps: Steps, cell: tuple[int, int]) -> Floats:
    """(h, w) the distance from one cell; on large grids found between blocks of 2 x 2 cells."""
    rows, columns = steps.across.shape[0], steps.down.shape[1]
    blocks = rows * columns > LARGE_GRID and min(rows, columns) > 2
    walked = _halved(steps) if blocks else steps
    size = walked.across.shape[0], walked.down.shape[1]
    seeds = np.zeros(size, np.bool_)
    row, column = (each // 2 for each in cell) if blocks else cell
    seeds[min(row, size[0] - 1), min(column, size[1] - 1)] = True
    found = geodesic_distance(walked, seeds)
    if not blocks:
        return found
    # Blocks cover whole cells alone: the last odd row or column goes with its neighbour.
    even = cv2.resize(found, (2 * size[1], 2 * size[0]), interpolation=cv2.INTER_LINEAR)
    room = ((0, rows - 2 * size[0]), (0, columns - 2 * size[1]))
    return np.asarray(np.pad(even, room, mode="edge"), np.float32)


def _halved(steps: Steps) -> Steps:
    """Steps between blocks of 2 x 2 cells: two steps each, the mean of both lines."""
    height, width = steps.across.shape[0] // 2 * 2, steps.down.shape[1] // 2 * 2
    across, down = steps.across[:height, : width - 1], steps.down[: height - 1, :width]
    right = across[:, 1::2] + (across[:, 2::2] + across[:, :-2:2]) / 2
    below = down[1::2] + (down[2::2] + down[:-2:2]) / 2
    return Steps(
        np.ascontiguousarray((right[::2] + right[1::2]) / 2),
        np.ascontiguousarray((below[:, ::2] + below[:, 1::2]) / 2),
    )


def _sweep(distance: Floats, summed: Floats, axis: int) -> None:
    """Walk along every line of an axis, forward and back, in place."""
    forward = distance - summed
    np.minimum.accumulate(forward, axis=axis, out=forward)
    forward += summed
    backward = np.flip(distance + summed, axis)
    backward = np.flip(np.minimum.accumulate(backward, axis=axis), axis) - summed
    np.minimum(distance, forward, out=distance)
    np.minimum(distance, backward, out=distance)
