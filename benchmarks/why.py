"""How long the window stands still while somebody asks why, hides a region and tries sizes.

    QT_QPA_PLATFORM=offscreen python benchmarks/why.py --json figures.json

Real window, real bundled model; a timer on the GUI thread beats every millisecond, and the longest
time between two beats is what a person waits for. Once the model is loaded it is to stay under
50 ms.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

from PIL import Image
from PySide6.QtCore import QEventLoop, QObject, QTimer

from app.main_window import MainWindow
from app.panels.why import WhyPanel
from app.settings import Settings
from app.studio import open_window
from app.window.why_link import WhyLink
from segcore import resources
from segcore.geometry import Box

Row = dict[str, str | float]

WAIT = 280.0
GOAL = 50.0


class Heartbeat(QObject):
    """The longest time between two turns of the event loop, in milliseconds."""

    def __init__(self) -> None:
        super().__init__()
        self._last = time.perf_counter()
        self.longest = 0.0
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._beat)
        self._timer.start(1)

    def restart(self) -> None:
        """Forget what was before."""
        self._last, self.longest = time.perf_counter(), 0.0

    def _beat(self) -> None:
        now = time.perf_counter()
        self.longest = max(self.longest, 1e3 * (now - self._last))
        self._last = now


def until(condition: Callable[[], bool]) -> float:
    """Let the event loop run until then, as in use; seconds it took."""
    begin = time.perf_counter()
    loop, timer = QEventLoop(), QTimer()

    def look() -> None:
        if condition():
            loop.exit()
        elif time.perf_counter() - begin > WAIT:
            loop.exit(1)

    timer.timeout.connect(look)
    timer.start(5)
    if loop.exec():
        raise SystemExit("the window did not get there in time")
    return time.perf_counter() - begin


def rest(seconds: float) -> None:
    """Let the event loop run for a while."""
    end = time.perf_counter() + seconds
    until(lambda: time.perf_counter() > end)


def asking(name: str, picture: Path, place: Path, steps: int) -> list[Row]:
    """One row for each thing that a person does on the page."""
    window = open_window([picture], Settings(path=place / f"{name}.ini", theme="light"))
    window.resize(1440, 900)
    core = window.core
    until(lambda: core.document.prediction is not None and core.prediction.model is not None)
    panel, link = window.findChild(WhyPanel), window.findChild(WhyLink)
    assert isinstance(panel, WhyPanel)
    assert isinstance(link, WhyLink)
    window.tabs.setCurrentWidget(window.inspect_pages)
    window.inspect_pages.show_page("why")
    until(lambda: window.jobs.shown is None)
    rest(1.0)
    rows = [
        measured(f"{name}: {what}", act, done)
        for what, act, done in islice(_steps(window, panel, link), steps)
    ]
    window.close()
    return rows


def _steps(
    window: MainWindow, panel: WhyPanel, link: WhyLink
) -> Iterator[tuple[str, Callable[[], object], Callable[[], bool]]]:
    image = window.core.document.image
    assert image is not None
    height, width = image.shape[:2]
    x, y = int(0.67 * width), int(0.62 * height)
    region = Box(x - width // 12, y - height // 12, x + width // 12, y + height // 12)
    # One after the other: some buttons are there only once the step before is done.
    inspection, canvas, hiding = window.core.inspection, window.canvas, panel.hiding
    grid = window.actions_by_name["native_grid"]
    at_once = lambda: True  # noqa: E731 - read as a word below
    yield "a pixel explained", lambda: inspection.query(x, y), lambda: bool(panel.classes.bars)
    yield "the other pages' answers", lambda: None, lambda: window.jobs.shown is None
    yield "without stage 3", panel.without.chips[2].click, lambda: link.preview.shown is not None
    yield "hide a region", lambda: canvas.regionRequested.emit(region), hiding.undo.isVisible
    yield "its answer", lambda: None, hiding.peek.isVisible
    yield "flipped pixels over the picture", hiding.changes["flipped"].click, at_once
    yield "confidence over the picture", hiding.changes["confidence"].click, at_once
    yield "the hidden picture while held", hiding.peek.pressed.emit, at_once
    yield "and let go", hiding.peek.released.emit, at_once
    yield "the model's own grid", grid.trigger, lambda: canvas.shows_native_grid
    yield "the grid at 2:1", lambda: canvas.zoom_to(2.0), at_once
    yield "five sizes", panel.sizes.start.click, lambda: len(panel.sizes.rows) > 1
    yield "labels of a size", panel.sizes.rows[0].click, at_once


def measured(
    what: str,
    act: Callable[[], object],
    done: Callable[[], bool],
) -> Row:
    """Do it, wait until it is done and painted, and say how long the window stood still."""
    heart = Heartbeat()
    rest(0.2)
    heart.restart()
    act()
    seconds = until(done)
    rest(0.4)
    return {"what": what, "ours": heart.longest, "goal": GOAL, "seconds": seconds}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path, help="write the figures there too")
    parser.add_argument("--steps", type=int, default=99, help="only the first so many")
    parser.add_argument("--large", action="store_true", help="also with 12 megapixels")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        for kind in ("CONFIG", "DATA", "STATE", "CACHE"):
            os.environ[f"XDG_{kind}_HOME"] = str(place / kind.lower())
        small = resources.sample_paths()[0][0]
        rows = asking("640x480", small, place, chosen.steps)
        if chosen.large:
            with Image.open(small) as picture:
                picture.resize((4000, 3000)).save(place / "large.jpg", quality=90)
            rows += asking("12 MP", place / "large.jpg", place, chosen.steps)
    print("| what | longest standstill | after |\n|---|---|---|")
    for row in rows:
        print(f"| {row['what']} | {row['ours']:.1f} ms | {row['seconds']:.2f} s |")
    if chosen.json:
        chosen.json.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
