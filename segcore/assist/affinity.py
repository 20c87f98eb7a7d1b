"""Which cells of a grid belong with those that were clicked: cues, and what they say together.

Each cue compares every cell with the clicks in one respect. A small network with two hidden layers,
the same for every model and every kind of picture, weighs them; it has been taught on simulated
clicks (`benchmarks/assist_click_fit.py`, figures in `docs/assist.md`).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Literal

import numpy as np
import numpy.typing as npt

from segcore.assist.geodesic import Steps, Ways
from segcore.resources import root

Floats = npt.NDArray[np.float32]
Cell = tuple[int, int]
Kind = Literal["model", "colour"]

NO_CLICK_DISTANCE = np.float32(3.0)
"""What stands for a distance, which are all about 0 to 4, where there is no click."""
_COLOUR_SCALE = np.float32(20)
"""Of differences in Lab colour, 8 bits a channel."""
_STEP_COLOUR_SCALE = 30.0
_MOST_KEPT = 24
"""Successions of clicks whose comparisons are kept, some megabytes each."""
_CELLS_AT_ONCE = 768
"""Cells that go through the network at once: products so small stay in the cache, and on one core
(threads wait for each other where a model keeps the cores busy)."""
_STEP_LEAST = 0.02
"""What a step costs where nothing changes."""


@dataclass(frozen=True, eq=False)
class CellGrid:
    """What cells are compared by.

    Attributes:
        colours: (h, w, 3) float32 Lab, 0 to 255 each.
        features: (S, D, h, w) float32 unit vectors; S is 0 without a model.
        class_roots: (C, h, w) the roots of the model's probabilities: their products say how alike
            two cells' classes are (Bhattacharyya); C is 0 without a model.
        ways: what steps between neighbouring cells cost by their colours, and by their features
            where there are any.
    """

    colours: Floats
    features: Floats
    class_roots: Floats
    ways: Ways
    _nearest: dict[tuple[Cell, ...], Floats] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, colours: Floats, features: Floats, probabilities: Floats) -> CellGrid:
        """The grid of these cells; `features` and `probabilities` may have length 0."""
        steps = [_colour_steps(colours)]
        if len(features):
            steps.append(_feature_steps(features))
        return cls(
            colours,
            np.ascontiguousarray(features),
            np.ascontiguousarray(np.sqrt(probabilities)),
            Ways(steps),
        )

    def cues(self, cells: Sequence[Cell]) -> Floats:
        """(K, h, w) how alike and how far the nearest of some cells is to every cell.

        Kept for each click of a succession: one more costs one comparison, however many there are,
        and one taken back costs none.
        """
        wanted = tuple(dict.fromkeys(cells))
        known = len(wanted)
        while known and wanted[:known] not in self._nearest:
            known -= 1
        nearest = self._nearest.pop(wanted[:known]) if known else _compared(self, wanted[0])
        self._keep(wanted[: max(known, 1)], nearest)
        for count in range(max(known, 1), len(wanted)):
            nearest = _nearer(nearest, _compared(self, wanted[count]), self.alike)
            self._keep(wanted[: count + 1], nearest)
        return nearest

    def _keep(self, cells: tuple[Cell, ...], cues: Floats) -> None:
        while len(self._nearest) >= _MOST_KEPT:
            del self._nearest[next(iter(self._nearest))]
        self._nearest[cells] = cues

    @property
    def size(self) -> tuple[int, int]:
        """(rows, columns)."""
        return self.colours.shape[0], self.colours.shape[1]

    @property
    def alike(self) -> int:
        """How many cues say how alike cells are; they are the first ones."""
        return len(self.features) + (1 if len(self.class_roots) else 0) + 1

    @property
    def unknown(self) -> Floats:
        """(K,) what stands for the cues where there is no click."""
        none = np.zeros(self.alike + self.ways.count + 1, np.float32)
        none[self.alike :] = NO_CLICK_DISTANCE
        return none

    @property
    def kind(self) -> Kind:
        """What there is to compare by."""
        return "model" if len(self.features) else "colour"


def affinity(grid: CellGrid, right: Sequence[Cell], wrong: Sequence[Cell]) -> Floats:
    """(h, w) log odds that each cell belongs with the right ones; above 0 it does.

    Args:
        right, wrong: (row, column) of cells that were clicked; at least one is right.
    """
    cues = [_cues(grid, cells) for cells in (right, wrong) if cells]
    flat = [each.reshape(len(each), -1) for each in cues]
    (weights, bias), *following = _network(grid.kind)
    if not wrong:
        # What is the same everywhere is weighed once.
        known = len(flat[0])
        bias = bias + weights[:, known:] @ grid.unknown
        weights = weights[:, :known]
    odds = np.empty(flat[0].shape[1], np.float32)
    for start in range(0, len(odds), _CELLS_AT_ONCE):
        part = slice(start, start + _CELLS_AT_ONCE)
        values = weights @ np.concatenate([each[:, part] for each in flat]) + bias[:, None]
        for next_weights, next_bias in following:
            np.maximum(values, 0, out=values)
            values = next_weights @ values + next_bias[:, None]
        odds[part] = values[0]
    return odds.reshape(grid.size)


def cues_of(grid: CellGrid, right: Sequence[Cell], wrong: Sequence[Cell]) -> Floats:
    """(K, h, w) float32: how alike and how far each cell is from the right clicks, then the same
    from the wrong ones."""
    return np.concatenate([_cues(grid, right), _cues(grid, wrong)])


def _cues(grid: CellGrid, cells: Sequence[Cell]) -> Floats:
    """(K, h, w): how alike and how far the nearest of some cells is."""
    if not cells:
        return np.broadcast_to(grid.unknown[:, None, None], (len(grid.unknown), *grid.size))
    return grid.cues(cells)


def _nearer(one: Floats, other: Floats, alike: int) -> Floats:
    """(K, h, w) the better of two comparisons in each respect."""
    nearest = np.empty_like(one)
    np.maximum(one[:alike], other[:alike], out=nearest[:alike])
    np.minimum(one[alike:], other[alike:], out=nearest[alike:])
    return nearest


def _compared(grid: CellGrid, cell: Cell) -> Floats:
    """(K, h, w): how alike and how far one cell is."""
    (row, column), alike = cell, grid.alike
    cues = np.empty((alike + grid.ways.count + 1, *grid.size), np.float32)
    for number, each in enumerate(grid.features):
        np.einsum("d,dhw->hw", each[:, row, column], each, out=cues[number])
    if len(grid.class_roots):
        roots = grid.class_roots
        np.einsum("d,dhw->hw", roots[:, row, column], roots, out=cues[alike - 2])
    apart = grid.colours - grid.colours[row, column]
    apart = np.einsum("hwc,hwc->hw", apart, apart)
    np.exp(np.sqrt(apart) / -_COLOUR_SCALE, out=cues[alike - 1])
    # At these distances as good as log1p, and several times as fast.
    np.log(grid.ways.distances_from(cell) + np.float32(1), out=cues[alike:-1])
    down, along = (np.arange(count, dtype=np.float32) for count in grid.size)
    straight = np.sqrt(np.square(down - row)[:, None] + np.square(along - column))
    np.multiply(straight, np.float32(4 / np.hypot(*grid.size)), out=cues[-1])
    return cues


def _colour_steps(colours: Floats) -> Steps:
    across = np.linalg.norm(np.diff(colours, axis=1), axis=2)
    down = np.linalg.norm(np.diff(colours, axis=0), axis=2)
    return _costs(across / _STEP_COLOUR_SCALE, down / _STEP_COLOUR_SCALE)


def _feature_steps(features: Floats) -> Steps:
    across = (features[..., 1:] * features[..., :-1]).sum(axis=1)
    down = (features[..., 1:, :] * features[..., :-1, :]).sum(axis=1)
    return _costs(1 - across.mean(axis=0), 1 - down.mean(axis=0))


def _costs(across: Floats, down: Floats) -> Steps:
    least = np.float32(_STEP_LEAST)
    return Steps(np.asarray(across + least, np.float32), np.asarray(down + least, np.float32))


@cache
def _network(kind: Kind) -> tuple[tuple[Floats, Floats], ...]:
    """The layers, (weights (out, in), bias (out,)) each."""
    kept = json.loads((root() / "assist" / "click_affinity.json").read_text("utf-8"))
    return tuple(
        (np.array(layer["weights"], np.float32), np.array(layer["bias"], np.float32))
        for layer in kept[kind]
    )
