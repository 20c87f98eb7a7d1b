"""How fast label maps are edited: the array part of the brush, undo, bucket and prediction rows.

    python benchmarks/edits.py --json

A label map of 20,000 x 20,000 pixels with its origins, as the window holds it. The brush is 500
pixels wide and moves 6,000 pixels at a time, which is 300 screen pixels with the whole map in view;
each move covers new ground.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image

from segcore.classes import ClassTable
from segcore.edits import Stroke, fill, replace_all, warm_up
from segcore.project import Project

SIDE = 20_000
BRUSH = 500
MOVE = 6_000

Maps = tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]


class Row(NamedTuple):
    """One figure: milliseconds, median and 95th percentile, and what DESIGN allows (or None)."""

    what: str
    median: float
    p95: float
    allowed: float | None


def measured(what: str, times: list[float], allowed: float | None = None) -> Row:
    median, p95 = np.percentile(1e3 * np.array(times), (50, 95)).tolist()
    return Row(what, median, p95, allowed)


def seconds(action: Callable[..., object], *arguments: object) -> float:
    begin = time.perf_counter()
    action(*arguments)
    return time.perf_counter() - begin


def scene() -> Maps:
    """Wide bands of classes, a model's; every page of the memory is in use."""
    labels = np.empty((SIDE, SIDE), np.uint8)
    for top in range(0, SIDE, 500):
        labels[top : top + 500] = top // 500 % 11
    return labels, np.ones((SIDE, SIDE), np.uint8)


def brush(maps: Maps, repeats: int) -> list[Row]:
    """Moves in every direction, the first of a stroke over fresh tiles and later ones alike."""
    warm_up()
    rng = np.random.default_rng(0)
    moves, commits = [], []
    for _ in range(repeats):
        stroke = Stroke(*maps)
        here = (float(rng.integers(0, SIDE)), float(rng.integers(0, SIDE)))
        for _ in range(4):
            there = _next_point(rng, here)
            moves.append(seconds(stroke.paint_segment, here, there, BRUSH, 5, 2))
            here = there
        commits.append(seconds(stroke.commit))
    return [
        measured(f"brush {BRUSH} px, a move of {MOVE} px", moves, 8.0),
        measured("end of a stroke of four such moves", commits, 50.0),
    ]


def _next_point(rng: np.random.Generator, here: tuple[float, float]) -> tuple[float, float]:
    while True:
        angle = rng.uniform(0, 2 * np.pi)
        there = (here[0] + MOVE * np.cos(angle), here[1] + MOVE * np.sin(angle))
        if all(0 <= value < SIDE for value in there):
            return there


def undo(maps: Maps, repeats: int) -> list[Row]:
    """Undo and redo of a 2,500 x 2,500 square, over flat classes and over noise."""
    rows = []
    for ground in ("flat classes", "noise"):
        labels, origins = (array[:2600, :2600].copy() for array in maps)
        if ground == "noise":
            rng = np.random.default_rng(0)
            labels[:] = rng.integers(0, 11, labels.shape)
            origins[:] = rng.integers(1, 3, origins.shape)
        new = np.full_like(labels, 255)
        new[:2500, :2500] = 9
        anything = np.zeros(256, np.bool_)
        anything[1:3] = True
        new[2500:], new[:, 2500:] = labels[2500:], labels[:, 2500:]
        edit = replace_all(labels, origins, new, anything, 3)
        assert edit is not None
        inverse = edit.inverse()
        times = []
        for _ in range(repeats + 1):
            edit.apply(labels, origins)
            times.append(seconds(inverse.apply, labels, origins))
        rows.append(measured(f"undo of 2,500 x 2,500 over {ground}, warm", times[1:], 5.0))
        packed = edit.packed()
        rows.append(
            measured(
                f"the same, packed to {packed.nbytes >> 10} KiB",
                [seconds(packed.inverse().apply, labels, origins) for _ in range(repeats)],
            )
        )
    return rows


def bucket(maps: Maps) -> list[Row]:
    """A region of one tile, a band of the map, and the whole map."""
    labels, origins = maps
    labels[700:900, 700:900] = 10
    rows = [
        measured(
            "fill of 200 x 200",
            [seconds(fill, labels, origins, (800, 800), 3, 2) for _ in range(5)],
        ),
        measured(
            "fill of 500 x 20,000",
            [seconds(fill, labels, origins, (9000, 9250), 3, 2) for _ in range(3)],
        ),
    ]
    whole = np.zeros_like(labels)
    rows.append(
        measured("fill of 20,000 x 20,000", [seconds(fill, whole, origins, (9000, 9250), 3, 2)])
    )
    return rows


def prediction() -> list[Row]:
    """A prediction laid under a person's pixels in a 12-megapixel picture."""
    rng = np.random.default_rng(0)
    labels = np.repeat(np.repeat(rng.integers(0, 11, (75, 100), np.uint8), 40, 0), 40, 1)
    origins = np.full(labels.shape, 1, np.uint8)
    new = np.roll(labels, 7, axis=1)
    gives_way = np.zeros(256, np.bool_)
    gives_way[:2] = True
    return [
        measured(
            "a prediction under 3000 x 4000",
            [seconds(replace_all, labels, origins, new, gives_way, 2) for _ in range(5)],
        )
    ]


def project(repeats: int) -> list[Row]:
    """What a call of `record` costs the caller, and when it is on disk; adding many pictures."""
    calls, flushes = [], []
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        Image.fromarray(np.zeros((3000, 4000, 3), np.uint8)).save(folder / "a.png")
        classes = ClassTable.from_names([str(index) for index in range(11)])
        with Project.create(folder / "project", classes) as opened:
            opened.add([folder / "a.png"])
            patch = np.zeros((1000, 1000), np.uint8)
            opened.record("a.png", (0, 0, 1000, 1000), patch)
            for index in range(repeats):
                patch[index] = index % 11
                calls.append(seconds(opened.record, "a.png", (0, 0, 1000, 1000), patch))
                flushes.append(seconds(opened.flush))
            many = folder / "many"
            many.mkdir()
            for index in range(100_000):
                (many / f"{index:06}.jpg").touch()
            added = seconds(opened.add, [many])
            listed = seconds(opened.flush)
        opening = seconds(partial(Project.open, folder / "project", read_only=True))
    return [
        measured("record of 1000 x 1000", calls),
        measured("until it is on disk", flushes, 300.0),
        measured("add of 100,000 pictures", [added]),
        measured("until they are listed on disk", [listed]),
        measured("opening a project of 100,000 pictures", [opening]),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=20)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    maps = scene()
    rows = [
        *brush(maps, arguments.repeats),
        *undo(maps, arguments.repeats),
        *bucket(maps),
        *prediction(),
        *project(arguments.repeats),
    ]
    if arguments.json:
        print(json.dumps([row._asdict() for row in rows]))
    else:
        print(f"{'ms':>52}  {'median':>9}  {'p95':>9}  {'allowed':>9}")
        for row in rows:
            allowed = "" if row.allowed is None else f"{row.allowed:9.1f}"
            print(f"{row.what:>52}  {row.median:9.2f}  {row.p95:9.2f}  {allowed:>9}")
    return 0 if all(row.allowed is None or row.median <= row.allowed for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
