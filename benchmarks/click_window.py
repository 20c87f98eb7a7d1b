"""How long clicks and the other assisting tools take in the real window: from hand to screen.

    xvfb-run -a python -m benchmarks.click_window [--photo FILE] [--sides 480x360,1024x1024]
        [--times 12] [--tools] [--json out.json]

Of copies of a picture, each size by itself. The time runs from the press of the button (with
`--tools`: from what the hand does last) to the end of the paint that shows what is proposed; `full`
is when the exact answer is shown, where something rougher came first; `rough` counts those, and
`nothing` the answers that propose no pixels: the bar above the canvas has said so when time is up.
`gui` is the longest turn of the event loop meanwhile. "After the model has looked" is in a picture
that has been predicted and rested on; "before" is in a picture that was opened a moment ago.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QPaintEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.canvas.canvas import Canvas
from app.controllers.assist_job import Preview
from app.main_window import MainWindow
from app.settings import Settings
from app.studio import open_window
from segcore.images import read_image
from segcore.opencv import cv2
from segcore.resources import sample_paths

PATIENCE = 120.0
REST = 0.8
"""Seconds without a movement after which everything is taken to be at hand."""
CAR = 0.365, 0.545
"""The middle of something that stands out, as parts of the sample street's sides."""
BOX = 12, 10
"""A drawn box, in fortieths of the shorter side that is seen."""
LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
NO_BUTTON = Qt.MouseButton.NoButton
NONE = Qt.KeyboardModifier.NoModifier
Row = dict[str, float]
Size = tuple[int, int]


class Answer:
    """When what one gesture asks for is shown."""

    def __init__(self) -> None:
        self.first = self.full = self.gui = 0.0
        self.note, self.nothing = "", False


class Hand:
    """Mouse and keys at the window, and a clock."""

    def __init__(self, window: MainWindow) -> None:
        self.window, self.core = window, window.core
        self.canvas = window.canvas
        self._unpainted: Preview | None = None
        self._painted: list[float] = []
        self._busiest = 0.0
        self.core.assisting.previewChanged.connect(self._note)

    def _note(self, preview: Preview | None) -> None:
        drawn = preview is not None and (preview.levels is not None or preview.outcome.path)
        self._unpainted = preview if drawn else None

    def after_paint(self) -> None:
        """The canvas has painted what was damaged."""
        if self._unpainted is not None:
            self._unpainted = None
            self._painted.append(time.perf_counter())

    def turn(self) -> None:
        """Let the event loop go round once."""
        begin = time.perf_counter()
        QApplication.processEvents()
        self._busiest = max(self._busiest, time.perf_counter() - begin)
        time.sleep(0.0003)

    def waits(self, condition: Callable[[], object]) -> None:
        """Let the window work until then."""
        deadline = time.monotonic() + PATIENCE
        while not condition():
            if time.monotonic() > deadline:
                said = self.window.banner.current
                raise SystemExit(said.sentence if said else "the window did not come so far")
            self.turn()

    def rests(self, seconds: float = REST) -> None:
        """Let the window work for a while."""
        end = time.monotonic() + seconds
        self.waits(lambda: time.monotonic() > end)

    def asks(self, gesture: Callable[[], object]) -> Answer:
        """Do something, and wait until all that it asks for is on the screen."""
        answer = Answer()
        self._painted, self._unpainted, self._busiest = [], None, 0.0
        begin = time.perf_counter()
        gesture()
        self._busiest = time.perf_counter() - begin
        assisting = self.core.assisting
        self.waits(lambda: self._unpainted is None and (self._painted or not assisting.is_busy))
        said = time.perf_counter()
        answer.first = 1000 * ((self._painted or [said])[0] - begin)
        self.waits(lambda: self._unpainted is None and not assisting.is_busy)
        shown = assisting.preview
        answer.nothing = shown is None or not (shown.count or shown.outcome.path)
        answer.note = "" if shown is None else shown.outcome.note
        answer.full = 1000 * ((self._painted or [said])[-1] - begin)
        answer.gui = 1000 * self._busiest
        return answer

    def place(self, point: tuple[float, float]) -> QPoint:
        """Where in the view an image pixel is."""
        view = self.canvas.viewport
        x, y = view.to_device((point[0] + 0.5, point[1] + 0.5))
        return QPoint(int(x / view.ratio), int(y / view.ratio))

    def moves(self, point: tuple[float, float], held: Qt.MouseButton = NO_BUTTON) -> None:
        """The pointer to an image pixel, at once: a real pointer's way is the display server's."""
        at = self.place(point)
        world = self.canvas.mapToGlobal(at)
        move = QMouseEvent(
            QEvent.Type.MouseMove, QPointF(at), QPointF(world), NO_BUTTON, held, NONE
        )
        QApplication.sendEvent(self.canvas, move)

    def clicks(self, point: tuple[float, float], button: Qt.MouseButton = LEFT) -> Answer:
        """A button pressed at an image pixel; it is let go when the answer is there."""
        answer = self.asks(lambda: QTest.mousePress(self.canvas, button, NONE, self.place(point)))
        QTest.mouseRelease(self.canvas, button, NONE, self.place(point))
        return answer

    def drops(self) -> None:
        """What is proposed is not wanted."""
        self.window.actions_by_name["cancel"].trigger()
        self.waits(lambda: self.core.assisting.preview is None)
        self.rests(0.1)


