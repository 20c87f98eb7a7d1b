"""Edits restore exactly what was there, and change nothing outside the box that they report."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segcore.edits import Edit, PackedEdit, Stroke, fill, replace_all
from segcore.edits.capsule import capsule_spans
from segcore.edits.square import square_spans
from segcore.errors import RequestError
from segcore.geometry import Box

IGNORE = 255

sizes = st.tuples(st.integers(1, 600), st.integers(1, 600))
points = st.tuples(st.integers(-80, 680), st.integers(-80, 680))
diameters = st.integers(1, 200)
segments = st.lists(st.tuples(points, points, diameters), min_size=1, max_size=4)
dtypes = st.sampled_from([np.uint8, np.uint16])


def some_maps(size, seed, dtype=np.uint8):
    """Maps in flat regions with noise in a corner, part of them unlabelled."""
    rng = np.random.default_rng(seed)
    labels = np.full(size, np.iinfo(dtype).max, dtype)
    labels[: size[0] // 2] = 3
    labels[: size[0] // 3, : size[1] // 3] = rng.integers(0, 5, (size[0] // 3, size[1] // 3))
    origins = np.where(labels == np.iinfo(dtype).max, 0, 1).astype(np.uint8)
    return labels, origins


def outside(box, array):
    copy = array.copy()
    copy[box.slices] = 0
    return copy


@settings(max_examples=60, deadline=None)
@given(sizes, st.integers(0, 9), segments, dtypes)
def test_a_stroke_and_its_inverse_restore_the_maps(size, seed, path, dtype):
    labels, origins = some_maps(size, seed, dtype)
    labels_before, origins_before = labels.copy(), origins.copy()
    stroke = Stroke(labels, origins)
    touched = Box(0, 0, 0, 0)
    for start, end, diameter in path:
        touched = touched.union(stroke.paint_segment(start, end, diameter, 2, 7))
    assert np.array_equal(outside(touched, labels), outside(touched, labels_before))
    assert np.array_equal(outside(touched, origins), outside(touched, origins_before))
    painted, painted_origins = labels.copy(), origins.copy()
    edit = stroke.commit("Brush")
    if edit is None:
        assert np.array_equal(labels, labels_before)
        assert np.array_equal(origins, origins_before)
        return
    assert touched.covers(edit.box)
    for form in (edit, edit.packed(), edit.packed().unpacked()):
        form.inverse().apply(labels, origins)
        assert np.array_equal(labels, labels_before)
        assert np.array_equal(origins, origins_before)
        form.apply(labels, origins)
        assert np.array_equal(labels, painted)
        assert np.array_equal(origins, painted_origins)


@settings(max_examples=30, deadline=None)
@given(sizes, st.integers(0, 9), segments)
def test_an_aborted_stroke_never_was(size, seed, path):
    labels, origins = some_maps(size, seed)
    labels_before, origins_before = labels.copy(), origins.copy()
    stroke = Stroke(labels, origins)
    touched = Box(0, 0, 0, 0)
    for start, end, diameter in path:
        touched = touched.union(stroke.paint_segment(start, end, diameter, 2, 7))
    assert stroke.abort().covers(touched)
    assert np.array_equal(labels, labels_before)
    assert np.array_equal(origins, origins_before)


@settings(max_examples=80, deadline=None)
@given(
    st.tuples(st.integers(1, 60), st.integers(1, 60)),
    st.tuples(st.floats(-20, 80), st.floats(-20, 80)),
    st.tuples(st.floats(-20, 80), st.floats(-20, 80)),
    st.integers(1, 40),
)
def test_a_pixel_is_painted_when_its_centre_is_within_the_capsule(size, start, end, diameter):
    labels, origins = np.zeros(size, np.uint8), np.zeros(size, np.uint8)
    Stroke(labels, origins).paint_segment(start, end, diameter, 1, 1)
    # the definition, in whole sixteenths
    xa, ya, xb, yb = (round(16 * value) for value in (*start, *end))
    radius = 8 * diameter
    y, x = 16 * np.indices(size, dtype=object)
    dx, dy = xb - xa, yb - ya
    along, length = (x - xa) * dx + (y - ya) * dy, dx * dx + dy * dy
    across = (x - xa) * dy - (y - ya) * dx
    near = ((x - xa) ** 2 + (y - ya) ** 2 <= radius**2) | (
        (x - xb) ** 2 + (y - yb) ** 2 <= radius**2
    )
    if length:
        near |= (along >= 0) & (along <= length) & (across**2 <= radius**2 * length)
    assert np.array_equal(labels == 1, near.astype(bool))
    assert np.array_equal(origins, labels)


@settings(max_examples=60, deadline=None)
@given(
    points,
    st.tuples(st.integers(-9, 9), st.integers(-9, 9)),
    st.lists(st.integers(0, 40), max_size=6),
    diameters,
)
def test_how_a_path_is_cut_into_segments_makes_no_difference(start, step, cuts, diameter):
    def painted(multiples):
        labels, origins = np.zeros((600, 640), np.uint8), np.zeros((600, 640), np.uint8)
        stroke = Stroke(labels, origins)
        stops = [(start[0] + step[0] * m, start[1] + step[1] * m) for m in multiples]
        for begin, end in pairwise(stops):
            stroke.paint_segment(begin, end, diameter, 1, 1)
        return labels

    assert np.array_equal(painted([0, 40]), painted([0, *sorted(cuts), 40]))


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from([(1300, 900), (90, 2600), (2400, 130), (700, 700)]),
    st.tuples(st.floats(-900, 3000), st.floats(-900, 3000)),
    st.tuples(st.floats(-2500, 2500), st.floats(-2500, 2500) | st.floats(-9, 9)),
    st.tuples(st.sampled_from([24, 160.5, 500, 1100]), st.booleans()),
    dtypes,
)
def test_large_brushes_paint_their_spans_and_no_pixel_more(size, start, step, brush, dtype):
    end, (width, square) = (start[0] + step[0], start[1] + step[1]), brush
    labels, origins = np.zeros(size, dtype), np.zeros(size, np.uint8)
    stroke = Stroke(labels, origins, square=square)
    stroke.paint_segment(start, end, width, 300 if dtype == np.uint16 else 7, 1)
    top, starts, ends = (square_spans if square else capsule_spans)(start, end, width, size)
    columns = np.arange(size[1])
    expected = np.zeros(size, np.bool_)
    expected[top : top + starts.size] = (columns >= starts[:, None]) & (columns < ends[:, None])
    assert np.array_equal(labels != 0, expected)
    assert np.array_equal(origins != 0, expected)
    stroke.abort()
    assert not labels.any()
    assert not origins.any()


@settings(max_examples=30, deadline=None)
@given(sizes, st.integers(0, 9), segments, st.sets(st.integers(0, 3)), st.booleans())
def test_origins_that_come_later_come_to_the_same(size, seed, path, settled_after, given_up):
    maps, later_maps = some_maps(size, seed), some_maps(size, seed)
    before = some_maps(size, seed)
    stroke, later = Stroke(*maps), Stroke(*later_maps, origins_later=True)
    for number, (start, end, diameter) in enumerate(path):
        said = later_maps[1].copy()
        for one in (stroke, later):
            one.paint_segment(start, end, diameter, 2, 7)
        assert np.array_equal(later_maps[0], maps[0])
        assert np.array_equal(later_maps[1], said)
        if number in settled_after:
            later.settle()
            assert np.array_equal(later_maps[1], maps[1])
    if given_up:
        later.abort()
        assert all(np.array_equal(*both) for both in zip(later_maps, before))
        return
    edits = stroke.commit(), later.commit()
    assert all(np.array_equal(*both) for both in zip(later_maps, maps))
    assert (edits[0] is None) == (edits[1] is None)
    if edits[1] is not None:
        edits[1].inverse().apply(*later_maps)
        assert all(np.array_equal(*both) for both in zip(later_maps, before))


def test_one_pixel_and_three_pixel_brushes_paint_what_they_say():
    labels, origins = np.zeros((5, 5), np.uint8), np.zeros((5, 5), np.uint8)
    assert Stroke(labels, origins).paint_segment((2, 2), (2, 2), 1, 1, 1) == Box(2, 2, 3, 3)
    assert labels.sum() == 1
    Stroke(labels, origins).paint_segment((2, 2), (2, 2), 3, 1, 1)
    assert np.array_equal(labels[1:4, 1:4], np.ones((3, 3)))
    assert labels.sum() == 9


def test_a_brush_beside_the_picture_paints_nothing():
    labels, origins = some_maps((40, 50), 0)
    stroke = Stroke(labels, origins)
    assert stroke.paint_segment((-300, -300), (-200, 90), 20, 1, 1).is_empty
    assert stroke.commit() is None


def test_the_eraser_leaves_pixels_unlabelled_and_nobodys():
    labels, origins = np.full((50, 50), 3, np.uint8), np.ones((50, 50), np.uint8)
    stroke = Stroke(labels, origins)
    stroke.paint_segment((10, 10), (40, 40), 9, IGNORE, 0)
    assert np.array_equal(labels == IGNORE, origins == 0)
    assert (labels == IGNORE).any()
    stroke.abort()
    assert (labels == 3).all()
    assert (origins == 1).all()


@settings(max_examples=40, deadline=None)
@given(
    st.tuples(sizes, st.integers(0, 9), dtypes),
    segments,
    st.sets(st.sampled_from([0, 1, 2, 3, 4, "ignore"])),
    st.sampled_from(["these", "all but these"]),
    st.sets(st.integers(0, 9)),
)
def test_a_stroke_over_chosen_classes_and_origins_leaves_the_others(
    maps, path, some, meant, chosen_origins
):
    labels, origins = some_maps(*maps)
    dtype = labels.dtype
    before, origins_before = labels.copy(), origins.copy()
    ids = [np.iinfo(dtype).max if each == "ignore" else each for each in some]
    paintable = np.full(np.iinfo(dtype).max + 1, meant != "these")
    paintable[ids] = meant == "these"
    paintable[9] = True  # what it paints, so that the second time over changes nothing
    paintable_origins = np.isin(np.arange(256), [4, *chosen_origins])
    expected, expected_origins = labels.copy(), origins.copy()
    stroke = Stroke(labels, origins, paintable=paintable, paintable_origins=paintable_origins)
    for start, end, diameter in [*path, *path]:
        free = np.zeros_like(labels), np.zeros_like(origins)
        Stroke(*free).paint_segment(start, end, diameter, 9, 4)
        where = (free[0] == 9) & paintable[expected] & paintable_origins[expected_origins]
        expected[where], expected_origins[where] = 9, 4
        stroke.paint_segment(start, end, diameter, 9, 4)
    assert np.array_equal(labels, expected)
    assert np.array_equal(origins, expected_origins)
    stroke.abort()
    assert np.array_equal(labels, before)
    assert np.array_equal(origins, origins_before)


def test_a_finished_stroke_paints_no_more():
    labels, origins = some_maps((40, 50), 0)
    stroke = Stroke(labels, origins)
    stroke.commit()
    with pytest.raises(RequestError, match="finished"):
        stroke.paint_segment((0, 0), (1, 1), 3, 1, 1)


def test_copies_of_two_strokes_at_once_are_kept_apart():
    maps = [some_maps((600, 600), seed) for seed in (1, 2)]
    before = [(labels.copy(), origins.copy()) for labels, origins in maps]
    strokes = [Stroke(*pair) for pair in maps]
    for stroke in strokes:
        stroke.paint_segment((0, 0), (600, 600), 300, 1, 1)
    edits = [stroke.commit() for stroke in strokes]
    third = Stroke(*some_maps((600, 600), 3))  # takes over the memory of the first two
    third.paint_segment((0, 0), (600, 600), 300, 4, 1)
    for edit, pair, (labels, origins) in zip(edits, maps, before):
        assert edit is not None
        edit.inverse().apply(*pair)
        assert np.array_equal(pair[0], labels)
        assert np.array_equal(pair[1], origins)


def test_flat_edits_take_little_memory_and_packed_ones_less():
    labels, origins = np.full((2600, 2600), IGNORE, np.uint8), np.zeros((2600, 2600), np.uint8)
    stroke = Stroke(labels, origins)
    stroke.paint_segment((50, 50), (2550, 2550), 500, 1, 1)
    edit = stroke.commit()
    assert edit is not None
    assert edit.nbytes < labels.nbytes / 2
    packed = edit.packed()
    assert isinstance(packed, PackedEdit)
    assert packed.nbytes < edit.nbytes / 20
    assert packed.box == edit.box
    assert packed.name == edit.name


def test_an_edit_refuses_maps_that_it_was_not_made_on():
    labels, origins = some_maps((300, 300), 0)
    edit = fill(labels, origins, (250, 250), 1, 1)
    assert edit is not None
    with pytest.raises(RequestError, match="outside the label map"):
        edit.apply(labels[:40, :40].copy(), origins[:40, :40].copy())
    with pytest.raises(RequestError, match="uint16"):
        edit.apply(labels.astype(np.uint16), origins)


# The bucket


def region(labels, point):
    """The 4-connected region of a pixel, by walking."""
    height, width = labels.shape
    found, pending = np.zeros(labels.shape, bool), [point]
    while pending:
        x, y = pending.pop()
        if not (0 <= x < width and 0 <= y < height) or found[y, x]:
            continue
        if labels[y, x] != labels[point[1], point[0]]:
            continue
        found[y, x] = True
        pending += [(x + 1, y), (x - 1, y), (x, y + 1), (x, y - 1)]
    return found


@settings(max_examples=60, deadline=None)
@given(
    st.tuples(st.integers(1, 40), st.integers(1, 40)),
    st.integers(0, 99),
    st.tuples(st.floats(0, 0.999), st.floats(0, 0.999)),
    dtypes,
)
def test_the_bucket_fills_the_4_connected_region(size, seed, where, dtype):
    rng = np.random.default_rng(seed)
    labels = rng.choice(np.array([0, 1, np.iinfo(dtype).max], dtype), size, p=(0.6, 0.3, 0.1))
    origins = rng.integers(0, 3, size, dtype=np.uint8)
    point = (int(where[0] * size[1]), int(where[1] * size[0]))
    before, origins_before = labels.copy(), origins.copy()
    expected = region(labels, point)
    edit = fill(labels, origins, point, 7, 2)
    assert np.array_equal(labels, before)  # not applied yet
    assert edit is not None
    edit.apply(labels, origins)
    assert np.array_equal(labels, np.where(expected, 7, before))
    assert np.array_equal(origins, np.where(expected, 2, origins_before))
    edit.inverse().apply(labels, origins)
    assert np.array_equal(labels, before)
    assert np.array_equal(origins, origins_before)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_the_bucket_follows_a_region_far_beyond_its_first_window(dtype):
    labels = np.zeros((900, 5000), dtype)
    labels[:, 20::40] = 1  # walls, open in turns above and below
    labels[0, 20::80] = 0
    labels[-1, 60::80] = 0
    origins = np.ones_like(labels, np.uint8)
    edit = fill(labels, origins, (0, 450), 5, 1)
    assert edit is not None
    zeros = int((labels == 0).sum())
    edit.apply(labels, origins)
    assert (labels == 5).sum() == zeros


def test_filling_with_what_is_there_is_no_edit():
    labels, origins = np.zeros((9, 9), np.uint8), np.ones((9, 9), np.uint8)
    assert fill(labels, origins, (4, 4), 0, 1) is None
    confirmed = fill(labels, origins, (4, 4), 0, 2)  # the same class, said by another
    assert confirmed is not None


def test_the_bucket_refuses_a_point_outside():
    labels, origins = some_maps((30, 40), 0)
    with pytest.raises(RequestError, match="outside the image"):
        fill(labels, origins, (40, 0), 1, 1)


# Predictions


@settings(max_examples=30, deadline=None)
@given(sizes, st.integers(0, 9))
def test_a_prediction_never_covers_what_a_person_said(size, seed):
    rng = np.random.default_rng(seed)
    labels, origins = some_maps(size, seed)
    origins[rng.random(size) < 0.3] = 2  # an earlier model's
    new = rng.choice(np.array([0, 1, IGNORE], np.uint8), size)
    gives_way = np.zeros(256, bool)
    gives_way[[0, 2]] = True
    before, origins_before = labels.copy(), origins.copy()
    edit = replace_all(labels, origins, new, gives_way, 3, name="Predict")
    free = np.isin(origins_before, (0, 2))
    if edit is not None:
        assert edit.name == "Predict"
        edit.apply(labels, origins)
    assert np.array_equal(labels, np.where(free, new, before))
    said = np.where(new == IGNORE, 0, 3)
    assert np.array_equal(origins, np.where(free, said, origins_before))


def test_a_prediction_touches_only_tiles_that_differ():
    labels, origins = np.zeros((1000, 1000), np.uint8), np.full((1000, 1000), 3, np.uint8)
    new = labels.copy()
    new[300, 700] = 1
    edit = replace_all(labels, origins, new, np.ones(256, bool), 3)
    assert isinstance(edit, Edit)
    assert edit.box == Box(700, 300, 701, 301)
    edit.apply(labels, origins)
    assert replace_all(labels, origins, new, np.ones(256, bool), 3) is None
