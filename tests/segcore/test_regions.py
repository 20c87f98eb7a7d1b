"""Regions, islands, holes and boundaries, against slow and plain ways of finding them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import segcore.assist.windows_of_labels as windows
from segcore.assist.boundary import grown, shrunk, smoothed
from segcore.assist.regions import find_regions, small_holes, small_regions
from segcore.edits import Relabelling, region_at
from segcore.errors import RequestError


def blobs(seed: int, size: tuple[int, int] = (36, 44)) -> np.ndarray:
    """Regions of all sizes, single pixels among them."""
    random = np.random.default_rng(seed)
    coarse = random.integers(0, 3, (size[0] // 4, size[1] // 4)).astype(np.uint8)
    labels = coarse.repeat(4, axis=0).repeat(4, axis=1)
    noise = random.random(size) < 0.03
    labels[noise] = random.choice([0, 1, 2, 255], int(noise.sum()))
    return labels


def after(labels: np.ndarray, found: Relabelling | None) -> np.ndarray:
    result = labels.copy()
    if found is not None:
        where = found.place.slices
        result[where][found.region] = found.ids[found.region]
    return result


@given(seed=st.integers(0, 10**6))
@settings(max_examples=25, deadline=None)
def test_every_pixel_is_in_one_region_as_the_bucket_has_it(seed: int) -> None:
    labels = blobs(seed)
    regions = find_regions(labels)
    assert regions.areas.sum() == labels.size
    assert (np.diff(regions.areas) <= 0).all()
    seen = np.zeros(labels.shape, int)
    for number in range(len(regions)):
        x, y = regions.point(number)
        place, region = region_at(labels, (x, y))
        assert labels[y, x] == regions.class_ids[number]
        assert place == regions.box(number)
        assert region.sum() == regions.areas[number]
        seen[place.slices] += region
    assert (seen == 1).all()
    assert len(find_regions(labels, smallest=10)) == (regions.areas >= 10).sum()


@pytest.mark.parametrize("block", [4096, 16])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_no_small_island_is_left_and_large_regions_stay(
    monkeypatch: pytest.MonkeyPatch, block: int, seed: int
) -> None:
    monkeypatch.setattr(windows, "BLOCK", block)
    labels = blobs(seed)
    found, count = small_regions(labels, 5)
    result = after(labels, found)
    changed = result != labels
    regions = find_regions(labels)
    assert count > 0
    for number in range(len(regions)):
        if regions.areas[number] >= 5:
            place, region = region_at(labels, regions.point(number))
            assert not changed[place.slices][region].any()
    singles = 0
    for number in range(len(find_regions(result))):
        single = find_regions(result)
        x, y = single.point(number)
        around = result[max(y - 1, 0) : y + 2, max(x - 1, 0) : x + 2]
        singles += single.areas[number] == 1 and (around == result[y, x]).sum() == 1
    assert singles == 0


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("below", [2, 6, 40])
def test_islands_of_all_classes_are_those_of_a_plain_labelling(seed: int, below: int) -> None:
    from skimage.measure import label

    labels = blobs(seed)
    regions = label(labels.astype(np.int64) + 1, connectivity=2)
    areas = np.bincount(regions.ravel())
    small = (areas < below) & (np.arange(len(areas)) > 0) & (areas > 0)
    found, count = small_regions(labels, below)
    assert count == small.sum()
    changed = after(labels, found) != labels
    assert not changed[~small[regions]].any()
    assert changed.any() or not small.any()


def test_the_number_of_islands_does_not_depend_on_the_blocks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    labels = blobs(4, (64, 80))
    whole = small_regions(labels, 9)
    monkeypatch.setattr(windows, "BLOCK", 16)
    parts = small_regions(labels, 9)
    assert whole[1] == parts[1]
    assert (after(labels, whole[0]) == after(labels, parts[0])).all()


def test_holes_are_filled_with_what_encloses_them_and_bays_are_not() -> None:
    labels = np.zeros((30, 30), np.uint8)
    labels[5:25, 5:25] = 1
    labels[10:12, 10:12] = 2
    labels[14, 14] = 255
    labels[20, 25:] = labels[24, 8] = 0
    labels[16:22, 16:22] = 2
    found, count = small_holes(labels, 10, 1)
    assert count == 2
    result = after(labels, found)
    assert (result[10:12, 10:12] == 1).all()
    assert result[14, 14] == 1
    assert (result[16:22, 16:22] == 2).all(), "too large"
    assert (np.delete(result, [10, 11, 14], 0) == np.delete(labels, [10, 11, 14], 0)).all()


@pytest.mark.parametrize("block", [4096, 16])
def test_growing_and_shrinking_go_as_far_as_they_say(
    monkeypatch: pytest.MonkeyPatch, block: int
) -> None:
    monkeypatch.setattr(windows, "BLOCK", block)
    labels = blobs(7)
    y, x = np.nonzero(labels == 1)
    far = np.hypot(
        np.arange(labels.shape[0])[:, None, None] - y, np.arange(labels.shape[1])[None, :, None] - x
    ).min(axis=2)
    assert (after(labels, grown(labels, 1, 3)) == np.where(far <= 3, 1, labels)).all()
    y, x = np.nonzero(labels != 1)
    deep = np.hypot(
        np.arange(labels.shape[0])[:, None, None] - y, np.arange(labels.shape[1])[None, :, None] - x
    ).min(axis=2)
    result = after(labels, shrunk(labels, 1, 2))
    lost = (labels == 1) & (deep <= 2)
    assert ((result == 1) == ((labels == 1) & ~lost)).all()
    assert (result[labels != 1] == labels[labels != 1]).all()


def test_smoothing_takes_teeth_away_and_leaves_straight_boundaries() -> None:
    labels = np.zeros((40, 60), np.uint8)
    labels[:, 30:] = 1
    assert smoothed(labels, 4) is None
    assert smoothed(labels, 4, 1) is None
    teeth = labels.copy()
    teeth[::4, 28:30] = 1
    for class_id in (None, 1):
        result = after(teeth, smoothed(teeth, 4, class_id))
        assert (result[6:-6, :28] == 0).all()
        widths = (result[6:-6] == 1).sum(axis=1)
        assert widths.max() - widths.min() <= 1


def test_one_class_alone_is_smoothed_when_told() -> None:
    labels = blobs(3)
    found = smoothed(labels, 3, 1)
    assert found is not None
    result = after(labels, found)
    changed = result != labels
    assert ((labels[changed] == 1) | (result[changed] == 1)).all()


def test_steps_that_make_no_sense_are_refused() -> None:
    labels = np.zeros((8, 8), np.uint8)
    for work in (grown, shrunk):
        with pytest.raises(RequestError, match="1 to 500"):
            work(labels, 0, 0)
