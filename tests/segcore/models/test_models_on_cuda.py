"""The same numbers on an NVIDIA GPU, and nothing left on the CPU or in another dtype."""

from __future__ import annotations

import pytest
import torch

from segcore.models import FastSegFormer, SegFormerConfig

pytestmark = pytest.mark.cuda


@pytest.fixture(scope="module")
def exact(make_network):
    return make_network(SegFormerConfig.named("b0", num_classes=19))


@pytest.fixture(autouse=True)
def full_float32(monkeypatch):
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", False)
    monkeypatch.setattr(torch.backends.cuda.matmul, "allow_tf32", False)


@torch.no_grad()
def test_float32_is_that_of_the_cpu(exact):
    pixels = torch.randn(2, 3, 97, 130)
    expected = exact(pixels)
    fast = FastSegFormer.from_exact(exact).to("cuda")
    logits = fast(pixels.to("cuda"))
    assert logits.device.type == "cuda"
    assert (logits.cpu() - expected).abs().max() / expected.abs().max() < 1e-5
    assert (logits.cpu().argmax(1) == expected.argmax(1)).double().mean() >= 0.9999


@pytest.mark.parametrize(("dtype", "bound"), [(torch.bfloat16, 0.15), (torch.float16, 0.03)])
@torch.no_grad()
def test_half_precisions_run_and_keep_their_dtype(exact, dtype, bound):
    pixels = torch.randn(1, 3, 128, 160)
    expected = exact(pixels)
    fast = FastSegFormer.from_exact(exact).to("cuda", dtype)
    stages = fast.encode(pixels.to("cuda", dtype))
    logits = fast.decode(stages)
    for tensor in (*stages, fast.fused(stages), logits):
        assert (tensor.device.type, tensor.dtype) == ("cuda", dtype)
    assert (logits.float().cpu() - expected).abs().max() / expected.abs().max() < bound


def test_a_cpu_seed_gives_the_same_network_on_the_gpu():
    from segcore.models import SegFormer

    config = SegFormerConfig.named("b0")
    networks = [SegFormer(config, device=device) for device in ("cpu", "cuda")]
    for network in networks:
        network.initialise(torch.Generator().manual_seed(5))
    cpu, gpu = (network.state_dict() for network in networks)
    assert all(torch.equal(cpu[name], gpu[name].cpu()) for name in cpu)


def test_the_gradient_reaches_the_input(exact):
    fast = FastSegFormer.from_exact(exact).to("cuda")
    pixels = torch.randn(1, 3, 64, 64, device="cuda", requires_grad=True)
    fast(pixels)[:, :, 8, 8].relu().sum().backward()
    assert pixels.grad is not None
    assert pixels.grad.abs().sum() > 0
