"""Figures of the page of receptive fields against the core's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.inference.inquiries.fields import half_square
from app.window.fields_words import share_inside, table_text
from segcore.geometry import Box
from segcore.heatmap import HeatMap
from segcore.inspection import erf_figures


@given(
    seed=st.integers(0, 1000),
    rows=st.integers(3, 20),
    columns=st.integers(3, 20),
    corner=st.tuples(st.integers(0, 30), st.integers(0, 30)),
    size=st.tuples(st.integers(21, 60), st.integers(21, 60)),
)
def test_the_share_in_a_box_is_the_cores(
    seed: int, rows: int, columns: int, corner: tuple[int, int], size: tuple[int, int]
) -> None:
    values = np.random.default_rng(seed).random((rows, columns)).astype(np.float32)
    heat_map = HeatMap(values, "a map", Box(5, 3, 65, 51))
    box = Box(*corner, corner[0] + size[0], corner[1] + size[1])
    assert share_inside(heat_map, box) == pytest.approx(
        erf_figures(heat_map, (30, 20), box=box).box_share
    )


@given(seed=st.integers(0, 1000), x=st.integers(0, 59), y=st.integers(0, 39))
def test_the_square_on_the_picture_holds_half(seed: int, x: int, y: int) -> None:
    values = np.random.default_rng(seed).random((40, 60)).astype(np.float32) ** 4
    heat_map = HeatMap(values, "a map", Box(0, 0, 60, 40))
    figures = erf_figures(heat_map, (x, y))
    square = half_square(heat_map, figures, (x, y))
    assert square.area == round(figures.area_ratio[50] * 60 * 40)
    assert values[square.slices].sum() > 0.5 * values.sum()
    assert square.contains((x, y))


def test_small_and_unknown_figures_are_short() -> None:
    assert [table_text(value) for value in (0.0264, 3.14, 72.4, float("nan"), 0.0)] == [
        ".026",
        "3.1",
        "72",
        "–",
        "0",
    ]
