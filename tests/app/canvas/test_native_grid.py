"""The logit grid on the screen: where its borders are, and from which zoom on."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtGui import QColor, QImage, QPainter

from app.canvas.native_grid import NativeGridLayer
from app.canvas.tools import TOOLS, Asks, Touch
from app.canvas.viewport import Viewport
from segcore.geometry import Box

GREEN = QColor(0, 200, 0)


def painted(layer: NativeGridLayer, view: Viewport) -> np.ndarray:
    """(H, W, 3) of a view that was green before."""
    height, width = view.view_size
    image = QImage(width, height, QImage.Format.Format_RGB32)
    image.fill(GREEN)
    painter = QPainter(image)
    layer.paint(painter, view, Box.of_size(view.view_size))
    painter.end()
    bytes_ = np.frombuffer(image.constBits(), np.uint8).reshape(height, width, 4)
    return bytes_[..., 2::-1].astype(int)


def view_at(scale: float, size: tuple[int, int]) -> Viewport:
    height, width = size
    shown = (round(height * scale), round(width * scale))
    return Viewport(size, shown, scale, (0.0, 0.0), 1.0)


@pytest.mark.usefixtures("qapp")
def test_borders_stand_between_cells_of_two_classes_alone() -> None:
    labels = np.zeros((5, 8), np.uint8)
    labels[2:4, 3:6] = 7
    picture = painted(NativeGridLayer(labels, 4.0, 4.0), view_at(5.0, (20, 32)))
    white = (picture == 255).all(axis=2)
    rows, columns = np.nonzero(white)
    # The box of cells 3 to 5 and 2 to 3, in image pixels times the scale.
    assert (columns.min(), columns.max()) == pytest.approx((60, 120), abs=1)
    assert (rows.min(), rows.max()) == pytest.approx((40, 80), abs=1)
    assert not white[45:75, 65:115].any()
    # Between cells of one class there is a fine line, and nothing inside a cell.
    assert (picture[10, 20] != (0, 200, 0)).any()
    assert (picture[10, 10] == (0, 200, 0)).all()


@pytest.mark.usefixtures("qapp")
def test_too_small_cells_are_left_out() -> None:
    labels = np.arange(40, dtype=np.uint8).reshape(5, 8)
    layer = NativeGridLayer(labels, 4.0, 4.0)
    assert (painted(layer, view_at(0.4, (20, 32))) == (0, 200, 0)).all()
    near = painted(layer, view_at(1.0, (20, 32)))
    assert (near == 255).all(axis=2).any()


@pytest.mark.usefixtures("qapp")
def test_the_last_cell_ends_with_the_picture() -> None:
    """A picture of 18 pixels has 5 cells of 4: the last one is half outside."""
    labels = np.array([[0, 1, 0, 1, 0]] * 5, np.uint8)
    picture = painted(NativeGridLayer(labels, 4.0, 4.0), view_at(8.0, (18, 18)))
    white = (picture == 255).all(axis=2)
    across = np.nonzero(white[70])[0]
    assert [int(place) for place in np.unique((across + 1) // 32)] == [1, 2, 3, 4]
    # The fine line at the end is the picture's edge and not 16 device pixels further.
    assert not white[:, 130:].any()


def touch(x: int, y: int) -> Touch:
    return Touch((x, y), inside=True, position=(2.0 * x, 2.0 * y), scale=2.0)


def test_a_region_is_drawn_from_any_corner_and_let_go() -> None:
    asked: list[tuple[object, ...]] = []

    def note(name: str) -> object:
        return lambda *values: asked.append((name, *values))

    asks = Asks(**{name: note(name) for name in Asks.__dataclass_fields__})
    tool = TOOLS["region"](asks)
    tool.press(touch(9, 8))
    tool.drag(touch(4, 2))
    tool.release()
    box = Box(4, 2, 10, 9)
    assert asked == [("region_drawn", box), ("region_drawn", None), ("region", box)]
    asked.clear()
    tool.press(touch(1, 1))
    tool.release()
    assert asked == []
    tool.press(touch(1, 1))
    tool.drag(touch(5, 5))
    tool.abort()
    tool.release()
    assert ("region", Box(1, 1, 6, 6)) not in asked
    assert asked[-1] == ("region_drawn", None)
