"""Files as training leaves them: logs, wrappings, prefixes, averages, and encoders alone.

The classes that such files name are made here under the modules that they come from, so that the
pickles are what the code bases write; they are taken away before anything is read.
"""

from __future__ import annotations

import argparse
import collections
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch

from segcore.checkpoints import load_segformer, read_checkpoint
from segcore.checkpoints.convert import plan_conversion, write_conversion
from segcore.errors import CheckpointError
from segcore.inference import Predictor
from segcore.models import SegFormer

transformers = pytest.importorskip("transformers")

State = dict[str, torch.Tensor]


class HistoryBuffer:
    """As mmengine's: arrays, and its own methods, which it writes along."""

    def __init__(self) -> None:
        self.max_length = 1_000_000
        self._log_history = np.array([0.5, 0.25])
        self._count_history = np.array([1, 1], dtype=np.int64)
        self._statistics_methods: dict[str, Any] = {}

    def mean(self) -> float:
        return float(self._log_history.mean())

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "statistics_methods": {"mean": HistoryBuffer.mean}}

    def __setstate__(self, state: dict[str, Any]) -> None:
        raise AssertionError("the class of the file was run")


class ConfigDict(dict):  # type: ignore[type-arg]
    """As mmengine's, which is written as a call with a plain mapping."""

    def __reduce_ex__(self, protocol: Any) -> Any:
        return type(self), (dict(self.items()),)


class AttributeDict(dict):  # type: ignore[type-arg]
    """As Lightning's, which is written item by item."""


@contextmanager
def known_as(*classes: tuple[type, str]) -> Iterator[None]:
    """Let pickles find these classes in those modules, and in no other place."""
    before = [(cls, cls.__module__) for cls, _ in classes]
    made: list[str] = []
    for cls, name in classes:
        parts = name.split(".")
        for end in range(1, len(parts) + 1):
            module = ".".join(parts[:end])
            if module not in sys.modules:
                sys.modules[module] = ModuleType(module)
                made.append(module)
        setattr(sys.modules[name], cls.__name__, cls)
        cls.__module__ = name
    try:
        yield
    finally:
        for cls, module in before:
            cls.__module__ = module
        for module in made:
            del sys.modules[module]


@pytest.fixture
def state(reference: torch.nn.Module, others: Any) -> State:
    return others.nvlabs_state(reference, "backbone.")


def assert_reads(path: Path, state: State, family: str) -> None:
    checkpoint = read_checkpoint(path)
    assert checkpoint.family == family
    key = "decode_head.linear_fuse.conv.weight"
    assert torch.equal(checkpoint.state["decoder.fuse.weight"], state[key])


def test_mmengine_logs_are_passed_over_and_not_run(state, tmp_path):
    path = tmp_path / "best_mIoU_iter_160000.pth"
    classes = ["asphalt", "lawn", "brick", "cloud", "puddle"]
    buffer = HistoryBuffer()
    with known_as(
        (HistoryBuffer, "mmengine.logging.history_buffer"),
        (ConfigDict, "mmengine.config.config"),
    ):
        torch.save(
            {
                "meta": {
                    "cfg": "model = dict()",
                    "dataset_meta": {"classes": classes, "palette": np.zeros((5, 3), np.int64)},
                    "iter": 160_000,
                    "seed": np.int64(3),
                    "best": np.float32(0.5),
                },
                "state_dict": state,
                "message_hub": {
                    "log_scalars": collections.OrderedDict({"train/loss": buffer}),
                    "runtime_info": collections.OrderedDict(cfg=ConfigDict(a=1), epoch=3),
                    "resumed_keys": collections.OrderedDict({"train/loss": True}),
                },
                "optimizer": {"state": {}, "param_groups": [{"lr": 1e-4, "params": [0]}]},
                "param_schedulers": [collections.defaultdict(list, last_step=[3])],
            },
            path,
        )
    assert b"getattr" in path.read_bytes()
    assert_reads(path, state, "nvlabs")
    assert read_checkpoint(path).classes.names == tuple(classes)


