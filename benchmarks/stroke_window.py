"""How long a stroke over a huge picture lags behind the hand in the real window.

    xvfb-run -a -s "-screen 0 2000x1300x24" python -m benchmarks.stroke_window [--side 20000]
        [--strokes 12] [--moves 30] [--model street-b0] [--json out.json]

A project of one square picture of `side` pixels with a label map of smooth regions, and of street
scenes beside it. The hand moves 60 times a second, up to 300 screen pixels each time, with a brush
of 500 pixels, at 1:1 and with the whole picture in view; first with nothing else to do, then while
the window predicts the street scenes. A move's time runs from the moment at which it is due,
whatever the window is doing then, to the end of the paint that shows it; undo likewise, of each
stroke.

`processor` is that of the window's thread, with what it does just after. `stolen` is how much of
the time the machine's host kept its processors to itself; what is slow then is slow for every
program, so `kept p95` is of the moves alone that lost nothing to it, `kept` their number.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PySide6.QtCore import QEvent
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QApplication

from app.canvas.canvas import Canvas
from app.main_window import MainWindow
from app.settings import Settings
from app.studio import open_window
from benchmarks.canvas import BRUSH, CLASSES, label_map, path, picture, send
from segcore.opencv import cv2
from segcore.project import Project
from segcore.resources import sample_paths

TICK = 1 / 60
PATIENCE = 300.0
WINDOW = (1920, 1200)
SCENES = 2000
"""More than are predicted while the hand draws."""
Row = dict[str, float]
Taken = tuple[float, float, float]
"""Seconds of the clock, of the window's thread, and those that the host kept."""


class Paints:
    """When a window with its canvas was last on the screen.

    To be made before the window: Qt would not hear of it later.
    """

    def __init__(self) -> None:
        self.count, self.last, self._begun = 0, 0.0, False
        paint, update = Canvas.paintEvent, MainWindow.event

        def painted(canvas: Canvas, event: QPaintEvent) -> None:
            paint(canvas, event)
            self._begun = True

        def updated(window: MainWindow, event: QEvent) -> bool:
            done = update(window, event)
            if self._begun and event.type() == QEvent.Type.UpdateRequest:
                self.count, self.last, self._begun = self.count + 1, time.perf_counter(), False
            return done

        Canvas.paintEvent = painted  # type: ignore[method-assign]
        MainWindow.event = updated  # type: ignore[method-assign]


class Hand:
    """A mouse over the canvas, and a clock."""

    def __init__(self, window: MainWindow, paints: Paints) -> None:
        self.window, self.core, self.canvas = window, window.core, window.canvas
        self.paints = paints
        self.moves: dict[str, list[Taken]] = defaultdict(list)

    def waits(self, condition: Callable[[], object], seconds: float = PATIENCE) -> None:
        """Let the window work until then."""
        deadline = time.perf_counter() + seconds
        while not condition():
            if time.perf_counter() > deadline:
                said = self.window.banner.current
                raise SystemExit(said.sentence if said else "the window did not come so far")
            QApplication.processEvents()
            time.sleep(0.0003)

    def waits_until(self, moment: float) -> None:
        """Let the window work until a moment of the clock."""
        self.waits(lambda: time.perf_counter() >= moment)

    def does(self, what: str, gesture: Callable[[], object], due: float) -> None:
        """Do something at its moment, and note when it is on the screen."""
        self.waits_until(due)
        painted, worked, lost = self.paints.count, time.thread_time(), stolen()
        gesture()
        QApplication.processEvents()
        self.waits(lambda: self.paints.count > painted)
        worked, lost = time.thread_time() - worked, stolen() - lost
        self.moves[what].append((self.paints.last - due, worked, lost))

    def draws(self, what: str, moves: int, seed: int) -> None:
        """One stroke, and taken back."""
        view = self.canvas.width(), self.canvas.height()
        send(self.canvas, QEvent.Type.MouseButtonPress, (view[0] / 2, view[1] / 2))
        begin, at = time.perf_counter(), (0.0, 0.0)
        for number, at in enumerate(path(moves, seed, view)):
            # A hand that had to wait is where it would be by now: late moves do not add up.
            begin = max(begin, time.perf_counter() - (number + 1) * TICK)
            self.does(what, lambda at=at: self._moves(at), begin + (number + 1) * TICK)
        send(self.canvas, QEvent.Type.MouseButtonRelease, at)
        self.waits_until(time.perf_counter() + 0.3)
        undo = self.core.document.undo_stack.undo
        self.does(f"undo, {what}", undo, time.perf_counter())
        self.waits_until(time.perf_counter() + 0.2)

    def _moves(self, at: tuple[float, float]) -> None:
        send(self.canvas, QEvent.Type.MouseMove, at)


