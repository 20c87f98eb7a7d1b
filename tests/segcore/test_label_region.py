"""Giving a region one class."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segcore.edits import label_region
from segcore.errors import RequestError
from segcore.geometry import Box


@given(
    st.tuples(st.integers(1, 300), st.integers(1, 300)),
    st.integers(0, 10**6),
    st.sampled_from([np.uint8, np.uint16]),
    st.sampled_from([0.0, 0.02, 1.0]),
)
def test_the_region_gets_the_class_and_can_be_undone(size, seed, dtype, share) -> None:
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 5, size).astype(dtype)
    origins = rng.integers(0, 3, size).astype(np.uint8)
    x0, y0 = rng.integers(0, size[1]), rng.integers(0, size[0])
    x1, y1 = rng.integers(x0 + 1, size[1] + 1), rng.integers(y0 + 1, size[0] + 1)
    place = Box(int(x0), int(y0), int(x1), int(y1))
    region = rng.random(place.size) < share
    before, origins_before = labels.copy(), origins.copy()
    expected, origins_expected = labels.copy(), origins.copy()
    expected[place.slices][region] = 3
    origins_expected[place.slices][region] = 2
    edit = label_region(labels, origins, place, region, class_id=3, origin=2)
    assert np.array_equal(labels, before)
    if edit is None:
        assert np.array_equal(expected, before)
        assert np.array_equal(origins_expected, origins_before)
        return
    edit.apply(labels, origins)
    assert np.array_equal(labels, expected)
    assert np.array_equal(origins, origins_expected)
    edit.inverse().apply(labels, origins)
    assert np.array_equal(labels, before)
    assert np.array_equal(origins, origins_before)


def test_a_region_beyond_the_map_or_a_class_too_large_is_refused() -> None:
    labels, origins = np.zeros((9, 9), np.uint8), np.zeros((9, 9), np.uint8)
    region = np.ones((3, 3), np.bool_)
    for place, class_id in ((Box(7, 7, 10, 10), 1), (Box(0, 0, 2, 3), 1), (Box(0, 0, 3, 3), 256)):
        with pytest.raises(RequestError, match="not fit"):
            label_region(labels, origins, place, region, class_id=class_id, origin=1)
