"""What each tool asks for, without a window."""

from __future__ import annotations

import pytest

from app.canvas.tools import TOOLS, Asks, PickOrResize, Tool, Touch
from app.gesture import Gesture


@pytest.fixture
def asked() -> list[tuple[object, ...]]:
    return []


@pytest.fixture
def asks(asked: list[tuple[object, ...]]) -> Asks:
    def note(name: str) -> object:
        return lambda *values: asked.append((name, *values))

    names = Asks.__dataclass_fields__
    return Asks(**{name: note(name) for name in names})


def touch(x: int, y: int, *, inside: bool = True, inverted: bool = False) -> Touch:
    return Touch((x, y), inside, (2.0 * x, 2.0 * y), 2.0, inverted)


def drag(tool: Tool, *touches: Touch) -> None:
    tool.press(touches[0])
    for each in touches[1:]:
        tool.drag(each)
    tool.release()


def test_a_stroke_keeps_every_point_once(asks: Asks, asked: list[tuple[object, ...]]) -> None:
    drag(TOOLS["brush"](asks), touch(1, 2), touch(1, 2), touch(5, 2), touch(-9, 7, inside=False))
    assert asked == [
        ("stroke_begin", 1, 2, False),
        ("stroke_move", 5, 2),
        ("stroke_move", -9, 7),
        ("stroke_end",),
    ]


def test_control_at_the_press_erases(asks: Asks, asked: list[tuple[object, ...]]) -> None:
    drag(TOOLS["brush"](asks), touch(1, 2, inverted=True), touch(3, 2))
    assert asked[0] == ("stroke_begin", 1, 2, True)


def test_the_eraser_erases(asks: Asks, asked: list[tuple[object, ...]]) -> None:
    drag(TOOLS["eraser"](asks), touch(1, 2))
    assert asked[0] == ("stroke_begin", 1, 2, True)


def test_a_query_follows_the_pointer_and_stays_on_the_picture(
    asks: Asks, asked: list[tuple[object, ...]]
) -> None:
    drag(TOOLS["query"](asks), touch(1, 2), touch(1, 2), touch(-1, 2, inside=False), touch(4, 4))
    assert asked == [("query", 1, 2), ("query", 4, 4)]


def test_fill_shows_what_it_would_do_and_does_it_on_a_click(
    asks: Asks, asked: list[tuple[object, ...]]
) -> None:
    fill = TOOLS["fill"](asks)
    drag(fill, touch(-1, 2, inside=False))
    fill.hover(touch(1, 2))
    fill.hover(touch(1, 2))
    drag(fill, touch(1, 2))
    fill.hover(touch(3, 2))
    fill.hover(touch(-1, 2, inside=False))
    assert asked == [
        ("gesture", Gesture("fill", ((1, 2),), settled=False)),
        ("gesture", Gesture("fill", ((1, 2),))),
        ("accept",),
        ("gesture", Gesture("fill", ((3, 2),), settled=False)),
        ("drop",),
    ]


def test_a_click_picks_and_a_drag_sizes(asks: Asks, asked: list[tuple[object, ...]]) -> None:
    picker = PickOrResize(asks)
    picker.diameter, picker.resizes = 20, True
    drag(picker, touch(3, 3), touch(4, 3))
    assert asked == [("pick", 3, 3)]
    asked.clear()
    drag(picker, touch(3, 3), touch(13, 3), touch(-90, 3, inside=False))
    assert asked == [("brush_size", 40), ("brush_size", 1)]
