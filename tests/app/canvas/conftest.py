"""A canvas as a person has it before them, and what it asks for."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.canvas.canvas import Canvas
from app.convert import to_array
from segcore.classes import ClassTable

LEFT = Qt.MouseButton.LeftButton
NONE = Qt.KeyboardModifier.NoModifier

CLASSES = ClassTable.from_names(["red", "green", "blue"], [(255, 0, 0), (0, 255, 0), (0, 0, 255)])
VIEW = (400, 300)

Asked = list[tuple[object, ...]]


class Hand:
    """A mouse over a canvas; places are image pixels, unless it says otherwise."""

    def __init__(self, canvas: Canvas) -> None:
        self.canvas = canvas
        self._held = Qt.MouseButton.NoButton

    def over(self, x: float, y: float) -> QPointF:
        """Where in the widget the middle of an image pixel is, logical pixels."""
        view = self.canvas.viewport
        device = view.to_device((x + 0.5, y + 0.5))
        return QPointF(device[0] / view.ratio, device[1] / view.ratio)

    def press(
        self,
        x: float,
        y: float,
        button: Qt.MouseButton = LEFT,
        modifiers: Qt.KeyboardModifier = NONE,
    ) -> None:
        self._held = button
        self._send(QEvent.Type.MouseButtonPress, self.over(x, y), button, modifiers)

    def move(self, x: float, y: float, modifiers: Qt.KeyboardModifier = NONE) -> None:
        self.move_in_view(self.over(x, y), modifiers)

    def move_in_view(self, at: QPointF, modifiers: Qt.KeyboardModifier = NONE) -> None:
        self._send(QEvent.Type.MouseMove, at, Qt.MouseButton.NoButton, modifiers)

    def lose_button(self) -> None:
        """The button goes up where the canvas does not see it."""
        self._held = Qt.MouseButton.NoButton

    def release(self, x: float, y: float, modifiers: Qt.KeyboardModifier = NONE) -> None:
        button, self._held = self._held, Qt.MouseButton.NoButton
        self._send(QEvent.Type.MouseButtonRelease, self.over(x, y), button, modifiers)

    def click(self, x: float, y: float, modifiers: Qt.KeyboardModifier = NONE) -> None:
        self.press(x, y, modifiers=modifiers)
        self.release(x, y, modifiers=modifiers)

    def _send(
        self,
        kind: QEvent.Type,
        at: QPointF,
        button: Qt.MouseButton,
        modifiers: Qt.KeyboardModifier,
    ) -> None:
        event = QMouseEvent(kind, at, at, button, self._held, modifiers)
        QApplication.sendEvent(self.canvas, event)


@pytest.fixture
def canvas(qtbot: QtBot) -> Canvas:
    """400 x 300 and shown, without a picture and a minimap."""
    canvas = Canvas()
    canvas.set_minimap(wanted=False)
    qtbot.addWidget(canvas)
    canvas.resize(*VIEW)
    canvas.show()
    qtbot.waitExposed(canvas)
    return canvas


@pytest.fixture
def street(canvas: Canvas) -> Canvas:
    """A grey picture, 40 wide and 30 high, with labels: a left half of 0, a right half of 1."""
    labels = np.zeros((30, 40), np.uint8)
    labels[:, 20:] = 1
    canvas.set_classes(CLASSES)
    canvas.set_image(np.full((30, 40, 3), 100, np.uint8))
    canvas.set_labels(labels)
    canvas.set_overlay(0.5, visible=True, mode="labels")
    canvas.zoom_to(8.0)
    return canvas


@pytest.fixture
def hand(canvas: Canvas) -> Hand:
    return Hand(canvas)


@pytest.fixture
def asked(canvas: Canvas) -> Asked:
    """Everything the canvas asks for, in order."""
    asked: Asked = []

    def note(name: str) -> Callable[..., None]:
        return lambda *values: asked.append((name, *values))

    for name in ("query", "strokeBegin", "strokeMove", "strokeEnd", "strokeAbort", "pick"):
        getattr(canvas, f"{name}Requested").connect(note(name))
    canvas.brushSizeRequested.connect(note("brushSize"))
    canvas.gestureRequested.connect(note("gesture"))
    canvas.gestureAccepted.connect(note("accepted"))
    return asked


@pytest.fixture
def painted(canvas: Canvas) -> Callable[[], np.ndarray]:
    """What is on the screen now, (height, width, 3) RGB."""

    def look() -> np.ndarray:
        QApplication.processEvents()
        return to_array(canvas.grab().toImage())

    return look
