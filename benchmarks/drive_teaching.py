"""From ten pictures labelled with help to a model that helps more: driven through the real window.

    python -m benchmarks.drive_teaching [--aerial ../shared/data/aerial] [--json FILE]

Drawn valleys, or satellite pictures, are opened with `street-b0`, which knows none of their
classes. A simulated person who knows the truth scribbles over the first picture, accepts what the
scribbles say of it, and brushes until 95 % agree; on the pictures after it what was taught is there
when they open. Ten pictures later the model is fine-tuned from the Teach tab, what flips is looked
at, and the new model is used. On the pictures after these the simulated annotator
(`benchmarks/annotator`) counts the actions of a brush from nothing, from what the model before
says, and from what the new one says. `--shots FOLDER` saves the window on the way.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PySide6.QtWidgets import QApplication

from app.settings import Settings
from app.studio import open_window
from benchmarks import drawn_valleys
from benchmarks.annotator.hand import longest_way, strokes
from benchmarks.annotator.sheet import Sheet, Wrong
from benchmarks.annotator.studio import Model, Studio
from benchmarks.annotator.ways import REACHED, WAYS, label
from benchmarks.assist_simulation import pairs
from benchmarks.drive_labelling import Hand
from segcore.classes import ClassTable
from segcore.opencv import cv2

SCRIBBLES = 2
"""Of a class on the first picture; on each later one at most so many altogether, where it pays."""
LEAST_SHARE = 0.005
MOST_STROKES = 60
SIDE = 320
"""Pixels a side of the satellite pictures, cut from their middles."""
BRUSH_EMPTY, BRUSH_PREDICTION = WAYS["brush, empty picture"], WAYS["brush, prediction"]


class Scene(NamedTuple):
    """A picture with its true labels, in ids of the domain's own classes."""

    name: str
    image: Any
    truth: Any


class Person(Hand):
    """Scribbles, accepts and brushes at the window."""

    actions = 0

    def teaches(self, truth: Any, most: int) -> None:
        """Scribble along the largest regions that are wrong in the preview, class by class."""
        panel = self.window.teach_link.panel
        self.core.view_state.tool = "scribble"
        drawn: dict[int, int] = {}
        for _ in range(most):
            self.rests()
            sheet = Sheet(truth, self.proposed(), np.zeros(truth.shape, np.uint8))
            wrong = next(
                (
                    each
                    for each in sheet.largest(24)
                    if drawn.get(each.class_id, 0) < SCRIBBLES
                    and each.mask.sum() >= LEAST_SHARE * truth.size
                ),
                None,
            )
            if wrong is None:
                break
            drawn[wrong.class_id] = drawn.get(wrong.class_id, 0) + 1
            self.core.view_state.active_class = wrong.class_id
            self.drags(_thin(wrong))
            self.actions += 1
        self.rests()
        if self.core.assisting.preview is not None:
            panel.accept.click()
            self.waits_for(lambda: self.core.assisting.preview is None)

    def proposed(self) -> Any:
        """(H, W) the labels as they would be with what is previewed."""
        labels = self.labels.copy()
        preview = self.core.assisting.preview
        if preview is not None:
            proposal = preview.outcome.proposal
            inside = labels[proposal.place.slices]
            inside[proposal.region] = proposal.ids[proposal.region]
        return labels

    def brushes(self, truth: Any) -> float:
        """Until enough agrees; the agreement."""
        self.core.view_state.tool = "brush"
        sheet = Sheet(truth, self.labels, np.zeros(truth.shape, np.uint8))
        for _ in range(MOST_STROKES):
            if sheet.agreement >= REACHED:
                break
            found = _best_stroke(sheet)
            if found is None:
                break
            wrong, stroke = found
            self.core.view_state.active_class = wrong.class_id
            self.core.view_state.brush_size = stroke.diameter
            self.drags(list(stroke.points) if len(stroke.points) > 1 else [*stroke.points] * 2)
            self.actions += 1
            sheet.labels = self.labels
        return sheet.agreement

    def rests(self) -> None:
        """Until the preview is what the strokes say."""
        QApplication.processEvents()
        self.waits_for(lambda: not self.core.assisting.is_busy)

    def shoots(self, folder: Path | None, name: str) -> None:
        """Save what the window shows."""
        if folder is not None:
            for _ in range(40):
                QApplication.processEvents()
                time.sleep(0.02)
            self.window.grab().save(str(folder / f"{name}.png"))


