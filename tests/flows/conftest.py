"""Flows through the real window with the real bundled model, as a person goes them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from app.main_window import MainWindow
from app.settings import Settings
from app.studio import open_window
from segcore import resources

WAIT = 60_000
"""Milliseconds for what the model does; a loaded machine takes its time."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let pass what Qt's screenless plugin says of every window with a smallest size."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:  # the closest marker counts, and others have their own
            item.add_marker(pytest.mark.qt_log_ignore("propagateSizeHints", extend=True))


class Person:
    """Somebody at the window: opens, waits for answers, points and presses keys."""

    def __init__(self, qtbot: QtBot, settings: Settings) -> None:
        self._qtbot = qtbot
        self._settings = settings
        self.window: MainWindow = self._open([])

    def _open(self, paths: list[Path]) -> MainWindow:
        window = open_window(paths, self._settings)
        window.resize(1200, 800)
        self._qtbot.addWidget(window)
        # Keys reach the shortcuts of an active window only, and no window manager is there to see
        # to that.
        with self._qtbot.waitActive(window, timeout=WAIT):
            window.activateWindow()
        return window

    def opens(self, *paths: Path) -> None:
        """Open paths in the window, as the menu and the drop do."""
        self.window.files.open_paths(list(paths))

    def starts_again(self) -> None:
        """Close the window and start the program anew, with the settings from the disk."""
        self.window.close()
        self._settings = Settings.load(self._settings.path)
        self.window = self._open([])

    def waits_for(self, condition: Callable[[], bool]) -> None:
        self._qtbot.waitUntil(condition, timeout=WAIT)

    def waits_for_the_prediction_of(self, name: str) -> None:
        document = self.window.core.document
        self.waits_for(lambda: document.name == name and document.prediction is not None)

    def waits_until_nothing_runs(self) -> None:
        self.waits_for(lambda: self.window.jobs.shown is None)

    def presses(self, key: Qt.Key, modifier: Qt.KeyboardModifier | None = None) -> None:
        self.window.canvas.setFocus()
        self._qtbot.keyClick(self.window.canvas, key, modifier or Qt.KeyboardModifier.NoModifier)

    def drags(self, *points: tuple[int, int]) -> None:
        """Press at the first image pixel, move over the others, let go."""
        canvas, left = self.window.canvas, Qt.MouseButton.LeftButton
        places = [self.place_of(point) for point in points]
        self._qtbot.mousePress(canvas, left, pos=places[0])
        for place in places[1:]:
            self._qtbot.mouseMove(canvas, place)
        self._qtbot.mouseRelease(canvas, left, pos=places[-1])

    def clicks(self, point: tuple[int, int]) -> None:
        self._qtbot.mouseClick(
            self.window.canvas, Qt.MouseButton.LeftButton, pos=self.place_of(point)
        )

    def place_of(self, point: tuple[int, int]) -> QPoint:
        """Where in the canvas the middle of an image pixel is."""
        view = self.window.canvas.viewport
        x, y = view.to_device((point[0] + 0.5, point[1] + 0.5))
        return QPoint(round(x / view.ratio), round(y / view.ratio))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(path=tmp_path / "config" / "studio.ini", theme="light")


@pytest.fixture
def person(qtbot: QtBot, settings: Settings) -> Iterator[Person]:
    person = Person(qtbot, settings)
    yield person
    person.window.close()


@pytest.fixture
def street(tmp_path: Path) -> Path:
    """A folder with three of the drawn streets, 320 x 240, away from the program's own files."""
    folder = tmp_path / "my street"
    folder.mkdir()
    for picture, _labels in resources.sample_paths()[:3]:
        with Image.open(picture) as image:
            image.resize((320, 240)).save(folder / picture.name, quality=95)
    return folder