def clicked(hand: Hand, size: Size, times: int) -> dict[str, list[Answer]]:
    """Kinds of clicks in copies of a picture -> what each took."""
    session, document = hand.core.session, hand.core.document
    hand.core.view_state.tool = "click"
    rng = np.random.default_rng(3)
    found: dict[str, list[Answer]] = defaultdict(list)

    def somewhere() -> tuple[float, float]:
        x, y = rng.uniform(0.42, 0.58, 2) if max(size) > 2048 else rng.uniform(0.25, 0.75, 2)
        return x * size[1], y * size[0]

    for number in range(times):
        session.open_index(1 + number)
        hand.waits(lambda number=number: document.name == session.names[1 + number])
        hand.rests(0.05)
        found["first click, before the model has looked"].append(hand.clicks(somewhere()))
        hand.drops()
    hand.waits(lambda: document.labelled and hand.window.jobs.shown is None)
    hand.clicks((size[1] / 2, size[0] / 2))
    hand.drops()
    hand.rests()
    for _ in range(times):
        first, second, third, wrong = (somewhere() for _ in range(4))
        found["first click"].append(hand.clicks(first))
        hand.clicks(second)
        found["third click"].append(hand.clicks(third))
        found["a right click"].append(hand.clicks(wrong, RIGHT))
        hand.drops()
    return found


def helped(hand: Hand, size: Size, times: int) -> dict[str, list[Answer]]:
    """The other tools in a large picture, seen as a whole and at 1:1 -> what each took."""
    document, state = hand.core.document, hand.core.view_state
    hand.waits(lambda: document.labelled and hand.window.jobs.shown is None)
    found: dict[str, list[Answer]] = defaultdict(list)
    middle = CAR[0] * size[1], CAR[1] * size[0]
    state.active_class = max(document.classes.id_of("Car") or 0, 0)
    for look in ("fit", "1:1"):
        if look == "fit":
            hand.canvas.fit()
        else:
            hand.canvas.zoom_to(1.0)
            hand.canvas.centre_on(*middle)
        hand.rests(0.3)
        seen = hand.canvas.viewport.visible
        step = min(seen.width, seen.height) / 40
        for tool in ("wand", "superpixels", "scissors", "grabcut", "refine", "second_best"):
            state.tool = tool
            hand.moves(middle)
            hand.rests()
            for number in range(times):
                away = number + 0.5 - times / 2
                at = middle[0] + away * step, middle[1] + away * step / 3
                for name, answer in _does(hand, tool, at, step):
                    found[f"{name}, {look}"].append(answer)
                hand.drops()
        found[f"sliders, {look}"] = _slides(hand, times)
    return found


def _does(hand: Hand, tool: str, at: tuple[float, float], step: float) -> list[tuple[str, Answer]]:
    """One use of a tool."""
    beside = at[0] + 4 * step, at[1] + 3 * step
    if tool in ("wand", "superpixels"):
        return [(tool, hand.asks(lambda: hand.moves(at)))]
    if tool == "scissors":
        hand.asks(lambda: QTest.mouseClick(hand.canvas, LEFT, NONE, hand.place(at)))
        first = hand.asks(lambda: hand.moves(beside))
        further = beside[0] + step, beside[1] + step
        return [
            ("scissors, first way", first),
            ("scissors", hand.asks(lambda: hand.moves(further))),
        ]
    if tool == "second_best":
        QTest.mousePress(hand.canvas, LEFT, NONE, hand.place(at))
        answer = hand.asks(lambda: hand.moves(beside, LEFT))
        hand.window.actions_by_name["cancel"].trigger()
        QTest.mouseRelease(hand.canvas, LEFT, NONE, hand.place(beside))
        return [(tool, answer)]
    across, down = BOX[0] * step / 2, BOX[1] * step / 2
    corner = at[0] + across, at[1] + down
    QTest.mousePress(hand.canvas, LEFT, NONE, hand.place((at[0] - across, at[1] - down)))
    for point in (at, corner):
        hand.moves(point, LEFT)
        QApplication.processEvents()
    where = hand.place(corner)
    return [(tool, hand.asks(lambda: QTest.mouseRelease(hand.canvas, LEFT, NONE, where)))]


