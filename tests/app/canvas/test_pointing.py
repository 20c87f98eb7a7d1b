"""What hands do on the canvas, and what it asks for."""

from __future__ import annotations

import math

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QFocusEvent, QKeyEvent, QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.canvas import marks
from app.canvas.canvas import Canvas
from app.canvas.tools import TOOLS
from app.gesture import Gesture

Asked = list[tuple[object, ...]]
CONTROL = Qt.KeyboardModifier.ControlModifier
ALT = Qt.KeyboardModifier.AltModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
NONE = Qt.KeyboardModifier.NoModifier


def wheel(
    canvas: Canvas,
    at: QPointF,
    angle: QPoint,
    pixels: QPoint | None = None,
    modifiers: Qt.KeyboardModifier = NONE,
) -> None:
    event = QWheelEvent(
        at,
        at,
        pixels or QPoint(),
        angle,
        Qt.MouseButton.NoButton,
        modifiers,
        Qt.ScrollPhase.NoScrollPhase,
        False,  # noqa: FBT003 - "inverted"
    )
    QApplication.sendEvent(canvas, event)


def wants(canvas: Canvas, key: Qt.Key) -> bool:
    """Whether the canvas keeps a key from the window's shortcuts."""
    event = QKeyEvent(QEvent.Type.ShortcutOverride, key, NONE)
    event.ignore()
    QApplication.sendEvent(canvas, event)
    return event.isAccepted()


def test_a_stroke_from_press_to_release(street: Canvas, hand, asked: Asked) -> None:
    street.set_tool("brush")
    hand.press(3, 4)
    assert street.stroke_running
    hand.move(10, 4)
    hand.move(45, 12)
    hand.release(45, 12)
    assert not street.stroke_running
    assert asked == [
        ("strokeBegin", 3, 4, False),
        ("strokeMove", 10, 4),
        ("strokeMove", 45, 12),
        ("strokeEnd",),
    ]


def test_control_erases(street: Canvas, hand, asked: Asked) -> None:
    street.set_tool("brush")
    hand.press(3, 4, modifiers=CONTROL)
    hand.release(3, 4)
    assert asked[0] == ("strokeBegin", 3, 4, True)


def test_escape_takes_a_stroke_back(street: Canvas, hand, asked: Asked, qtbot: QtBot) -> None:
    street.set_tool("brush")
    assert not wants(street, Qt.Key.Key_Escape)
    hand.press(3, 4)
    assert wants(street, Qt.Key.Key_Escape)
    qtbot.keyClick(street, Qt.Key.Key_Escape)
    hand.move(10, 4)
    hand.release(10, 4)
    assert asked == [("strokeBegin", 3, 4, False), ("strokeAbort",)]


@pytest.mark.parametrize(
    "event",
    [
        QFocusEvent(QEvent.Type.FocusOut, Qt.FocusReason.ActiveWindowFocusReason),
        QEvent(QEvent.Type.UngrabMouse),
        QEvent(QEvent.Type.WindowDeactivate),
    ],
    ids=["focus", "grab", "window"],
)
def test_a_stroke_ends_when_it_can_no_longer_be_seen_to(
    street: Canvas, hand, asked: Asked, event: QEvent
) -> None:
    street.set_tool("brush")
    hand.press(3, 4)
    QApplication.sendEvent(street, event)
    assert not street.stroke_running
    assert asked[-1] == ("strokeEnd",)


def test_a_release_that_went_elsewhere_ends_the_stroke(street: Canvas, hand, asked: Asked) -> None:
    street.set_tool("brush")
    hand.press(3, 4)
    hand.lose_button()
    hand.move(20, 4)
    assert asked == [("strokeBegin", 3, 4, False), ("strokeEnd",)]


def test_hiding_and_another_tool_end_a_stroke(street: Canvas, hand, asked: Asked) -> None:
    street.set_tool("brush")
    hand.press(3, 4)
    street.set_tool("eraser")
    hand.press(3, 4)
    street.hide()
    assert [name for name, *_ in asked] == ["strokeBegin", "strokeEnd"] * 2


def test_another_picture_takes_a_stroke_back(street: Canvas, hand, asked: Asked) -> None:
    street.set_tool("brush")
    hand.press(3, 4)
    street.set_image(np.zeros((30, 40, 3), np.uint8))
    assert asked[-1] == ("strokeAbort",)


def test_a_second_button_does_not_disturb_a_stroke(street: Canvas, hand, asked: Asked) -> None:
    street.set_tool("brush")
    hand.press(3, 4)
    QApplication.sendEvent(street, _press(Qt.MouseButton.MiddleButton, hand.over(3, 4)))
    hand.move(9, 4)
    assert asked[-1] == ("strokeMove", 9, 4)