def stolen() -> float:
    """Seconds that the host kept a processor of this machine to itself, so far; 0 if unknown."""
    try:
        words = Path("/proc/stat").read_text(encoding="ascii").split(maxsplit=9)
    except OSError:
        return 0.0
    return int(words[8]) / os.sysconf("SC_CLK_TCK")


def make_project(place: Path, side: int) -> Path:
    """The project with the huge picture, labelled, and the street scenes; its folder."""
    folder = place / "pictures"
    folder.mkdir()
    cv2.imwrite(str(folder / "map.jpg"), picture(side))
    source = sample_paths()[0][0]
    for number in range(SCENES):
        shutil.copyfile(source, folder / f"scene-{number:04}{source.suffix}")
    with Project.create(place / "project", CLASSES) as project:
        project.add([folder])
        project.save("map.jpg", label_map(side), project.origin_id("imported"), straight=True)
    return place / "project"


def measured(folder: Path, given: argparse.Namespace) -> dict[str, Row]:
    """All rows."""
    settings = Settings(path=folder.parent / "settings.ini", theme="light", auto_predict=False)
    settings.model = given.model
    paints = Paints()
    window = open_window([folder], settings)
    window.resize(*WINDOW)
    hand = Hand(window, paints)
    document, state = hand.core.document, hand.core.view_state
    hand.waits(lambda: document.name == "map.jpg" and document.labels is not None)
    hand.waits(lambda: hand.core.prediction.model is not None)
    hand.canvas.wait_until_smooth()
    state.tool, state.brush_size, state.active_class = "brush", BRUSH, 7
    rows: dict[str, Row] = {}
    for work in ("alone", "beside a batch"):
        if work != "alone":
            hand.core.prediction.predict_pictures(hand.core.session.names[1:])
            hand.waits(lambda: hand.core.session.project.has_labels(hand.core.session.names[9]))
        for look, show in (("1:1", lambda: hand.canvas.zoom_to(1.0)), ("fit", hand.canvas.fit)):
            show()
            hand.waits_until(time.perf_counter() + 2.0)
            begin, kept = time.perf_counter(), stolen()
            for number in range(given.strokes):
                hand.draws(f"{look}, {work}", given.moves, number)
            share = (stolen() - kept) / (time.perf_counter() - begin) / (os.cpu_count() or 1)
            for what, taken in hand.moves.items():
                rows.setdefault(what, summed(taken) | {"stolen %": round(100 * share, 1)})
    assert window.actions_by_name["pause_run"].isEnabled(), "the batch ended before the hand did"
    return rows


def summed(taken: list[Taken]) -> Row:
    """Milliseconds of the clock and of the window's thread."""
    wall, processor, lost = 1000 * np.array(taken).T
    row = {f"p{part}": float(np.percentile(wall, part)) for part in (50, 95, 99)}
    row |= {"max": float(wall.max()), "processor p95": float(np.percentile(processor, 95))}
    kept = wall[lost == 0]
    row["kept p95"] = float(np.percentile(kept, 95)) if kept.size else float("nan")
    return {name: round(value, 1) for name, value in row.items()} | {
        "times": len(taken),
        "kept": kept.size,
    }


def main() -> None:
    """Read the arguments, measure, print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--side", type=int, default=20_000)
    parser.add_argument("--strokes", type=int, default=12)
    parser.add_argument("--moves", type=int, default=30, help="of each stroke")
    parser.add_argument("--model", default="street-b0", help="what the batch predicts with")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    application = QApplication.instance() or QApplication(sys.argv[:1])
    with tempfile.TemporaryDirectory() as name:
        for kind in ("CONFIG", "DATA", "STATE", "CACHE"):
            os.environ[f"XDG_{kind}_HOME"] = str(Path(name) / kind.lower())
        rows = measured(make_project(Path(name), given.side), given)
        columns = list(next(iter(rows.values())))
        print(f"| ms | {' | '.join(columns)} |\n|---|{'---|' * len(columns)}")
        for what, row in rows.items():
            print(f"| {what} | {' | '.join(str(row[column]) for column in columns)} |")
        if given.json:
            given.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
        sys.stdout.flush()
        os._exit(0)  # the batch is still at work, and nothing here is to be kept
    del application


if __name__ == "__main__":
    main()
