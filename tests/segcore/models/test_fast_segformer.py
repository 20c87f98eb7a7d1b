"""`fast` is `exact` in other words: same numbers, features, gradients, in every dtype and size."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from segcore.models import FastSegFormer, SegFormerConfig, strips


@pytest.fixture(scope="module")
def pair(make_network):
    exact = make_network(SegFormerConfig.named("b0", num_classes=19), dtype=torch.float64)
    return exact, FastSegFormer.from_exact(exact)


def relative(found: torch.Tensor, expected: torch.Tensor) -> float:
    return float((found - expected).abs().max() / expected.abs().max())


@pytest.mark.parametrize("size", [(32, 32), (33, 47), (64, 129), (96, 64)])
@torch.no_grad()
def test_stages_features_and_logits_agree(pair, size):
    exact, fast = pair
    pixels = torch.randn(2, 3, *size, dtype=torch.float64)
    stages, fast_stages = exact.encode(pixels), fast.encode(pixels)
    for stage, fast_stage in zip(stages, fast_stages):
        assert relative(fast_stage.permute(0, 3, 1, 2), stage) < 1e-12
    assert relative(fast.fused(fast_stages).permute(0, 3, 1, 2), exact.fused(stages)) < 1e-12
    assert relative(fast.decode(fast_stages), exact.decode(stages)) < 1e-12
    assert fast(pixels).shape == (2, 19, -(-size[0] // 4), -(-size[1] // 4))


@torch.no_grad()
def test_one_head_with_and_without_a_reduction_needs_neither_query_nor_output_maps(make_network):
    config = replace(
        SegFormerConfig.named("b0", num_classes=5), heads=(1, 1, 1, 2), sr_ratios=(8, 1, 2, 1)
    )
    exact = make_network(config, dtype=torch.float64)
    fast = FastSegFormer.from_exact(exact)
    pixels = torch.randn(2, 3, 96, 64, dtype=torch.float64)
    stages, fast_stages = exact.encode(pixels), fast.encode(pixels)
    for stage, fast_stage in zip(stages, fast_stages):
        assert relative(fast_stage.permute(0, 3, 1, 2), stage) < 1e-12
    names = [name for name, _ in fast.stages[1].named_buffers()]
    assert not any("query" in name or "output" in name for name in names)


@pytest.mark.parametrize("rows", [2, 3, 5, 40])
@torch.no_grad()
def test_strips_of_any_height_give_the_same(pair, monkeypatch, rows):
    exact, fast = pair
    pixels = torch.randn(2, 3, 71, 90, dtype=torch.float64)
    expected = exact(pixels)
    monkeypatch.setattr("segcore.models.fast_encoder.ffn_strip_rows", lambda *_: rows)
    monkeypatch.setattr(strips, "_HEAD_STRIP_BYTES", rows * 23 * 256 * 8)
    assert relative(fast(pixels), expected) < 1e-12


@torch.no_grad()
def test_large_pictures_take_strips(make_network):
    exact = make_network(SegFormerConfig.named("b0", num_classes=5))
    fast = FastSegFormer.from_exact(exact)
    pixels = torch.randn(1, 3, 260, 500)
    stage = exact.encode(pixels)[0].permute(0, 2, 3, 1)
    weights = fast.stages[0].blocks[0].mlp.weights
    assert strips.ffn_strip_rows(stage.repeat(1, 4, 1, 1), weights) < stage.shape[1] * 4
    found, expected = fast(pixels), exact(pixels)
    assert relative(found, expected) < 5e-6
    assert (found.argmax(1) == expected.argmax(1)).double().mean() >= 0.9999


def test_gradient_of_the_input_agrees(pair):
    exact, fast = pair
    pixels = torch.randn(1, 3, 45, 64, dtype=torch.float64, requires_grad=True)
    for target in range(5):
        gradients = []
        for model in (exact, fast):
            stages = model.encode(pixels)
            if target == 4:
                seed = model.decode(stages)[:, :, 3, 4]
            elif model is exact:
                seed = stages[target][:, :, 1, 1]
            else:
                seed = stages[target][:, 1, 1]
            gradients.append(torch.autograd.grad(seed.relu().sum(), pixels)[0])
        assert relative(gradients[1], gradients[0]) < 1e-10


def test_the_input_is_left_as_it_was(pair):
    _, fast = pair
    pixels = torch.randn(1, 3, 64, 64, dtype=torch.float64)
    before = pixels.clone()
    with torch.no_grad():
        stages = fast.encode(pixels)
        kept = [stage.clone() for stage in stages]
        fast.decode(stages)
        fast.fused(stages)
        fast.queries_and_keys(2, stages[0])
    assert torch.equal(pixels, before)
    assert all(torch.equal(stage, copy) for stage, copy in zip(stages, kept))


@pytest.mark.parametrize(("dtype", "bound"), [(torch.bfloat16, 0.15), (torch.float16, 0.03)])
@torch.no_grad()
def test_half_precisions_stay_near(pair, dtype, bound):
    exact, _ = pair
    pixels = torch.randn(1, 3, 64, 96)
    fast = FastSegFormer.from_exact(exact).to(dtype)
    logits = fast(pixels.to(dtype))
    assert logits.dtype == dtype
    assert relative(logits.double(), exact(pixels.double())) < bound


def test_weights_of_the_exact_model_are_not_shared(make_network, tiny_config):
    exact = make_network(tiny_config)
    fast = FastSegFormer.from_exact(exact)
    pixels = torch.randn(1, 4, 64, 64)
    with torch.no_grad():
        before = fast(pixels)
        for parameter in exact.parameters():
            parameter.zero_()
        assert torch.equal(fast(pixels), before)
    assert not any(True for _ in fast.parameters())


def test_too_small_an_input_is_refused_in_a_sentence(pair):
    for model in pair:
        with pytest.raises(ValueError, match=r"31 x 64 pixels is too small.*at least 32 x 32"):
            model(torch.zeros(1, 3, 31, 64, dtype=torch.float64))
