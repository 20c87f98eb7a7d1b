"""The forward pass of training is the exact network's, and so are its gradients."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import nn

from segcore.models import (
    DeepLab,
    DeepLabConfig,
    ResNetConfig,
    ResNetMlp,
    ResNetMlpConfig,
    SegFormer,
    SegmentationNetwork,
)
from segcore.training.network import training_logits


def assert_same_pass(network: SegmentationNetwork, pixels: torch.Tensor) -> None:
    """Logits, gradients of all weights and running statistics agree in training."""
    network.double().train()
    seed = torch.randn(
        1, generator=torch.Generator().manual_seed(3), dtype=torch.float64
    )  # a loss that no symmetry makes zero
    outcomes = []
    start = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    for forward in (network, lambda x: training_logits(network, x)):
        network.load_state_dict(start)
        network.zero_grad()
        logits = forward(pixels.double())
        (logits.sin() * seed).square().sum().backward()
        outcomes.append(
            (
                logits.detach(),
                {name: p.grad.clone() for name, p in network.named_parameters()},
                {name: b.clone() for name, b in network.named_buffers()},
            )
        )
    (logits, gradients, buffers), (our_logits, our_gradients, our_buffers) = outcomes
    assert our_logits.shape == logits.shape
    torch.testing.assert_close(our_logits, logits, rtol=1e-9, atol=1e-10)
    largest = max(float(gradient.abs().max()) for gradient in gradients.values())
    for name, gradient in gradients.items():
        difference = float((our_gradients[name] - gradient).abs().max())
        assert difference <= 1e-9 * largest, name
    for name, buffer in buffers.items():
        torch.testing.assert_close(our_buffers[name], buffer, rtol=1e-9, atol=1e-10, msg=name)


@pytest.mark.parametrize("size", [(64, 96), (72, 104), (65, 131)])
def test_segformer_trains_as_the_exact_network(
    small_network: Callable[..., SegFormer], size: tuple[int, int]
) -> None:
    pixels = torch.randn(3, 3, *size, generator=torch.Generator().manual_seed(1))
    assert_same_pass(small_network(drop=0.0), pixels)


def test_single_precision_gradients_of_the_commuted_head_agree(
    small_network: Callable[..., SegFormer],
) -> None:
    network = small_network(drop=0.0).train()
    pixels = torch.randn(2, 3, 64, 96, generator=torch.Generator().manual_seed(1))
    found = []
    for forward in (network, lambda x: training_logits(network, x)):
        network.zero_grad()
        forward(pixels).square().mean().backward()
        found.append({name: p.grad.clone() for name, p in network.named_parameters()})
    largest = max(float(gradient.abs().max()) for gradient in found[0].values())
    for name, gradient in found[0].items():
        assert float((found[1][name] - gradient).abs().max()) <= 1e-5 * largest, name


def test_other_networks_train_through_the_same_door() -> None:
    pixels = torch.randn(2, 3, 64, 96, generator=torch.Generator().manual_seed(1))
    widths = (8, 16, 24, 32)
    encoder = ResNetConfig(widths=widths, inner_widths=widths, stem_widths=(8,))
    assert_same_pass(
        ResNetMlp(ResNetMlpConfig(encoder=encoder, num_classes=3, decoder_width=16, dropout=0.0)),
        pixels,
    )
    deeplab = DeepLab(DeepLabConfig(encoder=encoder, num_classes=3, aspp_width=16)).train()
    logits = training_logits(deeplab, pixels)
    logits.mean().backward()
    assert logits.shape == (2, 3, 16, 24)
    assert all(p.grad is not None for p in deeplab.parameters())


def test_checkpointing_changes_memory_and_nothing_else(
    small_network: Callable[..., SegFormer],
) -> None:
    network = small_network(drop=0.3).train()
    pixels = torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(1))
    found = []
    for checkpointing in (False, True):
        torch.manual_seed(5)
        network.zero_grad()
        training_logits(network, pixels, checkpointing=checkpointing).square().mean().backward()
        found.append([p.grad.clone() for p in network.parameters()])
    for plain, again in zip(*found):
        torch.testing.assert_close(plain, again)


def test_stochastic_depth_drops_whole_branches_and_keeps_the_expectation(
    small_network: Callable[..., SegFormer],
) -> None:
    network = small_network(drop=0.0)
    block = network.encoder.stages[1].blocks[1]
    assert isinstance(block, nn.Module)
    from segcore.training.network import _added

    block.drop_path.probability = 0.25
    block.drop_path.train()
    torch.manual_seed(0)
    branch = torch.ones(4000, 1, 1, 2)
    added = _added(torch.zeros_like(branch), branch, block.drop_path)
    assert sorted(set(added.flatten().tolist())) == pytest.approx([0, 4 / 3])
    assert float(added.mean()) == pytest.approx(1, abs=0.03)
