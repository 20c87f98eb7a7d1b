"""ResNet against transformers' own, against published sizes, and against itself undilated."""

from __future__ import annotations

import re
from typing import Any

import pytest
import torch

from segcore.models import ResNetClassifier, ResNetClassifierConfig, ResNetConfig
from segcore.models.layer_counts import layer_macs
from segcore.models.resnet import ResNet
from segcore.models.summary import count_macs, count_parameters

transformers = pytest.importorskip("transformers")

_TO_TRANSFORMERS = (
    (r"^stem\.0\.", "embedder.embedder."),
    (r"^stages\.(\d)\.blocks\.(\d+)\.layers\.(\d)", r"encoder.stages.\1.layers.\2.layer.\3"),
    (r"^stages\.(\d)\.blocks\.(\d+)\.shortcut", r"encoder.stages.\1.layers.\2.shortcut"),
    (r"\.conv\.", ".convolution."),
    (r"\.norm\.", ".normalization."),
)


def shaken(network: torch.nn.Module, seed: int = 3) -> torch.nn.Module:
    """No norm is the identity any more, so that none can be left out unnoticed."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, tensor in network.state_dict().items():
            if name.endswith(("running_var", "norm.weight", "normalization.weight")):
                tensor.uniform_(0.6, 1.4, generator=generator)
            elif name.endswith(("running_mean", ".bias")):
                tensor.normal_(0, 0.2, generator=generator)
    return network.eval()


def transformers_name(own: str) -> str:
    for pattern, replacement in _TO_TRANSFORMERS:
        own = re.sub(pattern, replacement, own)
    return own


@pytest.mark.parametrize(
    ("settings", "config"),
    [
        (
            {"layer_type": "basic", "hidden_sizes": [8, 12, 16, 24], "depths": [2, 1, 3, 2]},
            ResNetConfig(
                depths=(2, 1, 3, 2),
                widths=(8, 12, 16, 24),
                inner_widths=(8, 12, 16, 24),
                stem_widths=(10,),
            ),
        ),
        (
            {"layer_type": "bottleneck", "hidden_sizes": [16, 24, 32, 48], "depths": [1, 2, 2, 1]},
            ResNetConfig(
                block="bottleneck",
                depths=(1, 2, 2, 1),
                widths=(16, 24, 32, 48),
                inner_widths=(4, 6, 8, 12),
                stem_widths=(10,),
            ),
        ),
    ],
    ids=["basic", "bottleneck"],
)
def test_all_four_stages_are_those_of_transformers(
    settings: dict[str, Any], config: ResNetConfig
) -> None:
    theirs = shaken(
        transformers.ResNetModel(transformers.ResNetConfig(embedding_size=10, **settings))
    )
    own = ResNet(config).eval()
    state = theirs.state_dict()
    own.load_state_dict({name: state[transformers_name(name)] for name in own.state_dict()})
    pixels = torch.randn(2, 3, 75, 102, generator=torch.Generator().manual_seed(1))

    with torch.no_grad():
        found = own(pixels)
        expected = theirs(pixels, output_hidden_states=True).hidden_states[1:]

    assert len(found) == len(expected) == 4
    for index, (stage, reference) in enumerate(zip(found, expected), start=1):
        assert stage.shape[2:] == config.grid((75, 102), index)
        assert torch.allclose(stage, reference, atol=1e-5)


@pytest.mark.parametrize("block", ["basic", "bottleneck"])
@pytest.mark.parametrize("output_stride", [8, 16])
@pytest.mark.parametrize("size", [(64, 96), (75, 101)])
def test_a_dilated_stage_holds_the_undilated_one_between_its_own_cells(
    block: Any, output_stride: int, size: tuple[int, int]
) -> None:
    """The hole in à trous: every second (or fourth) cell is what a stride would have left."""
    widths = (6, 8, 8, 10)
    inner = widths if block == "basic" else (4, 4, 4, 4)
    config = ResNetConfig(block, (1, 1, 2, 2), widths, inner, stem_widths=(5,))
    strided = shaken(ResNet(config)).double()
    dilated = ResNet(
        ResNetConfig(
            block, (1, 1, 2, 2), widths, inner, stem_widths=(5,), output_stride=output_stride
        )
    )
    dilated = dilated.double().eval()
    dilated.load_state_dict(strided.state_dict())
    pixels = torch.randn(1, 3, *size, dtype=torch.float64)

    with torch.no_grad():
        sparse, dense = strided(pixels), dilated(pixels)

    for index, (coarse, fine) in enumerate(zip(sparse, dense)):
        step = max(1, (4 << index) // output_stride)
        assert fine.shape[2:] == dilated.config.grid(size, index + 1)
        assert torch.allclose(fine[:, :, ::step, ::step], coarse, atol=1e-12)


@pytest.mark.parametrize(
    ("name", "parameters", "gmacs"),
    [
        ("resnet18", 11_689_512, 1.814),
        ("resnet34", 21_797_672, 3.664),
        ("resnet50", 25_557_032, 4.089),
        ("resnet101", 44_549_160, 7.801),
        ("resnet152", 60_192_808, 11.514),
        ("resnext50", 25_028_904, 4.230),
        ("resnext101", 88_791_336, 16.414),
        ("resnext101_64x4d", 83_455_272, 15.46),
    ],
)
def test_sizes_are_those_that_torchvision_publishes(
    name: str, parameters: int, gmacs: float
) -> None:
    network = ResNetClassifier(ResNetClassifierConfig(ResNetConfig.named(name)), device="meta")

    assert count_parameters(network) == parameters
    _, macs = layer_macs(network.eval(), torch.empty(1, 3, 224, 224, device="meta"))
    assert macs / 1e9 == pytest.approx(gmacs, abs=6e-3)


def test_the_rows_of_a_classifier_are_its_stages() -> None:
    config = ResNetClassifierConfig(ResNetConfig.named("r18"))
    rows = count_macs(config, (224, 224))

    network = ResNetClassifier(config, device="meta")
    assert [row.name for row in rows] == ["stage1", "stage2", "stage3", "stage4"]
    assert rows[-1].shape == (512, 7, 7)
    assert sum(row.parameters for row in rows) == count_parameters(network.encoder)


@pytest.mark.parametrize("name", ["ResNet-50", "resnet50", "r50", "R-50", "resnet_50"])
def test_a_variant_is_known_by_all_its_spellings(name: str) -> None:
    assert ResNetConfig.named(name).variant == "ResNet-50"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"depths": (1, 2, 3)}, "depths must be 4 positive numbers"),
        ({"widths": (8, 8, 0, 8)}, "widths must be 4 positive numbers"),
        ({"output_stride": 4}, "no output stride 4"),
        ({"stem_widths": ()}, "a stem cannot have"),
        ({"inner_widths": (1, 2, 3, 4)}, "as many channels inside"),
        ({"block": "wide"}, "no block 'wide'"),
        ({"block": "bottleneck", "groups": 3}, "cannot make 3 groups"),
        ({"in_channels": 0}, "in_channels must be positive"),
    ],
)
def test_numbers_that_no_network_can_have_are_refused(
    changes: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ValueError, match=sentence):
        ResNetConfig(**changes)


def test_an_unknown_variant_names_the_known() -> None:
    with pytest.raises(ValueError, match="no ResNet 'vgg16': use one of resnet18"):
        ResNetConfig.named("vgg16")
