"""Side by side and swipe: what each pane shows, and that hands reach the picture in both."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication

from app.canvas.canvas import Canvas
from app.canvas.panes import GAP, Comparison
from segcore.geometry import Box
from segcore.heatmap import HeatMap

Look = Callable[[], np.ndarray]
GREY, RED, GREEN = (100, 100, 100), (178, 50, 50), (50, 178, 50)


def send(canvas: Canvas, kind: QEvent.Type, at: QPointF, held: Qt.MouseButton) -> None:
    left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
    button = none if kind == QEvent.Type.MouseMove else left
    event = QMouseEvent(kind, at, at, button, held, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(canvas, event)


def press(canvas: Canvas, x: float, y: float) -> None:
    send(canvas, QEvent.Type.MouseButtonPress, QPointF(x, y), Qt.MouseButton.LeftButton)


def move(canvas: Canvas, x: float, y: float) -> None:
    send(canvas, QEvent.Type.MouseMove, QPointF(x, y), Qt.MouseButton.LeftButton)


def release(canvas: Canvas, x: float, y: float) -> None:
    send(canvas, QEvent.Type.MouseButtonRelease, QPointF(x, y), Qt.MouseButton.NoButton)


def over(canvas: Canvas, pane: int, x: float, y: float) -> tuple[float, float]:
    """Where in the view the middle of an image pixel is shown by a pane."""
    device = canvas.viewport.to_device((x + 0.5, y + 0.5))
    return device[0] + canvas.panes[pane].left, device[1]


def seen(canvas: Canvas, shot: np.ndarray, pane: int, x: int, y: int) -> tuple[int, ...]:
    column, row = over(canvas, pane, x, y)
    return tuple(int(part) for part in shot[int(row), int(column)])


def close(color: tuple[int, ...], expected: tuple[int, ...]) -> bool:
    return max(abs(a - b) for a, b in zip(color, expected)) <= 3


@pytest.mark.parametrize("ratio", [1.0, 1.25, 1.5, 2.0])
@pytest.mark.parametrize("width", [1, 2, 400, 401])
def test_panes_tile_the_view_but_for_the_gap(width: int, ratio: float) -> None:
    view = (300, width)
    for kind, divider in (("overlay", 0.5), ("swipe", 0.3), ("swipe", 0.0), ("swipe", 7.0)):
        panes = Comparison(kind, divider).panes(view, ratio)
        assert sum(pane.box.area for pane in panes) == 300 * width
    left, right = Comparison("side_by_side").panes(view, ratio)
    assert left.box.size == right.box.size == Comparison("side_by_side").pane_size(view, ratio)
    if width > 10:
        assert 0 <= right.box.x0 - left.box.x1 - round(GAP * ratio) <= 1


def test_side_by_side_is_picture_and_overlay_at_the_same_place(
    street: Canvas, painted: Look
) -> None:
    street.set_comparison("side_by_side")
    street.zoom_to(8.0)
    shot = painted()
    left, right = street.panes
    for x, y in ((12, 10), (18, 20), (27, 15)):
        assert close(seen(street, shot, 0, x, y), GREY)
        assert close(seen(street, shot, 1, x, y), RED if x < 20 else GREEN)
    # Pixel by pixel: the left half is what a canvas without overlay shows, the right with it.
    street.set_overlay(0.5, visible=False, mode="labels")
    bare = painted()
    assert np.array_equal(shot[left.box.slices], bare[left.box.slices])
    assert np.array_equal(bare[left.box.slices], bare[right.box.slices])
    assert not np.array_equal(shot[right.box.slices], bare[right.box.slices])


def test_both_halves_draw_from_the_same_tiles(street: Canvas, painted: Look) -> None:
    painted()
    picture, classes = street._layers.picture, street._layers.classes
    assert picture is not None
    assert classes is not None
    filled = picture.filled_pixels, classes.filled_pixels
    street.set_comparison("side_by_side")
    street.zoom_to(8.0)
    painted()
    assert (picture.filled_pixels, classes.filled_pixels) == filled


def test_fitting_fits_into_a_half_and_comes_back(street: Canvas) -> None:
    street.fit()
    whole = street.viewport.scale
    street.set_comparison("side_by_side")
    assert street.viewport.view_size == (300, (400 - GAP) // 2)
    assert street.viewport.scale < whole
    street.set_comparison("overlay")
    assert street.viewport.scale == whole


@pytest.mark.parametrize("pane", [0, 1])
def test_tools_work_in_both_halves_and_a_stroke_stays_in_its_own(
    street: Canvas, asked: Any, pane: int
) -> None:
    street.set_comparison("side_by_side")
    street.zoom_to(8.0)
    street.set_tool("brush")
    press(street, *over(street, pane, 15, 10))
    move(street, *over(street, pane, 17, 12))
    other = 1 - pane
    there = over(street, other, 17, 12)
    move(street, *there)
    expected = street.viewport.pixel_at((there[0] - street.panes[pane].left, there[1]))
    release(street, *there)
    assert asked[:3] == [
        ("strokeBegin", 15, 10, False),
        ("strokeMove", 17, 12),
        ("strokeMove", *expected),
    ]
    assert asked[-1] == ("strokeEnd",)


def test_the_ring_is_seen_in_both_halves(street: Canvas, painted: Look) -> None:
    street.set_comparison("side_by_side")
    street.zoom_to(8.0)
    plain = painted()
    street.set_tool("brush")
    street.set_brush(4, (255, 255, 0))
    send(
        street,
        QEvent.Type.MouseMove,
        QPointF(*over(street, 1, 20, 15)),
        Qt.MouseButton.NoButton,
    )
    changed = (painted() != plain).any(axis=2)
    left, right = (changed[pane.box.slices] for pane in street.panes)
    assert left.any()
    assert (left != right).sum() < 0.1 * left.sum()  # edges blend with what lies below


def test_an_edit_is_painted_where_the_overlay_is(street: Canvas, painted: Look) -> None:
    street.set_comparison("side_by_side")
    street.zoom_to(8.0)
    before = painted()
    labels = street._layers._labels
    assert labels is not None
    labels[8:12, 14:18] = 2
    street.update_labels(Box(14, 8, 18, 12))
    shot = painted()
    assert close(seen(street, shot, 1, 16, 10), (50, 50, 178))
    left = street.panes[0].box.slices
    assert np.array_equal(shot[left], before[left])


def test_a_line_parts_picture_and_overlay_and_is_dragged(street: Canvas, painted: Look) -> None:
    moves: list[float] = []
    street.dividerRequested.connect(moves.append)
    street.dividerRequested.connect(lambda share: street.set_comparison("swipe", share))
    street.set_comparison("swipe", 0.5)
    shot = painted()
    assert close(seen(street, shot, 0, 12, 10), GREY)
    assert close(seen(street, shot, 1, 27, 10), GREEN)
    street.set_tool("brush")
    press(street, 201, 40)
    move(street, 100, 40)
    release(street, 100, 40)
    assert moves == [pytest.approx(0.25)]
    partly = painted()
    assert close(seen(street, partly, 1, 12, 10), RED)
    assert close(seen(street, partly, 0, 5, 10), GREY)
    street.update()
    assert np.array_equal(painted(), partly)


def test_beside_the_line_the_tool_has_the_mouse(street: Canvas, asked: Any) -> None:
    street.set_comparison("swipe", 0.5)
    street.set_tool("brush")
    press(street, 230, 40)
    release(street, 230, 40)
    assert [what[0] for what in asked] == ["strokeBegin", "strokeEnd"]
    assert street.comparison.divider == 0.5


def test_the_legend_stands_where_the_overlay_is(street: Canvas, painted: Look) -> None:
    street.resize(900, 300)
    street.set_comparison("side_by_side")
    street.set_heat_map(HeatMap(np.zeros((2, 2), np.float32), "attention", Box(0, 0, 40, 30)))
    without = painted()
    street.set_overlay(0.5, visible=True, mode="heat")
    changed = (painted() != without).any(axis=2)
    left, right = street.panes
    assert not changed[left.box.slices].any()
    assert changed[right.box.slices][220:280, 20:120].mean() > 0.9


def test_a_snapshot_is_the_view_without_ring_and_minimap(street: Canvas, painted: Look) -> None:
    from app.convert import to_array

    plain = painted()
    street.set_minimap(wanted=True)
    street.zoom_to(16.0)
    street.set_minimap(wanted=False)
    street.zoom_to(8.0)
    street.set_tool("brush")
    street.set_brush(6, (255, 255, 0))
    send(street, QEvent.Type.MouseMove, QPointF(150, 150), Qt.MouseButton.NoButton)
    assert not np.array_equal(painted(), plain)
    assert np.array_equal(to_array(street.snapshot()), plain)
