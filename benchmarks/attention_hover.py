"""How long the attention map of a 1024 x 2048 street takes to follow the pointer in the window.

    python benchmarks/attention_hover.py --moves 200 --json hover.json

Each move of the pointer is answered from kept queries and keys; the time runs from the move to the
end of the paint that shows its map. Beside it: the longest stretch of the GUI thread in between.
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

import numpy as np
from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
SIZE = (2048, 1024)


def main() -> int:
    """Open a street, switch live on, move, and print what it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--moves", type=int, default=200)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with tempfile.TemporaryDirectory() as home:
        for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "APPDATA"):
            os.environ[name] = str(Path(home) / name.lower())
        found = measure(Path(home), options.moves)
    text = json.dumps(found, indent=2)
    sys.stdout.write(f"{text}\n")
    if options.json:
        options.json.write_text(text)
    return 0


def measure(home: Path, moves: int) -> dict[str, Any]:
    """Milliseconds of moves, by stage."""
    from app.controllers.attention import AttentionController
    from app.settings import Settings
    from app.studio import open_window
    from segcore import resources

    street = home / "street.png"
    with Image.open(resources.sample_paths()[0][0]) as image:
        image.resize(SIZE).save(street)
    window = open_window([street], Settings(path=home / "settings.ini"))
    window.resize(1440, 900)
    document, core = window.core.document, window.core
    rest_until(lambda: document.prediction is not None)
    core.view_state.tool = "query"
    window.tabs.setCurrentWidget(window.inspect_pages)
    window.inspect_pages.show_page("attention")
    page = window.inspect_pages.currentWidget()
    controller = window.findChild(AttentionController)
    core.inspection.query(100, 100)
    rest_until(lambda: len(page.maps.buttons) > 1 and window.jobs.shown is None)
    page.choose("mean")
    controller.set_live(True)
    found: dict[str, Any] = {}
    places = np.random.default_rng(1).integers((0, 0), SIZE, (moves, 2)).tolist()
    for stage in (1, 2, 3, 4):
        core.inspection.set_stage(stage)
        rest_until(lambda: page.maps.isEnabled() and window.jobs.shown is None)
        times, busiest = [], []
        for x, y in places:
            took, longest = one_move(window, page, controller, (x, y))
            times.append(took)
            busiest.append(longest)
        found[f"stage{stage}"] = {
            "p50_ms": float(np.percentile(times, 50)),
            "p95_ms": float(np.percentile(times, 95)),
            "gui_p50_ms": float(np.percentile(busiest, 50)),
            "gui_p95_ms": float(np.percentile(busiest, 95)),
            "gui_max_ms": float(np.max(busiest)),
        }
    window.close()
    return found


def one_move(
    window: Any, page: Any, controller: Any, point: tuple[int, int]
) -> tuple[float, float]:
    """Milliseconds from a move to its map on the screen; the longest turn of the event loop."""
    from PySide6.QtWidgets import QApplication

    words = f"{point[0]}, {point[1]}:"
    begin = last = time.perf_counter()
    controller.hover(*point)
    longest = 0.0
    while words not in page.message.text():
        QApplication.processEvents()
        now = time.perf_counter()
        longest, last = max(longest, now - last), now
        time.sleep(0.0002)
        last = time.perf_counter()
    window.canvas.repaint()
    end = time.perf_counter()
    return 1000 * (end - begin), 1000 * max(longest, end - last)


def rest_until(condition: Any) -> None:
    """Let the window work until it is so."""
    from PySide6.QtWidgets import QApplication

    end = time.monotonic() + 120
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError("the window did not come so far")
        QApplication.processEvents()
        time.sleep(0.002)


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    sys.exit(main())
