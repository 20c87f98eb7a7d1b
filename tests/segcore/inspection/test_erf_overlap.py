"""Overlaps from fields, and context that windows cut off, counted pixel by pixel."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from segcore.errors import RequestError
from segcore.geometry import Box
from segcore.heatmap import HeatMap
from segcore.inference.protocol import Sliding
from segcore.inference.tiling import TilePlan, plan_sliding, plan_whole
from segcore.inspection.erf_overlap import context_lost, cut_off, overlap_for, reach_of


def field_of(height: int, width: int, spread: float, skew: float = 0.0) -> HeatMap:
    y, x = np.mgrid[:height, :width]
    away = np.hypot(y - height // 2 - skew, x - width // 2 - 2 * skew)
    return HeatMap(np.exp(-away / spread).astype(np.float32), "", Box(0, 0, width, height))


def sliding(size: tuple[int, int], crop: int, stride: int) -> TilePlan:
    return plan_sliding(size, size, Sliding((crop, crop), (stride, stride)))


def counted(plan: TilePlan, field: HeatMap, point: tuple[int, int]) -> float:
    """The share of a pixel's field that lies in the picture and outside its window."""
    window = next(each for each in plan.windows if each.core.contains(point))
    inside = total = 0.0
    height, width = field.shape
    for (row, column), value in np.ndenumerate(field.values):
        x, y = point[0] + column - width // 2, point[1] + row - height // 2
        if 0 <= x < plan.columns.size and 0 <= y < plan.rows.size:
            total += value
            inside += value * window.box.contains((x, y))
    return 1 - inside / total


def test_what_windows_cut_off_is_what_is_counted():
    plan, field = sliding((90, 120), 64, 48), field_of(41, 33, 4.0, skew=1.5)
    lost = context_lost(plan, field)
    for point in [(0, 0), (59, 40), (55, 52), (56, 45), (119, 89), (57, 76)]:
        assert lost.values[point[1], point[0]] == pytest.approx(
            counted(plan, field, point), abs=1e-5
        )
    assert lost.values.max() > 0.05
    marked = cut_off(plan, field, 0.02)
    np.testing.assert_array_equal(marked, lost.values > 0.02)


@settings(max_examples=60, deadline=None)
@given(st.floats(0.5, 0.95), st.floats(1.0, 3.0), st.floats(-2, 2))
@example(0.9453125, 1.0, 1.75)  # the worst pixel lies where a seam meets the picture's edge
def test_the_overlap_is_enough_and_no_larger_than_it_must_be(share, spread, skew):
    field = field_of(61, 61, spread, skew)
    overlap = overlap_for(field, share)
    assert overlap % 4 == 0

    def worst(shared: int) -> float:
        return float(context_lost(sliding((300, 300), 128, 128 - shared), field).values.max())

    assert worst(overlap) <= 1 - share + 1e-6
    if overlap >= 8:  # rounded up to 4, and a window may share an odd pixel more
        assert worst(overlap - 8) > 1 - share


def test_a_whole_picture_loses_nothing():
    plan, field = plan_whole((50, 60), (50, 60)), field_of(41, 41, 5.0)
    assert not context_lost(plan, field).values.any()
    assert not cut_off(plan, 1000.0).any()


def test_a_radius_marks_what_is_nearer_to_a_seam():
    plan = sliding((64, 100), 64, 36)  # windows 0 … 64 and 36 … 100, the border at 50
    marked = cut_off(plan, 20)
    assert np.flatnonzero(marked[0]).tolist() == list(range(44, 56))
    assert (marked == marked[0]).all()
    assert not cut_off(plan, 14).any()


def test_pictures_that_are_resized_count_in_model_pixels():
    half = plan_sliding((128, 200), (64, 100), Sliding((64, 64), (36, 36)))
    full = sliding((64, 100), 64, 36)
    field = field_of(41, 41, 4.0)
    small, large = context_lost(full, field).values, context_lost(half, field).values
    assert large.shape == (128, 200)
    np.testing.assert_allclose(large.max(), small.max(), rtol=0.2)
    assert cut_off(half, 20)[0].sum() == pytest.approx(2 * cut_off(full, 20)[0].sum(), abs=2)


def test_what_makes_no_sense_is_refused():
    plan, zero = sliding((64, 100), 64, 36), HeatMap(np.zeros((9, 9)), "", Box(0, 0, 9, 9))
    with pytest.raises(RequestError, match="zero everywhere"):
        overlap_for(zero, 0.9)
    with pytest.raises(RequestError, match="zero everywhere"):
        context_lost(plan, zero)
    for share in (0, 1, -0.5):
        with pytest.raises(RequestError, match="no share"):
            reach_of(field_of(9, 9, 1.0), share)
    with pytest.raises(RequestError, match="no radius"):
        cut_off(plan, -1.0)
