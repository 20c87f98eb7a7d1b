"""Instances, run lengths and polygons against the libraries that define them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segcore.classes import ClassTable
from segcore.formats.instances import instances_of, line_runs
from segcore.formats.many_regions import coco_runs_of_all, coco_texts_of_all, painted_apart
from segcore.formats.painting import Painting, Region, region_of_columns
from segcore.formats.polygons import fill_corners, fill_pixels, pixel_ring
from segcore.formats.rle import (
    RunLengthError,
    coco_runs,
    coco_text,
    counts_of,
    label_studio_bytes,
    label_studio_mask,
    runs_of,
)

SHAPES = st.tuples(st.integers(1, 30), st.integers(1, 30))
SEEDS = st.integers(0, 2**32)


def a_mask(shape: tuple[int, int], seed: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    mask = random.random(shape) < random.random()
    mask[random.integers(shape[0]), random.integers(shape[1])] = True
    return np.kron(mask, np.ones((3, 4), bool)) if seed % 3 == 0 else mask


def runs(mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    starts, lengths = line_runs(mask.astype(np.uint8))
    inside = mask.ravel()[starts]
    return starts[inside], lengths[inside]


def whole(region: Region, shape: tuple[int, int]) -> np.ndarray:
    painting = Painting(shape, ClassTable.from_names(["thing"]))
    painting.paint(region, 0)
    return painting.labels == 0


@settings(max_examples=150, deadline=None)
@given(shape=SHAPES, seed=SEEDS)
def test_instances_are_the_components_that_skimage_finds(shape: tuple[int, int], seed: int) -> None:
    from skimage.measure import label

    labels = np.random.default_rng(seed).choice([0, 1, 300, 65535], shape).astype(np.uint16)
    found = instances_of(labels, 65535)
    numbers = np.zeros(shape, int)
    for index in found:
        top, left, bottom, right = found.boxes[index]
        mask = found.mask(index)
        assert mask.sum() == found.areas[index]
        assert set(labels[top:bottom, left:right][mask]) == {found.classes[index]}
        assert not numbers[top:bottom, left:right][mask].any()
        numbers[top:bottom, left:right][mask] = index + 1
    expected = label(labels.astype(int), connectivity=2, background=65535)
    assert len(found) == expected.max()
    assert len(set(zip(numbers.ravel(), expected.ravel()))) == len(np.unique(expected))


@settings(max_examples=150, deadline=None)
@given(shape=SHAPES, seed=SEEDS)
def test_coco_text_is_that_of_pycocotools(shape: tuple[int, int], seed: int) -> None:
    from pycocotools import mask as coco_mask

    mask = a_mask(shape, seed)
    height, width = mask.shape
    text = coco_text(*runs(np.ascontiguousarray(mask.T)), height, width)
    assert text == coco_mask.encode(np.asfortranarray(mask.astype(np.uint8)))["counts"].decode()
    region = region_of_columns(*coco_runs(text, mask.size), height)
    np.testing.assert_array_equal(whole(region, mask.shape), mask)


@settings(max_examples=60, deadline=None)
@given(shape=SHAPES, seed=SEEDS)
def test_all_at_once_regions_are_what_they_are_one_by_one(
    shape: tuple[int, int], seed: int
) -> None:
    classes = ClassTable.from_names(["a", "b", "c"])
    random = np.random.default_rng(seed)
    labels = random.choice([0, 1, 2, 255], shape).astype(np.uint8)
    labels[0, 0] = 1
    found = instances_of(np.ascontiguousarray(labels.T), 255)
    texts = [coco_text(*found.runs(index), *shape) for index in found]
    assert coco_texts_of_all(found, labels.size) == texts
    starts, lengths, owners = coco_runs_of_all(texts, labels.size)
    for number, text in enumerate(texts):
        one = coco_runs(text, labels.size)
        np.testing.assert_array_equal([starts[owners == number], lengths[owners == number]], one)
    flat = painted_apart((starts, lengths), found.classes[owners], labels.size, classes)
    assert flat is not None
    np.testing.assert_array_equal(flat.reshape(shape[::-1]).T, labels)
    twice = starts[:1].repeat(2), lengths[:1].repeat(2)
    assert painted_apart(twice, np.zeros(2, int), labels.size, classes) is None
    for wrong in (["", *texts], [texts[0] + "z", *texts], [*texts, "0"], ["\n"], ["é"]):
        with pytest.raises(RunLengthError):
            coco_runs_of_all(wrong, labels.size)


@settings(max_examples=100, deadline=None)
@given(shape=SHAPES, seed=SEEDS)
def test_other_run_lengths_come_back(shape: tuple[int, int], seed: int) -> None:
    mask = a_mask(shape, seed)
    starts, lengths = runs(mask)
    counts = counts_of(starts, lengths, mask.size)
    assert counts[1:].min(initial=1) > 0
    again = np.repeat(np.arange(len(counts)) % 2 == 1, counts)
    np.testing.assert_array_equal(np.pad(again, (0, mask.size - len(again))), mask.ravel())
    data = label_studio_bytes(starts, lengths, mask.size)
    np.testing.assert_array_equal(label_studio_mask(data, mask.size), mask.ravel())


def test_label_studio_bytes_are_those_of_its_own_converter() -> None:
    # mask2rle of label-studio-converter 0.0.59 says these bytes, and an empty one behind them
    small = np.array([[0, 1, 1], [0, 1, 0]], bool)
    theirs = [0, 0, 0, 24, 57, 27, 252, 96, 19, 255, 198, 1, 31, 252, 96]
    assert label_studio_bytes(*runs(small), 6)[: len(theirs)] == theirs
    long = np.zeros((300, 300), bool)
    long[7, 3:200] = True
    theirs = [0, 5, 126, 64, 57, 27, 255, 32, 219, 0, 224, 98, 127, 255, 255, 252, 3, 255, 255]
    theirs += [128, 127, 255, 240, 15, 255, 254, 1, 255, 255, 192, 58, 210, 120]
    data = label_studio_bytes(*runs(long), long.size)
    assert data[: len(theirs)] == theirs
    np.testing.assert_array_equal(label_studio_mask(data, long.size).reshape(300, 300), long)
    with pytest.raises(RunLengthError, match="cut short"):
        label_studio_mask(data[:-6], long.size)
    with pytest.raises(RunLengthError, match="90,000"):
        label_studio_mask(data, 17)


def test_literal_values_of_label_studio_are_read() -> None:
    # 2 pixels: one chunk of 8 literal values, opacity 0 and 9
    bits = f"{8:032b}{7:05b}{2:04b}{3:04b}{7:04b}{15:04b}" + "0" + "00" + f"{7:03b}"
    bits += "".join(f"{value:08b}" for value in (1, 1, 1, 0, 1, 1, 1, 9))
    bits += "0" * (-len(bits) % 8)
    data = [int(bits[place : place + 8], 2) for place in range(0, len(bits), 8)]
    assert label_studio_mask(data, 2).tolist() == [False, True]


@pytest.mark.parametrize("counts", [[3], [1, -1, 4], [[4]], [0.5, 3.5], [2**40]])
def test_counts_that_are_none_are_refused(counts: list[object]) -> None:
    with pytest.raises(RunLengthError):
        runs_of(counts, 4)


@settings(max_examples=300, deadline=None)
@given(shape=SHAPES, seed=SEEDS)
def test_one_polygon_holds_every_hole(shape: tuple[int, int], seed: int) -> None:
    mask = a_mask(shape, seed)
    found = instances_of(np.where(mask, 0, 255).astype(np.uint8), 255)
    for index in found:
        one = found.mask(index)
        ring = pixel_ring(one)
        np.testing.assert_array_equal(whole(fill_pixels(ring + 0.5, *one.shape), one.shape), one)


@settings(max_examples=100, deadline=None)
@given(shape=SHAPES, seed=SEEDS)
def test_corners_are_filled_as_pycocotools_does(shape: tuple[int, int], seed: int) -> None:
    from pycocotools import mask as coco_mask

    random = np.random.default_rng(seed)
    rings = [random.random((int(random.integers(3, 9)), 2)) * (40, 40) - 5 for _ in range(2)]
    packed = coco_mask.frPyObjects([ring.ravel().tolist() for ring in rings], *shape)
    expected = coco_mask.decode(coco_mask.merge(packed)) > 0
    np.testing.assert_array_equal(whole(fill_corners(rings, *shape), shape), expected)
