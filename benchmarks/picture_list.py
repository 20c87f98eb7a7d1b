"""How long the list of pictures holds up the window: 100,000 pictures opened, filtered, sorted.

Prints the median and the longest of some rounds in milliseconds, of the GUI thread's own work with
the painting that follows, and the median of that thread's processor time, which tells what it does
from what a busy machine adds. What is read from the project before (facts, order by name) happens
on a thread and is not in it.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from app.panels.images import ImageListPanel

COUNT = 100_000
LONGEST = 50.0
"""Milliseconds that the GUI thread may be busy."""


def main() -> int:
    """Measure and print; 1 when something takes longer than 50 ms."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtWidgets import QApplication

    from app.panels.images import ImageListPanel
    from segcore.review.picture_table import ORDERS, Facts, name_ranks

    application = QApplication(sys.argv[:1])
    names = [f"folder{i // 1000}/picture{i}.jpg" for i in range(COUNT)]
    rng = np.random.default_rng(1)
    facts = Facts(
        rng.integers(0, 6, COUNT).astype(np.uint8),
        rng.random(COUNT) < 0.1,
        rng.random(COUNT, np.float32),
        rng.random(COUNT) * 1e9,
    )
    ranks = name_ranks(names)
    panel = ImageListPanel()
    panel.resize(272, 800)
    panel.show()
    steps: dict[str, Callable[[], None]] = {
        "names": lambda: panel.set_names(list(names)),
        "facts": lambda: panel.set_facts(0, facts),
        "ranks": lambda: panel.set_ranks(ranks),
        "search": lambda: panel.filter.setText("99"),
        "search ends": panel.filter.clear,
        "status": lambda: _tick(panel, "done"),
        "status ends": panel.filters.clear,
    }
    for number, order in enumerate(ORDERS[1:], start=1):
        steps[f"sort by {order}"] = partial(panel.order.setCurrentIndex, number)
    steps["sort as added"] = lambda: panel.order.setCurrentIndex(0)
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in steps}
    for _ in range(rounds):
        for name, step in steps.items():
            began, busy = time.perf_counter(), time.thread_time()
            step()
            panel.list.viewport().repaint()
            wall, processor = time.perf_counter() - began, time.thread_time() - busy
            taken[name].append((1000 * wall, 1000 * processor))
            application.processEvents()
    print(f"{'ms':22} {'median':>8} {'longest':>8} {'processor':>10}")
    held = False
    for name, times in taken.items():
        walls, processors = [wall for wall, _ in times], [own for _, own in times]
        median = statistics.median(walls)
        held |= median > LONGEST
        print(f"{name:22} {median:8.1f} {max(walls):8.1f} {statistics.median(processors):10.1f}")
    return int(held)


def _tick(panel: ImageListPanel, status: str) -> None:
    from PySide6.QtGui import QAction

    action = panel.findChild(QAction, f"images.status_{status}")
    assert action is not None
    action.setChecked(True)


if __name__ == "__main__":
    raise SystemExit(main())
