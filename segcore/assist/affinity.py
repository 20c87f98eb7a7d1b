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

from segcore.assist.geodesic import Steps, distance_from
from segcore.resources import root

Floats = npt.NDArray[np.float32]
Cell = tuple[int, int]
Kind = Literal["model", "colour"]

NO_CLICK_DISTANCE = np.float32(3.0)
"""What stands for a distance, which are all about 0 to 4, where there is no click."""
_COLOUR_SCALE = 20.0
"""Of differences in Lab colour, 8 bits a channel."""
_STEP_COLOUR_SCALE = 30.0
_MOST_KEPT = 32
"""Clicked cells whose comparisons are kept, some megabytes each."""
_STEP_LEAST = 0.02
"""What a step costs where nothing changes."""


@dataclass(frozen=True, eq=False)
class CellGrid:
    """What cells are compared by.

    Attributes:
        colours: (h, w, 3) float32 Lab, 0 to 255 each.
        colour_steps: what steps between neighbouring cells cost by their colours.
        features: (S, D, h, w) float32 unit vectors; S is 0 without a model.
        feature_steps: steps by features; None without a model.
        class_roots: (C, h, w) the roots of the model's probabilities: their products say how alike
            two cells' classes are (Bhattacharyya); C is 0 without a model.
    """

    colours: Floats
    colour_steps: Steps
    features: Floats
    feature_steps: Steps | None
    class_roots: Floats
    _compared: dict[Cell, Floats] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, colours: Floats, features: Floats, probabilities: Floats) -> CellGrid:
        """The grid of these cells; `features` and `probabilities` may have length 0."""
        return cls(
            colours,
            _colour_steps(colours),
            features,
            _feature_steps(features) if len(features) else None,
            np.sqrt(probabilities),
        )

    def cues(self, cell: Cell) -> Floats:
        """(K, h, w) how alike and how far every cell is from one; kept, for clicks come again."""
        if cell not in self._compared:
            while len(self._compared) >= _MOST_KEPT:
                del self._compared[next(iter(self._compared))]
            self._compared[cell] = _compared(self, cell)
        return self._compared[cell]

    @property
    def size(self) -> tuple[int, int]:
        """(rows, columns)."""
        return self.colours.shape[0], self.colours.shape[1]

    @property
    def kind(self) -> Kind:
        """What there is to compare by."""
        return "model" if len(self.features) else "colour"


def affinity(grid: CellGrid, right: Sequence[Cell], wrong: Sequence[Cell]) -> Floats:
    """(h, w) log odds that each cell belongs with the right ones; above 0 it does.

    Args:
        right, wrong: (row, column) of cells that were clicked; at least one is right.
    """
    cues = cues_of(grid, right, wrong)
    values = cues.reshape(len(cues), -1)
    layers = _network(grid.kind)
    for number, (weights, bias) in enumerate(layers):
        values = weights @ values + bias[:, None]
        if number < len(layers) - 1:
            np.maximum(values, 0, out=values)
    return np.asarray(values.reshape(grid.size), np.float32)


def cues_of(grid: CellGrid, right: Sequence[Cell], wrong: Sequence[Cell]) -> Floats:
    """(K, h, w) float32: how alike and how far each cell is from the right clicks, then the same
    from the wrong ones."""
    return np.concatenate([_cues(grid, right), _cues(grid, wrong)])


def _cues(grid: CellGrid, cells: Sequence[Cell]) -> Floats:
    """(K, h, w): how alike and how far the nearest of some cells is."""
    alike = len(grid.features) + (1 if len(grid.class_roots) else 0) + 1
    if not cells:
        far = 2 if grid.feature_steps is None else 3
        none = np.zeros((alike + far, *grid.size), np.float32)
        none[alike:] = NO_CLICK_DISTANCE
        return none
    first, *others = (grid.cues(cell) for cell in dict.fromkeys(cells))
    nearest = first.copy()
    for cues in others:
        np.maximum(nearest[:alike], cues[:alike], out=nearest[:alike])
        np.minimum(nearest[alike:], cues[alike:], out=nearest[alike:])
    return nearest


def _compared(grid: CellGrid, cell: Cell) -> Floats:
    """(K, h, w): how alike and how far one cell is."""
    row, column = cell
    cues = [np.einsum("d,dhw->hw", each[:, row, column], each) for each in grid.features]
    if len(grid.class_roots):
        roots = grid.class_roots
        cues.append(np.einsum("d,dhw->hw", roots[:, row, column], roots))
    apart = grid.colours - grid.colours[row, column]
    cues.append(np.exp(np.sqrt(np.einsum("hwc,hwc->hw", apart, apart)) / -_COLOUR_SCALE))
    cues.append(np.log1p(distance_from(grid.colour_steps, cell)))
    if grid.feature_steps is not None:
        cues.append(np.log1p(distance_from(grid.feature_steps, cell)))
    down, along = (np.arange(count, dtype=np.float32) for count in grid.size)
    straight = np.hypot(down[:, None] - row, along - column)
    cues.append(straight * np.float32(4 / np.hypot(*grid.size)))
    return np.stack(cues).astype(np.float32)


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
