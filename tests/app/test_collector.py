from __future__ import annotations

import gc
import sys
import threading
import types
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
    gc.unfreeze()
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


def test_what_an_import_brings_is_not_looked_at_again(
    collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    collector.collect()  # what was imported before
    content: list[list[int]] = [[] for _ in range(50_000)]
    for number in range(30):
        module = types.ModuleType(f"imported_{number}")
        monkeypatch.setitem(sys.modules, module.__name__, module)
    collector.collect()
    looked_at = {id(each) for each in gc.get_objects()}
    assert not looked_at & {id(each) for each in content}
    # Few modules are no reason to keep what lives now.
    later: list[list[int]] = [[] for _ in range(10)]
    frozen: list[int] = []
    monkeypatch.setattr(gc, "freeze", lambda: frozen.append(1))
    monkeypatch.setitem(sys.modules, "imported_alone", types.ModuleType("imported_alone"))
    collector.collect()
    assert frozen == []  # not by their number: what is set aside may die meanwhile
    assert {id(each) for each in later} <= {id(each) for each in gc.get_objects()}