def _thin(wrong: Wrong) -> list[tuple[int, int]]:
    way = longest_way(wrong.mask)
    line = cv2.approxPolyDP(way.reshape(-1, 1, 2).astype(np.int32), 1.0, closed=False)
    points = [(int(x), int(y)) for x, y in line.reshape(-1, 2)]
    return points if len(points) > 1 else [*points] * 2


def _best_stroke(sheet: Sheet) -> tuple[Wrong, Any] | None:
    for wrong in sheet.largest(12):
        fits = list(strokes(sheet, wrong))
        if fits:
            size = sheet.truth.shape
            best = max(fits, key=lambda s: sheet.gain(s.covered(size), wrong.class_id))
            if sheet.gain(best.covered(size), wrong.class_id) > 0:
                return wrong, best
    return None


def drive(
    scenes: list[Scene],
    classes: tuple[str, ...],
    place: Path,
    asked: argparse.Namespace,
) -> dict[str, Any]:
    """The whole way; what it took."""
    folder = place / "pictures"
    folder.mkdir()
    for scene in scenes:
        cv2.imwrite(str(folder / scene.name), scene.image[..., ::-1])
    window = open_window([folder], Settings(path=place / "studio.ini", theme=asked.theme))
    window.resize(1440, 900)
    person = Person(window)
    core, document = window.core, window.core.document
    person.waits_for(lambda: len(core.session.names) == len(scenes) and document.labelled)
    core.prediction.automatic = False
    window.tabs.setCurrentWidget(window.teach_link.panel)
    own = _with_classes(person, classes)
    truths = {each.name: _renamed(each.truth, own) for each in scenes}

    rows = []
    for number in range(asked.pictures):
        scene = _opened(person, scenes, number)
        person.actions = 0
        begun = time.perf_counter()
        count = SCRIBBLES * len(classes) if number == 0 else SCRIBBLES
        person.teaches(truths[scene.name], count)
        after = float(Sheet(truths[scene.name], person.labels, person.labels).agreement)
        if number == 1:
            person.shoots(asked.shots, "taught")
        scribbles = person.actions
        agreement = person.brushes(truths[scene.name])
        document.flush()
        window.actions_by_name["status_approved"].trigger()
        rows.append(
            {
                "picture": scene.name,
                "scribbles": scribbles,
                "taught": round(after, 4),
                "strokes": person.actions - scribbles,
                "agreement": round(agreement, 4),
                "seconds": round(time.perf_counter() - begun, 1),
            }
        )
        print(rows[-1], file=sys.stderr, flush=True)

    core.view_state.tool = "pan"
    told = _tuned(person, scenes, asked)
    new = str(window.teach_link.tuning.new_model)
    window.teach_link.panel.tuning.accept.click()
    person.waits_for(lambda: window.models.model.spec.source == new)
    core.prediction.automatic = True
    counted = []
    before, after_model = Model("street-b0"), Model(new)
    for number in range(asked.pictures, len(scenes)):
        scene = _opened(person, scenes, number)
        window.actions_by_name["predict"].trigger()
        person.waits_for(lambda: document.prediction is not None and document.labelled)
        truth = truths[scene.name]
        studio = Studio(scene.image, document.classes, after_model)
        ways = {
            "nothing": (BRUSH_EMPTY, truth),
            "the model before": (BRUSH_PREDICTION, _predicted(before, scene, document.classes)),
            "the new model": (BRUSH_PREDICTION, person.labels.copy()),
        }
        found = {name: label(studio, truth, begun, way) for name, (way, begun) in ways.items()}
        counted.append({name: [each.actions, each.begun_at] for name, each in found.items()})
        print(scene.name, counted[-1], file=sys.stderr, flush=True)
    window.close()
    return {"labelled": rows, "fine-tuning": told, "next": counted, "means": _means(counted)}


def _with_classes(person: Person, classes: tuple[str, ...]) -> dict[int, int]:
    """Add the domain's classes to the project's; its own id of each."""
    window, document = person.window, person.core.document
    for name in classes:
        if document.classes.id_of(name) is None:
            window.classes.addRequested.emit(name)
    person.waits_for(lambda: document.classes.id_of(classes[-1]) is not None)
    return {number: document.classes.id_of(name) for number, name in enumerate(classes)}  # type: ignore[misc]


