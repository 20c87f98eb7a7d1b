from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from segcore.errors import RequestError
from segcore.project.states import STATUSES
from segcore.review.doubt import doubtful_regions, pictures_to_walk, rarity
from segcore.review.picture_table import Facts

SHAPE = (60, 80)


def nothing() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return (
        np.zeros(SHAPE, np.uint8),
        np.zeros(SHAPE, np.float16),
        np.zeros(SHAPE, np.bool_),
    )


def test_a_doubted_object_is_one_region_with_its_certain_core() -> None:
    labels, entropy, settled = nothing()
    labels[10:30, 10:40] = 2
    entropy[10:30, 10:40] = 0.8
    entropy[18:22, 20:30] = 0.1
    (region,) = doubtful_regions(labels, entropy, settled, np.ones(3))
    assert region.class_id == 2
    assert np.array_equal(region.selection.mask(SHAPE), labels == 2)


def test_a_doubted_part_of_a_large_region_is_that_part_alone() -> None:
    labels, entropy, settled = nothing()
    entropy[40:52, 60:80] = 0.9
    (region,) = doubtful_regions(labels, entropy, settled, np.ones(4))
    assert region.class_id == 0
    assert region.selection.place == (60, 40, 80, 52)
    assert region.entropy == pytest.approx(0.9, abs=1e-3)


def test_the_line_along_a_boundary_is_none() -> None:
    labels, entropy, settled = nothing()
    labels[:, 40:] = 1
    entropy[:, 39:41] = 1.0
    assert doubtful_regions(labels, entropy, settled, np.ones(2)) == []


def test_a_persons_pixels_and_the_unlabelled_are_not_asked_about() -> None:
    labels, entropy, settled = nothing()
    entropy[:] = 1.0
    settled[:30] = True
    labels[30:] = 255
    assert doubtful_regions(labels, entropy, settled, np.ones(2)) == []


def test_a_rare_class_comes_before_a_common_one_of_the_same_size() -> None:
    labels, entropy, settled = nothing()
    labels[5:15, 5:15], labels[5:15, 40:50] = 1, 2
    entropy[5:15, 5:15] = entropy[5:15, 40:50] = 0.7
    weights = rarity(np.array([100_000, 10_000, 500]))
    first, second = doubtful_regions(labels, entropy, settled, weights)
    assert (first.class_id, second.class_id) == (2, 1)
    assert first.weight == pytest.approx(second.weight * weights[2] / weights[1])


def test_maps_of_two_pictures_are_refused() -> None:
    labels, entropy, settled = nothing()
    with pytest.raises(RequestError, match="one picture"):
        doubtful_regions(labels, entropy[1:], settled, np.ones(2))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_regions_are_apart_doubted_of_one_class_and_in_order(seed: int) -> None:
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 3, (6, 8)).astype(np.uint8)
    labels = np.kron(coarse, np.ones((10, 10), np.uint8))
    entropy = ndimage.zoom(rng.random((6, 8)), 10, order=0).astype(np.float16)
    settled = np.kron(rng.random((6, 8)) < 0.2, np.ones((10, 10), np.bool_))
    weights = rng.uniform(0.2, 5, 3)
    regions = doubtful_regions(labels, entropy, settled, weights)
    taken = np.zeros(SHAPE, np.int64)
    for region in regions:
        mask = region.selection.mask(SHAPE)
        taken += mask
        assert set(np.unique(labels[mask])) == {region.class_id}
        assert ndimage.label(mask, np.ones((3, 3)))[1] == 1
        area = region.selection.area
        mean = float(entropy[mask].astype(float).mean())
        assert region.weight == pytest.approx(mean * area * weights[region.class_id], rel=1e-3)
    assert taken.max(initial=0) <= 1
    assert [r.weight for r in regions] == sorted((r.weight for r in regions), reverse=True)


def test_rarity_is_the_median_over_the_own_number() -> None:
    assert rarity(np.array([100, 50, 200])).tolist() == [1.0, 2.0, 0.5]
    assert rarity(np.array([10**9, 1, 1000, 0])).tolist() == [0.125, 8.0, 1.0, 8.0]
    assert rarity(np.zeros(2, np.int64)).tolist() == [1.0, 1.0]


def test_a_walk_goes_to_open_pictures_the_most_uncertain_first() -> None:
    facts = Facts.unknown(5)
    facts.statuses[:] = [STATUSES.index(s) for s in ("new", "predicted", "done", "in_work", "new")]
    facts.uncertainty[:] = [np.nan, 0.1, 0.9, 0.4, np.nan]
    assert pictures_to_walk(facts, np.arange(5)).tolist() == [3, 1, 0, 4]
    assert pictures_to_walk(facts, np.array([4, 1])).tolist() == [1, 4]
