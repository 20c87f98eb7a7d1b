"""From the start of the process to a window that paints, and to the first mask.

    QT_QPA_PLATFORM=offscreen python benchmarks/start.py --rounds 5 --json figures.json

Each round is a new process with settings and data folders of its own, so that it is a first start:
the drawn street and the bundled model. Times count from before the interpreter was started.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

GOALS = {"window painted": 2.0, "window pans": 2.0, "first result": 8.0}

CHILD = """
import json, sys, time
begin = float(sys.argv[1])
from PySide6.QtCore import QEvent, QObject, QTimer
from app.studio import open_window

class Watch(QObject):
    def __init__(self):
        super().__init__()
        self.times = {}

    def note(self, what):
        self.times.setdefault(what, time.time() - begin)

    def eventFilter(self, watched, event):
        if event.type() == QEvent.Type.Paint:
            QTimer.singleShot(0, self.painted)
        return False

    def painted(self):
        self.note("window painted")
        if "window pans" not in self.times and window.core.document.image is not None:
            window.canvas.pan_by(20, 0)
            window.canvas.repaint()
            self.note("window pans")

    def result(self):
        if window.core.document.prediction is not None:
            window.canvas.repaint()
            self.note("first result")
            window.close()
            QTimer.singleShot(0, application.quit)

watch = Watch()
window = open_window()
from PySide6.QtWidgets import QApplication
application = QApplication.instance()
window.canvas.installEventFilter(watch)
window.core.document.predictionChanged.connect(watch.result)
application.exec()
print(json.dumps(watch.times))
"""


def first_start() -> dict[str, float]:
    """Seconds from the start of one new process to each milestone."""
    with tempfile.TemporaryDirectory() as home:
        places = dict.fromkeys(
            ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"), home
        )
        result = subprocess.run(
            [sys.executable, "-c", CHILD, str(time.time())],
            env={**os.environ, **places},
            cwd=Path(__file__).parent.parent,
            stdout=subprocess.PIPE,
            text=True,
            timeout=120,
            check=True,
        )
    times: dict[str, float] = json.loads(result.stdout.splitlines()[-1])
    return times


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path, help="write the figures there too")
    chosen = parser.parse_args()
    first_start()  # fills the disk cache, as a second start of the day finds it
    rounds = [first_start() for _ in range(chosen.rounds)]
    figures = {
        what: {
            "median": statistics.median(times[what] for times in rounds),
            "lowest": min(times[what] for times in rounds),
            "highest": max(times[what] for times in rounds),
            "goal": goal,
        }
        for what, goal in GOALS.items()
    }
    print("| from the start of the process | median | lowest - highest | goal |\n|---|---|---|---|")
    for what, row in figures.items():
        spread = f"{row['lowest']:.2f} - {row['highest']:.2f} s"
        print(f"| {what} | {row['median']:.2f} s | {spread} | {row['goal']:g} s |")
    if chosen.json:
        chosen.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
