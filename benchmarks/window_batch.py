"""Predict all in the window against `predict` without one, and how smooth the window stays.

    QT_QPA_PLATFORM=offscreen python benchmarks/window_batch.py --pictures 120 --rounds 5

Real window, real bundled model, its bundled street scenes, settings and projects in a temporary
folder. Each round does the same number of pictures twice, headless and in the window, in turn and
in a process of its own each (two pools of threads in one process get in each other's way), both
with a model that has done such pictures before; a run ends when every label map stands in its PNG
file. It is the rate that is compared: with few pictures what a batch does once weighs more (the
mask of the open picture is drawn, the thumbnails in view are made anew).

A clock in the window's thread is to tick at 60 Hz meanwhile: how much later than that it comes is
what a person would feel. With `--pan` the canvas moves at every tick, as under a hand that does not
rest.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
from PySide6.QtCore import QEventLoop, Qt, QTimer

from app.inference.jobs import JobStatus
from app.main_window import MainWindow
from app.settings import Settings
from app.studio import open_window
from segcore import resources
from segcore.batch import predict_folder
from segcore.inference import Predictor

Run = dict[str, list[float]]

WAIT = 150.0
FRAME = 1 / 60


class Clock:
    """Ticks at 60 Hz in the window's thread and notes when."""

    def __init__(self, window: MainWindow, *, pan: bool) -> None:
        self.gaps: list[float] = []
        self.work: list[float] = []
        self._canvas = window.canvas if pan else None
        self._last = 0.0
        self._timer = QTimer(window)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(round(FRAME * 1000))
        self._timer.timeout.connect(self._tick)

    def start(self) -> None:
        """Begin."""
        self._last = time.perf_counter()
        self._timer.start()

    def stop(self) -> None:
        """End."""
        self._timer.stop()

    def _tick(self) -> None:
        now = time.perf_counter()
        self.gaps.append(now - self._last)
        self._last = now
        if self._canvas is not None:
            self._canvas.pan_by(3 if len(self.gaps) % 60 < 30 else -3, 0)
            self._canvas.repaint()
            self.work.append(time.perf_counter() - now)


def until(condition: Callable[[], bool]) -> None:
    """Let the event loop run until then, looking every 5 ms."""
    begin = time.perf_counter()
    loop, timer = QEventLoop(), QTimer()

    def look() -> None:
        if condition() or time.perf_counter() - begin > WAIT:
            loop.exit()

    timer.timeout.connect(look)
    timer.start(5)
    loop.exec()
    if not condition():
        raise SystemExit("the window did not get there in time")


def _has_come(moment: float) -> bool:
    return time.perf_counter() > moment


def exit_at_the_end(loop: QEventLoop, status: JobStatus) -> None:
    """Leave the loop once the batch has ended."""
    if status.kind == "batch" and status.state.is_end:
        loop.exit()


class Bench:
    """The same pictures over and over, into new folders; one half of it in each process."""

    def __init__(self, place: Path, count: int, model: str) -> None:
        self._place, self._count, self._model = place, count, model
        self._turn = 0
        self._folder = place / "pictures"
        self._samples = [picture for picture, _labels in resources.sample_paths()]

    def write_pictures(self) -> None:
        """What both halves predict."""
        self._folder.mkdir()
        for number in range(self._count):
            sample = self._samples[number % len(self._samples)]
            (self._folder / f"{number}{sample.suffix}").write_bytes(sample.read_bytes())

    def headless(self) -> Iterator[Run]:
        """Each time it is asked, everything as the command line does it."""
        predictor = Predictor.load(self._model).labels_alone()
        predict_folder(predictor, self._samples, self._place / "warm")
        while True:
            begin = time.perf_counter()
            out = self._place / f"out{self._turn}"
            summary = predict_folder(predictor, [self._folder], out)
            assert len(summary.done) == self._count
            yield {"seconds": [time.perf_counter() - begin]}
            self._turn += 1

    def window(self, *, pan: bool) -> Iterator[Run]:
        """Each time it is asked, the same pictures in a folder and a project of their own.

        As without a window the model has done the bundled pictures before.
        """
        settings = Settings(path=self._place / "settings.ini", auto_predict=False)
        settings.model = self._model
        window = open_window(list(self._samples), settings)
        core, jobs = window.core, window.jobs
        until(lambda: core.prediction.model is not None)
        until(lambda: len(core.session.names) == len(self._samples))
        self._predict_all(window)
        while True:
            folder = self._place / f"pictures{self._turn}"
            shutil.copytree(self._folder, folder)
            core.session.open_paths([folder])
            until(lambda: len(core.session.names) == self._count)
            until(lambda: core.document.image is not None)
            core.prediction.predict()  # as the picture that is open usually is
            until(lambda: jobs.shown is None)
            rest = time.perf_counter() + 0.5
            until(partial(_has_come, rest))
            clock = Clock(window, pan=pan)
            clock.start()
            taken = self._predict_all(window)
            clock.stop()
            yield {"seconds": [taken], "gaps": clock.gaps, "work": clock.work}
            self._turn += 1

    def _predict_all(self, window: MainWindow) -> float:
        """The action that a person takes; seconds until all label maps are in their files."""
        core, ended = window.core, QEventLoop()
        project = core.session.project
        assert project is not None
        end = partial(exit_at_the_end, ended)
        core.client.jobChanged.connect(end)
        begin = time.perf_counter()
        window.actions_by_name["predict_all"].trigger()
        ended.exec()  # nothing but the clock is added to what the window's thread does
        project.flush(folded=True)
        taken = time.perf_counter() - begin
        core.client.jobChanged.disconnect(end)
        written = sum(1 for _ in (project.folder / "labels").rglob("*.png"))
        # the open one may still be in its journal
        assert written >= len(core.session.names) - 1, written
        return taken


