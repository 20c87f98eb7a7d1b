"""A DeepLabv3+ that is not whole, or not what was asked for: one sentence, the keys named."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

import segcore
from segcore.classes import ClassTable
from segcore.errors import CheckpointError
from segcore.models import (
    DeepLab,
    DeepLabConfig,
    ResNetConfig,
    ResNetMlp,
    ResNetMlpConfig,
    build_network,
)

NAMES = ClassTable.from_names(["asphalt", "lawn", "brick"])
ENCODER = ResNetConfig(
    depths=(1, 1, 1, 1),
    widths=(8, 8, 12, 16),
    inner_widths=(8, 8, 12, 16),
    stem_widths=(4, 4, 8),
    output_stride=16,
)
DEEPLAB = DeepLabConfig(
    ENCODER,
    num_classes=3,
    rates=(2, 3, 5),
    aspp_width=10,
    low_level_width=4,
    decoder_width=6,
    aspp_convolution="separable_norm",
    pool_first=True,
    aspp_dropout=0.2,
)
MLP = ResNetMlpConfig(ENCODER, num_classes=3, decoder_width=9, dropout=0.3)


def network_of(config: Any) -> DeepLab | ResNetMlp:
    network = build_network(config)
    assert isinstance(network, DeepLab | ResNetMlp)
    network.initialise(torch.Generator().manual_seed(2))
    with torch.no_grad():
        for name, tensor in network.state_dict().items():
            if "running" in name:
                tensor.uniform_(0.5, 1.5)
    return network


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return segcore.save_model(network_of(DEEPLAB), tmp_path / "garden", NAMES)


def refused(source: Path) -> str:
    with pytest.raises(CheckpointError) as caught:
        segcore.read_checkpoint(source)
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert sentence.startswith(f"{source.name}: ")
    return sentence


def changed(folder: Path, change: Callable[[dict[str, Any]], None]) -> Path:
    words = json.loads((folder / "config.json").read_text())
    change(words)
    (folder / "config.json").write_text(json.dumps(words))
    return folder


def with_weights(folder: Path, change: Callable[[dict[str, torch.Tensor]], object]) -> Path:
    tensors = load_file(folder / "model.safetensors")
    change(tensors)
    save_file(tensors, folder / "model.safetensors")
    return folder


@pytest.mark.parametrize("config", [DEEPLAB, MLP], ids=["deeplab", "mlp"])
@pytest.mark.parametrize("dtype", [None, torch.float16])
def test_what_is_saved_comes_back_bit_for_bit(
    tmp_path: Path, config: Any, dtype: torch.dtype | None
) -> None:
    network = network_of(config)
    card = "---\nlicense: cc0-1.0\n---\n# Garden\n"

    written = segcore.save_model(network, tmp_path / "garden", NAMES, dtype=dtype, card=card)
    checkpoint = segcore.read_checkpoint(written)

    assert checkpoint.config == config
    assert checkpoint.classes == NAMES
    assert checkpoint.licence == "cc0-1.0"
    assert checkpoint.family == "own"
    for name, tensor in network.state_dict().items():
        if not name.endswith("num_batches_tracked"):
            assert torch.equal(checkpoint.state[name], tensor.to(dtype or tensor.dtype)), name
    pixels = torch.randn(1, 3, 40, 50)
    loaded = segcore.load_model(written)
    assert type(loaded) is type(network)
    with torch.no_grad():
        close = torch.allclose(
            loaded(pixels), network.eval()(pixels), atol=1e-5 if not dtype else 1
        )
    assert close
    # And once more, from what was read.
    again = segcore.save_model(checkpoint, tmp_path / "again")
    assert (again / "model.safetensors").read_bytes() == (
        written / "model.safetensors"
    ).read_bytes()
    assert segcore.read_checkpoint(again).config == config


def test_a_segformer_goes_through_the_same_door(tmp_path: Path) -> None:
    checkpoint = segcore.read_checkpoint("street-b0")
    again = segcore.read_checkpoint(segcore.save_model(checkpoint, tmp_path / "street"))
    assert again.config == checkpoint.config
    assert again.family == "transformers"


def test_load_segformer_names_the_network_and_the_other_door(folder: Path) -> None:
    with pytest.raises(CheckpointError) as caught:
        segcore.load_segformer(folder)
    assert str(caught.value) == (
        "garden: its network is DeepLabv3+ and no SegFormer; name a SegFormer, or load it with "
        "segcore.load_model."
    )
    with pytest.raises(CheckpointError, match="no SegFormer"):
        segcore.save_pretrained(segcore.read_checkpoint(folder), folder.parent / "hf")


def test_missing_keys_are_named(folder: Path) -> None:
    key = "head.aspp.branches.2.depthwise.norm.running_var"
    assert f"missing keys: {key}" in refused(with_weights(folder, lambda found: found.pop(key)))


def test_surplus_keys_are_named(folder: Path) -> None:
    def add(found: dict[str, torch.Tensor]) -> None:
        found["head.loss.weight"] = torch.zeros(3)

    assert "surplus keys: head.loss.weight" in refused(with_weights(folder, add))


def test_misshapen_keys_are_named_with_both_shapes(folder: Path) -> None:
    def bend(found: dict[str, torch.Tensor]) -> None:
        found["encoder.stages.2.blocks.0.layers.0.conv.weight"] = torch.zeros(12, 8, 1, 1)

    sentence = refused(with_weights(folder, bend))
    assert "encoder.stages.2.blocks.0.layers.0.conv.weight is 12 x 8 x 1 x 1" in sentence
    assert "and not 12 x 8 x 3 x 3" in sentence


def test_weights_without_their_config_are_refused(folder: Path) -> None:
    (folder / "config.json").unlink()
    assert "there is no config.json beside it" in refused(folder)


@pytest.mark.parametrize(
    ("change", "trouble"),
    [
        (lambda words: words.pop("network"), "describes no DeepLabv3+"),
        (lambda words: words["network"].pop("encoder"), "describes no encoder"),
        (lambda words: words["network"].update(rates=[6, 12]), "three positive numbers"),
        (lambda words: words["network"].update(rates="many"), "network that cannot be"),
        (lambda words: words["network"].update(aspp_width="wide"), "of the wrong kind"),
        (lambda words: words["network"].update(colour=3), "has colour, which this program"),
        (lambda words: words["network"]["encoder"].update(output_stride=5), "output stride 5"),
        (lambda words: words["network"].update(decoder_width=7), "misshapen keys: head.refine"),
        (lambda words: words["id2label"].pop("2"), "names 2 classes and describes a network of 3"),
    ],
)
def test_a_config_that_does_not_belong_to_the_weights_is_refused(
    folder: Path, change: Callable[[dict[str, Any]], None], trouble: str
) -> None:
    assert trouble in refused(changed(folder, change))


def test_keys_are_named_as_the_file_has_them(tmp_path: Path) -> None:
    state = {
        f"backbone.layer{stage}.0.conv{i}.weight": torch.zeros(4, 4, 3, 3)
        for stage in (1, 2, 3, 4)
        for i in (1, 2)
    }
    state |= {"classifier.aspp.project.0.weight": torch.zeros(8, 40, 1, 1)}
    path = tmp_path / "half.pth"
    torch.save({"model_state": state}, path)
    assert "missing or misshapen keys: backbone.conv1.weight" in refused(path)


def test_a_failed_save_leaves_what_was_there(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = {path.name: path.read_bytes() for path in folder.iterdir()}

    def full_disk(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("segcore.checkpoints.model_folder.save_file", full_disk)
    with pytest.raises(CheckpointError, match="cannot be written"):
        segcore.save_model(network_of(DEEPLAB), folder, NAMES)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_names_must_be_as_many_as_outputs(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="3 outputs need as many classes, not 1"):
        segcore.save_model(network_of(MLP), tmp_path / "garden", ClassTable.from_names(["road"]))
    assert not (tmp_path / "garden").exists()
