"""The softmax's denominator at every pixel of many quads, without an exponential for each class.

All logits are relative to one class of the quad, its leader, which is therefore 0 everywhere and
keeps the sum at 1 or above.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

from segcore.inference.spans import Floats, Ints, PackedAxis

Mask = npt.NDArray[np.bool_]
Corners = tuple[Floats, Floats, Floats, Floats]
"""Logits at the top left, top right, bottom left and bottom right of each quad, (Q, C) each."""

NODE_TIERS = ((2, 0.2), (3, 1.0), (5, 3.0), (8, 6.0))
"""(nodes a side, spread of slopes up to which the interpolated logarithm is off by < 6e-4)."""

STEEPEST = 60.0
"""Relative logits up to which a product of exponentials stays inside float32."""

_NEGLIGIBLE_SUM = 2e-4
_CUTS = (6.0, 8.0, 10.0, 12.0)
_LAST_CUT = 15.0


def relevant_classes(highest: Floats) -> Mask:
    """(Q, C): the classes that the denominator needs; all others together are below 2e-4 of it.

    `highest` (Q, C) is the largest of a class's four corners, which it exceeds nowhere inside.
    """
    at_most = np.exp(np.minimum(highest, 0))
    relevant = highest > -_LAST_CUT
    undecided = np.ones(len(highest), np.bool_)
    for cut in _CUTS:
        above = highest > -cut
        left_out = np.where(above, np.float32(0), at_most).sum(axis=1)
        enough = undecided & (left_out < _NEGLIGIBLE_SUM)
        relevant[enough] = above[enough]
        undecided &= ~enough
    return relevant


def slope_spread(corners: Corners, relevant: Mask) -> Floats:
    """(Q,) how far the slopes of the relevant classes lie apart, along either axis.

    The logarithm of the sum bends the more, the larger this is: its second derivative is the
    variance of the slopes. The leader's slope is 0, which may stand for a class that is left out.
    """
    a, b, c, d = corners
    spread = np.zeros(len(a), np.float32)
    for low, high in ((a, b), (c, d), (a, c), (b, d)):
        slope = high - low
        slope *= relevant
        np.maximum(spread, slope.max(axis=1) - slope.min(axis=1), out=spread)
    return np.where(np.isfinite(spread), spread, np.float32(np.inf))


def smooth_logarithm(corners: Corners, count: int, down: Floats, along: Floats) -> Floats:
    """Logarithm of the denominator from count x count Chebyshev nodes of each quad.

    Args:
        corners: of n quads.
        count: nodes a side.
        down, along: (n, height, count) and (n, count, width), from `interpolation_weights`.

    Returns:
        (n, height, width) float32.
    """
    a, b, c, d = corners
    ones = np.ones(a.shape[1], np.float32)
    values = np.empty((len(a), count, count), np.float32)
    down_left, down_right = c - a, d - b
    for i, y in enumerate(_nodes(count)):
        left = a + down_left * y
        across = b + down_right * y
        across -= left
        for j, x in enumerate(_nodes(count)):
            node = across * x
            node += left
            values[:, i, j] = np.exp(node, out=node) @ ones
    np.log(values, out=values)
    smooth: Floats = np.matmul(np.matmul(down, values), along)
    return smooth


def interpolation_weights(count: int, at: Floats) -> Floats:
    """(…, count) float32: how much each of the Chebyshev nodes counts at each position, 0 to 1."""
    nodes = _nodes(count).astype(np.float64)
    weights = np.ones((*at.shape, count))
    for own in range(count):
        for other in range(count):
            if own != other:
                weights[..., own] *= (at - nodes[other]) / (nodes[own] - nodes[other])
    return weights.astype(np.float32)


def stepped_sum(
    corners: Corners,
    relevant: Mask,
    rows: PackedAxis,
    columns: PackedAxis,
    *,
    row: Ints,
    column: Ints,
) -> Floats:
    """The denominator pixel by pixel, by products alone.

    A logit is linear along a row of the quad, so that its exponential grows by one factor from
    pixel to pixel; and from row to row that factor itself grows by one.

    Args:
        corners: of n quads; no relevant class beyond STEEPEST.
        relevant: (n, C) the classes that count.
        rows, columns: the pixels of both axes.
        row, column: (n,) where each quad is along them.

    Returns:
        (n, height, width) float32.
    """
    a, b, c, d = corners
    down, along = rows.weights[row, :1], columns.weights[column, :1]
    first_slope, last_slope = c - a, d - b
    twist = last_slope - first_slope
    left = a + first_slope * down
    slope = (b - a) + twist * down
    begin = np.exp(left + slope * along)
    factor = np.exp(slope * columns.step)
    begin_growth = np.exp((first_slope + twist * along) * rows.step)
    factor_growth = np.exp(twist * (rows.step * columns.step))
    for product, neutral in ((begin, 0), (factor, 1), (begin_growth, 1), (factor_growth, 1)):
        np.copyto(product, np.float32(neutral), where=~relevant)
    ones = np.ones(a.shape[1], np.float32)
    sums = np.empty((rows.longest, columns.longest, len(a)), np.float32)
    for i in range(rows.longest):
        value = begin.copy()
        for j in range(columns.longest):
            np.dot(value, ones, out=sums[i, j])
            value *= factor
        begin *= begin_growth
        factor *= factor_growth
    by_quad: Floats = sums.transpose(2, 0, 1)
    return by_quad


@cache
def _nodes(count: int) -> Floats:
    angles = (2 * np.arange(count) + 1) * (np.pi / (2 * count))
    nodes: Floats = (0.5 - 0.5 * np.cos(angles)).astype(np.float32)
    return nodes