def _renamed(truth: Any, own: dict[int, int]) -> Any:
    table = np.full(256, 255, np.uint8)
    for number, class_id in own.items():
        table[number] = class_id
    return table[truth]


def _opened(person: Person, scenes: list[Scene], number: int) -> Scene:
    """The picture, in the window, all of it in view."""
    core, scene = person.core, scenes[number]
    position = core.session.names.index(scene.name)
    core.session.open_index(position)
    person.waits_for(lambda: core.document.name == scene.name)
    person.window.canvas.fit()
    QApplication.processEvents()
    return scene


def _predicted(model: Model, scene: Scene, classes: ClassTable) -> Any:
    from app.lay_under import mapped_labels

    return mapped_labels(model.labels(scene.image), model.classes, classes)


def _tuned(person: Person, scenes: list[Scene], asked: argparse.Namespace) -> dict[str, Any]:
    """Fine-tune from the Teach tab, and look at what would flip."""
    link = person.window.teach_link
    section, tuning = link.panel.tuning, link.tuning
    begun = time.perf_counter()
    section.steps.setValue(asked.steps)
    section.start.click()
    deadline = time.monotonic() + asked.patience
    while tuning.is_running and time.monotonic() < deadline:
        QApplication.processEvents()
        time.sleep(0.05)
    if tuning.new_model is None:
        tuning.shutdown()
        raise SystemExit(section.words.text())
    seconds = time.perf_counter() - begun
    mious = list(section.chart.mious)
    _opened(person, scenes, asked.pictures - 1)
    section.preview.click()
    person.waits_for(lambda: "pixels flip" in section.words.text())
    said = section.words.text()
    section.flips.click()
    person.waits_for(lambda: link.compare.controller.shown is not None)
    person.shoots(asked.shots, "flips")
    section.flips.click()
    print(mious, said, file=sys.stderr, flush=True)
    return {"steps": asked.steps, "seconds": round(seconds), "mious": mious, "said": said}


def _means(counted: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        name: {
            "actions": round(statistics.mean(each[name][0] for each in counted), 1),
            "agreement to begin with": round(statistics.mean(each[name][1] for each in counted), 4),
        }
        for name in counted[0]
    }


def valleys(count: int) -> tuple[list[Scene], tuple[str, ...]]:
    """Drawn ones."""
    found = [drawn_valleys.valley(seed) for seed in range(count)]
    named = [Scene(f"valley-{seed:02}.png", *each) for seed, each in enumerate(found)]
    return named, drawn_valleys.NAMES


def aerial(data: Path, count: int) -> tuple[list[Scene], tuple[str, ...]]:
    """The middles of satellite pictures, training ones first."""
    classes = ClassTable.read(data / "classes.json")
    found = [*pairs(data, "train", every=4), *pairs(data, "test")][:count]
    scenes = []
    for pair in found:
        height, width = pair.labels.shape
        top, left = max((height - SIDE) // 2, 0), max((width - SIDE) // 2, 0)
        where = slice(top, top + SIDE), slice(left, left + SIDE)
        image = np.ascontiguousarray(pair.image[where])
        scenes.append(Scene(f"{pair.name}.png", image, pair.labels[where]))
    return scenes, tuple(classes.names)


def main() -> None:
    """Read the arguments, drive, print what it took."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--aerial", type=Path, help="images, labels and classes.json")
    parser.add_argument("--pictures", type=int, default=10)
    parser.add_argument("--next", type=int, default=6)
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--patience", type=float, default=1200.0, help="seconds for the training")
    parser.add_argument("--theme", default="light", choices=("light", "dark"))
    parser.add_argument("--shots", type=Path)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    count = asked.pictures + asked.next
    scenes, classes = aerial(asked.aerial, count) if asked.aerial else valleys(count)
    application = QApplication.instance() or QApplication([])
    with tempfile.TemporaryDirectory() as name:
        for kind in ("CONFIG", "DATA", "STATE", "CACHE"):
            os.environ[f"XDG_{kind}_HOME"] = str(Path(name) / kind.lower())
        told = drive(scenes, classes, Path(name), asked)
    print(json.dumps(told["means"], indent=1))
    if asked.json:
        asked.json.write_text(json.dumps(told, indent=1), encoding="utf-8")
    del application


if __name__ == "__main__":
    main()
