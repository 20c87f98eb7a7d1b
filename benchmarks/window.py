"""The window among many pictures: a huge folder, the next picture, a batch against headless.

    QT_QPA_PLATFORM=offscreen python benchmarks/window.py --json figures.json

Real window, real bundled model, settings and projects in a temporary folder. Headless is
`segcore.batch`, as `predict` runs it, over copies of the same pictures, in turn with the window.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psutil
from PIL import Image
from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QApplication

from app.main_window import MainWindow
from app.settings import Settings
from app.studio import open_window
from segcore import resources
from segcore.batch import predict_folder
from segcore.inference import Predictor

Row = dict[str, str | float]

WAIT = 300.0


def until(condition: Callable[[], bool]) -> float:
    """Let the event loop run until then, as in use; seconds it took, to some 2 ms."""
    begin = time.perf_counter()
    loop, timer = QEventLoop(), QTimer()

    def look() -> None:
        if condition():
            loop.exit()
        elif time.perf_counter() - begin > WAIT:
            loop.exit(1)

    timer.timeout.connect(look)
    timer.start(2)
    if loop.exec():
        raise SystemExit("the window did not get there in time")
    return time.perf_counter() - begin


def opened(paths: list[Path], place: Path, **settings: bool) -> MainWindow:
    """A new window on these paths."""
    return open_window(paths, Settings(path=place / f"{time.time_ns()}.ini", **settings))


def huge_folder(place: Path, count: int) -> list[Row]:
    """How soon a folder of that many files can be worked in, and what it takes."""
    folder = place / "many"
    folder.mkdir()
    first = folder / "0.png"
    Image.new("RGB", (64, 48), (90, 120, 150)).save(first)
    data = first.read_bytes()
    for number in range(1, count):
        (folder / f"{number}.png").write_bytes(data)
    empty = opened([first], place, auto_predict=False)
    until(lambda: empty.core.document.image is not None)
    process = psutil.Process()
    before = process.memory_info().rss
    session = empty.core.session
    begin = time.perf_counter()
    empty.files.open_paths([folder])
    until(lambda: session.project is not None and len(session.names) > 1)
    session.open_index(1)
    until(lambda: empty.core.document.name == "1.png")
    usable = time.perf_counter() - begin
    until(lambda: len(session.names) == count)
    listed = time.perf_counter() - begin
    grown = (process.memory_info().rss - before) / 2**20
    empty.close()
    what = f"folder of {count:,} pictures"
    return [
        {"what": f"{what}: a picture of it open", "ours": usable, "goal": 1.0, "unit": "s"},
        {"what": f"{what}: all listed", "ours": listed, "unit": "s"},
        {"what": f"{what}: memory over an empty window", "ours": grown, "goal": 300, "unit": "MiB"},
    ]


def next_picture(place: Path) -> list[Row]:
    """From the key to the next 12-megapixel picture on the canvas, read ahead."""
    folder = place / "large"
    folder.mkdir()
    with Image.open(resources.sample_paths()[0][0]) as sample:
        large = sample.resize((4000, 3000))
    for number in range(6):
        large.save(folder / f"{number}.jpg", quality=90)
    window = opened([folder], place, auto_predict=False)
    document, taken = window.core.document, []
    until(lambda: document.name == "0.jpg" and len(window.core.session.names) == 6)
    for number in range(1, 6):
        rest = time.perf_counter() + 2.5
        until(lambda rest=rest: time.perf_counter() > rest)
        begin = time.perf_counter()
        window.actions_by_name["next"].trigger()
        until(lambda number=number: document.name == f"{number}.jpg")
        window.canvas.repaint()
        taken.append(time.perf_counter() - begin)
    window.close()
    median = statistics.median(taken) * 1e3
    return [{"what": "next picture of 12 megapixels", "ours": median, "goal": 100, "unit": "ms"}]


def batch(place: Path, count: int, rounds: int) -> list[Row]:
    """Pictures a second in the window as a share of the headless rate."""
    folder = place / "streets"
    folder.mkdir()
    samples = [picture for picture, _labels in resources.sample_paths()]
    for number in range(count):
        (folder / f"{number}.jpg").write_bytes(samples[number % len(samples)].read_bytes())
    predictor = Predictor.load("street-b0")
    predict_folder(predictor, samples, place / "warm")
    shares = []
    for turn in range(rounds):
        begin = time.perf_counter()
        predict_folder(predictor, [folder], place / f"masks{turn}")
        headless = time.perf_counter() - begin
        window = opened([folder], place / f"round{turn}", auto_predict=False)
        os.environ["XDG_DATA_HOME"] = str(place / f"data{turn + 1}")
        core = window.core
        until(lambda core=core: core.prediction.model is not None)
        until(lambda core=core: len(core.session.names) == count)
        until(lambda window=window: window.jobs.shown is None)
        begin = time.perf_counter()
        window.actions_by_name["predict_all"].trigger()
        QApplication.processEvents()
        until(lambda window=window: window.jobs.shown is None)
        project, names = core.session.project, list(core.session.names)
        assert project is not None
        until(lambda p=project, names=names: all(p.has_labels(name) for name in names))
        shares.append(100 * headless / (time.perf_counter() - begin))
        window.close()
    share = statistics.median(shares)
    what = f"batch of {count} pictures in the window, share of the headless rate"
    return [{"what": what, "ours": share, "goal": 95, "unit": "%"}]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, default=100_000)
    parser.add_argument("--pictures", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path, help="write the figures there too")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        for kind in ("CONFIG", "DATA", "STATE", "CACHE"):
            os.environ[f"XDG_{kind}_HOME"] = str(place / kind.lower())
        rows = huge_folder(place, chosen.files)
        rows += next_picture(place)
        rows += batch(place, chosen.pictures, chosen.rounds)
    print("| what | ours | goal |\n|---|---|---|")
    for row in rows:
        goal = f"{row['goal']} {row['unit']}" if "goal" in row else ""
        print(f"| {row['what']} | {row['ours']:.3g} {row['unit']} | {goal} |")
    if chosen.json:
        chosen.json.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
