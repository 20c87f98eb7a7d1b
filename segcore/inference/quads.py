"""Upsample, argmax and confidence of logits on the CPU, without ever making full-size logits.

Between four neighbouring cells of the logit grid lies a *quad* of output pixels. Inside it every
class is the same convex combination of its four corners, which gives two short cuts:

* A class that is nowhere above a rival at the four corners is nowhere above it inside. Most quads
  keep one or two candidates of 150, and only those are evaluated pixel by pixel: exact.
* The softmax's denominator is smooth inside the quad, and a sum of geometric series along each of
  its rows; see `denominators`. The confidence is off by less than 2e-3, float16's own rounding
  included.

Plain NumPy, so that threads run side by side without torch's thread pool.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from segcore.inference.denominators import (
    NODE_TIERS,
    STEEPEST,
    Corners,
    Mask,
    interpolation_weights,
    relevant_classes,
    slope_spread,
    smooth_logarithm,
    stepped_sum,
)
from segcore.inference.spans import Floats, Ints, PackedAxis, QuadAxis

Labels = npt.NDArray[np.uint8] | npt.NDArray[np.uint16]
Confidence = npt.NDArray[np.float16]

_BAND_VALUES = 100_000
"""Quads times classes worked on at a time: a few arrays of this size stay in the L2 cache."""

_CHUNK_PIXELS = 1 << 17
"""Pixels of one class worked on at a time."""


def label_quads(
    logits: Floats,
    rows: QuadAxis,
    columns: QuadAxis,
    labels: Labels,
    confidence: Confidence | None = None,
    *,
    threads: int = 1,
) -> None:
    """Write the winner of each pixel and its softmax probability.

    Args:
        logits: (C, h, w) float32.
        rows, columns: the output pixels of both axes, h + 1 and w + 1 quads.
        labels: (H, W), written.
        confidence: (H, W) float16, written; without it the work is less.
        threads: how many bands are worked on side by side.
    """
    grid = _Grid.of(logits, rows, columns)
    step = max(1, _BAND_VALUES // (logits.shape[0] * columns.quads))
    bands = [(top, min(top + step, rows.quads)) for top in range(0, rows.quads, step)]

    def work(band: tuple[int, int]) -> None:
        # Logits that are not numbers give confidences that are none, and no warnings.
        with np.errstate(invalid="ignore", over="ignore", divide="ignore", under="ignore"):
            _label_band(grid, band, labels, confidence)

    if threads <= 1 or len(bands) == 1:
        for band in bands:
            work(band)
        return
    for _ in _band_workers(threads).map(work, bands):
        pass


@cache
def _band_workers(threads: int) -> ThreadPoolExecutor:
    """Threads for the bands, started once: pictures come in thousands."""
    return ThreadPoolExecutor(threads, "label-bands")


@dataclass(frozen=True)
class _Grid:
    """What all bands share: the padded cells (h + 2, w + 2, C) and the pixels of both axes."""

    cells: Floats
    rows: PackedAxis
    columns: PackedAxis
    row_weights: dict[int, Floats]  # nodes a side -> (quads, longest, nodes)
    column_weights: dict[int, Floats]  # nodes a side -> (quads, nodes, longest)

    @classmethod
    def of(cls, logits: Floats, rows: QuadAxis, columns: QuadAxis) -> _Grid:
        cells = np.pad(logits.transpose(1, 2, 0), ((1, 1), (1, 1), (0, 0)), mode="edge")
        down, along = rows.packed(), columns.packed()
        return cls(
            np.ascontiguousarray(cells),
            down,
            along,
            {count: interpolation_weights(count, down.weights) for count, _ in NODE_TIERS},
            {
                count: np.ascontiguousarray(
                    interpolation_weights(count, along.weights).transpose(0, 2, 1)
                )
                for count, _ in NODE_TIERS
            },
        )


def _label_band(
    grid: _Grid, band: tuple[int, int], labels: Labels, confidence: Confidence | None
) -> None:
    top, bottom = band
    if not grid.rows.counts[top:bottom].any():
        return
    quads = _Quads.of(grid, top, bottom)
    winner, score = quads.winners(labels.dtype)
    found: list[tuple[Labels | Confidence, Labels | Confidence]] = [(winner, labels)]
    if confidence is not None:
        found.append((quads.shares(score), confidence))
    across = len(grid.columns.counts)
    width = across * grid.columns.longest
    for row in range(top, bottom):
        count, begin = int(grid.rows.counts[row]), int(grid.rows.begins[row])
        here = slice((row - top) * across, (row - top + 1) * across)
        for source, target in found:
            lines = source[here, :count].transpose(1, 0, 2).reshape(count, width)
            lines.take(grid.columns.places, axis=1, out=target[begin : begin + count], mode="clip")


@dataclass(frozen=True)
class _Quads:
    """The Q quads of a band, their logits relative to the class that is best on average."""

    grid: _Grid
    corners: Corners
    highest: Floats  # (Q, C) the largest of the four corners
    leader: Ints  # (Q,) the class that is 0 everywhere
    row: Ints
    column: Ints

    @classmethod
    def of(cls, grid: _Grid, top: int, bottom: int) -> _Quads:
        cells = grid.cells[top : bottom + 1]
        classes = cells.shape[2]
        views = (cells[:-1, :-1], cells[:-1, 1:], cells[1:, :-1], cells[1:, 1:])
        a, b, c, d = (view.reshape(-1, classes) for view in views)
        leader = (a + b + c + d).argmax(axis=1)
        a, b, c, d = (part - np.take_along_axis(part, leader[:, None], 1) for part in (a, b, c, d))
        highest = np.maximum(np.maximum(a, b), np.maximum(c, d))
        order, across = np.arange(len(leader)), cells.shape[1] - 1
        return cls(grid, (a, b, c, d), highest, leader, order // across + top, order % across)

    @property
    def patch(self) -> tuple[int, int]:
        """Pixels down and along in the fullest quad."""
        return self.grid.rows.longest, self.grid.columns.longest

    def winners(self, dtype: np.dtype[np.uint8] | np.dtype[np.uint16]) -> tuple[Labels, Floats]:
        """The winner of each pixel, and its logit above the leader's, both (Q, *patch)."""
        winner: Labels = np.empty((len(self.leader), *self.patch), dtype)
        winner[:] = self.leader[:, None, None]
        score = np.zeros(winner.shape, np.float32)
        candidates = self.highest > 0
        candidates[np.arange(len(self.leader)), self.leader] = True
        contested = np.flatnonzero(candidates.sum(axis=1) > 1)
        for part, classes in self._grouped(candidates, contested):
            best = self._plane(part, classes[:, 0])
            name = winner[part]
            name[:] = classes[:, 0, None, None]
            for k in range(1, classes.shape[1]):
                value = self._plane(part, classes[:, k])
                better = value > best
                np.maximum(best, value, out=best)
                np.copyto(name, classes[:, k, None, None], where=better, casting="unsafe")
            winner[part], score[part] = name, best
        return winner, score

    def shares(self, score: Floats) -> Confidence:
        """Softmax probability of the winner, (Q, *patch) float16; `score` is used up."""
        height, width = self.patch
        relevant = relevant_classes(self.highest)
        spread = slope_spread(self.corners, relevant)
        pending = np.ones(len(spread), np.bool_)
        for count, limit in NODE_TIERS:
            if count * count * 2 > height * width:
                break
            for part in self._parts(np.flatnonzero(pending & (spread <= limit))):
                pending[part] = False
                score[part] -= self._smooth_logarithm(part, count)
        steep = self._steep(relevant)
        for part in self._parts(np.flatnonzero(pending & ~steep)):
            sums = stepped_sum(
                self._corners(part),
                relevant[part],
                self.grid.rows,
                self.grid.columns,
                row=self.row[part],
                column=self.column[part],
            )
            score[part] -= np.log(sums, out=sums)
        for part, classes in self._grouped(relevant, np.flatnonzero(pending & steep)):
            best = score[part]
            total = np.zeros_like(best)
            for k in range(classes.shape[1]):
                value = self._plane(part, classes[:, k])
                value -= best
                total += np.exp(value, out=value)
            score[part] = -np.log(total, out=total)
        return np.exp(score, out=score).astype(np.float16)

    def _steep(self, relevant: Mask) -> Mask:
        """(Q,) whether a relevant class lies too far from the leader somewhere."""
        furthest = np.zeros(len(self.leader), np.float32)
        for corner in self.corners:
            np.maximum(furthest, np.abs(corner * relevant).max(axis=1), out=furthest)
        return ~(furthest <= STEEPEST)

    def _smooth_logarithm(self, part: Ints, count: int) -> Floats:
        return smooth_logarithm(
            self._corners(part),
            count,
            self.grid.row_weights[count][self.row[part]],
            self.grid.column_weights[count][self.column[part]],
        )

    def _corners(self, part: Ints) -> Corners:
        a, b, c, d = self.corners
        return a[part], b[part], c[part], d[part]

    def _plane(self, part: Ints, classes: Ints) -> Floats:
        """One class of each quad at its pixels, (n, *patch)."""
        a, b, c, d = (corner[part, classes][:, None] for corner in self.corners)
        down = self.grid.rows.weights[self.row[part]]
        left = a + (c - a) * down
        right = b + (d - b) * down
        right -= left
        value: Floats = right[:, :, None] * self.grid.columns.weights[self.column[part]][:, None]
        value += left[:, :, None]
        return value

    def _parts(self, chosen: Ints) -> Iterator[Ints]:
        """The chosen quads, as many at a time as stay in the cache."""
        step = max(1, _CHUNK_PIXELS * 4 // (self.patch[0] * self.patch[1]))
        for begin in range(0, len(chosen), step):
            yield chosen[begin : begin + step]

    def _grouped(self, mask: Mask, chosen: Ints) -> Iterator[tuple[Ints, Ints]]:
        """The chosen quads by how many classes are marked: (quads (n,), classes (n, k))."""
        counts = mask[chosen].sum(axis=1)
        step = max(1, _CHUNK_PIXELS // (self.patch[0] * self.patch[1]))
        for count in np.unique(counts):
            rows = chosen[counts == count]
            for begin in range(0, len(rows), step):
                part = rows[begin : begin + step]
                yield part, np.nonzero(mask[part])[1].reshape(len(part), int(count))