def _slides(hand: Hand, times: int) -> list[Answer]:
    window, answers = hand.window, []
    action = window.actions_by_name["logit_sliders"]
    action.setChecked(True)
    panel: Any = window.findChild(object, "panel.logit_sliders")
    slider = panel.slider(1)
    for number in range(times):
        value = 30 + number
        answers.append(hand.asks(lambda value=value: slider.setValue(value)))
    slider.setValue(0)
    action.setChecked(False)
    hand.rests(0.3)
    return answers


def pictures(place: Path, source: Any, size: Size, count: int) -> list[Path]:
    """Copies of a picture at a size, each a little brighter than the one before."""
    image = cv2.resize(source, (size[1], size[0]), interpolation=cv2.INTER_CUBIC)
    paths = []
    for number in range(count):
        path = place / f"{size[1]}x{size[0]}-{number:02}.jpg"
        cv2.imwrite(str(path), cv2.add(image, (number,) * 3)[..., ::-1])
        paths.append(path)
    return paths


def summed(answers: list[Answer]) -> Row:
    """Median and 95th percentile of milliseconds."""
    row = {}
    for name in ("first", "full", "gui"):
        values = [getattr(answer, name) for answer in answers]
        row[f"{name} p50"] = round(float(np.percentile(values, 50)), 1)
        row[f"{name} p95"] = round(float(np.percentile(values, 95)), 1)
    row["gui max"] = round(max(answer.gui for answer in answers), 1)
    row["rough"] = sum(answer.full > answer.first for answer in answers)
    row["nothing"] = sum(answer.nothing for answer in answers)
    return row


def measured(place: Path, source: Any, size: Size, times: int, *, tools: bool) -> dict[str, Row]:
    """Everything of one size of picture."""
    folder = place / f"{size[1]}x{size[0]}"
    folder.mkdir()
    pictures(folder, source, size, 1 if tools else times + 1)
    window = open_window([folder], Settings(path=place / f"{folder.name}.ini", theme="light"))
    window.resize(1600, 1000)
    hand = Hand(window)
    shown = Canvas.paintEvent

    def painted(canvas: Canvas, event: QPaintEvent) -> None:
        shown(canvas, event)
        hand.after_paint()

    Canvas.paintEvent = painted  # type: ignore[method-assign]
    document = hand.core.document
    hand.waits(lambda: document.labelled and window.jobs.shown is None)
    found = (helped if tools else clicked)(hand, size, times)
    Canvas.paintEvent = shown  # type: ignore[method-assign]
    window.close()
    hand.rests(0.2)
    return {name: summed(answers) for name, answers in found.items()}


def main() -> None:
    """Read the arguments, measure, print tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--photo", type=Path, help="a photograph; the sample street without it")
    parser.add_argument("--sides", default="480x360,1024x1024,4000x3000", help="WIDTHxHEIGHT, …")
    parser.add_argument("--times", type=int, default=12)
    parser.add_argument("--tools", action="store_true", help="the other tools instead of clicks")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    source = read_image(given.photo or sample_paths()[0][0])
    application = QApplication.instance() or QApplication(sys.argv[:1])
    found: dict[str, dict[str, Row]] = {}
    with tempfile.TemporaryDirectory() as name:
        for kind in ("CONFIG", "DATA", "STATE", "CACHE"):
            os.environ[f"XDG_{kind}_HOME"] = str(Path(name) / kind.lower())
        for text in given.sides.split(","):
            width, height = map(int, text.split("x"))
            rows = measured(Path(name), source, (height, width), given.times, tools=given.tools)
            found[text] = rows
            columns = list(next(iter(rows.values())))
            print(f"\n| {text} | {' | '.join(columns)} |\n|---|{'---|' * len(columns)}")
            for what, row in rows.items():
                print(f"| {what} | {' | '.join(str(row[key]) for key in columns)} |", flush=True)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"\nAt most {peak:,.0f} MiB of memory.")
    if given.json:
        given.json.write_text(json.dumps(found, indent=1), encoding="utf-8")
    del application


if __name__ == "__main__":
    main()
