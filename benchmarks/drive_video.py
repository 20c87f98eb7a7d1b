"""Work on the drawn clip by driving the real window: the way that `docs/video.md` describes.

    python -m benchmarks.drive_video [--rounds 3] [--pictures docs/images]

The clip is opened and run, with a rest in between; its flicker is measured, and the key for the
worst frame is pressed. A simulated person who knows the truth mends that frame with five tools, and
its labels are carried to both sides; then the next worst. In the end the overlay video and the
label files are written and read again. Printed is what became of mIoU and flicker.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from unittest import mock

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QFileDialog

from app.main_window import MainWindow
from app.settings import Settings
from app.studio import open_window
from benchmarks.drive_labelling import Hand, correct, export
from benchmarks.propagation import mean_iou
from segcore import resources
from segcore.formats.contract import ImportOptions
from segcore.formats.importing import import_set
from segcore.formats.table import format_named
from segcore.labels import read_label_map
from segcore.metrics import confusion_matrix
from segcore.video import Video

REACH = 10
PASSES = 4
"""How often the mistakes of a frame are looked through."""
CTRL_ALT = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier


class ClipHand(Hand):
    """Mouse and keys at the window and its timeline."""

    def __init__(self, window: MainWindow, truths: list[Any], pictures: Path | None) -> None:
        super().__init__(window)
        self.video, self._truths, self._pictures = window.core.video, truths, pictures

    def opens(self, clip: Path) -> None:
        """The clip, until its first frame is predicted and every frame listed."""
        self.window.files.open_paths([clip])
        document = self.core.document
        self.waits_for(lambda: self.video.clip.count == len(self._truths))
        self.waits_for(lambda: document.name == self.video.clip.name_of(0) and document.labelled)

    def runs(self) -> int:
        """The model over the clip, with a rest on the way; how many frames were done by then."""
        project, pause = self.core.session.project, self.window.jobs.pause
        assert project is not None
        self.presses(Qt.Key.Key_Return, CTRL_ALT)
        self.waits_for(lambda: pause.isVisible() and len(project.labelled()) > 3)
        pause.click()
        self.rests(1.5)
        rested = len(project.labelled())
        self.rests(1.5)
        if len(project.labelled()) != rested or rested == len(self._truths):
            raise SystemExit("the run did not rest")
        pause.click()
        self.waits_for(lambda: len(project.labelled()) == len(self._truths))
        self.waits_for(lambda: self.window.jobs.shown is None)
        return rested

    def plays(self) -> int:
        """The clip to its end at four times its speed; how many frames were seen."""
        seen: list[int] = []
        self.video.playback.frameShown.connect(lambda frame: seen.append(frame.number))
        self.window.timeline.speed.setCurrentIndex(self.window.timeline.speed.count() - 1)
        self.presses(Qt.Key.Key_K)
        self.waits_for(lambda: bool(seen) and not self.video.playback.is_playing)
        return len(seen)

    def measures_flicker(self) -> float:
        """Per cent of pixels that flip, on average over the clip."""
        told: list[int] = []
        flicker = self.video.flicker

        def note(_done: int, total: int) -> None:
            told.append(total)

        flicker.workChanged.connect(note)
        self.presses(Qt.Key.Key_J, SHIFT)
        self.waits_for(lambda: told[-1:] == [0])
        flicker.workChanged.disconnect(note)
        return 100 * float(np.nanmean(self.video.flicker.shares))

    def goes_to_worst(self) -> int:
        """The key for the worst frame; its number."""
        clip, document = self.video.clip, self.core.document
        self.presses(Qt.Key.Key_J)
        number = clip.current
        self.waits_for(lambda: document.name == clip.name_of(number) and document.labelled)
        self.waits_for(lambda: self.window.jobs.shown is None)
        return number

    def mends(self, number: int) -> tuple[float, float]:
        """The open frame with five tools; agreement with the truth before and after."""
        self.window.actions_by_name["flicker_map"].setChecked(False)
        self.window.canvas.fit()
        before, after = correct(self, self._truths[number])
        for _ in range(PASSES - 1):
            _, after = correct(self, self._truths[number])
        return before, after

    def carries(self, key: Qt.Key) -> str:
        """The open frame's labels to its neighbours on one side; what the window says of it."""
        said: list[str] = []
        propagation = self.video.propagation
        propagation.ended.connect(said.append)
        propagation.notice.connect(said.append)
        self.window.timeline.reach.setValue(REACH)
        self.presses(key, CTRL_ALT)
        self.waits_for(lambda: bool(said))
        propagation.ended.disconnect(said.append)
        propagation.notice.disconnect(said.append)
        return said[0]

    def writes_video(self, target: Path) -> int:
        """The overlay by the menu; how many frames the file has."""
        saved: list[str] = []
        self.video.export.saved.connect(saved.append)
        answer = (str(target), "Overlay (*.mp4)")
        with mock.patch.object(QFileDialog, "getSaveFileName", return_value=answer):
            self.window.actions_by_name["export_video"].trigger()
        self.waits_for(lambda: bool(saved))
        with Video(target) as written:
            return len(written)

    def rests(self, seconds: float) -> None:
        """Look on for a while."""
        end = time.monotonic() + seconds
        self.waits_for(lambda: time.monotonic() > end)

    def shows(self, name: str) -> None:
        """Keep a picture of the window, where that is wanted."""
        if self._pictures is not None:
            self.rests(1.0)
            self.window.banner.hide()
            QApplication.processEvents()
            self.window.grab().save(str(self._pictures / f"{name}.png"))

    def score(self) -> float:
        """mIoU in per cent of the project's labels over all frames."""
        project = self.core.session.project
        assert project is not None
        classes, table = project.classes, np.zeros((len(project.classes),) * 2, np.int64)
        for name, truth in zip(self.video.clip.names, self._truths):
            table += confusion_matrix(truth, project.labels(name), len(classes), classes.ignore)
        return mean_iou(table)


