"""The recipes in `docs/recipes`: settings that `train` takes, cards, and how claims are judged."""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from segcore.checkpoints import read_checkpoint, save_pretrained
from segcore.checkpoints.folder import read_licence
from segcore.errors import TrainingError
from segcore.geometry import Box
from segcore.heatmap import HeatMap
from segcore.models import SegFormer
from segcore.training.architectures import architecture
from segcore.training.batches import Sampling
from segcore.training.plan import Plan
from segcore.training.recipe import Recipe
from segcore.training.run import train
from segcore.training.samples import ArraySamples

RECIPES = Path(__file__).resolve().parents[3] / "docs" / "recipes"


@pytest.fixture
def recipe_named() -> Iterator[Callable[[str], ModuleType]]:
    """A module of `docs/recipes`, which is no package."""
    before = set(sys.modules)
    sys.path.insert(0, str(RECIPES))

    def load(name: str) -> ModuleType:
        spec = importlib.util.spec_from_file_location(name, RECIPES / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        module = sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    yield load
    sys.path.remove(str(RECIPES))
    for name in set(sys.modules) - before:
        if (RECIPES / f"{name}.py").is_file():
            del sys.modules[name]


@pytest.mark.parametrize(
    "name", ["street-b0", "aerial-b0", "street-deeplabv3plus", "street-allmlp-resnet"]
)
def test_every_bundled_model_has_two_phases_that_the_command_takes(
    name: str,
    recipe_named: Callable[[str], ModuleType],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from app.cli.main import main
    from segcore.training import commands

    module = recipe_named("train_bundled")
    (tmp_path / "drawn").mkdir()
    (tmp_path / "drawn" / "classes.json").write_text("{}")
    asked: list[commands.Request] = []

    def carry_out(request: commands.Request, *_: object) -> object:
        asked.append(request)
        raise TrainingError("enough")

    monkeypatch.setattr(commands, "carry_out", carry_out)
    for words in module.phases(name, tmp_path, tmp_path, steps=30, cooling=10):
        assert main(["train", *words]) == 1, "2 is wrong usage"
    first, last = asked
    assert (first.scratch, first.course, first.steps) == (True, "constant", 30)
    assert architecture(first.model, 11) is not None
    assert (last.scratch, last.course, last.steps) == (False, "poly", 10)
    assert last.model == str(first.out)
    assert last.out == tmp_path / name
    assert replace(first, model="", out=tmp_path).size == last.size
    assert bool(first.mix) == name.startswith("street")


def test_a_card_says_what_the_run_was_and_figures_of_another_file_are_refused(
    recipe_named: Callable[[str], ModuleType],
    small_network: Callable[..., SegFormer],
    samples: ArraySamples,
    tmp_path: Path,
) -> None:
    module = recipe_named("bundle")
    model = save_pretrained(small_network(), tmp_path / "model", samples.classes)
    out = tmp_path / "run"
    recipe = Recipe(steps=2, sampling=Sampling(2, (32, 32)), lr=3e-4, course="constant", seed=9)
    train(Plan([(samples, 1.0)], None, str(model), out), recipe)
    figures = {
        "what": "street/test",
        "pictures": 4,
        "miou": 0.5125,
        "pixel_accuracy": 0.75,
        "classes": [{"name": "ground", "iou": 0.5}, {"name": "disc", "iou": None}],
    }
    card = module.card_of("street-b0", [out], "from nothing.", [figures])
    (tmp_path / "README.md").write_text(card, encoding="utf-8")
    assert read_licence(tmp_path) == "CC BY-NC 4.0 (non-commercial)"
    assert "2 steps of 2 crops of 32x32: AdamW, rate 0.0003 held" in card
    assert "seed 9" in card
    assert "| street/test, 4 pictures | 51.2 | 75.0 | 50.0 | – |" in card
    path = tmp_path / "figures.json"
    path.write_text(json.dumps({"sha256": read_checkpoint(out).sha256, "sets": [figures]}))
    assert module.figures_from([path], read_checkpoint(out).sha256) == [figures]
    with pytest.raises(TrainingError, match="another file"):
        module.figures_from([path], "0" * 64)


def spot(spread: float, size: tuple[int, int] = (128, 192)) -> HeatMap:
    """A field that falls off from the middle."""
    height, width = size
    y, x = np.mgrid[:height, :width]
    squared = (y - height // 2) ** 2 + (x - width // 2) ** 2
    values = np.exp(-squared / (2 * spread**2)).astype(np.float32)
    return HeatMap(values, "field", Box(0, 0, width, height))


def test_claims_are_judged_by_their_bounds_and_wait_for_models(
    recipe_named: Callable[[str], ModuleType],
) -> None:
    claims = recipe_named("fig3_claims")
    narrow, wide = claims.measures_of(spot(6)), claims.measures_of(spot(1e4))
    assert narrow["near"] > 0.95
    assert narrow["far"] < 0.01
    assert wide["far"] == pytest.approx(1 - 65 * 65 / (128 * 192), abs=1e-3)
    assert wide["area"] > 0.45
    assert narrow["offset"] < 0.1
    assert narrow["half_width"] < wide["half_width"]

    def fields(**spreads: float) -> dict[str, dict[str, np.ndarray]]:
        found = {}
        for target, spread in spreads.items():
            each = [claims.measures_of(spot(spread * factor)) for factor in (0.9, 1.0, 1.1)]
            found[target] = {name: np.array([one[name] for one in each]) for name in each[0]}
        return found

    segformer = fields(stage1=5, stage2=9, stage3=20, stage4=1000, head=30)
    deeplab = fields(stage4=15, head=12)
    verdicts = [claim.judge({"segformer": segformer})[0] for claim in claims.CLAIMS]
    assert verdicts.count("pending") == 4
    assert verdicts.count("confirmed") == 5
    first = claims.CLAIMS[0]
    assert first.judge({"segformer": segformer, "deeplab": deeplab})[0] == "confirmed"
    verdict, spread = first.judge({"segformer": deeplab, "deeplab": segformer})
    assert verdict == "refuted"
    assert spread.pictures == 3
    assert spread.low <= spread.median <= spread.high
    assert first.judge({"segformer": segformer, "deeplab": segformer})[0] == "undecided"
