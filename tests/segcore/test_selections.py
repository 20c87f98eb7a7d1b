"""Selections, protection and drawn shapes: what they change, and that nothing else changes."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segcore.edits import (
    GROUNDS,
    Protection,
    Relabelling,
    Selection,
    Stroke,
    box_selection,
    class_at,
    polygon_selection,
    proposed_edit,
    region_at,
)
from segcore.edits.square import square_spans
from segcore.errors import RequestError
from segcore.geometry import Box

SIZE = (40, 50)


def maps(seed: int, dtype: type = np.uint8) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    labels = random.integers(0, 5, SIZE).astype(dtype)
    labels[random.random(SIZE) < 0.2] = np.iinfo(dtype).max
    return labels, random.integers(0, 4, SIZE).astype(np.uint8)


def selection(seed: int) -> Selection:
    random = np.random.default_rng(seed)
    x0, y0 = int(random.integers(0, 40)), int(random.integers(0, 30))
    place = Box(x0, y0, int(random.integers(x0 + 1, 51)), int(random.integers(y0 + 1, 41)))
    return Selection(place, random.random(place.size) < 0.5)


protections = st.builds(
    Protection,
    locked=st.frozensets(st.integers(0, 5), max_size=3),
    over=st.none() | st.frozensets(st.sampled_from([0, 1, 2, 3, 4, 255]), min_size=1, max_size=4),
    ground=st.sampled_from(GROUNDS),
    models=st.frozensets(st.integers(1, 3), max_size=2),
)


@given(seed=st.integers(0, 10**6), wide=st.booleans(), class_id=st.integers(0, 4))
@settings(max_examples=60, deadline=None)
def test_the_inverse_gives_back_the_map(seed: int, wide: bool, class_id: int) -> None:
    labels, origins = maps(seed, np.uint16 if wide else np.uint8)
    chosen = selection(seed + 1)
    proposals = (
        chosen,
        Relabelling(*chosen, np.random.default_rng(seed).permutation(labels)[chosen.place.slices]),
    )
    for proposal in proposals:
        before = labels.copy(), origins.copy()
        edit = proposed_edit(proposal, labels, origins, class_id=class_id, origin=3, name="x")
        assert (labels == before[0]).all(), "working out an edit changes nothing"
        if edit is None:
            continue
        edit.apply(labels, origins)
        wanted = np.full(SIZE, class_id) if isinstance(proposal, Selection) else None
        inside = chosen.mask(SIZE)
        if wanted is not None:
            assert (labels[inside] == class_id).all()
            assert (origins[inside] == 3).all()
        assert (labels[~inside] == before[0][~inside]).all()
        ignored = inside & (labels == np.iinfo(labels.dtype).max)
        assert (origins[ignored] == 0).all(), "nobody says anything of an unlabelled pixel"
        edit.inverse().apply(labels, origins)
        assert (labels == before[0]).all()
        assert (origins == before[1]).all()


@given(seed=st.integers(0, 10**6), protection=protections)
@settings(max_examples=80, deadline=None)
def test_what_is_protected_is_never_changed(seed: int, protection: Protection) -> None:
    labels, origins = maps(seed)
    allowed = protection.allows(labels, origins)
    for y, x in np.ndindex(7, 9):
        label, origin = int(labels[y, x]), int(origins[y, x])
        may = label not in protection.locked
        may &= protection.over is None or label in protection.over
        may &= {
            "all": True,
            "unlabelled": origin == 0,
            "model": origin in protection.models,
            "untouched": origin == 0 or origin in protection.models,
        }[protection.ground]
        assert allowed[y, x] == may
    before = labels.copy(), origins.copy()
    stroke = Stroke(
        labels,
        origins,
        paintable=protection.id_table(labels.dtype),
        paintable_origins=protection.origin_table(),
    )
    stroke.paint_segment((5, 5), (40, 30), 17, 4, 3)
    stroke.commit()
    changed = (labels != before[0]) | (origins != before[1])
    assert not (changed & ~allowed).any()
    free_labels, free_origins = before[0].copy(), before[1].copy()
    free = Stroke(free_labels, free_origins)
    free.paint_segment((5, 5), (40, 30), 17, 4, 3)
    free.commit()
    painted = (free_labels != before[0]) | (free_origins != before[1])
    assert (changed == (painted & allowed)).all(), "and nothing else is left out"


def test_an_unknown_ground_is_refused() -> None:
    with pytest.raises(RequestError, match="no ground"):
        Protection(ground="sea")  # type: ignore[arg-type]


@given(
    points=st.lists(st.tuples(st.integers(-20, 70), st.integers(-20, 60)), min_size=3, max_size=8)
)
@settings(max_examples=80, deadline=None)
def test_a_polygon_is_cut_by_the_picture_and_by_nothing_else(
    points: list[tuple[int, int]],
) -> None:
    large = np.zeros((120, 140), np.uint8)
    cv2.fillPoly(large, [np.array(points, np.int32) + 30], 1)
    expected = large[30:70, 30:80].astype(bool)
    found = polygon_selection(points, SIZE)
    mask = np.zeros(SIZE, bool) if found is None else found.mask(SIZE)
    assert (mask == expected).all()


def test_a_lasso_that_crosses_itself_has_no_holes() -> None:
    star = [(25, 2), (36, 38), (5, 14), (45, 14), (14, 38)]
    odd, whole = polygon_selection(star, SIZE), polygon_selection(star, SIZE, enclosed=True)
    assert odd is not None
    assert whole is not None
    assert not odd.mask(SIZE)[20, 25]
    assert whole.mask(SIZE)[20, 25]


def test_two_points_and_what_lies_outside_select_nothing() -> None:
    assert polygon_selection([(1, 1), (9, 9)], SIZE) is None
    assert polygon_selection([(-9, -9), (-5, -9), (-5, -5)], SIZE) is None
    assert box_selection(Box(60, 0, 70, 10), SIZE) is None
    found = box_selection(Box(45, 35, 70, 90), SIZE)
    assert found is not None
    assert found.place == Box(45, 35, 50, 40)


def test_a_region_is_what_hangs_together_and_a_class_is_everywhere() -> None:
    labels = np.zeros(SIZE, np.uint16)
    labels[5:9, 5:9] = labels[20:22, 30:40] = 3
    assert region_at(labels, (6, 6)).place == Box(5, 5, 9, 9)
    assert class_at(labels, (6, 6)).area == 16 + 20
    with pytest.raises(RequestError):
        region_at(labels, (99, 0))


@given(
    start=st.tuples(st.integers(-5, 30), st.integers(-5, 30)),
    end=st.tuples(st.integers(-5, 30), st.integers(-5, 30)),
    diameter=st.integers(1, 9),
)
@settings(max_examples=120, deadline=None)
def test_a_square_brush_covers_what_a_square_passes_over(
    start: tuple[int, int], end: tuple[int, int], diameter: int
) -> None:
    mask = np.zeros((32, 32), bool)
    spans = square_spans(start, end, diameter, (32, 32))
    for row, (first, last) in enumerate(zip(spans.starts, spans.ends)):
        mask[spans.top + row, first:last] = True
    grid = np.arange(32)
    half = diameter / 2
    must = np.zeros_like(mask)
    for t in np.linspace(0, 1, 2001):
        x, y = (a + t * (b - a) for a, b in zip(start, end))
        columns = (grid > x - half + 1e-6) & (grid <= x + half - 1e-6)
        rows = (grid > y - half + 1e-6) & (grid <= y + half - 1e-6)
        must |= rows[:, None] & columns[None]
    assert not (must & ~mask).any()
    near = cv2.dilate(must.view(np.uint8), np.ones((3, 3), np.uint8)).view(bool)
    assert not (mask & ~near).any() or not must.any()
    if start == end:
        inside = (grid > start[0] - half) & (grid <= start[0] + half)
        down = (grid > start[1] - half) & (grid <= start[1] + half)
        assert (mask == (down[:, None] & inside[None])).all()
