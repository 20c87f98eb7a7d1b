"""The measuring itself: processes of their own, pairs in turn, honest medians and memory."""

from __future__ import annotations

import json
import operator
import os
import time
from functools import partial

import pytest

from app.cli.main import main
from segcore.bench import Plan, Report, Row, bench, random_model, run
from segcore.bench.attention import AttentionQueries, whole_maps_bytes
from segcore.bench.contest import Contest, Goal
from segcore.bench.contestant import Contestant, ContestantError, Side, in_turn
from segcore.bench.gpu import GpuRows
from segcore.bench.markdown import markdown
from segcore.bench.memory import seconds_of_gpu
from segcore.errors import RequestError
from segcore.models import SegFormerConfig


# In the child no more is imported than these need: they stand for what takes seconds otherwise.
def sleeper(seconds):
    return partial, (time.sleep, seconds)


def spender(mebibytes):
    return partial, (operator.mul, b"x", mebibytes << 20)


BROKEN = (int, ("no\nnumber",))
DYING = (partial, (os._exit, 3))


def contest(ours, theirs, **settings):
    return Contest("forward", "sleep", ours, theirs, 3, **settings)


class Turns:
    def __init__(self, name, log):
        self.name, self.log = name, log

    def seconds(self):
        self.log.append(self.name)
        return 1.0


def test_contestants_take_turns_and_everybody_begins_once():
    log = []
    seconds = in_turn([Turns(name, log) for name in "abc"], 3, lambda: log.append("|"))
    assert "".join(log) == "abc|bca|cab|"
    assert seconds == [[1.0] * 3] * 3


def test_ratio_is_of_neighbours_and_results_are_compared():
    told = []
    measured = contest(
        [Side("quick", *sleeper(0.01))],
        [Side("slow", *sleeper(0.04))],
        goals={("quick", "slow"): Goal(2.0)},
        alike=lambda one, other: {"same": float(one is other)},
    )
    (row,), notes = measured.run(lambda: told.append(1))
    assert 2 < row.ratio < 4.5
    assert row.lowest <= row.ratio <= row.highest
    assert row.checks == {"same": 1.0}
    assert row.reached
    assert notes == []
    assert len(told) == measured.steps


def test_memory_is_what_the_work_adds_at_its_first_run():
    (row,), _ = contest([Side("ours", *spender(8))], [Side("theirs", *spender(64))]).run(
        lambda: None
    )
    if row.our_peak is None:
        pytest.skip("this system does not tell")
    assert 7 <= row.our_peak / 2**20 < 16
    assert 63 <= row.their_peak / 2**20 < 72


def test_a_peer_that_fails_is_left_out_and_named():
    (row,), (note,) = contest([Side("ours", *sleeper(0))], [Side("rival", *BROKEN)]).run(
        lambda: None
    )
    assert row.theirs is None
    assert row.ratio is None
    assert note.startswith("sleep: rival could not be run (ValueError: invalid literal")
    assert "\n" not in note


def test_without_a_side_of_ours_there_is_nothing_to_measure():
    with pytest.raises(ContestantError, match="invalid literal"):
        contest([Side("ours", *BROKEN)], []).run(lambda: None)
    with (
        Contestant(Side("ours", *DYING)) as contestant,
        pytest.raises(ContestantError, match="word"),
    ):
        contestant.first()


def test_rates_are_pictures_per_second():
    measured = contest([Side("ours", *sleeper(0.02))], [Side("t", *sleeper(0.04))], images=10)
    (row,), _ = measured.run(lambda: None)
    assert row.unit == "images/s"
    assert row.our_value > row.their_value
    assert row.ratio > 1


@pytest.mark.parametrize(
    ("ratio", "peaks", "reached"),
    [
        (4.0, (10, 60), True),
        (4.0, (20, 60), False),
        (3.0, (10, 60), False),
        (4.0, (None, 60), True),
    ],
)
def test_every_goal_counts(ratio, peaks, reached):
    row = Row(
        "photo", "", "", "", "s", 1.0, ratio=ratio, our_peak=peaks[0], their_peak=peaks[1],
        goal=3.5, memory_goal=0.2,
    )  # fmt: skip
    assert row.reached is reached


def test_forward_against_transformers():
    pytest.importorskip("transformers")
    plan = Plan(("forward",), ("b0",), (64, 96), rounds=2, graphs=False, backends=("torch",))
    report = bench(plan)
    (row,) = report.rows
    assert (row.what, row.ours, row.theirs) == ("forward, B0, 64x96", "torch", "transformers")
    assert row.ratio > 0
    assert row.goal is None
    assert row.checks["argmax_equal"] >= 0.9999
    assert row.checks["difference"] < 1e-5
    json.dumps(report.as_json())


def test_without_peers_only_this_program_is_measured(monkeypatch):
    monkeypatch.setattr(run, "version_of", lambda _package: None)
    report = bench(Plan(("forward",), ("b0",), (64, 64), rounds=1))
    (row,) = report.rows
    assert row.our_value > 0
    assert row.theirs is None
    assert any(note.startswith("transformers is left out") for note in report.notes)