def test_lightning_modules_are_read_through_their_prefix(state, tmp_path):
    path = tmp_path / "epoch=3-step=900.ckpt"
    with known_as((AttributeDict, "lightning.fabric.utilities.data")):
        torch.save(
            {
                "epoch": 3,
                "pytorch-lightning_version": "2.5.0",
                "state_dict": {f"model.{key}": value for key, value in state.items()},
                "hyper_parameters": AttributeDict(lr=1e-4, where=PurePosixPath("/runs/a")),
                "callbacks": {"ModelCheckpoint": {"dirpath": Path("/runs"), "best": None}},
                "args": argparse.Namespace(batch=8),
            },
            path,
        )
    # Lightning's `state_dict` is no mark of NVlabs' own training.
    assert_reads(path, state, "sithu31296")


class Anything:
    """Unpickled, it looks an attribute up, as attacks do."""

    def __reduce__(self) -> Any:
        return getattr, (dict, "fromkeys")


def test_getattr_of_anything_else_is_refused(state, tmp_path):
    path = tmp_path / "trust me.pth"
    torch.save({"state_dict": state, "meta": Anything()}, path)
    with pytest.raises(CheckpointError, match=r"^trust me\.pth: .*wants to run code \(getattr\)"):
        read_checkpoint(path)


def prefixed(state: State, prefix: str) -> State:
    return {f"{prefix}{key}": value for key, value in state.items()}


@pytest.mark.parametrize(
    ("wrap", "family"),
    [
        (lambda s: {"model_ema": s}, "sithu31296"),
        (lambda s: {"ema_state_dict": prefixed(s, "module.")}, "sithu31296"),
        (lambda s: {"state_dict_ema": s, "epoch": 2}, "sithu31296"),
        (lambda s: {"model": {"state_dict": s}}, "sithu31296"),
        (lambda s: {"model_ema": {"module": s}}, "sithu31296"),
        (lambda s: {"state_dict": {}, "model": s}, "sithu31296"),
        (lambda s: prefixed(s, "_orig_mod."), "sithu31296"),
        (lambda s: prefixed(s, "module._orig_mod.net."), "sithu31296"),
        (lambda s: {"state_dict": prefixed(s, "module.")}, "nvlabs"),
        (lambda s: {"n_averaged": torch.tensor(7), **prefixed(s, "module.")}, "sithu31296"),
    ],
    ids=[
        "model_ema",
        "ema_state_dict",
        "state_dict_ema",
        "model.state_dict",
        "model_ema.module",
        "empty state_dict",
        "compiled",
        "three prefixes",
        "parallel",
        "averaged",
    ],
)
def test_wrappings_of_training_come_off(wrap, family, state, tmp_path):
    torch.save(wrap(state), tmp_path / "m.pth")
    assert_reads(tmp_path / "m.pth", state, family)


def test_trained_weights_go_before_their_average(state, tmp_path):
    average = {key: torch.zeros_like(value) for key, value in state.items()}
    for trained, averaged in (("model", "model_ema"), ("state_dict", "ema_state_dict")):
        torch.save({averaged: average, trained: state}, tmp_path / "m.pth")
        found = read_checkpoint(tmp_path / "m.pth").state["decoder.fuse.weight"]
        assert torch.equal(found, state["decode_head.linear_fuse.conv.weight"])


def test_keys_in_trouble_are_named_with_the_prefix_that_the_file_has(state, tmp_path):
    path = tmp_path / "last.ckpt"
    key = "backbone.block2.0.attn.q.weight"
    whole = prefixed(state, "model.")
    rest = {name: value for name, value in whole.items() if name != f"model.{key}"}
    for content, sentence in (
        (rest, f"missing keys: model.{key};"),
        ({**rest, f"model.{key}": state[key][:-1]}, f"misshapen keys: model.{key} is"),
        ({**whole, "loss.weight": torch.ones(5)}, "surplus keys: loss.weight;"),
        ({**whole, "model.aux.weight": torch.ones(5)}, "surplus keys: model.aux.weight;"),
    ):
        torch.save({"state_dict": content}, path)
        with pytest.raises(CheckpointError) as caught:
            read_checkpoint(path)
        assert sentence in str(caught.value)


def flat_nvlabs(encoder: State) -> State:
    return encoder


def with_prefix(prefix: str) -> Any:
    return lambda encoder: prefixed(encoder, prefix)


