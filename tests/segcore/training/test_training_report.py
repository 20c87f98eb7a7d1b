"""The report of a training: figures that agree with the validation, pictures worst first."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from segcore.checkpoints import save_pretrained
from segcore.models import SegFormer
from segcore.training.batches import Sampling
from segcore.training.plan import Plan
from segcore.training.recipe import Recipe
from segcore.training.report import HTML, JSON, read_log
from segcore.training.run import LOG, train
from segcore.training.samples import ArraySamples
from segcore.training.state import FOLDER

RECIPE = Recipe(steps=4, sampling=Sampling(2, (32, 32)), lr=1e-3, warm_up=0)


def test_a_finished_training_leaves_a_report(
    small_network: Callable[..., SegFormer], samples: ArraySamples, tmp_path: Path
) -> None:
    model = save_pretrained(small_network(), tmp_path / "model", samples.classes)
    plan = Plan([(samples, 1.0)], samples, str(model), tmp_path / "out", every=2)
    events: list[dict[str, object]] = []
    result = train(plan, RECIPE, lambda event: events.append(dict(event)))
    folder = tmp_path / "out" / FOLDER
    words = json.loads((folder / JSON).read_text())
    assert result.validation is not None
    scores = result.validation.scores
    assert words["miou"] == pytest.approx(scores.miou, abs=1e-6)
    assert words["confusion"] == result.validation.confusion.tolist()
    assert [entry["name"] for entry in words["classes"]] == list(samples.classes.names)
    assert [step for step, _ in words["loss"]] == [1, 2, 3, 4]
    assert [step for step, _ in words["looks"]] == [2, 4]
    mious = [picture["miou"] for picture in words["pictures"]]
    assert mious == sorted(mious)
    assert len(mious) == len(samples)
    page = (folder / HTML).read_text()
    assert page.count("data:image/png;base64,") == 2 + 6  # curves, confusion, three and three
    assert {"event": "report", "path": str(folder / HTML)} in events


def test_steps_done_again_after_a_kill_count_once(tmp_path: Path) -> None:
    log = tmp_path / LOG
    lines = [{"event": "step", "step": step, "loss": loss} for step, loss in
             [(1, 3.0), (2, 2.0), (2, 2.5), (3, 1.0)]]  # fmt: skip
    log.write_text("\n".join(json.dumps(line) for line in lines) + '\n{"event": "st')
    assert [event["loss"] for event in read_log(log)] == [3.0, 2.5, 1.0]
    assert np.isfinite([event["loss"] for event in read_log(log)]).all()
