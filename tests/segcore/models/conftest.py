"""Networks whose every weight matters, for the tests of `segcore.models`."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import torch

from segcore.models import SegFormer, SegFormerConfig

MakeNetwork = Callable[..., SegFormer]


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> Iterator[None]:
    """Inputs here are so small that threads would only wait for each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def make_network() -> MakeNetwork:
    """Build a SegFormer whose biases, norms and running statistics are no longer trivial."""

    def make(config: SegFormerConfig, *, dtype: torch.dtype = torch.float32) -> SegFormer:
        network = SegFormer(config)
        generator = torch.Generator().manual_seed(20)
        network.initialise(generator)
        with torch.no_grad():
            for parameter in network.parameters():
                if parameter.ndim == 1:
                    parameter.add_(torch.randn(parameter.shape, generator=generator), alpha=0.2)
                elif parameter.ndim == 2:
                    parameter.mul_(3)
            norm = network.decoder.norm
            assert norm.running_mean is not None
            assert norm.running_var is not None
            norm.running_mean.normal_(0, 0.2, generator=generator)
            norm.running_var.uniform_(0.5, 1.5, generator=generator)
        return network.to(dtype).eval()

    return make


@pytest.fixture(scope="session")
def tiny_config() -> SegFormerConfig:
    """A network that is none of the published ones: other widths, heads, ratios and kernels."""
    return SegFormerConfig(
        widths=(12, 24, 40, 48),
        depths=(1, 2, 1, 2),
        heads=(2, 3, 5, 4),
        sr_ratios=(4, 3, 1, 1),
        mlp_ratios=(2, 3, 2.5, 4),
        patch_sizes=(7, 3, 3, 3),
        in_channels=4,
        num_classes=7,
        decoder_width=20,
    )
