"""Points, boxes and grids, held against the contract's formula."""

from __future__ import annotations

from fractions import Fraction
from math import floor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segcore.errors import RequestError
from segcore.geometry import EMPTY, Box, WindowGeometry, cell_of_point, check_point, stage_grid

coordinates = st.integers(-30, 60)
boxes = st.builds(Box, coordinates, coordinates, coordinates, coordinates)
lengths = st.integers(1, 5000)


def pixels(box: Box) -> set[tuple[int, int]]:
    return {(x, y) for x in range(box.x0, box.x1) for y in range(box.y0, box.y1)}


@given(boxes, boxes)
def test_box_operations_are_those_of_pixel_sets(a: Box, b: Box) -> None:
    assert pixels(a.intersect(b)) == pixels(a) & pixels(b)
    assert pixels(a) | pixels(b) <= pixels(a.union(b))
    assert a.area == len(pixels(a))
    assert a.is_empty == (not pixels(a))
    assert a.covers(b) == (pixels(b) <= pixels(a))
    assert a.clip(20, 30) == a.intersect(Box(0, 0, 30, 20))
    if a.is_empty and b.is_empty:
        assert a.union(b) == EMPTY


@given(boxes)
def test_slices_take_the_boxes_pixels(box: Box) -> None:
    inside = box.clip(40, 50)
    taken = np.arange(40 * 50).reshape(40, 50)[inside.slices]
    assert taken.shape == inside.size
    assert inside.is_empty or taken[0, 0] == inside.y0 * 50 + inside.x0


@given(st.data(), lengths, lengths, lengths, lengths)
def test_cell_is_the_contracts(
    data: st.DataObject, h: int, w: int, rows: int, columns: int
) -> None:
    x, y = data.draw(st.integers(0, w - 1)), data.draw(st.integers(0, h - 1))
    half = Fraction(1, 2)
    expected = (floor((y + half) * rows / h), floor((x + half) * columns / w))
    assert cell_of_point((x, y), (h, w), (rows, columns)) == expected
    assert 0 <= expected[0] < rows
    assert 0 <= expected[1] < columns


@pytest.mark.parametrize("point", [(-1, 0), (0, -1), (10, 0), (0, 5)])
def test_point_outside_is_refused_with_the_largest(point: tuple[int, int]) -> None:
    with pytest.raises(RequestError, match=r"outside the image of 10 x 5 pixels.* to 9,4"):
        check_point(point, (5, 10))


@given(st.data(), st.integers(1, 400), st.integers(1, 400), st.integers(1, 4))
def test_round_trip_through_a_larger_model_input(
    data: st.DataObject, h: int, w: int, zoom: int
) -> None:
    box = Box(7, 11, 7 + w, 11 + h)
    window = WindowGeometry(box, (h * zoom + zoom // 2, w * zoom + zoom // 3), box)
    point = (data.draw(st.integers(7, 6 + w)), data.draw(st.integers(11, 10 + h)))
    assert window.to_image(window.to_model(point)) == point


@given(st.data(), st.integers(1, 300), st.integers(1, 40))
def test_boxes_of_cells_tile_the_window_and_hold_their_points(
    data: st.DataObject, length: int, cells: int
) -> None:
    box = Box(3, 5, 3 + length, 5 + 2)
    window = WindowGeometry(box, (64, 64), box)
    counted = [window.cell_box((0, column), (1, cells)) for column in range(cells)]
    assert sum(cell.area for cell in counted) == box.area
    x = data.draw(st.integers(3, 2 + length))
    _, column = window.stage_cell((x, 5), 1, (1, cells))
    assert counted[column].contains((x, 5))


def test_stage_grids_round_up_stage_by_stage() -> None:
    for height in range(32, 200):
        rows = height
        for stage, stride in enumerate((4, 2, 2, 2), start=1):
            rows = -(-rows // stride)
            assert stage_grid((height, 64), stage)[0] == rows
    with pytest.raises(RequestError, match="no stage 5"):
        stage_grid((64, 64), 5)


def test_window_counts_from_its_own_corner() -> None:
    window = WindowGeometry(Box(100, 200, 164, 232), (32, 64), Box(100, 200, 164, 232))
    assert window.stage_cell((100, 200), 1) == (0, 0)
    assert window.stage_cell((163, 231), 1) == (7, 15)
    assert window.to_image((63, 31)) == (163, 231)
    with pytest.raises(RequestError, match="outside the window"):
        window.to_model((99, 200))


def test_whole_window_covers_the_image() -> None:
    window = WindowGeometry.whole((30, 40), (512, 512))
    assert window.box == window.core == Box(0, 0, 40, 30)
    assert WindowGeometry.whole((30, 40)).model_size == (30, 40)
