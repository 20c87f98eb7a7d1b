"""The stages in numbers, and one block operation by operation."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from segcore.checkpoints import load_segformer
from segcore.errors import RequestError
from segcore.inference import Predictor
from segcore.inspection.feature_maps import TARGETS, feature_map
from segcore.inspection.stages import stage_facts
from segcore.inspection.steps import StageWalker


def test_the_stages_are_those_of_the_papers_table(street, picture):
    facts = stage_facts(street, street.encode(picture(96, 128)))
    assert [row.name for row in facts] == ["stage1", "stage2", "stage3", "stage4", "head"]
    assert [row.shape for row in facts[:4]] == [
        (32, 24, 32),
        (64, 12, 16),
        (160, 6, 8),
        (256, 3, 4),
    ]
    assert [row.ratio for row in facts] == [8, 4, 2, 1, 0]
    assert [row.stride for row in facts[:4]] == [4, 8, 16, 32]
    assert [row.tokens for row in facts[:4]] == [768, 192, 48, 12]
    # Sequence reduction leaves as many keys at every stage.
    assert [row.keys for row in facts[:4]] == [12] * 4
    assert all(0 < row.seconds < 60 for row in facts)
    assert sum(row.parameters for row in facts) == pytest.approx(3.7e6, rel=0.05)


def test_without_a_run_everything_but_the_times_is_known(street, picture):
    encoded = street.encode(picture(96, 128))
    counted = stage_facts(street, encoded, timed=False)
    assert all(row.seconds is None for row in counted)
    assert encoded.held_bytes == 0
    timed = stage_facts(street, encoded)
    assert [replace(row, seconds=None) for row in timed] == list(counted)


@pytest.mark.parametrize("numerics", ["exact", "fast"])
def test_features_are_those_of_the_network(numerics, oracle, picture):
    image = picture(100, 150)
    predictor = Predictor.load(oracle.folder, device="cpu", numerics=numerics, backend="torch")
    encoded = predictor.encode(image)
    exact = load_segformer(oracle.folder)
    with torch.no_grad():
        stages = exact.encode(oracle.pixels(image))
        fused = exact.fused(stages)
        logits = exact.classify(fused)
    for target, expected in zip(TARGETS, [*stages, fused, logits], strict=True):
        found = feature_map(predictor, encoded, target)
        assert found.box == (0, 0, 150, 100)
        scale = float(expected.abs().max())
        np.testing.assert_allclose(found.values, expected[0].numpy(), atol=1e-4 * scale)
    assert feature_map(predictor, encoded, "stage1").cell((149, 99)) == (24, 37)
    with pytest.raises(RequestError, match="no features"):
        feature_map(predictor, encoded, "stage5")
    with pytest.raises(RequestError, match="outside"):
        feature_map(predictor, encoded, "stage1", (150, 0))


@pytest.fixture(scope="module")
def walked(oracle, picture):
    predictor = Predictor.load(oracle.folder, device="cpu")
    return predictor, predictor.encode(picture(100, 150)), StageWalker(predictor)


@pytest.mark.parametrize("stage", [1, 2, 3, 4])
def test_the_steps_end_in_the_stages_output(stage, walked, oracle, picture):
    predictor, encoded, walker = walked
    steps = {step.key: step for step in walker.steps(encoded, stage, 1)}
    exact = load_segformer(oracle.folder)
    with torch.no_grad():
        expected = exact.encode(oracle.pixels(picture(100, 150)))[stage - 1][0].numpy()
    np.testing.assert_allclose(steps["stage_norm"].values, expected, atol=2e-4)
    assert steps["query"].shape == expected.shape
    ratio = predictor.config.sr_ratios[stage - 1]
    assert ("reduction" in steps) == (ratio > 1)
    assert steps["key"].shape[1:] == (expected.shape[1] // ratio, expected.shape[2] // ratio)
    assert steps["expand"].shape[0] == 4 * len(expected)


def test_the_steps_are_the_operations_of_the_paper_in_its_order(walked):
    _, encoded, walker = walked
    first, last = walker.steps(encoded, 2, 0), walker.steps(encoded, 2, 1)
    assert [step.key for step in first] == [
        "merging",
        "norm1",
        "query",
        "reduction",
        "key",
        "value",
        "attention",
        "residual1",
        "norm2",
        "expand",
        "depthwise",
        "gelu",
        "project",
        "residual2",
    ]
    assert "Conv 3x3, stride 2" in first[0].operation
    # Every shape that goes in has come out somewhere, or is the stage's input.
    out = {step.shape for step in first} | {(32, 25, 38)}
    assert all(shape in out for step in first for shape in step.inputs)
    assert first[0].inputs == ((32, 25, 38),)
    by_key = {step.key: step.values for step in first}
    np.testing.assert_allclose(
        by_key["residual1"], by_key["merging"] + by_key["attention"], atol=1e-5
    )
    np.testing.assert_allclose(
        by_key["residual2"], by_key["residual1"] + by_key["project"], atol=1e-5
    )
    # The next block goes on from where this one ended.
    norm = torch.nn.functional.layer_norm
    channels = len(by_key["residual2"])
    centred = norm(torch.from_numpy(by_key["residual2"]).permute(1, 2, 0), (channels,))
    following = next(step for step in last if step.key == "norm1")
    correlation = np.corrcoef(centred.permute(2, 0, 1).numpy().ravel(), following.values.ravel())
    assert correlation[0, 1] > 0.9


@pytest.mark.parametrize(("stage", "block"), [(0, 0), (5, 0), (1, 2), (3, -1)])
def test_a_block_that_is_not_there_is_refused(stage, block, walked):
    _, encoded, walker = walked
    with pytest.raises(RequestError, match="There is no"):
        walker.steps(encoded, stage, block)
