"""The small view of the whole picture: when it is there, what it shows, what a click does."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.canvas.canvas import Canvas
from app.canvas.legend import legend_rect
from app.canvas.minimap import Minimap
from app.convert import to_array
from segcore.classes import ClassTable
from segcore.geometry import Box

CLASSES = ClassTable.from_names(["red", "green"], [(255, 0, 0), (0, 255, 0)])
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def wide(canvas: Canvas) -> Canvas:
    """A grey picture of 2000 x 1000, its left half red and its right half green, at 1:1."""
    labels = np.zeros((1000, 2000), np.uint8)
    labels[:, 1000:] = 1
    canvas.resize(800, 600)
    canvas.set_minimap(wanted=True)
    canvas.set_classes(CLASSES)
    canvas.set_image(np.full((1000, 2000, 3), 100, np.uint8))
    canvas.set_labels(labels)
    canvas.set_overlay(0.5, visible=True, mode="labels")
    canvas.zoom_to(1.0)
    return canvas


@pytest.fixture
def minimap(wide: Canvas) -> Minimap:
    found = wide.findChild(Minimap)
    assert isinstance(found, Minimap)
    return found


def picture_of(minimap: Minimap) -> np.ndarray:
    """What the map shows of the picture, without frame and shade."""
    assert minimap._picture is not None
    return to_array(minimap._picture)


def refreshed(qtbot: QtBot, minimap: Minimap) -> None:
    qtbot.waitUntil(lambda: not minimap._timer.isActive() and minimap._picture is not None)


def test_it_is_there_only_while_a_part_is_in_sight(wide: Canvas, minimap: Minimap) -> None:
    assert minimap.isVisible()
    wide.fit()
    assert not minimap.isVisible()
    wide.zoom_to(1.0)
    assert minimap.isVisible()
    wide.set_minimap(wanted=False)
    assert not minimap.isVisible()
    wide.set_minimap(wanted=True)
    wide.set_image(None)
    assert not minimap.isVisible()


def test_it_shows_the_whole_picture_with_the_overlay(
    qtbot: QtBot, wide: Canvas, minimap: Minimap
) -> None:
    assert abs(minimap.width() / minimap.height() - 2) < 0.05
    assert wide.rect().contains(minimap.geometry())
    refreshed(qtbot, minimap)
    shown = picture_of(minimap)
    middle = shown.shape[1] // 2
    assert np.abs(shown[5:-5, 5 : middle - 5] - np.array([178, 50, 50])).max() <= 3
    assert np.abs(shown[5:-5, middle + 5 : -5] - np.array([50, 178, 50])).max() <= 3
    wide.set_overlay(0.5, visible=False, mode="labels")
    refreshed(qtbot, minimap)
    assert np.abs(picture_of(minimap).astype(int) - 100).max() <= 1


def test_an_edit_is_seen_after_a_while_and_only_there_is_painted(
    qtbot: QtBot, wide: Canvas, minimap: Minimap
) -> None:
    refreshed(qtbot, minimap)
    boxes: list[Box] = []
    paint = minimap._paint_layers

    def note(painter: object, viewport: object, device: Box) -> None:
        boxes.append(device)
        paint(painter, viewport, device)  # type: ignore[arg-type]

    minimap._paint_layers = note
    labels = wide._layers._labels
    assert labels is not None
    for left in (100, 200, 300):
        labels[100:300, left : left + 100] = 1
        wide.update_labels(Box(left, 100, left + 100, 300))
    assert boxes == []
    refreshed(qtbot, minimap)
    (painted,) = boxes
    assert painted.area < 0.2 * minimap.width() * minimap.height()
    scale = minimap.width() / 2000
    spot = picture_of(minimap)[int(200 * scale), int(250 * scale)]
    assert np.abs(spot.astype(int) - [50, 178, 50]).max() <= 3


def test_a_click_brings_that_place_to_the_middle_and_a_drag_follows(
    qtbot: QtBot, wide: Canvas, minimap: Minimap
) -> None:
    scale = minimap.width() / 2000

    def place(x: int, y: int) -> QPoint:
        return QPoint(round(x * scale), round(y * scale))

    def middle() -> tuple[float, float]:
        return wide.viewport.to_image(wide.viewport.centre)

    qtbot.mousePress(minimap, LEFT, pos=place(1500, 400))
    assert np.allclose(middle(), (1500, 400), atol=8)
    assert wide.viewport.scale == 1.0
    qtbot.mouseMove(minimap, place(500, 700))
    qtbot.mouseRelease(minimap, LEFT, pos=place(500, 700))
    frame = minimap.seen_rect()
    assert frame.width() == pytest.approx(800 * scale, abs=1)
    assert np.allclose(frame.center().toTuple(), np.array(middle()) * scale, atol=1)


def test_it_keeps_clear_of_the_legend_and_out_of_small_views(
    wide: Canvas, minimap: Minimap
) -> None:
    wide.set_measure("confidence", np.ones((1000, 2000), np.float16))
    wide.set_overlay(0.5, visible=True, mode="confidence")
    scale = wide._layers.scale
    assert scale is not None
    for width in (800, 460, 380, 330):
        wide.resize(width, 600)
        QApplication.processEvents()
        legend = legend_rect(scale, wide.font(), QRect(0, 0, width, 600))
        assert minimap.isVisible()
        assert not minimap.geometry().intersects(legend)
        assert wide.rect().contains(minimap.geometry())
    wide.resize(120, 90)
    assert not minimap.isVisible()


def test_the_canvas_below_is_left_alone_when_only_it_changes(
    wide: Canvas, minimap: Minimap
) -> None:
    assert minimap.testAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
    assert minimap.accessibleName()
