"""Upsample, argmax and confidence of logits on the CPU, without ever making full-size logits.

Between four neighbouring cells of the logit grid lies a *quad* of output pixels. Inside it every
class is the same convex combination of its four corners, which gives two short cuts:

* A class that is nowhere above a rival at the four corners is nowhere above it inside. Most quads
  keep one or two candidates of 150, and only those are evaluated pixel by pixel: exact.
* The logarithm of the softmax's denominator is smooth inside the quad. Where the classes' slopes
  differ little it is evaluated on a few Chebyshev nodes and interpolated; where they differ much,
  pixel by pixel over the classes that matter. The confidence is off by less than 2e-3, float16's
  own rounding included.

Plain NumPy, so that threads run side by side without torch's thread pool.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.intp]
Mask = npt.NDArray[np.bool_]
Labels = npt.NDArray[np.uint8] | npt.NDArray[np.uint16]

NEGLIGIBLE = 14.0
"""A class this far below a rival at every corner adds less than 1e-6 to the denominator."""

NODE_TIERS = ((2, 0.2), (3, 1.0), (5, 3.0), (8, 6.0))
"""(nodes a side, largest spread of slopes) for which the interpolated logarithm is off by < 6e-4."""

_BAND_VALUES = 200_000
"""Quads times classes worked on at a time: a few arrays of this size stay in the L2 cache."""

_CHUNK_VALUES = 1 << 18
"""Pixel values worked on at a time."""


@dataclass(frozen=True)
class Span:
    """Along one axis: some pixels of the output, and the cells of the logit grid that we hold.

    Attributes:
        start, stop: the output pixels.
        scale: cells per output pixel.
        grid: cells of the whole grid, beyond which its edge goes on.
        origin, cells: the first cell that is held, and how many.
    """

    start: int
    stop: int
    scale: float
    grid: int
    origin: int
    cells: int

    @classmethod
    def whole(cls, grid: int, size: int) -> Span:
        """All `size` pixels over all `grid` cells."""
        return cls(0, size, grid / size, grid, 0, grid)


@dataclass(frozen=True)
class QuadAxis:
    """Where the output pixels of one axis lie among the quads of the logit grid.

    Attributes:
        first: (n,) the quad of each output pixel, from 0; quad k lies between padded cells k, k+1.
        weight: (n,) float32, distance from the quad's lower cell, 0 to 1.
        quads: the number of quads, cells + 1 (the grid is padded with its own edge on both sides).
    """

    first: Ints
    weight: Floats
    quads: int

    @classmethod
    def over(cls, span: Span) -> QuadAxis:
        """The pixels of a span, at the positions of `align_corners=False`, in float32 like torch."""
        position = np.arange(span.start, span.stop, dtype=np.float32) + np.float32(0.5)
        position *= np.float32(span.scale)
        position -= np.float32(0.5)
        np.clip(position, 0.0, span.grid - 1, out=position)
        lower = np.floor(position)
        first = np.clip(lower.astype(np.intp) - span.origin + 1, 0, span.cells)
        return cls(first, position - lower, span.cells + 1)

    def packed(self) -> tuple[Floats, Ints, Ints]:
        """Weights as (quads, widest) padded with 0; where each quad's pixels begin; how many."""
        counts = np.bincount(self.first, minlength=self.quads)
        begins = np.concatenate(([0], np.cumsum(counts)[:-1]))
        weights = np.zeros((self.quads, max(1, int(counts.max()))), np.float32)
        weights[self.first, np.arange(len(self.first)) - begins[self.first]] = self.weight
        return weights, begins, counts


@cache
def _nodes(count: int) -> Floats:
    angles = (2 * np.arange(count) + 1) * (np.pi / (2 * count))
    return (0.5 - 0.5 * np.cos(angles)).astype(np.float32)


def _lagrange(count: int, at: Floats) -> Floats:
    """(…, count): the weights with which values on the nodes make the value at each position."""
    nodes = _nodes(count).astype(np.float64)
    weights = np.ones((*at.shape, count))
    for own in range(count):
        for other in range(count):
            if own != other:
                weights[..., own] *= (at - nodes[other]) / (nodes[own] - nodes[other])
    return weights.astype(np.float32)


@dataclass(frozen=True)
class _Grid:
    """What all bands share: the padded cells and the pixels of both axes."""

    cells: Floats  # (h + 2, w + 2, C)
    row_weights: Floats
    row_begins: Ints
    row_counts: Ints
    column_weights: Floats
    column_take: Ints  # (W,) position of each output column among (quads, widest), flattened
    row_lagrange: dict[int, Floats]
    column_lagrange: dict[int, Floats]

    @property
    def patch(self) -> tuple[int, int]:
        return self.row_weights.shape[1], self.column_weights.shape[1]


