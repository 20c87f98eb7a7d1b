"""DeepLabv3+ and the All-MLP head on a ResNet: shapes, numerics, training."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
import torch.nn.functional as nnf
from torch import Tensor, nn

from segcore.models import (
    DeepLab,
    DeepLabConfig,
    ResNetConfig,
    ResNetMlp,
    ResNetMlpConfig,
    build_network,
    count_macs,
    count_parameters,
    fast_network,
)

TINY = ResNetConfig(
    depths=(1, 1, 1, 1), widths=(8, 12, 16, 20), inner_widths=(8, 12, 16, 20), stem_widths=(6,)
)
TINY_DEEPLAB = DeepLabConfig(
    replace(TINY, output_stride=16),
    num_classes=5,
    rates=(2, 3, 4),
    aspp_width=14,
    low_level_width=6,
    decoder_width=10,
)
TINY_MLP = ResNetMlpConfig(TINY, num_classes=5, decoder_width=12)
NETWORKS = [
    pytest.param(TINY_DEEPLAB, id="deeplab"),
    pytest.param(
        replace(
            TINY_DEEPLAB, aspp_convolution="separable_norm", decoder_convolution="separable_norm"
        ),
        id="deeplab-separable",
    ),
    pytest.param(TINY_MLP, id="mlp"),
]


def lively(config: Any, seed: int = 5) -> Any:
    """A network of that configuration whose norms and biases matter, evaluating."""
    network = build_network(config)
    generator = torch.Generator().manual_seed(seed)
    network.initialise(generator)  # type: ignore[union-attr]
    with torch.no_grad():
        for part in network.modules():
            if isinstance(part, nn.BatchNorm2d):
                assert part.running_mean is not None
                assert part.running_var is not None
                part.weight.uniform_(0.6, 1.4, generator=generator)
                part.bias.normal_(0, 0.2, generator=generator)
                part.running_mean.normal_(0, 0.2, generator=generator)
                part.running_var.uniform_(0.6, 1.4, generator=generator)
    return network.eval()


def picture(height: int, width: int, batch: int = 1) -> Tensor:
    return torch.randn(batch, 3, height, width, generator=torch.Generator().manual_seed(2))


@pytest.mark.parametrize("output_stride", [8, 16, 32])
@pytest.mark.parametrize("size", [(32, 32), (65, 97), (128, 61)])
def test_logits_lie_at_a_quarter_of_any_size(output_stride: int, size: tuple[int, int]) -> None:
    config = TINY_DEEPLAB.at_output_stride(output_stride)
    network = lively(config)

    with torch.no_grad():
        stages = network.encode(picture(*size))
        logits = network(picture(*size))

    quarter = (-(-size[0] // 4), -(-size[1] // 4))
    assert logits.shape == (1, 5, *quarter)
    for index, stage in enumerate(stages, start=1):
        assert stage.shape[2:] == config.grid(size, index)
        stride = min(2 ** (index + 1), output_stride)
        assert stage.shape[2:] == (-(-size[0] // stride), -(-size[1] // stride))


@pytest.mark.parametrize("config", NETWORKS)
def test_the_whole_is_its_parts(config: Any) -> None:
    network = lively(config)
    pixels = picture(66, 90, batch=2)

    with torch.no_grad():
        stages = network.encode(pixels)
        fused = network.fused(stages)
        assert fused.min() == 0  # it ends in a ReLU
        assert torch.equal(network.classify(fused), network(pixels))
        assert torch.equal(network.decode(stages), network(pixels))


@pytest.mark.parametrize("config", NETWORKS)
def test_fast_numerics_give_the_same_logits_and_leave_the_network_alone(config: Any) -> None:
    network = lively(config)
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    pixels = picture(75, 101)

    fast = fast_network(network)

    with torch.no_grad():
        exact, found = network(pixels), fast(pixels)
        fused = fast.fused(fast.encode(pixels))
    assert not any(isinstance(part, nn.BatchNorm2d) for part in fast.modules())
    assert torch.allclose(found, exact, atol=float(exact.abs().max()) * 1e-5)
    assert torch.allclose(fused, network.fused(network.encode(pixels)), atol=1e-4)
    assert all(torch.equal(before[name], now) for name, now in network.state_dict().items())


@pytest.mark.parametrize("convolution", ["dense", "separable", "separable_norm"])
@pytest.mark.parametrize("cell", [(0, 0), (0, 7), (9, 11), (16, 22), (16, 0), (1, 21)])
def test_one_cell_alone_is_what_the_whole_decoder_has_there(
    convolution: Any, cell: tuple[int, int]
) -> None:
    network = lively(replace(TINY_DEEPLAB, decoder_convolution=convolution)).double()

    with torch.no_grad():
        stages = network.encode(picture(67, 91).double())
        whole = network.fused(stages)
        alone = network.fused_at(stages, *cell)

    assert whole.shape[2:] == (17, 23)
    row, column = cell
    assert torch.allclose(alone, whole[:, :, row : row + 1, column : column + 1], atol=1e-12)


def test_the_mlp_head_is_linear_layers_upsampled_joined_and_fused() -> None:
    network = lively(TINY_MLP).double()
    with torch.no_grad():
        stages = network.encode(picture(70, 90).double())
        state = network.state_dict()
        parts = []
        for index, stage in enumerate(stages):
            weight = state[f"decoder.linears.{index}.weight"][:, :, None, None]
            part = nnf.conv2d(stage, weight, state[f"decoder.linears.{index}.bias"])
            size = tuple(stages[0].shape[2:])
            parts.append(nnf.interpolate(part, size, mode="bilinear", align_corners=False))
        fused = nnf.conv2d(torch.cat(parts[::-1], dim=1), state["decoder.fuse.weight"])
        norm = [state[f"decoder.norm.{name}"] for name in ("running_mean", "running_var")]
        affine = [state[f"decoder.norm.{name}"] for name in ("weight", "bias")]
        fused = nnf.relu(nnf.batch_norm(fused, *norm, *affine, training=False, eps=1e-5))
        expected = nnf.conv2d(
            fused, state["decoder.classifier.weight"], state["decoder.classifier.bias"]
        )

        assert torch.allclose(network(picture(70, 90).double()), expected, atol=1e-10)


@pytest.mark.parametrize(
    ("name", "millions"), [("resnet50", 29.0), ("resnet101", 47.9), ("resnext101-64x4d", 86.8)]
)
def test_the_mlp_head_on_a_cnn_has_the_size_of_the_papers_table(name: str, millions: float) -> None:
    config = ResNetMlpConfig.named(name, num_classes=150, decoder_width=768)

    network = ResNetMlp(config, device="meta")

    assert count_parameters(network) / 1e6 == pytest.approx(millions, abs=0.07)


def test_sizes_of_a_deeplab_without_running_it() -> None:
    config = DeepLabConfig.named("resnet50", num_classes=19, output_stride=16)
    rows = count_macs(config, (512, 1024))

    network = DeepLab(config, device="meta")
    assert all(parameter.is_meta for parameter in network.parameters())
    assert [row.name for row in rows] == ["stage1", "stage2", "stage3", "stage4", "head"]
    assert [row.shape for row in rows] == [
        (256, 128, 256),
        (512, 64, 128),
        (1024, 32, 64),
        (2048, 32, 64),
        (19, 128, 256),
    ]
    assert sum(row.parameters for row in rows) == count_parameters(network)
    # One branch of the pyramid by hand: 2048 to 256 channels, 3 x 3, at every cell.
    pyramid = 3 * 32 * 64 * 256 * 2048 * 9
    refine = 128 * 256 * 256 * (304 + 256) * 9
    assert rows[-1].macs > pyramid + refine
    assert rows[-1].macs < 1.2 * (pyramid + refine)


@pytest.mark.parametrize("config", NETWORKS)
def test_training_reaches_every_weight_and_lowers_the_loss(config: Any) -> None:
    network = build_network(config)
    network.initialise(torch.Generator().manual_seed(1))  # type: ignore[union-attr]
    network.train()
    pixels, labels = picture(64, 64, batch=4), torch.randint(0, 5, (4, 16, 16))
    optimiser = torch.optim.SGD(network.parameters(), lr=0.1)
    losses = []
    torch.manual_seed(0)
    for step in range(6):
        loss = nnf.cross_entropy(network(pixels), labels)
        losses.append(loss.item())
        optimiser.zero_grad()
        loss.backward()
        if step == 0:
            untouched = [
                name
                for name, parameter in network.named_parameters()
                if parameter.grad is None or not parameter.grad.abs().sum() > 0
            ]
            assert not untouched
        optimiser.step()
    assert losses[-1] < losses[0]
    moved = [name for name, tensor in network.state_dict().items() if "running_mean" in name]
    assert all(network.state_dict()[name].abs().sum() > 0 for name in moved)


@pytest.mark.parametrize("config", NETWORKS)
def test_one_seed_gives_one_network(config: Any) -> None:
    states = []
    for seed in (7, 7, 8):
        network = build_network(config)
        network.initialise(torch.Generator().manual_seed(seed))  # type: ignore[union-attr]
        states.append(network.state_dict())
    same = [torch.equal(states[0][name], states[1][name]) for name in states[0]]
    assert all(same)
    assert not all(torch.equal(states[0][name], states[2][name]) for name in states[0])


@pytest.mark.parametrize("config", NETWORKS)
def test_a_picture_under_32_pixels_is_refused(config: Any) -> None:
    with pytest.raises(ValueError, match="31 x 40 pixels is too small"):
        lively(config)(picture(31, 40))


def test_another_output_stride_keeps_the_reach_of_the_pyramid() -> None:
    deeplab = DeepLabConfig.named("r18", output_stride=16)
    assert deeplab.rates == (6, 12, 18)
    assert deeplab.at_output_stride(8) == DeepLabConfig.named("r18", output_stride=8)
    of_smp = replace(deeplab, rates=(12, 24, 36))
    assert of_smp.at_output_stride(8).rates == (24, 48, 72)
    with pytest.raises(ValueError, match="output stride 12"):
        of_smp.at_output_stride(12)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: DeepLabConfig(rates=(6, 12)), "three positive numbers"),
        (lambda: DeepLabConfig(num_classes=0), "num_classes must be positive"),
        (lambda: DeepLabConfig(project_kernel=2), "project_kernel must be 1 or 3"),
        (lambda: DeepLabConfig(dropout=1.0), "dropout must be at least 0 and below 1"),
        (lambda: DeepLabConfig(decoder_convolution="thin"), "decoder_convolution cannot be"),  # type: ignore[arg-type]
        (lambda: ResNetMlpConfig(decoder_width=0), "decoder_width must be positive"),
    ],
)
def test_impossible_heads_are_refused(make: Callable[[], object], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        make()
