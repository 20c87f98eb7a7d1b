"""Regions that differ, held against scikit-image's labelling of the pairs of ids."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from skimage.measure import label

from segcore.comparison import DifferingRegion, differing_regions
from segcore.comparison.differences import line_width
from segcore.errors import RequestError

ids = st.sampled_from([0, 1, 2, 255])
maps = hnp.arrays(np.uint8, (9, 11), elements=ids)


def codes_of(a: np.ndarray, b: np.ndarray, *, unlabelled: bool) -> np.ndarray:
    differ = a != b
    if not unlabelled:
        differ &= (a != 255) & (b != 255)
    return np.where(differ, a.astype(int) * 256 + b + 1, 0)


def has_square(mask: np.ndarray, side: int) -> bool:
    return any(
        mask[y : y + side, x : x + side].all()
        for y in range(mask.shape[0] - side + 1)
        for x in range(mask.shape[1] - side + 1)
    )


@settings(deadline=None)
@given(maps, maps, st.booleans(), st.integers(1, 3))
def test_regions_are_the_connected_parts_of_pairs_of_ids(
    a: np.ndarray, b: np.ndarray, unlabelled: bool, thinnest: int
) -> None:
    codes = codes_of(a, b, unlabelled=unlabelled)
    numbered = label(codes, background=0, connectivity=2)
    expected = {}
    for number in range(1, numbered.max() + 1):
        mask = numbered == number
        if thinnest == 1 or has_square(mask, thinnest):
            expected[mask.tobytes()] = int(mask.sum())
    regions = differing_regions(a, b, 255, unlabelled_counts=unlabelled, thinnest=thinnest)
    found = {region.selection.mask(a.shape).tobytes(): region for region in regions}
    assert len(found) == len(regions)  # no pixel is in two
    assert {key: region.selection.area for key, region in found.items()} == expected
    for region in regions:
        mask = region.selection.mask(a.shape)
        assert set(a[mask].tolist()) == {region.a}
        assert set(b[mask].tolist()) == {region.b}
        place, inside = region.selection
        assert inside.shape == place.size
        assert inside[:, [0, -1]].any(axis=0).all()
        assert inside[[0, -1]].any(axis=1).all()
    weights = [region.weight for region in regions]
    assert weights == sorted(weights, reverse=True)


def pairs_in_order(regions: list[DifferingRegion]) -> list[tuple[int, int]]:
    return [(region.a, region.b) for region in regions]


def test_a_rare_class_comes_before_a_common_one() -> None:
    a = np.zeros((40, 40), np.uint8)
    a[20:] = 1
    b = a.copy()
    b[0:6, 0:6] = 1  # 36 pixels between two common classes
    b[30:35, 30:35] = 2  # 25 pixels of a class that is nowhere else
    assert pairs_in_order(differing_regions(a, b, 255)) == [(0, 1), (1, 2)]
    assert pairs_in_order(differing_regions(a, b, 255, by_rarity=True)) == [(1, 2), (0, 1)]


def test_a_line_along_a_boundary_is_left_out_whole_and_a_block_on_it_stays_whole() -> None:
    a = np.zeros((400, 600), np.uint8)
    a[:, 300:] = 1
    b = np.zeros((400, 600), np.uint8)
    b[:, 303:] = 1  # the boundary is off by three pixels
    width = line_width(a.shape)
    assert width == 5
    assert differing_regions(a, b, 255, thinnest=width) == []
    b[100:120, 303:330] = 0  # a block that hangs on the line
    (region,) = differing_regions(a, b, 255, thinnest=width)
    assert region.selection.area == 3 * 400 + 20 * 27


def test_maps_of_two_sizes_are_refused_and_equal_ones_have_no_region() -> None:
    with pytest.raises(RequestError, match="4 x 3"):
        differing_regions(np.zeros((3, 4), np.uint8), np.zeros((4, 3), np.uint8), 255)
    wide = np.arange(12, dtype=np.uint16).reshape(3, 4) * 5000
    assert differing_regions(wide, wide, 65535) == []
    other = wide.copy()
    other[0, 0] = 60000
    (region,) = differing_regions(wide, other, 65535)
    assert (region.a, region.b, region.selection.area) == (0, 60000, 1)
