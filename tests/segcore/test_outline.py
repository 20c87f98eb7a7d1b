"""Outlines of regions of cells."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from segcore.outline import cell_outline


@given(hnp.arrays(np.bool_, st.tuples(st.integers(1, 7), st.integers(1, 9))))
def test_the_pieces_part_the_region_from_the_rest(cells: np.ndarray) -> None:
    height, width = cells.shape
    pieces = cell_outline(cells) * [width, height, width, height]
    whole = np.round(pieces).astype(int)
    np.testing.assert_allclose(pieces, whole, atol=1e-9)
    edges = set()
    for x0, y0, x1, y1 in whole.tolist():
        assert (x0 == x1) != (y0 == y1)
        own = [(x, y0, "across") for x in range(x0, x1)] + [(x0, y, "down") for y in range(y0, y1)]
        assert not edges.intersection(own)
        edges.update(own)
    inside = np.pad(cells, 1)
    expected = {
        (x, y, "across")
        for y in range(height + 1)
        for x in range(width)
        if inside[y, x + 1] != inside[y + 1, x + 1]
    } | {
        (x, y, "down")
        for y in range(height)
        for x in range(width + 1)
        if inside[y + 1, x] != inside[y + 1, x + 1]
    }
    assert edges == expected


def test_a_square_has_four_pieces() -> None:
    cells = np.zeros((10, 20), np.bool_)
    cells[2:8, 5:15] = True
    assert sorted(map(tuple, cell_outline(cells).tolist())) == [
        (0.25, 0.2, 0.25, 0.8),
        (0.25, 0.2, 0.75, 0.2),
        (0.25, 0.8, 0.75, 0.8),
        (0.75, 0.2, 0.75, 0.8),
    ]


def test_what_is_too_fine_is_coarsened() -> None:
    noise = np.random.default_rng(1).random((300, 400)) < 0.5
    noise[:, 200:] = False
    pieces = cell_outline(noise, most=500)
    assert 0 < len(pieces) <= 500
    assert pieces[:, [0, 2]].max() == pytest.approx(0.5, abs=0.05)
