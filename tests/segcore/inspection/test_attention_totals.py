"""Sums over whole attention maps equal those of the maps that transformers keeps."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from segcore.errors import Cancelled, RequestError
from segcore.inference import Predictor
from segcore.inspection import (
    attention_received,
    attention_rollout,
    attention_spread,
    attention_towards,
)
from segcore.progress import CancelToken

SIZE = (100, 150)  # neither side is divided by R at every stage


@pytest.fixture(scope="module")
def whole_maps(oracle, picture):
    """Of each (stage, block): (heads, queries, keys) float64."""
    with torch.no_grad():
        maps = oracle.model(oracle.pixels(picture(*SIZE)), output_attentions=True).attentions
    return {
        (stage, block): maps[2 * (stage - 1) + block][0].double().numpy()
        for stage in (1, 2, 3, 4)
        for block in (0, 1)
    }


@pytest.fixture(scope="module")
def predictor(oracle):
    return Predictor.load(oracle.folder, device="cpu")


@pytest.fixture
def encoded(predictor, picture):
    return predictor.encode(picture(*SIZE))


@pytest.mark.parametrize("stage", [1, 2, 3, 4])
def test_received_is_the_mean_over_all_queries(stage, predictor, encoded, whole_maps, monkeypatch):
    # Small pieces, so that their seams are tested too.
    monkeypatch.setattr("segcore.inspection.attention_rows.ROWS_BYTES", 1000)
    found = attention_received(predictor, encoded, stage, 1)
    expected = whole_maps[stage, 1].mean(axis=1).reshape(found.values.shape)
    np.testing.assert_allclose(np.asarray(found), expected, atol=1e-6)


@pytest.mark.parametrize("stage", [1, 2, 3, 4])
def test_towards_a_place_is_a_column_of_the_map(stage, predictor, encoded, whole_maps):
    found = attention_towards(predictor, encoded, stage, 0, (40, 33))
    ratio = predictor.config.sr_ratios[stage - 1]
    columns = predictor.config.grid(SIZE, stage)[1] // ratio
    key = found.cell[0] // ratio * columns + found.cell[1] // ratio
    expected = whole_maps[stage, 0][:, :, key].reshape(found.values.shape)
    np.testing.assert_allclose(np.asarray(found), expected, atol=1e-5)
    assert found.box.size == SIZE


def test_the_border_that_reduction_leaves_over_has_no_key(predictor, encoded):
    with pytest.raises(RequestError, match="149,99"):
        attention_towards(predictor, encoded, 1, 0, (149, 99))


def test_distance_and_entropy_of_every_head(predictor, encoded, whole_maps):
    spreads = attention_spread(predictor, encoded)
    assert [(s.stage, s.block, s.head) for s in spreads] == [
        (stage, block, head)
        for (stage, block), maps in whole_maps.items()
        for head in range(len(maps))
    ]
    for spread in spreads:
        weights = whole_maps[spread.stage, spread.block][spread.head]
        grid = predictor.config.grid(SIZE, spread.stage)
        ratio = predictor.config.sr_ratios[spread.stage - 1]
        cell = (SIZE[0] / grid[0], SIZE[1] / grid[1])
        queries = _centres(grid, cell)
        keys = _centres((grid[0] // ratio, grid[1] // ratio), (cell[0] * ratio, cell[1] * ratio))
        apart = np.hypot(*(queries[:, None] - keys[None]).transpose(2, 0, 1))
        assert spread.distance == pytest.approx((weights * apart).sum(1).mean(), rel=1e-4)
        assert spread.even_distance == pytest.approx(apart.mean(), rel=1e-4)
        entropy = -(weights * np.log(weights)).sum(1).mean() / math.log(len(keys))
        assert spread.entropy == pytest.approx(entropy, rel=1e-4)


def _centres(grid, cell):
    return np.array(
        [((c + 0.5) * cell[1], (r + 0.5) * cell[0]) for r in range(grid[0]) for c in range(grid[1])]
    )


@pytest.mark.parametrize(("stage", "down_to"), [(1, 1), (2, 1), (4, 4), (4, 1)])
def test_rollout_is_the_product_of_all_maps(stage, down_to, predictor, encoded, whole_maps):
    found = attention_rollout(predictor, encoded, stage, (88, 20), down_to=down_to)
    config = predictor.config
    grids = {at: config.grid(SIZE, at) for at in range(1, 5)}
    row = np.zeros(math.prod(grids[stage]))
    height, width = grids[stage]
    row[int(20.5 * height / SIZE[0]) * width + int(88.5 * width / SIZE[1])] = 1
    for at in range(stage, down_to - 1, -1):
        for block in (1, 0):
            tokens = whole_maps[at, block].mean(axis=0) @ _lift(grids[at], config.sr_ratios[at - 1])
            row = row @ (0.5 * np.eye(len(row)) + 0.5 * tokens)
        if at > down_to:
            row = row @ _merging(grids[at], grids[at - 1])
    expected = (row / row.sum()).reshape(grids[down_to])
    np.testing.assert_allclose(np.asarray(found), expected, atol=1e-6)
    assert float(np.asarray(found).sum()) == pytest.approx(1, abs=1e-5)


def _lift(grid, ratio):
    """(keys, tokens): each key's weight over its R x R tokens."""
    rows, columns = grid[0] // ratio, grid[1] // ratio
    lift = np.zeros((rows * columns, math.prod(grid)))
    for row in range(rows * ratio):
        for column in range(columns * ratio):
            key = row // ratio * columns + column // ratio
            lift[key, row * grid[1] + column] = 1 / ratio**2
    return lift


def _merging(coarse, fine):
    """(coarse tokens, fine tokens): 3 x 3 with stride 2, what lies outside does not count."""
    matrix = np.zeros((math.prod(coarse), math.prod(fine)))
    for row in range(coarse[0]):
        for column in range(coarse[1]):
            under = [
                y * fine[1] + x
                for y in range(2 * row - 1, 2 * row + 2)
                for x in range(2 * column - 1, 2 * column + 2)
                if 0 <= y < fine[0] and 0 <= x < fine[1]
            ]
            matrix[row * coarse[1] + column, under] = 1 / len(under)
    return matrix


def test_a_rollout_upwards_is_refused(predictor, encoded):
    with pytest.raises(RequestError, match="from stage 2 down to 3"):
        attention_rollout(predictor, encoded, 2, down_to=3)


@pytest.mark.parametrize("study", [attention_received, attention_spread, attention_rollout])
def test_it_can_be_called_off(study, predictor, encoded):
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(Cancelled):
        study(predictor, encoded, cancel=cancel)
