"""Windows cover the image, and blending what they say of one field gives that field again."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import torch
import torch.nn.functional as nnf
from hypothesis import example, given, settings
from hypothesis import strategies as st

from segcore.inference.blend import blended_blocks
from segcore.inference.tiling import (
    OVERLAP,
    AxisPlan,
    TilePlan,
    plan_own_size,
    plan_tiles,
    plan_whole,
)
from segcore.inference.upsample import TopTwo, label_block, top_two_block, upsampled_strips

sides = st.integers(1, 5000)


@given(sides, st.sampled_from([256, 512, 1024]))
def test_windows_of_an_axis_fit_together(size, tile):
    axis = AxisPlan.tiled(size, tile)
    assert axis.starts[0] == 0
    assert axis.stops[-1] == axis.model_size == max(size, 32)
    cores = [axis.core(index) for index in range(axis.count)]
    spans = [axis.span(index) for index in range(axis.count)]
    for pieces in (cores, [(span.start, span.stop) for span in spans]):
        assert pieces[0][0] == 0
        assert pieces[-1][1] == size
        assert all(before[1] == after[0] for before, after in pairwise(pieces))
    for index in range(axis.count):
        begin, end = axis.core(index)
        assert axis.pixels(index)[0] <= begin < end <= axis.pixels(index)[1]
        assert axis.model_sizes()[index] <= max(tile + 3, 32)
        if index + 1 < axis.count:
            assert axis.starts[index] % 32 == 0
            assert axis.stops[index] - axis.starts[index + 1] >= min(OVERLAP, tile // 4)


@given(sides, st.sampled_from([256, 512]))
def test_weights_sum_to_one(size, tile):
    axis = AxisPlan.tiled(size, tile)
    total = np.zeros(axis.grid)
    for index, weights in enumerate(axis.weights):
        begin, end = axis.cells(index)
        assert (weights > 0).all()
        total[begin:end] += weights
    np.testing.assert_allclose(total, 1, atol=1e-6)


def field_and_plan(height: int, width: int, tile: int) -> tuple[torch.Tensor, TilePlan]:
    plan = plan_tiles((height, width), tile)
    generator = torch.Generator().manual_seed(height * width)
    coarse = torch.randn(1, 3, 9, 9, generator=generator) * 4
    return nnf.interpolate(coarse, (plan.rows.grid, plan.columns.grid), mode="bicubic")[0], plan


def windows_of(field: torch.Tensor, plan: TilePlan):
    def logits(index: int) -> torch.Tensor:
        row, column = divmod(index, plan.columns.count)
        (top, bottom), (left, right) = plan.rows.cells(row), plan.columns.cells(column)
        return field[:, top:bottom, left:right]

    return logits


@given(st.integers(1, 5000), st.sampled_from([96, 128, 256, 512, 1024]))
def test_every_pixel_is_decided_once_and_by_windows_that_go_on(size, tile):
    axis = AxisPlan.tiled(size, tile)
    spans = [axis.span(index) for index in range(axis.count)]
    assert [span.start for span in spans] == [0, *(span.stop for span in spans[:-1])]
    assert spans[-1].stop == size
    assert list(axis.starts) == sorted(set(axis.starts))
    assert all(stop > start for start, stop in zip(axis.starts, axis.stops))


@settings(max_examples=25, deadline=None)
@given(st.integers(40, 700), st.integers(40, 700))
@example(40, 257)
def test_tiles_that_agree_leave_no_seam(height, width):
    field, plan = field_and_plan(height, width, 256)
    labels = np.empty((height, width), np.uint8)
    confidence = np.full((height, width), np.nan, np.float16)
    for block in blended_blocks(plan, windows_of(field, plan)):
        label_block(block, labels, confidence)
    scale = [4 if axis.count > 1 else axis.size / axis.grid for axis in (plan.rows, plan.columns)]
    size = [round(cells * by) for cells, by in zip(field.shape[1:], scale)]
    larger = nnf.interpolate(field[None], size, mode="bilinear")[0, :, :height, :width]
    share, winner = larger.softmax(0).max(0)
    assert (labels == winner.numpy()).mean() > 0.9999
    assert np.abs(confidence - share.numpy()).max() <= 2e-3


def test_windows_that_disagree_change_over_without_a_step():
    plan = plan_tiles((100, 400), 256)
    assert plan.count == 2
    # One window says 0 everywhere and the other 1: blended, no two neighbours differ by much.
    rows = [
        logits
        for block in blended_blocks(plan, lambda index: torch.full((1, 25, 64), float(index)))
        for _, logits in upsampled_strips(block)
    ]
    across = torch.cat(rows, dim=2)[0, 50]
    assert len(across) == 400
    assert across[0] == 0
    assert across[-1] == 1
    assert across.diff().abs().max() < 0.02


def test_strips_and_quads_say_the_same():
    field, plan = field_and_plan(300, 500, 256)
    labels, confidence = np.empty((300, 500), np.uint8), np.empty((300, 500), np.float16)
    top = TopTwo(np.empty((2, 300, 500), np.uint8), np.empty((2, 300, 500), np.float16))
    for block in blended_blocks(plan, windows_of(field, plan)):
        label_block(block, labels, confidence)
        top_two_block(block, top)
    assert (top.ids[0] == labels).mean() > 0.9999
    assert (top.ids[0] != top.ids[1]).all()
    assert np.abs(top.probability[0].astype(float) - confidence).max() <= 2e-3
    assert (top.probability[0] >= top.probability[1]).all()


def test_large_pictures_are_cut_and_small_ones_enlarged():
    assert plan_own_size((1024, 2048), 2_400_000).count == 1
    assert plan_own_size((3000, 4000), 2_400_000).count == 20
    assert plan_whole((5, 700), (5, 700)).windows[0].model_size == (32, 700)
    many = plan_tiles((20_000, 20), 1024)
    assert {window.model_size[1] for window in many.windows} == {32}
