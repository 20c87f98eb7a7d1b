"""The geometry of the view: what a person sees under the pointer stays there."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from app.canvas.viewport import LARGEST_SCALE, Viewport, passing_one_to_one
from segcore.geometry import Box

sides = st.integers(1, 20_000)
view_sides = st.integers(16, 8000)
ratios = st.sampled_from([1.0, 1.25, 1.5, 2.0, 3.0])


@st.composite
def viewports(draw: st.DrawFn) -> Viewport:
    size = (draw(sides), draw(sides))
    view = (draw(view_sides), draw(view_sides))
    fitted = Viewport(size, view_size=view, ratio=draw(ratios)).fitted()
    zoomed = fitted.zoomed(fitted.scale * draw(st.floats(0.3, 200.0)))
    return zoomed.panned(draw(st.floats(-1e5, 1e5)), draw(st.floats(-1e5, 1e5)))


device_points = st.tuples(st.floats(0, 8000), st.floats(0, 8000))


@given(viewports(), device_points)
def test_there_and_back(view: Viewport, device: tuple[float, float]) -> None:
    x, y = view.to_device(view.to_image(device))
    assert math.isclose(x, device[0], abs_tol=1e-6)
    assert math.isclose(y, device[1], abs_tol=1e-6)


@given(viewports(), st.data())
def test_every_pixel_is_found_under_its_centre(view: Viewport, data: st.DataObject) -> None:
    height, width = view.image_size
    pixel = (data.draw(st.integers(0, width - 1)), data.draw(st.integers(0, height - 1)))
    assert view.pixel_at(view.to_device((pixel[0] + 0.5, pixel[1] + 0.5))) == pixel


@given(viewports(), st.floats(0.5, 2.0), device_points)
def test_zoom_leaves_the_anchor_where_it_is(
    view: Viewport, factor: float, anchor: tuple[float, float]
) -> None:
    before = view.to_image(anchor)
    zoomed = view.zoomed(view.scale * factor, anchor)
    if not _is_held_back(zoomed):
        after = zoomed.to_device(before)
        # Corners are painted on whole pixels: half a pixel before, scaled, and half a pixel after.
        slack = 0.5 * zoomed.scale / view.scale + 0.5 + 1e-6
        assert abs(after[0] - anchor[0]) <= slack
        assert abs(after[1] - anchor[1]) <= slack


@given(viewports())
def test_the_middle_of_the_view_is_always_on_the_picture(view: Viewport) -> None:
    x, y = view.offset
    centre = view.centre
    assert x <= centre[0] <= x + view.image_size[1] * view.scale + 1e-6
    assert y <= centre[1] <= y + view.image_size[0] * view.scale + 1e-6


@given(viewports())
def test_a_fitted_picture_is_all_in_view_and_as_large_as_can_be(view: Viewport) -> None:
    fitted = view.fitted()
    assert fitted.visible == Box.of_size(view.image_size)
    filled = max(
        view.image_size[0] * fitted.scale / view.view_size[0],
        view.image_size[1] * fitted.scale / view.view_size[1],
    )
    assert math.isclose(filled, 0.98, rel_tol=1e-6)


@given(viewports(), st.floats(1e-9, 1e9))
def test_scale_stays_within_reason(view: Viewport, scale: float) -> None:
    zoomed = view.zoomed(scale)
    lowest, highest = view.scale_range
    assert lowest <= zoomed.scale <= highest
    assert highest >= LARGEST_SCALE


@given(viewports(), view_sides, view_sides)
def test_resizing_keeps_the_middle(view: Viewport, height: int, width: int) -> None:
    resized = view.resized((height, width), view.ratio)
    before, after = view.to_image(view.centre), resized.to_image(resized.centre)
    assert abs(before[0] - after[0]) * view.scale <= 1 + 1e-6
    assert abs(before[1] - after[1]) * view.scale <= 1 + 1e-6


@given(viewports(), st.data())
def test_a_box_and_its_device_pixels_cover_each_other(view: Viewport, data: st.DataObject) -> None:
    height, width = view.image_size
    x0, y0 = data.draw(st.integers(0, width - 1)), data.draw(st.integers(0, height - 1))
    box = Box(x0, y0, data.draw(st.integers(x0 + 1, width)), data.draw(st.integers(y0 + 1, height)))
    assert view.image_box(view.device_box(box)).covers(box)


@given(viewports())
def test_zoom_steps_pass_through_one_to_one(view: Viewport) -> None:
    scale = view.scale
    while scale < 1:
        scale = Viewport(scale=scale).next_scale(1)
    while scale > 1:
        scale = Viewport(scale=scale).next_scale(-1)
    assert scale == 1.0


def test_steps_go_up_and_down_by_half_a_doubling() -> None:
    assert math.isclose(Viewport(scale=1.0).next_scale(2), 2.0)
    assert math.isclose(Viewport(scale=0.9).next_scale(1), 1.0)
    assert math.isclose(Viewport(scale=1.1).next_scale(-1), 1.0)


def test_a_wheel_cannot_jump_over_one_to_one() -> None:
    assert passing_one_to_one(0.9, 1.2) == 1.0
    assert passing_one_to_one(1.3, 0.8) == 1.0
    assert passing_one_to_one(1.0, 1.2) == 1.2
    assert passing_one_to_one(2.0, 1.5) == 1.5


def test_showing_moves_no_more_than_it_must() -> None:
    view = Viewport((1000, 1000), view_size=(100, 100), scale=1.0, offset=(-400.0, -400.0))
    assert view.showing((450, 450), 10) is view
    moved = view.showing((495, 450), 10)
    assert moved.to_device((495, 450)) == (90.0, 50.0)


def _is_held_back(view: Viewport) -> bool:
    """Whether the picture's edge met the middle of the view, or the scale an end of its range."""
    lowest, highest = view.scale_range
    x, y = view.offset
    centre = view.centre
    ends = (
        x - centre[0],
        y - centre[1],
        x + view.image_size[1] * view.scale - centre[0],
        y + view.image_size[0] * view.scale - centre[1],
    )
    return (
        any(abs(end) < 1e-6 for end in ends)
        or view.scale <= lowest * (1 + 1e-9)
        or view.scale >= highest * (1 - 1e-9)
    )