def label_quads(
    logits: Floats, rows: QuadAxis, columns: QuadAxis, labels: Labels, confidence: npt.NDArray[np.float16], *, threads: int
) -> None:
    """Write the winner of each pixel and its softmax probability.

    Args:
        logits: (C, h, w) float32.
        rows, columns: the output pixels of both axes, h + 1 and w + 1 quads.
        labels: (H, W), written.
        confidence: (H, W) float16, written.
        threads: how many bands are worked on side by side.
    """
    grid = _grid_of(logits, rows, columns)
    classes, per_row = logits.shape[0], columns.quads
    step = max(1, _BAND_VALUES // (classes * per_row))
    bands = [(top, min(top + step, rows.quads)) for top in range(0, rows.quads, step)]

    def work(band: tuple[int, int]) -> None:
        with np.errstate(invalid="ignore", over="ignore"):
            _label_band(grid, band, labels, confidence)

    if threads <= 1 or len(bands) == 1:
        for band in bands:
            work(band)
        return
    with ThreadPoolExecutor(threads) as pool:
        for _ in pool.map(work, bands):
            pass


def _grid_of(logits: Floats, rows: QuadAxis, columns: QuadAxis) -> _Grid:
    cells = np.pad(logits.transpose(1, 2, 0), ((1, 1), (1, 1), (0, 0)), mode="edge")
    row_weights, row_begins, row_counts = rows.packed()
    column_weights, column_begins, _ = columns.packed()
    within = np.arange(len(columns.first)) - column_begins[columns.first]
    counts = [count for count, _ in NODE_TIERS]
    return _Grid(
        np.ascontiguousarray(cells),
        row_weights,
        row_begins,
        row_counts,
        column_weights,
        columns.first * column_weights.shape[1] + within,
        {count: _lagrange(count, row_weights) for count in counts},
        {count: np.ascontiguousarray(_lagrange(count, column_weights).transpose(0, 2, 1)) for count in counts},
    )


def _label_band(grid: _Grid, band: tuple[int, int], labels: Labels, confidence: npt.NDArray[np.float16]) -> None:
    top, bottom = band
    if not grid.row_counts[top:bottom].any():
        return
    quads = _Quads.of(grid, top, bottom)
    winner, score = quads.winners(labels.dtype)
    share = quads.shares(score)
    across = grid.column_weights.shape[0]
    height, width = grid.patch
    for row in range(top, bottom):
        count, begin = int(grid.row_counts[row]), int(grid.row_begins[row])
        here = slice((row - top) * across, (row - top + 1) * across)
        for source, target in ((winner, labels), (share, confidence)):
            patches = source[here, :count].transpose(1, 0, 2).reshape(count, across * width)
            np.take(patches, grid.column_take, axis=1, out=target[begin : begin + count], mode="clip")


@dataclass(frozen=True)
class _Quads:
    """The Q quads of a band, their corners relative to the class that is best on average."""

    grid: _Grid
    corners: tuple[Floats, Floats, Floats, Floats]  # top left, top right, bottom left, bottom right: (Q, C)
    highest: Floats  # (Q, C) the largest of the four
    leader: Ints  # (Q,) the class that is 0 everywhere
    row: Ints
    column: Ints

    @classmethod
    def of(cls, grid: _Grid, top: int, bottom: int) -> _Quads:
        cells = grid.cells[top : bottom + 1]
        classes = cells.shape[2]
        raw = [
            np.ascontiguousarray(part).reshape(-1, classes)
            for part in (cells[:-1, :-1], cells[:-1, 1:], cells[1:, :-1], cells[1:, 1:])
        ]
        leader = (raw[0] + raw[1] + raw[2] + raw[3]).argmax(axis=1)
        for corner in raw:
            corner -= np.take_along_axis(corner, leader[:, None], axis=1)
        highest = np.maximum(np.maximum(raw[0], raw[1]), np.maximum(raw[2], raw[3]))
        across = cells.shape[1] - 1
        order = np.arange(len(leader))
        return cls(grid, (raw[0], raw[1], raw[2], raw[3]), highest, leader, order // across + top, order % across)

    def winners(self, dtype: np.dtype[np.uint8] | np.dtype[np.uint16]) -> tuple[Labels, Floats]:
        """The winning class of each pixel and its logit above the leader's, both (Q, height, width)."""
        height, width = self.grid.patch
        winner: Labels = np.empty((len(self.leader), height, width), dtype)
        winner[:] = self.leader[:, None, None]
        score = np.zeros(winner.shape, np.float32)
        candidates = self.highest > 0
        candidates[np.arange(len(self.leader)), self.leader] = True
        for chosen, classes in _grouped(candidates, height * width):
            if classes.shape[1] == 1:
                continue
            best = self._plane(chosen, classes[:, 0])
            name = winner[chosen]
            name[:] = classes[:, 0, None, None]
            for k in range(1, classes.shape[1]):
                value = self._plane(chosen, classes[:, k])
                better = value > best
                np.maximum(best, value, out=best)
                np.copyto(name, classes[:, k, None, None], where=better, casting="unsafe")
            winner[chosen], score[chosen] = name, best
        return winner, score

    def shares(self, score: Floats) -> npt.NDArray[np.float16]:
        """Softmax probability of the winner, (Q, height, width) float16."""
        matters = self.highest > -NEGLIGIBLE
        spread = self._spread(matters)
        height, width = self.grid.patch
        pending = np.ones(len(spread), np.bool_)
        for count, limit in NODE_TIERS:
            if count * count * 2 > height * width:
                break
            chosen = np.flatnonzero(pending & (spread <= limit))
            pending[chosen] = False
            step = max(1, _CHUNK_VALUES // (height * width))
            for begin in range(0, len(chosen), step):
                part = chosen[begin : begin + step]
                score[part] -= self._smooth_denominator(part, count)
        rest = np.flatnonzero(pending)
        for chosen, classes in _grouped(matters[rest], height * width):
            part = rest[chosen]
            best = score[part]
            total = np.zeros_like(best)
            for k in range(classes.shape[1]):
                value = self._plane(part, classes[:, k])
                value -= best
                total += np.exp(value, out=value)
            score[part] = -np.log(total)
        return np.exp(score, out=score).astype(np.float16)

    def _plane(self, quads: Ints, classes: Ints) -> Floats:
        """One class of each quad at its pixels, (n, height, width)."""
        a, b, c, d = (corner[quads, classes][:, None] for corner in self.corners)
        down = self.grid.row_weights[self.row[quads]]
        left = a + (c - a) * down
        right = b + (d - b) * down
        right -= left
        value = right[:, :, None] * self.grid.column_weights[self.column[quads]][:, None, :]
        value += left[:, :, None]
        return value

    def _spread(self, matters: Mask) -> Floats:
        """(Q,) how far the slopes of the classes that matter lie apart, along either axis.

        The leader's slope is 0, so that leaving a class out may put 0 in its place.
        """
        a, b, c, d = self.corners
        spread = np.zeros(len(self.leader), np.float32)
        for low, high in ((a, b), (c, d), (a, c), (b, d)):
            slope = high - low
            slope *= matters
            np.maximum(spread, slope.max(axis=1) - slope.min(axis=1), out=spread)
        return np.where(np.isfinite(spread), spread, np.float32(np.inf))

    def _smooth_denominator(self, quads: Ints, count: int) -> Floats:
        """Logarithm of the sum of exponentials, (n, height, width), from count x count nodes."""
        a, b, c, d = (corner[quads] for corner in self.corners)
        values = np.empty((len(quads), count, count), np.float32)
        c -= a
        d -= b
        for i, down in enumerate(_nodes(count)):
            left = a + c * down
            across = b + d * down
            across -= left
            for j, along in enumerate(_nodes(count)):
                node = across * along
                node += left
                values[:, i, j] = np.exp(node, out=node).sum(axis=1)
        np.log(values, out=values)
        down_weights = self.grid.row_lagrange[count][self.row[quads]]
        along_weights = self.grid.column_lagrange[count][self.column[quads]]
        smooth: Floats = np.matmul(np.matmul(down_weights, values), along_weights)
        return smooth


def _grouped(mask: Mask, pixels: int) -> Iterator[tuple[Ints, Ints]]:
    """Rows with equally many marked classes: (row numbers (n,), their classes (n, k) ascending)."""
    counts = mask.sum(axis=1)
    for count in np.unique(counts):
        rows = np.flatnonzero(counts == count)
        step = max(1, _CHUNK_VALUES // pixels)
        for begin in range(0, len(rows), step):
            part = rows[begin : begin + step]
            yield part, np.nonzero(mask[part])[1].reshape(len(part), int(count))