def mmseg_flat(encoder: State) -> State:
    """What mmsegmentation's converter makes of NVlabs' encoder, written out here by hand."""
    renamed: State = {}
    for key, tensor in encoder.items():
        head, _, rest = key.partition(".")
        stage = int(head[-1]) - 1
        if head.startswith("patch_embed"):
            renamed[f"layers.{stage}.0.{rest.replace('proj', 'projection')}"] = tensor
        elif head.startswith("norm"):
            renamed[f"layers.{stage}.2.{rest}"] = tensor
        else:
            own = f"layers.{stage}.1.{rest}"
            if ".attn.q." in own:
                joined = torch.cat([tensor, encoder[key.replace("attn.q.", "attn.kv.")]])
                renamed[own.replace("attn.q.", "attn.attn.in_proj_")] = joined
            elif ".attn.kv." not in own:
                own = own.replace("attn.proj", "attn.attn.out_proj")
                own = own.replace("mlp.fc1", "ffn.layers.0").replace("mlp.fc2", "ffn.layers.4")
                own = own.replace("mlp.dwconv.dwconv", "ffn.layers.1")
                pointwise = own.endswith(("ffn.layers.0.weight", "ffn.layers.4.weight"))
                renamed[own] = tensor[:, :, None, None] if pointwise else tensor
    return renamed


ENCODERS = {
    "nvlabs flat": (flat_nvlabs, "nvlabs-imagenet"),
    "nvlabs backbone": (with_prefix("backbone."), "nvlabs-imagenet"),
    "smp": (with_prefix("encoder."), "smp-encoder"),
    "mmseg flat": (mmseg_flat, "mmseg-encoder"),
    "mmseg backbone": (lambda e: prefixed(mmseg_flat(e), "backbone."), "mmseg-encoder"),
}


@pytest.fixture(params=ENCODERS)
def encoder(request, state, tmp_path) -> tuple[Path, str]:
    """A file with an encoder and nothing else, and its family."""
    rename, family = ENCODERS[request.param]
    bare = {k.removeprefix("backbone."): v for k, v in state.items() if k.startswith("backbone.")}
    torch.save(rename(bare), tmp_path / "mit_b0.pth")
    return tmp_path / "mit_b0.pth", family


def test_an_encoder_alone_starts_training_and_does_not_segment(encoder, reference, pixels):
    path, family = encoder
    checkpoint = read_checkpoint(path)
    assert (checkpoint.family, checkpoint.encoder_only, checkpoint.headless) == (family, True, True)
    assert "encoder without a classifier" in checkpoint.summary
    for use in (load_segformer, lambda one: Predictor.load(one, device="cpu")):
        with pytest.raises(CheckpointError, match=r"^mit_b0\.pth: .*encoder alone.*fine-tune"):
            use(path)
    model = load_segformer(path, num_classes=4)
    assert isinstance(model, SegFormer)
    with torch.no_grad():
        deepest = model.encode(pixels)[-1]
        wanted = reference.segformer(pixels).last_hidden_state
    assert (deepest - wanted).abs().max() <= 1e-4 * wanted.abs().max()


def test_an_encoder_alone_is_converted_to_nvlabs(encoder, tmp_path):
    checkpoint = read_checkpoint(encoder[0])
    plan = plan_conversion(checkpoint, "nvlabs")
    flat = read_checkpoint(write_conversion(plan, tmp_path / "flat.pth"))
    assert flat.family == "nvlabs-imagenet"
    assert all(torch.equal(flat.state[name], checkpoint.state[name]) for name in checkpoint.state)
    assert (plan.logit_difference > 0) == (checkpoint.family == "mmseg-encoder")
    with pytest.raises(CheckpointError, match="ImageNet's classifier, which transformers"):
        plan_conversion(checkpoint, "transformers")


def test_half_a_classifier_is_missing_the_other_half(classifier, tmp_path, others):
    state = others.nvlabs_state(classifier, "")
    del state["head.weight"]
    torch.save(state, tmp_path / "mit.pth")
    with pytest.raises(CheckpointError, match=r"missing keys: head\.weight;"):
        read_checkpoint(tmp_path / "mit.pth")
