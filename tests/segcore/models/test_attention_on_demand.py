"""Queries and keys of one stage give the attention that the network itself uses."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as nnf

from segcore.models import FastSegFormer, QueriesAndKeys, SegFormerConfig


def weights(found: QueriesAndKeys) -> torch.Tensor:
    """(B, heads, N, keys)."""
    batch, _, channels = found.queries.shape
    shape = batch, -1, found.heads, channels // found.heads
    queries = found.queries.reshape(shape).transpose(1, 2)
    keys = found.keys.reshape(shape).transpose(1, 2)
    return (queries @ keys.transpose(2, 3)).softmax(-1)


@pytest.mark.parametrize("stage", [1, 2, 3, 4])
@torch.no_grad()
def test_both_numerics_give_the_weights_that_are_used(make_network, monkeypatch, stage):
    exact = make_network(SegFormerConfig.named("b0"), dtype=torch.float64)
    fast = FastSegFormer.from_exact(exact)
    pixels = torch.randn(1, 3, 70, 97, dtype=torch.float64)
    used = []
    attend = nnf.scaled_dot_product_attention

    def noted(queries, keys, values, *, scale):
        used.append((queries @ keys.transpose(2, 3) * scale).softmax(-1))
        return attend(queries, keys, values, scale=scale)

    with monkeypatch.context() as patch:
        patch.setattr(nnf, "scaled_dot_product_attention", noted)
        stages = exact.encode(pixels)
    expected = used[2 * (stage - 1) : 2 * stage]

    fast_stages = fast.encode(pixels)
    inputs = (pixels, pixels) if stage == 1 else (stages[stage - 2], fast_stages[stage - 2])
    for model, stage_input in zip((exact, fast), inputs):
        found = model.queries_and_keys(stage, stage_input)
        assert len(found) == 2
        for block, block_expected in zip(found, expected):
            assert block.grid == tuple(stages[stage - 1].shape[2:])
            assert block.key_grid[0] * block.key_grid[1] == block_expected.shape[3]
            torch.testing.assert_close(weights(block), block_expected, rtol=0, atol=1e-12)


@torch.no_grad()
def test_chosen_blocks_alone(make_network, tiny_config):
    exact = make_network(tiny_config)
    pixels = torch.randn(1, 4, 64, 64)
    for model in (exact, FastSegFormer.from_exact(exact)):
        first = model.encode(pixels)[0]
        everything = model.queries_and_keys(2, first)
        (last,) = model.queries_and_keys(2, first, blocks=[1])
        assert torch.equal(last.queries, everything[1].queries)
        with pytest.raises(ValueError, match="blocks 0 to 1"):
            model.queries_and_keys(2, first, blocks=[2])
        with pytest.raises(ValueError, match="stages 1 to 4, not 0"):
            model.queries_and_keys(0, pixels)
