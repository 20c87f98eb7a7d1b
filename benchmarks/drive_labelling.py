"""Label a real set by driving the real window: the way that `docs/labelling.md` describes.

    python -m benchmarks.drive_labelling ../shared/data/street --pictures 3

Copies of some test pictures are opened, the model predicts, and a simulated person who knows the
truth corrects the largest mistakes with five tools, mouse and keys as at the window: an edit that
does harm is taken back with Ctrl+Z. Then the walk through what the model doubts, a status for each
picture, and two exports, which are read again and must hold what the project holds. `--keep` leaves
the project and the exports for other readers.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.main_window import MainWindow
from app.settings import Settings
from app.studio import open_window
from benchmarks.annotator.hand import strokes
from benchmarks.annotator.sheet import Sheet, Wrong
from segcore.formats.contract import ImportOptions
from segcore.formats.importing import import_set
from segcore.formats.table import format_named
from segcore.images import find_images
from segcore.labels import read_label_map
from segcore.opencv import cv2

PATIENCE = 280.0
ROUNDS = 3
"""How often each of the five tools is tried on a picture."""
TOOLS = ("brush", "fill", "click", "superpixels", "refine")
LEFT = Qt.MouseButton.LeftButton
NONE = Qt.KeyboardModifier.NoModifier
CTRL = Qt.KeyboardModifier.ControlModifier
FORMATS = ("coco", "cityscapes")
CITYSCAPES = {
    "Sky": "sky",
    "Building": "building",
    "Pole": "pole",
    "Road": "road",
    "Pavement": "sidewalk",
    "Tree": "vegetation",
    "SignSymbol": "traffic sign",
    "Fence": "fence",
    "Car": "car",
    "Pedestrian": "person",
    "Bicyclist": "rider",
}
"""What its classes are called there."""


class Hand:
    """Mouse and keys at the window."""

    def __init__(self, window: MainWindow) -> None:
        self.window, self.core = window, window.core
        self.kept: Counter[str] = Counter()
        self.taken_back: Counter[str] = Counter()

    @property
    def labels(self) -> Any:
        """(H, W) what the open picture's pixels are called."""
        labels = self.core.document.labels
        assert labels is not None
        return labels

    def waits_for(self, condition: Callable[[], bool]) -> None:
        """Let the window work until then."""
        deadline = time.monotonic() + PATIENCE
        while not condition():
            if time.monotonic() > deadline:
                said = self.window.banner.current
                raise SystemExit(said.sentence if said else "the window did not come so far")
            QApplication.processEvents()
            time.sleep(0.005)

    def presses(self, key: Qt.Key, modifier: Qt.KeyboardModifier = NONE) -> None:
        """A key on the canvas."""
        self.window.canvas.setFocus()
        QTest.keyClick(self.window.canvas, key, modifier)

    def drags(self, points: list[tuple[int, int]]) -> None:
        """Press at the first image pixel, move over the others, let go."""
        canvas = self.window.canvas
        QTest.mousePress(canvas, LEFT, NONE, self._place(points[0]))
        for point in points[1:]:
            QTest.mouseMove(canvas, self._place(point))
            QApplication.processEvents()
        QTest.mouseRelease(canvas, LEFT, NONE, self._place(points[-1]))

    def clicks(self, point: tuple[int, int]) -> None:
        """One click on an image pixel."""
        QTest.mouseClick(self.window.canvas, LEFT, NONE, self._place(point))

    def corrects(self, tool: str, sheet: Sheet, wrong: Wrong) -> None:
        """Do something to a region with a tool; take it back where it does harm."""
        before, labels = sheet.agreement, self.labels.copy()
        self.core.view_state.active_class = wrong.class_id
        self.core.view_state.tool = tool
        if not self._does(tool, sheet, wrong):
            return
        self.waits_for(lambda: not self.core.assisting.is_busy)
        sheet.labels = self.labels
        if np.array_equal(labels, self.labels):
            return
        if sheet.agreement < before:
            self.presses(Qt.Key.Key_Z, CTRL)
            self.waits_for(lambda: np.array_equal(labels, self.labels))
            self.taken_back[tool] += 1
        else:
            self.kept[tool] += 1

    def _does(self, tool: str, sheet: Sheet, wrong: Wrong) -> bool:
        if tool in ("fill", "click"):
            self.clicks(wrong.middle)
        elif tool in ("brush", "superpixels"):
            fits = list(strokes(sheet, wrong))
            if not fits:
                return False
            best = max(fits, key=lambda s: sheet.gain(s.covered(sheet.truth.shape), wrong.class_id))
            self.core.view_state.brush_size = best.diameter
            self.drags(list(best.points) if len(best.points) > 1 else [*best.points] * 2)
        else:
            x, y, width, height = cv2.boundingRect(wrong.mask.view(np.uint8))
            self.drags([(x, y), (x + width // 2, y + height // 2), (x + width, y + height)])
        if tool in ("click", "refine"):
            self.waits_for(lambda: not self.core.assisting.is_busy)
            self.presses(Qt.Key.Key_Return)
        return True

    def _place(self, point: tuple[int, int]) -> QPoint:
        view = self.window.canvas.viewport
        x, y = view.to_device((point[0] + 0.5, point[1] + 0.5))
        return QPoint(int(x / view.ratio), int(y / view.ratio))


def correct(hand: Hand, truth: Any) -> tuple[float, float]:
    """Correct the open picture; agreement before and after."""
    sheet = Sheet(truth, hand.labels, np.zeros(truth.shape, np.uint8))
    before = sheet.agreement
    for _ in range(ROUNDS):
        for number, tool in enumerate(TOOLS):
            regions = sheet.largest(len(TOOLS))
            if number < len(regions):
                hand.corrects(tool, sheet, regions[number])
    return before, sheet.agreement


def walk(hand: Hand, truths: dict[str, Any], most: int) -> Counter[str]:
    """Through what the model doubts: accepted where most of it is right, else corrected."""
    done: Counter[str] = Counter()
    hand.window.actions_by_name["walk_start"].trigger()
    controller = hand.window.review.walk.controller
    for _ in range(most):
        hand.waits_for(lambda: controller.region is not None or not controller.active)
        region = controller.region
        if region is None:
            break
        hand.waits_for(lambda: not hand.core.assisting.is_busy)
        place, mask = region.selection
        truth = truths[hand.core.document.name][place.slices][mask]
        counts = np.bincount(truth[truth != 255], minlength=11)
        now = np.bincount(hand.labels[place.slices][mask], minlength=256)
        right = int(counts.argmax())
        if not counts.any():
            done["left"] += 1
            hand.presses(Qt.Key.Key_S)
        elif int(now.argmax()) == right or right > 9:
            done["accepted"] += 1
            hand.presses(Qt.Key.Key_Return)
        else:
            done["corrected"] += 1
            hand.presses(Qt.Key((right + 1) % 10 + Qt.Key.Key_0.value))
        hand.waits_for(lambda region=region: controller.region is not region)
    if controller.active:
        hand.presses(Qt.Key.Key_Escape)
    hand.waits_for(lambda: not hand.core.assisting.is_busy)
    return done


def export(hand: Hand, name: str, folder: Path) -> list[str]:
    """Export by the dialog; what it said would be lost."""
    hand.window.actions_by_name["export_labels"].trigger()
    dialog = hand.window.label_files.export_dialog
    assert dialog is not None
    dialog.formats.choose(name)
    dialog.folder.setText(str(folder))
    hand.waits_for(dialog.go.isEnabled)
    said = dialog.findings.sentences
    dialog.go.click()
    hand.waits_for(dialog.open_folder.isEnabled)
    dialog.close()
    QApplication.processEvents()
    return said


def same(project: Any, folder: Path, name: str) -> float:
    """The least share of a picture's pixels that an export read again has as the project has."""
    found = import_set(folder, format_named(name), ImportOptions()).labelled
    shares = []
    for picture in found.pictures:
        stem = Path(picture.name).stem
        own = next(each for each in project.images if Path(each).stem in stem)
        labels, read = project.labels(own), picture.labels()
        table = np.full(256, 255, np.uint8)
        for info in found.classes:
            match = project.classes.id_of(info.name)
            table[info.id] = 255 if match is None else match
        shares.append(float(np.mean(table[np.minimum(read, 255)] == labels)))
    return min(shares)


def drive(data: Path, pictures: int, place: Path) -> dict[str, Any]:
    """The whole way, from a folder to two exports."""
    folder = place / "my street"
    folder.mkdir()
    chosen = list(find_images(data / "images" / "test"))
    chosen = chosen[:: max(len(chosen) // pictures, 1)][:pictures]
    truths = {}
    for path in chosen:
        shutil.copy(path, folder)
        truths[path.name] = read_label_map(data / "labels" / "test" / f"{path.stem}.png").labels
    window = open_window([folder], Settings(path=place / "studio.ini", theme="light"))
    window.resize(1440, 900)
    hand, document, session = Hand(window), window.core.document, window.core.session
    rows: dict[str, Any] = {}
    hand.waits_for(lambda: len(session.names) == pictures)
    for number in range(pictures):
        name = session.names[number]
        hand.waits_for(lambda name=name: document.name == name and document.labelled)
        window.canvas.fit()
        before, after = correct(hand, truths[name])
        rows[name] = {"predicted": round(before, 4), "corrected": round(after, 4)}
        print(name, rows[name], file=sys.stderr)
        window.actions_by_name["next"].trigger()
    walked = walk(hand, truths, 6)
    for number in range(pictures):
        session.open_index(number)
        hand.waits_for(lambda number=number: document.name == session.names[number])
        window.actions_by_name["status_approved"].trigger()
    project = session.project
    assert project is not None
    hand.waits_for(lambda: all(project.status(name) == "approved" for name in project.images))
    exports = {}
    for name in FORMATS:
        if name == "cityscapes":
            for info in tuple(document.classes):
                window.classes.renameRequested.emit(info.id, CITYSCAPES[info.name])
        said = export(hand, name, place / name)
        exports[name] = {"said": said, "same": same(project, place / name, name)}
    for name in session.names:
        share = float(np.mean((project.labels(name) == truths[name])[truths[name] != 255]))
        rows[name]["at the end"] = round(share, 4)
    window.close()
    return {
        "pictures": rows,
        "kept": dict(hand.kept),
        "taken back": dict(hand.taken_back),
        "walk": dict(walked),
        "exports": exports,
    }


def main() -> None:
    """Read the arguments, label, print what came of it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("data", type=Path, help="images/test, labels/test and classes.json")
    parser.add_argument("--pictures", type=int, default=3)
    parser.add_argument("--keep", type=Path, help="a new folder for the project and the exports")
    given = parser.parse_args()
    application = QApplication.instance() or QApplication([])
    with tempfile.TemporaryDirectory() as name:
        place = (given.keep or Path(name)).absolute()
        place.mkdir(parents=True, exist_ok=given.keep is None)
        for kind in ("CONFIG", "DATA", "STATE", "CACHE"):
            os.environ[f"XDG_{kind}_HOME"] = str(place / kind.lower())
        print(json.dumps(drive(given.data, given.pictures, place), indent=1))
    del application


if __name__ == "__main__":
    main()