def drive(rounds: int, place: Path, pictures: Path | None) -> dict[str, Any]:
    """The whole way, from the clip to files."""
    clip, label_paths = resources.sample_clip()
    truths = [read_label_map(path).labels for path in label_paths]
    window = open_window([], Settings(path=place / "studio.ini", theme="light"))
    window.resize(1440, 900)
    hand = ClipHand(window, truths, pictures)
    hand.opens(clip)
    found: dict[str, Any] = {"rested after": hand.runs(), "seen while playing": hand.plays()}
    found["mIoU"], found["flips"] = [hand.score()], [hand.measures_flicker()]
    found["rounds"] = []
    for turn in range(rounds):
        number = hand.goes_to_worst()
        if turn == 0:
            hand.shows("video-worst-light")
        before, after = hand.mends(number)
        said = [hand.carries(key) for key in (Qt.Key.Key_Right, Qt.Key.Key_Left)]
        found["flips"].append(hand.measures_flicker())
        found["mIoU"].append(hand.score())
        found["rounds"].append({"frame": number, "agreement": [before, after], "carried": said})
        print(found["rounds"][-1], file=sys.stderr)
    hand.shows("video-mended-light")
    found["frames written"] = hand.writes_video(place / "overlay.mp4")
    found["lost in export"] = export(hand, "png", place / "labels")
    written = import_set(place / "labels", format_named("png"), ImportOptions()).labelled
    found["label maps written"] = len(written.pictures)
    window.close()
    return found


def main() -> None:
    """Read the arguments, work, print what came of it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3, help="worst frames to mend")
    parser.add_argument("--pictures", type=Path, help="a folder for pictures of the window")
    given = parser.parse_args()
    application = QApplication.instance() or QApplication([])
    with tempfile.TemporaryDirectory() as name:
        for kind in ("CONFIG", "DATA", "STATE", "CACHE"):
            os.environ[f"XDG_{kind}_HOME"] = str(Path(name) / kind.lower())
        print(json.dumps(drive(given.rounds, Path(name), given.pictures), indent=1))
    del application


if __name__ == "__main__":
    main()