class Half:
    """A process that does one half, whenever it is told to."""

    def __init__(self, name: str, words: list[str]) -> None:
        command = [sys.executable, __file__, *words, "--half", name]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def run(self) -> Run:
        """Do it once."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write("go\n")
        self._process.stdin.flush()
        found: Run = json.loads(self._process.stdout.readline())
        return found

    def end(self) -> None:
        """End the process."""
        self._process.communicate()


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--pictures", type=int, default=120)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--model", default="street-b0")
    parser.add_argument("--pan", action="store_true", help="move the canvas at every tick")
    parser.add_argument("--half", choices=("headless", "window"), help=argparse.SUPPRESS)
    parser.add_argument("--place", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--json", type=Path, help="write the figures there too")
    chosen = parser.parse_args()
    if chosen.half:
        bench = Bench(chosen.place, chosen.pictures, chosen.model)
        half = bench.headless() if chosen.half == "headless" else bench.window(pan=chosen.pan)
        for _ in sys.stdin:
            print(json.dumps(next(half)), flush=True)
        os._exit(0)  # no window is left that would have to be asked
    figures = measured(chosen)
    for what, value in figures.items():
        print(f"{what:42}{value:9.2f}")
    if chosen.json:
        chosen.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


def measured(chosen: argparse.Namespace) -> dict[str, float]:
    """Both halves in turn, the one first and then the other."""
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        for kind in ("CONFIG", "DATA", "STATE", "CACHE"):
            os.environ[f"XDG_{kind}_HOME"] = str(place / kind.lower())
        words = ["--place", name, "--pictures", str(chosen.pictures), "--model", chosen.model]
        words += ["--pan"] if chosen.pan else []
        Bench(place, chosen.pictures, chosen.model).write_pictures()
        halves = {half: Half(half, words) for half in ("headless", "window")}
        runs: dict[str, list[Run]] = {"headless": [], "window": []}
        for turn in range(chosen.rounds + 1):
            for half in sorted(halves, reverse=turn % 2 == 1):
                run = halves[half].run()
                if turn:  # the first round does not count
                    runs[half].append(run)
        for process in halves.values():
            process.end()
    return figures_of(runs["headless"], runs["window"], chosen.pictures)


def figures_of(headless: list[Run], window: list[Run], count: int) -> dict[str, float]:
    """Medians over the rounds; of the gaps, over all ticks."""
    alone, within = ([run["seconds"][0] for run in runs] for runs in (headless, window))
    shares = [100 * one / other for one, other in zip(alone, within)]
    gaps = 1e3 * np.array([gap for run in window for gap in run["gaps"]])
    work = 1e3 * np.array([work for run in window for work in run["work"]] or [0.0])
    return {
        "headless, pictures a second": count / statistics.median(alone),
        "window, pictures a second": count / statistics.median(within),
        "window, % of headless": statistics.median(shares),
        "  the worst round": min(shares),
        "  the best round": max(shares),
        "60 Hz clock, ms between ticks, median": float(np.median(gaps)),
        "60 Hz clock, ms between ticks, p95": float(np.percentile(gaps, 95)),
        "60 Hz clock, ms between ticks, p99": float(np.percentile(gaps, 99)),
        "60 Hz clock, ms between ticks, longest": float(gaps.max()),
        "pan and paint, ms, p95": float(np.percentile(work, 95)),
    }


if __name__ == "__main__":
    main()