def test_a_query_is_asked_on_the_picture_and_follows(street: Canvas, hand, asked: Asked) -> None:
    street.set_tool("query")
    hand.press(3, 4)
    hand.move(6, 4)
    hand.move(-3, 4)
    hand.release(-3, 4)
    assert asked == [("query", 3, 4), ("query", 6, 4)]


def test_fill_and_pick(street: Canvas, hand, asked: Asked) -> None:
    street.set_tool("fill")
    hand.click(3, 4)
    hand.click(8, 9, ALT)
    hand.press(11, 12, Qt.MouseButton.RightButton)
    hand.release(11, 12)
    gesture = Gesture("fill", ((3, 4),))
    assert asked == [
        ("gesture", gesture),
        ("accepted",),
        ("pick", 8, 9),
        ("pick", 11, 12),
    ]


def test_right_drag_sizes_the_brush(street: Canvas, hand, asked: Asked) -> None:
    street.set_tool("brush")
    street.set_brush(10, (255, 0, 0))
    hand.press(10, 10, Qt.MouseButton.RightButton)
    hand.move(15, 10)
    hand.release(15, 10)
    assert asked == [("brushSize", 20)]


@pytest.mark.parametrize("tool", sorted(TOOLS))
def test_the_middle_button_pans_with_every_tool(
    street: Canvas, hand, asked: Asked, tool: str
) -> None:
    street.set_tool(tool)
    before = street.viewport.offset
    hand.press(20, 15, Qt.MouseButton.MiddleButton)
    hand.move_in_view(hand.over(20, 15) + QPointF(30, -20))
    hand.release(20, 15)
    after = street.viewport.offset
    assert (after[0] - before[0], after[1] - before[1]) == (30, -20)
    assert asked == []


@pytest.mark.parametrize("tool", sorted(TOOLS))
def test_space_makes_the_left_button_pan(
    street: Canvas, hand, asked: Asked, qtbot: QtBot, tool: str
) -> None:
    street.set_tool(tool)
    before = street.viewport.offset
    qtbot.keyPress(street, Qt.Key.Key_Space)
    hand.press(20, 15)
    hand.move_in_view(hand.over(20, 15) + QPointF(-25, 10))
    hand.release(20, 15)
    qtbot.keyRelease(street, Qt.Key.Key_Space)
    after = street.viewport.offset
    assert (after[0] - before[0], after[1] - before[1]) == (-25, 10)
    assert asked == []
    assert not street.is_panning


def test_the_pan_tool_pans(street: Canvas, hand) -> None:
    before = street.viewport.offset[0]
    hand.press(20, 15)
    hand.move_in_view(hand.over(20, 15) + QPointF(14, 0))
    hand.release(20, 15)
    assert street.viewport.offset[0] - before == 14


@pytest.mark.parametrize("modifiers", [NONE, CONTROL])
def test_the_wheel_zooms_at_the_pointer(
    street: Canvas, hand, modifiers: Qt.KeyboardModifier
) -> None:
    spot = hand.over(30, 20)
    before = street.viewport.scale
    wheel(street, spot, QPoint(0, 120), modifiers=modifiers)
    assert street.viewport.scale > before * 1.1
    assert street.viewport.pixel_at((spot.x(), spot.y())) == (30, 20)
    wheel(street, spot, QPoint(0, -120), modifiers=modifiers)
    assert street.viewport.scale == pytest.approx(before)


def test_a_trackpad_zooms_in_small_steps(street: Canvas, hand) -> None:
    before = street.viewport.scale
    for _ in range(10):
        wheel(street, hand.over(20, 15), QPoint(0, 16), QPoint(0, 2))
    assert before < street.viewport.scale < before * 1.2


@pytest.mark.parametrize(
    ("angle", "modifiers"),
    [(QPoint(0, 120), SHIFT), (QPoint(120, 0), ALT), (QPoint(120, 0), NONE)],
    ids=["shift", "alt", "sideways wheel"],
)
def test_sideways_scrolling(
    street: Canvas, hand, angle: QPoint, modifiers: Qt.KeyboardModifier
) -> None:
    before = street.viewport
    wheel(street, hand.over(20, 15), angle, modifiers=modifiers)
    assert street.viewport.scale == before.scale
    assert street.viewport.offset == (before.offset[0] + 80, before.offset[1])


def test_keys_pan_and_zoom(street: Canvas, qtbot: QtBot) -> None:
    before = street.viewport
    qtbot.keyClick(street, Qt.Key.Key_Right)
    assert street.viewport.offset == (before.offset[0] - 60, before.offset[1])
    qtbot.keyClick(street, Qt.Key.Key_Plus)
    assert street.viewport.scale == pytest.approx(before.scale * 2**0.5)
    qtbot.keyClick(street, Qt.Key.Key_Minus)
    assert street.viewport.scale == pytest.approx(before.scale)


