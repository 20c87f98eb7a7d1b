"""Code bases that took over NVlabs' names: their files give their own numbers, whoever wrote them.

The references are transformers' networks, with the epsilons set and the weights renamed here.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from segcore.checkpoints import load_segformer, read_checkpoint
from segcore.errors import CheckpointError

transformers = pytest.importorskip("transformers")

State = dict[str, torch.Tensor]


def sithu31296_state(model: torch.nn.Module, others: Any) -> State:
    return others.nvlabs_state(model, "backbone.")


def smp_state(model: torch.nn.Module, others: Any) -> State:
    """Encoder below `encoder.`, decoder in a list from the deepest stage to the finest."""
    heads = {
        "decode_head.linear_c4.proj": "decoder.mlp_stage.0.linear",
        "decode_head.linear_c3.proj": "decoder.mlp_stage.1.linear",
        "decode_head.linear_c2.proj": "decoder.mlp_stage.2.linear",
        "decode_head.linear_c1.proj": "decoder.mlp_stage.3.linear",
        "decode_head.linear_fuse.conv": "decoder.fuse_stage.0",
        "decode_head.linear_fuse.bn": "decoder.fuse_stage.1",
        "decode_head.linear_pred": "segmentation_head.0",
    }
    renamed = {}
    for key, tensor in others.nvlabs_state(model, "encoder.").items():
        layer, _, leaf = key.rpartition(".")
        renamed[f"{heads.get(layer, layer)}.{leaf}"] = tensor
    return renamed


WRITERS: dict[str, Callable[[torch.nn.Module, Any], State]] = {
    "sithu31296": sithu31296_state,
    "smp": smp_state,
}


def with_epsilons_of(family: str, model: torch.nn.Module, others: Any) -> torch.nn.Module:
    return others.with_nvlabs_epsilons(model) if family == "smp" else copy.deepcopy(model)


@torch.no_grad()
def assert_parity(found: torch.nn.Module, wanted: torch.nn.Module, pixels: torch.Tensor) -> None:
    """Logits to 1e-5 of the largest in single precision and 1e-9 in double, winners equal."""
    for dtype, bound in ((torch.float32, 1e-5), (torch.float64, 1e-9)):
        ours = found.to(dtype)(pixels.to(dtype))
        theirs = wanted.to(dtype)(pixels.to(dtype)).logits
        assert ours.shape == theirs.shape
        assert (ours - theirs).abs().max() <= bound * theirs.abs().max()
        assert torch.equal(ours.argmax(1), theirs.argmax(1))


@pytest.mark.parametrize("family", WRITERS)
def test_small_networks_give_the_logits_of_their_code_base(
    family, reference, pixels, tmp_path, others
):
    path = tmp_path / "trained.pth"
    torch.save(WRITERS[family](reference, others), path)
    checkpoint = read_checkpoint(path)
    assert checkpoint.family == family
    wanted = with_epsilons_of(family, reference, others)
    assert_parity(load_segformer(checkpoint), wanted, pixels)


@pytest.mark.parametrize("family", WRITERS)
def test_b0_gives_the_logits_of_its_code_base(family, pixels, tmp_path, others):
    config = transformers.SegformerConfig(num_labels=19)
    model = others.randomised(transformers.SegformerForSemanticSegmentation(config))
    state = WRITERS[family](model, others)
    save_file(state, tmp_path / "b0.safetensors")
    checkpoint = read_checkpoint(tmp_path / "b0.safetensors")
    assert (checkpoint.family, checkpoint.config.variant) == (family, "B0")
    assert_parity(
        load_segformer(checkpoint), with_epsilons_of(family, model, others), pixels[:, :, :, :70]
    )


@torch.no_grad()
def test_epsilons_are_told_apart(reference, pixels, tmp_path, others):
    """The same numbers under each code base's names: two use 1e-6 in blocks, one 1e-5."""
    found = {}
    for family, state_of in WRITERS.items():
        torch.save(state_of(reference, others), tmp_path / "m.pth")
        found[family] = load_segformer(tmp_path / "m.pth").double()(pixels.double())
    largest = found["smp"].abs().max()
    assert (found["smp"] - found["sithu31296"]).abs().max() > 1e-8 * largest


@pytest.mark.parametrize(
    ("marks", "family"),
    [
        ((), "sithu31296"),
        (("model_state_dict",), "sithu31296"),
        (("state_dict",), "nvlabs"),
        (("conv_seg",), "nvlabs"),
        (("conv_seg", "state_dict"), "nvlabs"),
        (("conv_seg", "model"), "nvlabs"),
    ],
    ids=lambda value: "+".join(value) if isinstance(value, tuple) else value,
)
def test_nvlabs_is_known_by_its_wrapping_or_its_unused_classifier(
    marks, family, reference, tmp_path, others
):
    state: dict[str, Any] = sithu31296_state(reference, others)
    for mark in marks:
        if mark == "conv_seg":
            state["decode_head.conv_seg.weight"] = torch.zeros(5, 128, 1, 1)
        else:
            state = {mark: state}
    torch.save(state, tmp_path / "whose.pth")
    assert read_checkpoint(tmp_path / "whose.pth").family == family


def refused(path: Path, state: State) -> str:
    torch.save(state, path)
    with pytest.raises(CheckpointError) as caught:
        read_checkpoint(path)
    sentence = str(caught.value)
    assert sentence.startswith(path.name)
    assert "\n" not in sentence
    return sentence


@pytest.mark.parametrize(
    ("family", "key"),
    [
        ("sithu31296", "decode_head.linear_fuse.bn.running_var"),
        ("sithu31296", "backbone.block2.0.attn.q.weight"),
        ("smp", "decoder.mlp_stage.0.linear.weight"),
        ("smp", "decoder.mlp_stage.3.linear.bias"),
        ("smp", "decoder.fuse_stage.1.running_mean"),
        ("smp", "segmentation_head.0.bias"),
        ("smp", "encoder.patch_embed1.proj.weight"),
    ],
)
def test_keys_in_trouble_are_named_as_the_file_has_them(family, key, reference, tmp_path, others):
    state = WRITERS[family](reference, others)
    path = tmp_path / "trained.pth"
    whole = state.pop(key)
    sentence = refused(path, state)
    assert "missing" in sentence
    assert key in sentence
    assert key in refused(path, {**state, key: whole[:-1]})
    surplus = refused(path, {**state, key: whole, "auxiliary.0.weight": torch.ones(2)})
    assert "surplus keys: auxiliary.0.weight;" in surplus
