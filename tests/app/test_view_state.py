"""View state tells of changes, once, and refuses what does not exist."""

from __future__ import annotations

from typing import Any

import pytest

from app.view_state import LARGEST_BRUSH, SMALLEST_BRUSH, ViewState


def test_a_change_is_told_once(qtbot: Any) -> None:
    state = ViewState()
    tools: list[str] = []
    state.toolChanged.connect(tools.append)
    state.tool = "brush"
    state.tool = "brush"
    assert tools == ["brush"]


def test_the_brush_stays_within_its_sizes(qtbot: Any) -> None:
    state = ViewState()
    state.brush_size = 0
    assert state.brush_size == SMALLEST_BRUSH
    state.brush_size = 10**6
    assert state.brush_size == LARGEST_BRUSH


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("overlay_opacity", 0.25),
        ("overlay_visible", False),
        ("overlay_mode", "confidence"),
        ("contours", True),
        ("hidden_classes", frozenset({3})),
    ],
)
def test_everything_about_the_overlay_tells_the_canvas(
    qtbot: Any, name: str, value: object
) -> None:
    state = ViewState()
    with qtbot.waitSignal(state.overlayChanged, timeout=100):
        setattr(state, name, value)
    assert getattr(state, name) == value
    with qtbot.assertNotEmitted(state.overlayChanged):
        setattr(state, name, value)


def test_what_does_not_exist_is_refused(qtbot: Any) -> None:
    state = ViewState()
    with pytest.raises(ValueError, match="hammer"):
        state.tool = "hammer"
    with pytest.raises(ValueError, match="smell"):
        state.overlay_mode = "smell"