def test_a_query_by_keys(street: Canvas, asked: Asked, qtbot: QtBot) -> None:
    street.set_tool("query")
    street.set_query_point((10, 10))
    assert wants(street, Qt.Key.Key_Return)
    qtbot.keyClick(street, Qt.Key.Key_Right)
    qtbot.keyClick(street, Qt.Key.Key_Down, SHIFT)
    assert asked == []
    qtbot.keyClick(street, Qt.Key.Key_Return)
    assert asked == [("query", 11, 20)]


def test_a_query_by_keys_stays_on_the_picture_and_in_sight(
    street: Canvas, asked: Asked, qtbot: QtBot
) -> None:
    street.set_tool("query")
    street.zoom_to(40.0)
    for _ in range(5):
        qtbot.keyClick(street, Qt.Key.Key_Right, SHIFT)
    qtbot.keyClick(street, Qt.Key.Key_Enter)
    assert asked[0][1] == 39
    assert street.viewport.visible.contains((39, int(asked[0][2])))  # type: ignore[call-overload]


def test_escape_drops_the_aim(street: Canvas, asked: Asked, qtbot: QtBot) -> None:
    street.set_tool("query")
    street.set_query_point((10, 10))
    qtbot.keyClick(street, Qt.Key.Key_Right)
    qtbot.keyClick(street, Qt.Key.Key_Escape)
    qtbot.keyClick(street, Qt.Key.Key_Return)
    assert asked == [("query", 10, 10)]


def test_keys_of_the_window_are_left_alone(street: Canvas) -> None:
    for key in (
        Qt.Key.Key_A,
        Qt.Key.Key_B,
        Qt.Key.Key_1,
        Qt.Key.Key_Return,
        Qt.Key.Key_BracketLeft,
    ):
        assert not wants(street, key)
    assert wants(street, Qt.Key.Key_Space)


def test_where_the_pointer_is(street: Canvas, hand, qtbot: QtBot) -> None:
    told: list[tuple[int, ...]] = []
    street.cursorMoved.connect(lambda x, y: told.append((x, y)))
    street.cursorLeft.connect(lambda: told.append(()))
    hand.move(3, 4)
    hand.move(3, 4)
    hand.move(-2, 4)
    hand.move(7, 8)
    QApplication.sendEvent(street, QEvent(QEvent.Type.Leave))
    assert told == [(3, 4), (), (7, 8), ()]


def test_an_empty_canvas_asks_for_nothing(canvas: Canvas, hand, asked: Asked, qtbot: QtBot) -> None:
    for tool in TOOLS:
        canvas.set_tool(tool)
        hand.press(0, 0)
        hand.move(3, 3)
        hand.release(3, 3)
        for key in (Qt.Key.Key_Return, Qt.Key.Key_Left, Qt.Key.Key_Plus, Qt.Key.Key_Space):
            qtbot.keyClick(canvas, key)
        wheel(canvas, QPointF(5, 5), QPoint(0, 120))
    assert asked == []


def test_the_ring_follows_the_brush(street: Canvas, hand, painted) -> None:
    street.set_tool("brush")
    street.set_brush(10, (0, 0, 255))
    street.set_overlay(0.0, visible=False, mode="labels")
    bare = painted()
    hand.move(20, 15)
    ringed = painted()
    x, y = street.viewport.to_device((20.5, 15.5))
    edge = ringed[int(y), int(x + 5 * street.viewport.scale)]
    assert edge[2] > edge[0] + 50
    assert np.array_equal(ringed[int(y), int(x)], bare[int(y), int(x)])
    QApplication.sendEvent(street, QEvent(QEvent.Type.Leave))
    assert np.array_equal(painted(), bare)


def test_a_large_ring_looks_like_a_drawn_one(
    street: Canvas, hand, painted, monkeypatch: pytest.MonkeyPatch
) -> None:
    street.set_tool("brush")
    street.set_overlay(0.0, visible=False, mode="labels")
    street.zoom_to(8.0)
    street.set_brush(20, (0, 0, 255))
    hand.move(20, 15)
    kept = painted()
    monkeypatch.setattr(marks, "STAMPED", (math.inf, math.inf))
    assert np.abs(kept.astype(int) - painted()).max() <= 2
    street.set_brush(1, (0, 0, 255))
    hand.move(22, 15)
    assert np.abs(kept.astype(int) - painted()).max() > 100, "there was a ring to compare"


def test_screen_readers_are_told(canvas: Canvas) -> None:
    assert canvas.accessibleName()
    assert "Enter" in canvas.accessibleDescription()


def _press(button: Qt.MouseButton, at: QPointF) -> QEvent:
    from PySide6.QtGui import QMouseEvent

    return QMouseEvent(QEvent.Type.MouseButtonPress, at, at, button, button, NONE)
