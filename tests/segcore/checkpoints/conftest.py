"""Small models of other code bases, built here without any of this program's own tables."""

from __future__ import annotations

import copy
import re
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch

transformers = pytest.importorskip("transformers")

NAMES = ("asphalt", "lawn", "brick", "cloud", "puddle")


def randomised(model: torch.nn.Module, seed: int = 0) -> torch.nn.Module:
    """Every weight and statistic drawn, so that no two layers can be exchanged unnoticed."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, tensor in model.state_dict().items():
            if tensor.is_floating_point():
                tensor.copy_(torch.randn(tensor.shape, generator=generator) * 0.2)
                if name.endswith("running_var") or ("norm" in name and name.endswith("weight")):
                    tensor.abs_().add_(0.5)
    return model.eval()


def small_config(**changes: Any) -> Any:
    settings: dict[str, Any] = {
        "hidden_sizes": [8, 16, 40, 64],
        "depths": [2, 1, 1, 2],
        "num_attention_heads": [1, 2, 5, 8],
        "decoder_hidden_size": 24,
        "id2label": dict(enumerate(NAMES)),
        "label2id": {name: index for index, name in enumerate(NAMES)},
    }
    return transformers.SegformerConfig(**{**settings, **changes})


@pytest.fixture(scope="session")
def others() -> ModuleType:
    """The builders of this file, for tests that build models of their own."""
    return sys.modules[__name__]


@pytest.fixture(scope="session")
def reference() -> torch.nn.Module:
    """A small SegFormer of transformers."""
    return randomised(transformers.SegformerForSemanticSegmentation(small_config()))


@pytest.fixture(scope="session")
def classifier() -> torch.nn.Module:
    """A small ImageNet classifier of transformers."""
    config = small_config(id2label={i: f"c{i}" for i in range(9)}, label2id=None)
    return randomised(transformers.SegformerForImageClassification(config))


@pytest.fixture
def model_folder(reference: torch.nn.Module, tmp_path: Path) -> Path:
    """The reference as transformers saves it."""
    folder = tmp_path / "gardens"
    reference.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def pixels() -> torch.Tensor:
    """Two pictures of an odd size."""
    return torch.randn(2, 3, 75, 101, generator=torch.Generator().manual_seed(4))


# In the order of use: the names that transformers 5 has in memory, and NVlabs' for the same layer.
_TO_NVLABS: tuple[tuple[str, str | Callable[[re.Match[str]], str]], ...] = (
    (r"^segformer\.stages\.(\d)\.", lambda found: f"stage{int(found[1]) + 1}."),
    (r"^stage(\d)\.patch_embeddings\.layer_norm", r"patch_embed\1.norm"),
    (r"^stage(\d)\.patch_embeddings", r"patch_embed\1"),
    (r"^stage(\d)\.layer_norm", r"norm\1"),
    (r"^stage(\d)\.blocks\.(\d+)\.", r"block\1.\2."),
    (r"layernorm_before", "norm1"),
    (r"layernorm_after", "norm2"),
    (r"attention\.sequence_reduction\.sequence_reduction", "attn.sr"),
    (r"attention\.sequence_reduction\.layer_norm", "attn.norm"),
    (r"attention\.o_proj", "attn.proj"),
    (r"attention\.q_proj", "attn.q"),
    (
        r"^decode_head\.linear_projections\.(\d)\.proj",
        lambda found: f"decode_head.linear_c{int(found[1]) + 1}.proj",
    ),
    (r"^decode_head\.linear_fuse", "decode_head.linear_fuse.conv"),
    (r"^decode_head\.batch_norm", "decode_head.linear_fuse.bn"),
    (r"^decode_head\.classifier", "decode_head.linear_pred"),
    (r"^classifier", "head"),
)


def nvlabs_state(model: torch.nn.Module, prefix: str) -> dict[str, torch.Tensor]:
    """The same weights as NVlabs names and joins them; the encoder's below `prefix`."""
    state = model.state_dict()
    renamed: dict[str, torch.Tensor] = {}
    for name, tensor in state.items():
        if ".attention.v_proj." in name:
            continue
        if ".attention.k_proj." in name:
            value = state[name.replace("k_proj", "v_proj")]
            tensor = torch.cat([tensor, value])  # noqa: PLW2901
        new = name.replace(".attention.k_proj.", ".attn.kv.")
        for pattern, replacement in _TO_NVLABS:
            new = re.sub(pattern, replacement, new)
        own = new.startswith(("decode_head.", "head."))
        renamed[new if own else f"{prefix}{new}"] = tensor.clone()
    return renamed


def with_nvlabs_epsilons(model: torch.nn.Module) -> torch.nn.Module:
    """A copy that normalises as NVlabs does: 1e-6 in blocks and after stages, else 1e-5."""
    changed = copy.deepcopy(model)
    for name, module in changed.named_modules():
        if isinstance(module, torch.nn.LayerNorm):
            inner = "patch_embeddings" in name or "sequence_reduction" in name
            module.eps = 1e-5 if inner else 1e-6
    return changed


@pytest.fixture
def nvlabs_file(reference: torch.nn.Module, tmp_path: Path) -> Path:
    """The reference's weights as NVlabs publishes them, unused classifier and meta included."""
    state = nvlabs_state(reference, "backbone.")
    state["decode_head.conv_seg.weight"] = torch.zeros(len(NAMES), 128, 1, 1)
    state["decode_head.conv_seg.bias"] = torch.zeros(len(NAMES))
    palette = [[10 * i, 20, 30] for i in range(len(NAMES))]
    meta = {"CLASSES": NAMES, "PALETTE": palette, "config": "model = dict()", "epoch": 3}
    path = tmp_path / "segformer.gardens.pth"
    torch.save({"state_dict": state, "meta": meta}, path)
    return path
