"""Label maps as colours."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from segcore.classes import ClassTable
from segcore.errors import RequestError
from segcore.render import blend, contours, display_lut, overlay_rgba

STREET = ClassTable.from_names(["road", "sky"], [(200, 100, 0), (0, 0, 255)])
MANY = ClassTable.from_names([str(i) for i in range(300)])
RNG = np.random.default_rng(9)


def test_display_table_is_premultiplied_and_hides() -> None:
    table = display_lut(STREET, 0.5)
    assert table.shape == (256, 4)
    assert table[0].tolist() == [100, 50, 0, 128]
    assert not table[2:].any()
    assert not display_lut(STREET, 0.5, hidden={0})[0].any()
    assert display_lut(STREET, 0.5, hidden={0})[1, 3] == 128
    assert not display_lut(STREET, 0.0).any()
    assert display_lut(STREET, 7.0)[1].tolist() == [0, 0, 255, 255]


@pytest.mark.parametrize("table", [STREET, MANY])
def test_overlay_looks_every_id_up(table: ClassTable) -> None:
    lut = RNG.integers(0, 256, (table.ignore + 1, 4), np.uint8)
    labels = RNG.integers(0, table.ignore + 1, (33, 44)).astype(table.dtype)
    np.testing.assert_array_equal(overlay_rgba(labels, lut), lut[labels])
    part = labels[3:20, 5:40]
    np.testing.assert_array_equal(overlay_rgba(part, lut), lut[part])
    short = lut[:10]
    np.testing.assert_array_equal(overlay_rgba(labels, short), short[np.minimum(labels, 9)])
    frame = np.full((labels.shape[0] + 2, labels.shape[1] + 3, 4), 77, np.uint8)
    inside = frame[1:-1, 2:-1]
    assert overlay_rgba(labels, lut, inside) is inside
    np.testing.assert_array_equal(inside, lut[labels])
    inside[:] = 77
    assert (frame == 77).all(), "nothing beside it was written"


@given(hnp.arrays(np.uint8, (5, 6), elements=st.integers(0, 2)))
def test_contours_lie_where_ids_change_to_the_right_or_below(labels: np.ndarray) -> None:
    expected = [
        [
            (x < 5 and labels[y, x] != labels[y, x + 1])
            or (y < 4 and labels[y, x] != labels[y + 1, x])
            for x in range(6)
        ]
        for y in range(5)
    ]
    np.testing.assert_array_equal(contours(labels), expected)


def test_blend_leaves_pixels_of_no_class_alone() -> None:
    image = RNG.integers(0, 256, (4, 5, 3), np.uint8)
    before = image.copy()
    labels = np.array([[0, 1, 255, 2, 0]] * 4, np.uint8)
    blended = blend(image, labels, STREET, 0.25)
    np.testing.assert_array_equal(blended[:, 2:4], image[:, 2:4])
    expected = image[:, 0] * 0.75 + np.array([200, 100, 0]) * 0.25
    assert np.abs(blended[:, 0] - expected).max() <= 0.5
    np.testing.assert_array_equal(image, before)
    np.testing.assert_array_equal(blend(image, labels, STREET, 0.0), image)
    with pytest.raises(RequestError, match="belong together"):
        blend(image, labels[:3], STREET, 0.5)
