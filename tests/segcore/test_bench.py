"""The measuring itself: pairs in turn, medians, and a report that is JSON."""

from __future__ import annotations

import json

import pytest

from segcore import bench as measuring
from segcore.errors import RequestError


def test_calls_are_interleaved_and_the_first_of_each_does_not_count():
    calls = []
    ours, theirs = measuring.pairs(lambda: calls.append("a"), lambda: calls.append("b"), 3)
    assert calls == ["a", "b"] * 4
    assert len(ours) == len(theirs) == 3


def test_without_transformers_only_this_program_is_measured(monkeypatch):
    monkeypatch.setattr(measuring, "_transformers_version", lambda: None)
    report = measuring.bench(["b0"], (64, 64), rounds=1, photo=False)
    (row,) = report["rows"]
    assert row["ours"] > 0
    assert row["theirs"] is None
    assert row["ratio"] is None
    json.dumps(report)


def test_with_transformers_there_is_a_ratio():
    pytest.importorskip("transformers")
    (row,) = measuring.bench(["b0"], (64, 96), rounds=2, photo=False)["rows"]
    assert row["name"] == "forward, B0, 64x96"
    assert row["ratio"] > 0
    assert row["pairs"] == 2


def test_impossible_requests():
    with pytest.raises(RequestError, match="b9"):
        measuring.bench(["b9"], rounds=1, photo=False)
    with pytest.raises(RequestError, match="0 rounds"):
        measuring.bench(["b0"], rounds=0)


def test_command_prints_a_table(capfd, monkeypatch):
    from app.cli.main import main

    row = {"name": "forward", "unit": "MB", "ours": 121.4, "theirs": None, "ratio": None}
    machine = dict.fromkeys(("processor", "cores", "threads", "torch", "transformers"), "?")
    report = {"machine": machine, "rows": [row]}
    monkeypatch.setattr(measuring, "bench", lambda *_, **__: report)
    assert main(["bench"]) == 0
    assert "121 MB" in capfd.readouterr().out
    assert main(["bench", "--json"]) == 0
    assert json.loads(capfd.readouterr().out) == report
