"""Kill a labelling run again and again, and see what is lost.

    python benchmarks/kills.py --kills 100 --json

A child process edits a project as a person would: small and large patches, whole maps, folding,
closing and opening again. It says each edit after `record` has returned. At a random moment it is
killed with SIGKILL; then the project is opened here, and every picture must be exactly as after
some number of its edits, in order, none of them half done. What counts is the age, at the kill, of
the oldest edit that is missing: DESIGN allows a second.

Every edit here is an undoable one, some are undone, and now and then the pixels of one class become
another's in every picture, through the project's own change of classes. After each kill the undo
history is checked against the labels: the step that would be undone must have left what is there.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image

from segcore.classes import ClassTable
from segcore.edits import Edit
from segcore.edits.patch import patch_between
from segcore.geometry import Box
from segcore.project import Project
from segcore.project.class_changes import ClassChange, change_everywhere, pixels_of, read_plan

CLASSES = ClassTable.from_names([f"class {index}" for index in range(11)])
SIZES = {"small.png": (480, 640), "wide/ä b.jpg": (300, 1200), "large.jpg": (2000, 3000)}
ALLOWED_SECONDS = 1.0
PLAIN = 2
"""The origin of the steps that are recorded without a way back."""
STEPS: list[int] = []


class Step(NamedTuple):
    """The edit of one number; the same in the child and in the check."""

    name: str
    box: Box
    patch: npt.NDArray[np.uint8]
    origin: int


class Maps(NamedTuple):
    labels: npt.NDArray[np.uint8]
    origins: npt.NDArray[np.uint8]


@dataclass
class Outcome:
    """What one kill did."""

    edits: int
    lost: int
    oldest_lost_seconds: float


def step(seed: int, number: int) -> Step:
    """Edit `number` of a run: a patch of one id or of noise, now and then a whole map."""
    rng = np.random.default_rng((seed, number))
    name = list(SIZES)[rng.choice(3, p=(0.5, 0.3, 0.2))]
    height, width = SIZES[name]
    box = Box(0, 0, width, height)
    if rng.random() > 0.05:
        x0, y0 = int(rng.integers(0, width - 1)), int(rng.integers(0, height - 1))
        box = Box(x0, y0, x0 + int(rng.integers(1, 400)), y0 + int(rng.integers(1, 400)))
        box = box.clip(height, width)
    ids = np.append(np.arange(len(CLASSES), dtype=np.uint8), np.uint8(CLASSES.ignore))
    noisy = rng.random() < 0.3
    patch = rng.choice(ids, box.size) if noisy else np.full(box.size, rng.choice(ids), np.uint8)
    return Step(name, box, patch, 1 if rng.random() < 0.9 else PLAIN)


def make(project: Project, made: Step) -> None:
    """Do a step: as an undoable edit, or where its origin says so without any."""
    name, box, patch, origin = made
    if origin == PLAIN:
        project.record(name, box, patch, origin)
        return
    maps = project.maps(name)
    before, said_by = maps.labels[box.slices], maps.origins[box.slices]
    after_origins = np.where(patch == CLASSES.ignore, 0, origin).astype(np.uint8)
    found = patch_between(box, before, patch, said_by, after_origins)
    if found is None:
        project.record(name, box, patch, origin)  # numbers count edits: each step leaves one
        return
    project.record_edit(name, Edit((found,), "step"))


def check_history(project: Project) -> int:
    """Steps that can be undone over all pictures; raises where one does not fit the labels."""
    steps = 0
    for name in SIZES:
        history, labels = project.history(name), project.labels(name)
        steps += history.position
        for step_done in reversed(history.steps[: history.position]):
            edit = project.edit_of(name, step_done.sequence)
            if any((labels[p.box.slices] != p.after).any() for p in edit.patches):
                raise RuntimeError(f"undoing in {name} would not take back what is there")
            for p in edit.patches:
                labels[p.box.slices] = p.before
    return steps


def change_classes(folder: Path) -> None:
    """The child: a change of classes, to be killed in."""
    project = Project.open(folder)
    print("0", time.monotonic(), flush=True)
    table, number = project.classes, 0
    while True:
        names, number = list(SIZES), number + 1
        source, target = number % len(CLASSES), (number + 1) % len(CLASSES)
        change = ClassChange(source, target, retires=False, pictures=tuple(names), text="change")
        change_everywhere(project, change, table)


def label(folder: Path, seed: int) -> None:
    """The child: edit until killed."""
    project = Project.open(folder)
    pace = random.Random(seed)
    number = 0
    while True:
        made = step(seed, number)
        make(project, made)
        print(number, time.monotonic(), flush=True)
        made.patch[:] = 0 if made.origin == PLAIN else made.patch  # a plain one is the caller's
        number += 1
        if pace.random() < 0.05:
            project.fold(pace.choice(list(SIZES)))
        if pace.random() < 0.01:
            project.close()
            project = Project.open(folder)
        time.sleep(pace.choice((0, 0, 0.001, 0.01, 0.05)))


def make_project(folder: Path) -> None:
    """A project of three black pictures beside it."""
    for name, (height, width) in SIZES.items():
        path = folder / "pictures" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.zeros((height, width, 3), np.uint8)).save(path)
    with Project.create(folder / "project", CLASSES) as project:
        project.add([folder / "pictures"])
        project.origin_id("person", "")
        project.origin_id("model", "street-b0", "0" * 64)


def kill_once(
    folder: Path, seed: int, before: dict[str, Maps], longest: float
) -> tuple[Outcome, dict[str, Maps]]:
    """Start a child, kill it at a random moment, and check every picture."""
    command = [sys.executable, __file__, "--child", str(folder), "--seed", str(seed)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        said = [child.stdout.readline()]  # the first edit: it runs by now
        time.sleep(random.Random(seed).uniform(0, longest))
        killed = time.monotonic()
        child.kill()
        said += child.stdout.readlines()
    if not said[0]:
        raise RuntimeError("the child ended by itself; see its message above")
    times = [float(line.split()[1]) for line in said if line.endswith("\n")]
    with Project.open(folder) as project:
        after = {name: Maps(project.labels(name), project.origins(name)) for name in SIZES}
        STEPS.append(check_history(project))
        if project.notes:
            print("; ".join(project.notes), file=sys.stderr)
    return _outcome(seed, times, killed, before, after), after


def kill_change(folder: Path, seed: int) -> dict[str, Maps]:
    """Kill a change of classes; on opening it must have gone through in every picture."""
    command = [sys.executable, __file__, "--child", str(folder), "--changes"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        child.stdout.readline()
        time.sleep(random.Random(seed).uniform(0, 0.6))
        child.kill()
    plan = read_plan(folder)
    with Project.open(folder) as project:
        check_history(project)
        if plan is not None:
            left = pixels_of(project, plan.source)
            if left:
                raise RuntimeError(f"a change of classes left {left}")
        return {name: Maps(project.labels(name), project.origins(name)) for name in SIZES}


def _outcome(
    seed: int, times: list[float], killed: float, before: dict[str, Maps], after: dict[str, Maps]
) -> Outcome:
    lost: list[float] = []
    by_picture: dict[str, list[tuple[Step, float]]] = defaultdict(list)
    for number, said in enumerate([*times, killed]):  # one may be on disk and not yet said
        made = step(seed, number)
        by_picture[made.name].append((made, said))
    for name, steps in by_picture.items():
        kept = _longest_prefix(before[name], after[name], [made for made, _ in steps])
        lost += [said for _, said in steps[kept:] if said < killed]
    return Outcome(len(times), len(lost), max((killed - said for said in lost), default=0.0))


def _longest_prefix(before: Maps, after: Maps, steps: list[Step]) -> int:
    """After how many of the edits the maps are what is on disk."""
    labels, origins = before.labels.copy(), before.origins.copy()
    found = -1
    for count in range(len(steps) + 1):
        if np.array_equal(labels, after.labels) and np.array_equal(origins, after.origins):
            found = count
        if count < len(steps):
            _, box, patch, origin = steps[count]
            labels[box.slices] = patch
            origins[box.slices] = np.where(patch == CLASSES.ignore, 0, origin)
    if found < 0:
        raise RuntimeError("a picture is in a state that it never had")
    return found


def run(kills: int, seed: int, folder: Path, longest: float) -> list[Outcome]:
    """Kill as often as asked for, always on the same project."""
    make_project(folder)
    state = {
        name: Maps(np.full(size, CLASSES.ignore, np.uint8), np.zeros(size, np.uint8))
        for name, size in SIZES.items()
    }
    outcomes = []
    for number in range(kills):
        outcome, state = kill_once(folder / "project", seed * 1000 + number, state, longest)
        outcomes.append(outcome)
        if number % 5 == 4:
            state = kill_change(folder / "project", seed * 1000 + number)
    return outcomes


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--longest", type=float, default=2.0, help="seconds before a kill")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--changes", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.changes:
        change_classes(arguments.child)
    if arguments.child is not None:
        label(arguments.child, arguments.seed)
    with tempfile.TemporaryDirectory() as folder:
        outcomes = run(arguments.kills, arguments.seed, Path(folder), arguments.longest)
    oldest = max(outcome.oldest_lost_seconds for outcome in outcomes)
    figures = {
        "kills": len(outcomes),
        "edits": sum(outcome.edits for outcome in outcomes),
        "lost": sum(outcome.lost for outcome in outcomes),
        "steps_to_undo": sum(STEPS),
        "oldest_lost_seconds": round(oldest, 4),
        "allowed_seconds": ALLOWED_SECONDS,
    }
    if arguments.json:
        print(json.dumps(figures))
    else:
        for name, value in figures.items():
            print(f"{name:>20}  {value}")
    return 0 if oldest <= ALLOWED_SECONDS else 1


if __name__ == "__main__":
    sys.exit(main())
