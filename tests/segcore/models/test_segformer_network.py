"""Configurations, first weights, training behaviour, the ImageNet classifier."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch

from segcore.models import ImageClassifier, SegFormer, SegFormerConfig
from segcore.models.encoder import StochasticDepth


@pytest.mark.parametrize("variant", ["B0", "B1", "B2", "B3", "B4", "B5"])
def test_a_variant_knows_its_name(variant):
    config = SegFormerConfig.named(variant.lower(), num_classes=3)
    assert config.variant == variant
    assert replace(config, depths=(2, 2, 2, 9)).variant == "custom"


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"widths": (32, 64, 160)}, "widths must be 4 positive numbers"),
        ({"heads": (3, 2, 5, 8)}, "32 cannot be divided among 3 heads"),
        ({"num_classes": 0}, "num_classes must be positive"),
        ({"drop_path": 1.0}, "drop_path must be at least 0 and below 1"),
    ],
)
def test_impossible_numbers_are_refused(change, sentence):
    with pytest.raises(ValueError, match=sentence):
        replace(SegFormerConfig(), **change)


def test_an_unknown_variant_is_refused():
    with pytest.raises(ValueError, match="no SegFormer 'b6'"):
        SegFormerConfig.named("b6")


def test_a_config_from_json_lists_compares_and_hashes():
    config = SegFormerConfig(widths=[32, 64, 160, 256])
    assert config == SegFormerConfig()
    assert hash(config) == hash(SegFormerConfig())


def test_an_input_that_a_reduction_cannot_tile_is_refused():
    config = replace(SegFormerConfig(), sr_ratios=(16, 4, 2, 1))
    with pytest.raises(ValueError, match="at least 61 x 61"):
        config.check_input_size((60, 200))
    config.check_input_size((61, 200))


def test_one_seed_gives_one_network():
    config = SegFormerConfig.named("b0")
    networks = [SegFormer(config, device="cpu") for _ in range(2)]
    for network in networks:
        network.initialise(torch.Generator().manual_seed(5))
    first, second = (network.state_dict() for network in networks)
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_first_weights_are_the_papers():
    network = SegFormer(SegFormerConfig.named("b2"))
    stage = network.encoder.stages[2]
    block = stage.blocks[0]
    depthwise = block.mlp.depthwise
    assert depthwise.weight.std().item() == pytest.approx(math.sqrt(2 / 9), rel=0.05)
    projection = stage.patch_embed.proj.weight
    assert projection.std().item() == pytest.approx(math.sqrt(2 / (9 * 320)), rel=0.05)
    assert block.mlp.fc1.weight.std().item() == pytest.approx(0.02, rel=0.05)
    assert not block.mlp.fc1.bias.any()
    assert not depthwise.bias.any()
    assert bool((block.norm1.weight == 1).all())
    assert bool((network.decoder.norm.running_var == 1).all())


def test_meta_costs_nothing_and_takes_weights(tiny_config):
    empty = SegFormer(tiny_config, device="meta", dtype=torch.float16)
    assert {tensor.device.type for tensor in empty.state_dict().values()} == {"meta"}
    assert empty.decoder.classifier.weight.dtype == torch.float16
    full = SegFormer(tiny_config).eval()
    empty.load_state_dict(full.state_dict(), assign=True)
    pixels = torch.randn(1, 4, 40, 40)
    assert torch.equal(empty.eval()(pixels), full(pixels))


def test_shapes_on_meta_of_a_large_picture():
    network = SegFormer(SegFormerConfig.named("b0", num_classes=19), device="meta").eval()
    logits = network(torch.empty(1, 3, 1023, 2047, device="meta"))
    assert logits.shape == (1, 19, 256, 512)


def test_stochastic_depth_keeps_the_expectation():
    torch.manual_seed(0)
    drop = StochasticDepth(0.25)
    kept = drop(torch.ones(4000, 2, 3))
    assert kept.unique().tolist() == pytest.approx([0, 4 / 3])
    assert kept.mean().item() == pytest.approx(1, abs=0.05)
    assert bool((kept == kept[:, :1, :1]).all())
    assert torch.equal(drop.eval()(torch.ones(3, 2, 3)), torch.ones(3, 2, 3))


def test_drop_path_grows_from_zero_over_all_blocks():
    network = SegFormer(SegFormerConfig.named("b0"), device="meta")
    rates = [block.drop_path.probability for s in network.encoder.stages for block in s.blocks]
    assert rates == pytest.approx([0.1 * index / 7 for index in range(8)])


def test_it_trains(tiny_config):
    torch.manual_seed(0)
    network = SegFormer(tiny_config).train()
    loss = network(torch.randn(2, 4, 48, 40)).square().mean()
    loss.backward()
    assert all(parameter.grad is not None for parameter in network.parameters())


def test_classifier_scores(tiny_config):
    classifier = ImageClassifier(replace(tiny_config, num_classes=1000)).eval()
    pixels = torch.randn(2, 4, 64, 50)
    tokens = classifier.encoder(pixels)[3].flatten(2)
    expected = classifier.classifier(tokens.mean(2))
    torch.testing.assert_close(classifier(pixels), expected)
    assert expected.shape == (2, 1000)