def test_attention_queries(tmp_path):
    folder = random_model(tmp_path / "b0", "b0", (64, 64))
    rows, _ = AttentionQueries(folder, "b0", 1, (64, 128)).run(lambda: None)
    memory, *times = rows
    # Stage 1: a head of 16 x 32 queries and 2 x 4 keys, two blocks of four bytes each; and so on.
    maps = 512 * 8 + 2 * 128 * 8 + 5 * 32 * 8 + 8 * 8 * 8
    config = SegFormerConfig.named("b0", num_classes=2)
    assert memory.their_value == whole_maps_bytes(config, (64, 128)) == maps * 2 * 4
    assert memory.our_value > 0
    assert len(times) == 8
    assert all(row.our_value > 0 and row.ratio > 0 for row in times)


def test_gpu_rows_run_anywhere(tmp_path):
    folder = random_model(tmp_path / "b0", "b0")
    rows = GpuRows(lambda _variant: folder, "cpu", 1, peers=False)
    (contest,) = rows.contests(["b0"], [((32, 64), 2)])
    measured, notes = contest.run(lambda: None)
    assert [row.ours for row in measured] == ["fp32", "bf16", "bf16, graphs"]
    assert all(row.unit == "images/s" and row.our_value > 0 for row in measured)
    assert notes == []


def test_gpu_rows_against_transformers_become_a_table(tmp_path):
    pytest.importorskip("transformers")
    folder = random_model(tmp_path / "b0", "b0")
    rows = GpuRows(lambda _variant: folder, "cpu", 1, compiled=False)
    (contest,) = rows.contests(["b0"], [((32, 64), 2)])
    measured, _ = contest.run(lambda: None)
    assert all(row.theirs == "transformers, eager fp32" for row in measured)
    assert measured[0].checks["argmax_equal"] >= 0.9999
    assert measured[1].checks["difference"] < 0.2
    words = {"date": "2026-11-23", "gpu": "Some GPU", "torch": "2.13.0"}
    head, table, note = markdown(Report(words, tuple(measured), ("left out",))).split("\n\n")
    assert head.startswith("Measured on 2026-11-23 on Some GPU (torch 2.13.0)")
    titles, rule, line = table.splitlines()
    assert titles.count("|") == rule.count("|") == line.count("|") == 8
    assert line.startswith("| forward, B0, 32x64, batch 2, cpu | ")
    assert note == "left out"


class FakeClock:
    """`torch.cuda` whose events are 40 ms apart."""

    def __init__(self):
        self.log = []

    def synchronize(self):
        self.log.append("synchronize")

    def Event(self, enable_timing):
        assert enable_timing
        clock = self

        class Event:
            def record(self):
                clock.log.append("record")

            def synchronize(self):
                clock.log.append("wait")

            def elapsed_time(self, _end):
                return 40.0

        return Event()


def test_a_gpu_is_timed_by_its_own_clock():
    clock = FakeClock()
    assert seconds_of_gpu(lambda: clock.log.append("work"), clock) == 0.04
    assert clock.log == ["synchronize", "record", "work", "record", "wait"]


@pytest.mark.cuda
def test_gpu_rows_on_a_gpu(tmp_path):
    folder = random_model(tmp_path / "b0", "b0")
    (contest,) = GpuRows(lambda _variant: folder, "cuda", 1, peers=False).contests(
        ["b0"], [((64, 64), 2)]
    )
    measured, notes = contest.run(lambda: None)
    assert notes == []
    assert len(measured) == 3
    assert all(row.our_value > 0 and row.our_peak > 0 for row in measured)


def test_impossible_requests():
    with pytest.raises(RequestError, match="b9"):
        bench(Plan(("forward",), ("b9",)))
    with pytest.raises(RequestError, match="0 rounds"):
        Plan(rounds=0)
    with pytest.raises(RequestError, match="no row dance"):
        Plan(rows=("dance",))
    with pytest.raises(RequestError, match="tpu"):
        bench(Plan(device="tpu"))


def test_command_prints_a_table(capfd, monkeypatch):
    row = Row("forward", "forward, B0", "torch", "transformers", "s", 0.1, 0.42, 4.2, 4.1, 4.3, 5)
    lonely = Row("batch", "pictures", "auto", None, "images/s", 7.0, our_peak=5 << 20)
    machine = dict.fromkeys(("processor", "cores", "threads", "torch", "gpu"), "?")
    machine |= dict.fromkeys(("transformers", "onnxruntime", "openvino"))
    report = Report(machine, (row, lonely), ("transformers is left out.",))
    plans = []

    def measure(plan, progress):
        plans.append(plan)
        return report

    monkeypatch.setattr("segcore.bench.bench", measure)
    assert main(["bench", "--rows", "forward,batch", "--variants", "b1", "--rounds", "2"]) == 0
    shown = capfd.readouterr()
    assert "100 ms" in shown.out
    assert "4.20x" in shown.out
    assert "5 MiB" in shown.out
    assert "left out" in shown.err
    assert plans[-1] == Plan(("forward", "batch"), ("b1",), rounds=2)
    assert main(["bench", "--quick", "--json"]) == 0
    assert json.loads(capfd.readouterr().out) == report.as_json()
    assert plans[-1].variants == ("b0",)
    assert not plans[-1].graphs
    capfd.readouterr()
    assert main(["bench", "--device", "cuda", "--markdown"]) == 0
    assert "| forward, B0 | torch | transformers | 0.1 s | 0.42 s |" in capfd.readouterr().out
    assert plans[-1].rows == ("gpu",)
    assert plans[-1].device == "cuda"
