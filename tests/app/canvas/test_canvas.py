"""What the canvas paints."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QEvent
from PySide6.QtGui import QColor, QPalette, QRegion
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.canvas.canvas import Canvas
from app.canvas.tiles import TILE
from app.convert import to_array
from segcore.classes import ClassTable
from segcore.geometry import Box
from segcore.heatmap import HeatMap

Look = Callable[[], np.ndarray]
CLASSES = ClassTable.from_names(["red", "green", "blue"], [(255, 0, 0), (0, 255, 0), (0, 0, 255)])


def at(canvas: Canvas, shot: np.ndarray, x: float, y: float) -> list[int]:
    """The colour painted in the middle of an image pixel."""
    device = canvas.viewport.to_device((x + 0.5, y + 0.5))
    return [int(part) for part in shot[int(device[1]), int(device[0])]]


def close(color: list[int], expected: tuple[int, int, int], slack: int = 2) -> bool:
    return all(abs(a - b) <= slack for a, b in zip(color, expected, strict=True))


def noise(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(3).integers(0, 256, (height, width, 3)).astype(np.uint8)


def test_an_empty_canvas_says_what_to_do(canvas: Canvas, painted: Look) -> None:
    shot = painted()
    assert len(np.unique(shot.reshape(-1, 3), axis=0)) > 4
    canvas.set_message("")
    assert len(np.unique(painted().reshape(-1, 3), axis=0)) == 1


@pytest.mark.parametrize("window", ["#101010", "#f0f0f0"])
def test_the_surroundings_are_the_window_a_step_darker(
    canvas: Canvas, painted: Look, window: str
) -> None:
    palette = canvas.palette()
    palette.setColor(QPalette.ColorRole.Window, QColor(window))
    canvas.setPalette(palette)
    canvas.set_message("")
    shown = int(painted()[5, 5, 0])
    assert 0 < QColor(window).red() - shown < 40


def test_labels_shine_through_in_their_colours(street: Canvas, painted: Look) -> None:
    shot = painted()
    assert close(at(street, shot, 5, 5), (178, 50, 50))
    assert close(at(street, shot, 30, 5), (50, 178, 50))


def test_the_edge_of_a_label_is_where_it_is(street: Canvas, painted: Look) -> None:
    row = painted()[150]
    edge = round(street.viewport.to_device((20, 0))[0])
    assert row[edge - 1, 0] > row[edge - 1, 1]
    assert row[edge, 1] > row[edge, 0]


def test_opacity_visibility_and_hidden_classes(street: Canvas, painted: Look) -> None:
    street.set_overlay(1.0, visible=True, mode="labels")
    assert close(at(street, painted(), 5, 5), (255, 0, 0))
    street.set_overlay(1.0, visible=True, mode="labels", hidden=frozenset({0}))
    shot = painted()
    assert close(at(street, shot, 5, 5), (100, 100, 100))
    assert close(at(street, shot, 30, 5), (0, 255, 0))
    street.set_overlay(1.0, visible=False, mode="labels")
    assert close(at(street, painted(), 30, 5), (100, 100, 100))


def test_ignored_pixels_are_bare(street: Canvas, painted: Look) -> None:
    street.set_labels(np.full((30, 40), CLASSES.ignore, np.uint8))
    assert close(at(street, painted(), 5, 5), (100, 100, 100))


def test_sixteen_bit_labels(street: Canvas, painted: Look) -> None:
    names = [f"c{i}" for i in range(300)]
    colors = [(i % 256, 7, 9) for i in range(300)]
    street.set_classes(ClassTable.from_names(names, colors))
    street.set_labels(np.full((30, 40), 299, np.uint16))
    street.set_overlay(1.0, visible=True, mode="labels")
    assert close(at(street, painted(), 5, 5), (43, 7, 9))


def test_outlines_leave_the_inside_free_and_stay_thin(street: Canvas, painted: Look) -> None:
    street.set_overlay(0.5, visible=True, mode="labels", contours=True)
    shot = painted()
    assert close(at(street, shot, 5, 5), (100, 100, 100))
    row = shot[150].astype(int)
    edge = round(street.viewport.to_device((20, 0))[0])
    colored = np.flatnonzero(np.abs(row - 100).max(axis=1) > 40)
    inner = colored[np.abs(colored - edge) < 50]
    assert row[edge - 1, 0] > 150
    assert row[edge, 1] > 150
    assert inner.size <= 6


def test_labels_of_another_size_wait_for_their_picture(street: Canvas, painted: Look) -> None:
    street.set_labels(np.zeros((60, 80), np.uint8))
    assert close(at(street, painted(), 5, 5), (100, 100, 100))
    street.set_image(np.full((60, 80, 3), 100, np.uint8))
    assert close(at(street, painted(), 5, 5), (178, 50, 50))


def test_confidence_has_its_colours_and_a_scale(street: Canvas, painted: Look) -> None:
    confidence = np.zeros((30, 40), np.float16)
    confidence[:, 20:] = 1
    street.set_measure("confidence", confidence)
    street.set_overlay(1.0, visible=True, mode="confidence")
    shot = painted()
    assert close(at(street, shot, 5, 5), (68, 1, 84))
    assert close(at(street, shot, 30, 5), (253, 231, 37))
    street.set_overlay(1.0, visible=False, mode="confidence")
    bare = painted()
    assert not np.array_equal(shot[260:290, 20:120], bare[260:290, 20:120])


def test_a_heat_map_lies_on_its_box(street: Canvas, painted: Look) -> None:
    values = np.array([[0, 0], [0, 1]], np.float32)
    street.set_heat_map(HeatMap(values, "attention", Box(10, 10, 30, 26)))
    street.set_overlay(1.0, visible=True, mode="heat")
    street.set_labels(None)
    shot = painted()
    assert close(at(street, shot, 25, 22), (252, 255, 164))
    assert close(at(street, shot, 5, 5), (100, 100, 100))
    faint = at(street, shot, 12, 12)
    assert 70 < faint[0] < 100
    row = shot[int(street.viewport.to_device((0, 22))[1])]
    shown = np.flatnonzero((row[:, 0] > 200) & (row[:, 2] < 200))
    left = street.viewport.to_device((20, 0))[0]
    right = street.viewport.to_device((30, 0))[0]
    assert abs(shown.min() - left) <= 1
    assert abs(shown.max() + 1 - right) <= 1


def test_a_heat_map_goes_with_its_picture(street: Canvas, painted: Look) -> None:
    street.set_heat_map(HeatMap(np.ones((2, 2), np.float32), "attention", Box(0, 0, 40, 30)))
    street.set_query_point((5, 5))
    street.set_overlay(1.0, visible=True, mode="heat")
    street.set_image(np.full((30, 40, 3), 90, np.uint8))
    shot = painted()
    assert close(at(street, shot, 5, 5), (90, 90, 90))
    assert close(at(street, shot, 30, 5), (90, 90, 90))


def test_the_query_marks_its_pixel_and_cell(street: Canvas, painted: Look) -> None:
    street.set_overlay(0.0, visible=False, mode="labels")
    plain = painted()
    street.set_query_point((12, 12), Box(8, 8, 16, 16))
    marked = painted()
    changed = np.argwhere((plain != marked).any(axis=2))
    assert at(street, marked, 12, 12) == [100, 100, 100]
    cell = street.viewport.device_box(Box(8, 8, 16, 16), 3)
    assert (changed.min(axis=0) >= (cell.y0, cell.x0)).all()
    assert (changed.max(axis=0) < (cell.y1, cell.x1)).all()
    street.set_query_point(None)
    assert np.array_equal(painted(), plain)


def test_pixels_are_squares_near_by_and_smooth_far_off(canvas: Canvas, painted: Look) -> None:
    canvas.set_image(noise(60, 60))
    canvas.wait_until_smooth()
    canvas.zoom_to(4.0)
    shot = painted()
    source = canvas._image
    assert source is not None
    for x, y in ((20, 30), (31, 29)):
        assert at(canvas, shot, x, y) == source[y, x].tolist()
    canvas.zoom_to(0.5)
    small = canvas.viewport.device_box(Box(4, 4, 56, 56))
    part = painted()[small.slices]
    assert part.std() < 0.7 * source.std()


def test_one_to_one_is_exact(canvas: Canvas, painted: Look) -> None:
    image = noise(700, 900)
    canvas.set_image(image)
    canvas.zoom_to(1.0)
    view = canvas.viewport
    expected = image[view.visible.slices]
    assert np.array_equal(painted(), expected)


def test_a_grid_appears_when_pixels_are_large(street: Canvas, painted: Look) -> None:
    street.set_overlay(0.0, visible=False, mode="labels")
    street.zoom_to(12.0)
    assert len(np.unique(painted()[100:200, 100:200].reshape(-1, 3), axis=0)) == 1
    street.zoom_to(20.0)
    part = painted()[100:200, 100:200, 0]
    lines = np.flatnonzero((part != 100).all(axis=0))
    assert np.diff(lines).tolist() == [20] * (lines.size - 1)
    assert lines.size == 5


@pytest.mark.parametrize("scale", [0.31, 0.8, 1.0, 1.3, 2.0, 3.7, 17.0, 64.0])
@pytest.mark.parametrize("contours", [False, True])
def test_a_part_painted_alone_is_as_the_whole(
    canvas: Canvas, qtbot: QtBot, scale: float, contours: bool
) -> None:
    """After an edit only the damage is painted; it must join what was painted before."""
    labels = (noise(900, 1100)[..., 0] // 90).astype(np.uint8)
    labels = labels.repeat(3, 0).repeat(3, 1)[:900, :1100]
    canvas.set_classes(CLASSES)
    canvas.set_image(noise(900, 1100))
    canvas.set_labels(labels)
    canvas.set_overlay(0.5, visible=True, mode="labels", contours=contours)
    canvas.wait_until_smooth()
    canvas.zoom_to(scale)
    QApplication.processEvents()
    before = canvas.grab().toImage()
    middle = canvas.viewport.visible
    x, y = (middle.x0 + middle.x1) // 2, (middle.y0 + middle.y1) // 2
    box = Box(x - 20, y - 9, x + 13, y + 31).intersect(Box(0, 0, 1100, 900))
    labels[box.slices] = 2
    canvas.update_labels(box)
    view = Box.of_size(canvas.viewport.view_size)
    damaged = canvas._logical(canvas.viewport.device_box(box, 5).intersect(view))
    canvas.render(before, damaged.topLeft(), QRegion(damaged))
    patched = to_array(before)
    whole = to_array(canvas.grab().toImage())
    # Qt steps through a row in fixed point from where it begins: the last bit or two may differ.
    assert np.abs(patched.astype(int) - whole).max() <= 2


def test_an_edit_fills_only_what_is_damaged_and_in_view(canvas: Canvas, painted: Look) -> None:
    labels = np.zeros((8 * TILE, 8 * TILE), np.uint8)
    canvas.set_classes(CLASSES)
    canvas.set_image(np.zeros((*labels.shape, 3), np.uint8))
    canvas.set_labels(labels)
    canvas.zoom_to(1.0)
    painted()
    layer = canvas._layers.classes
    assert layer is not None
    layer.filled_pixels = 0
    labels[2000:2030, 2000:2040] = 1
    canvas.update_labels(Box(2000, 2000, 2040, 2030))
    painted()
    assert layer.filled_pixels == 30 * 40
    canvas.update_labels(Box(0, 0, 100, 100))
    painted()
    assert layer.filled_pixels == 30 * 40


def test_an_edit_out_of_view_is_there_when_it_comes_into_view(
    canvas: Canvas, painted: Look
) -> None:
    labels = np.zeros((2000, 2000), np.uint8)
    canvas.set_classes(CLASSES)
    canvas.set_image(np.zeros((2000, 2000, 3), np.uint8))
    canvas.set_labels(labels)
    canvas.set_overlay(1.0, visible=True, mode="labels")
    painted()
    canvas.zoom_to(1.0)
    painted()
    labels[:200, :200] = 2
    canvas.update_labels(Box(0, 0, 200, 200))
    canvas.fit()
    assert close(at(canvas, painted(), 100, 100), (0, 0, 255))


def test_only_the_damage_is_painted(street: Canvas, qtbot: QtBot) -> None:
    QApplication.processEvents()
    regions = []

    class Watched(Canvas):
        def paintEvent(self, event: object) -> None:
            regions.append(event.region().boundingRect())  # type: ignore[attr-defined]
            super().paintEvent(event)  # type: ignore[arg-type]

    watched = Watched()
    qtbot.addWidget(watched)
    watched.resize(400, 300)
    watched.set_classes(CLASSES)
    watched.set_image(np.zeros((300, 400, 3), np.uint8))
    watched.set_labels(np.zeros((300, 400), np.uint8))
    watched.show()
    watched.zoom_to(1.0)
    watched.wait_until_smooth()
    QApplication.processEvents()
    regions.clear()
    watched.update_labels(Box(100, 100, 120, 110))
    watched.update_labels(Box(120, 100, 140, 110))
    QApplication.processEvents()
    assert len(regions) == 1
    assert regions[0].width() <= 52
    assert regions[0].height() <= 22


def test_a_large_picture_is_shown_without_waiting_for_its_levels(
    canvas: Canvas, painted: Look
) -> None:
    image = np.full((3000, 4000, 3), 77, np.uint8)
    painted()
    began = time.perf_counter()
    canvas.set_image(image)
    shot = painted()
    assert time.perf_counter() - began < 1.0
    assert close(at(canvas, shot, 2000, 1500), (77, 77, 77))
    canvas.wait_until_smooth()
    assert close(at(canvas, painted(), 2000, 1500), (77, 77, 77))


def test_the_same_size_keeps_the_view_and_another_is_fitted(street: Canvas) -> None:
    view = street.viewport
    street.set_image(np.zeros((30, 40, 3), np.uint8))
    assert street.viewport == view
    street.set_image(np.zeros((33, 40, 3), np.uint8))
    assert street.viewport.visible == Box(0, 0, 40, 33)


def test_a_fitted_picture_stays_fitted(canvas: Canvas) -> None:
    canvas.set_image(np.zeros((30, 40, 3), np.uint8))
    canvas.resize(800, 600)
    QApplication.processEvents()
    assert canvas.viewport.scale == pytest.approx(0.98 * 20)


def test_zoom_is_told(street: Canvas, qtbot: QtBot) -> None:
    with qtbot.waitSignal(street.zoomChanged) as told:
        street.zoom_to(3.0)
    assert told.args == [3.0]


def test_a_canvas_may_go_while_its_picture_is_being_averaged(qtbot: QtBot) -> None:
    for _ in range(3):
        canvas = Canvas()
        canvas.set_image(np.zeros((4000, 4000, 3), np.uint8))
        canvas.deleteLater()
        builder = canvas._builder
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        del canvas
        builder.wait()
    QApplication.processEvents()


HIDPI = """
import numpy as np
from PySide6.QtCore import QPointF, Qt
from PySide6.QtWidgets import QApplication
from app.canvas.canvas import Canvas
from app.convert import to_array
from segcore.geometry import Box
app = QApplication([])
canvas = Canvas()
canvas.set_minimap(False)
canvas.resize(300, 200)
canvas.show()
image = np.random.default_rng(0).integers(0, 256, (900, 1000, 3)).astype(np.uint8)
canvas.set_image(image)
canvas.zoom_to(1.0)
app.processEvents()
view = canvas.viewport
assert view.ratio == {ratio}, view
assert view.view_size == (round(200 * {ratio}), round(300 * {ratio})), view
shot = to_array(canvas.grab().toImage())
assert np.array_equal(shot, image[view.visible.slices]), "one image pixel is one device pixel"
middle = canvas._touch(QPointF(150, 100), Qt.KeyboardModifier.NoModifier)
assert middle.point == view.pixel_at(view.centre)
"""


@pytest.mark.parametrize("ratio", [1.5, 2.0])
def test_one_to_one_is_exact_on_sharp_screens(ratio: float) -> None:
    root = Path(__file__).parents[3]
    ran = subprocess.run(
        [sys.executable, "-c", HIDPI.format(ratio=ratio)],
        env={**os.environ, "QT_SCALE_FACTOR": str(ratio), "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
