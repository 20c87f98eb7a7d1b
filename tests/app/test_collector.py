from __future__ import annotations

import gc
import threading
from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from app.collector import Collector


class Noting:
    """Part of a cycle; notes on which thread it dies."""

    died_on: list[threading.Thread]

    def __init__(self, died_on: list[threading.Thread]) -> None:
        self.died_on = died_on
        self.itself = self

    def __del__(self) -> None:
        self.died_on.append(threading.current_thread())


@pytest.fixture
def collector() -> Iterator[Collector]:
    was_enabled = gc.isenabled()
    yield Collector()
    if was_enabled:
        gc.enable()


def test_cycles_die_on_the_gui_thread_only(qtbot: QtBot, collector: Collector) -> None:
    died_on: list[threading.Thread] = []
    gc.collect()

    def make_cycles() -> None:
        for _ in range(5000):
            Noting(died_on)

    thread = threading.Thread(target=make_cycles)
    thread.start()
    thread.join()
    assert died_on == []
    qtbot.waitUntil(lambda: len(died_on) == 5000, timeout=20_000)
    assert set(died_on) == {threading.main_thread()}
