"""B0 and B2 of every family with the paper's head, at odd sizes, in single and double precision.

Two references: transformers' own network, and the paper's written here in plain functions over
NVlabs' names, with the epsilons of whoever wrote the file.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional as nnf

from segcore.checkpoints import load_segformer, read_checkpoint
from segcore.models import FastSegFormer, SegFormer

transformers = pytest.importorskip("transformers")

State = dict[str, Tensor]

CLASSES = 19
# Double precision takes several times as long, so that B2 goes in smaller.
SIZES = {
    ("B0", torch.float32): ((97, 131), (224, 160)),
    ("B0", torch.float64): ((97, 131), (224, 160)),
    ("B2", torch.float32): ((97, 131),),
    ("B2", torch.float64): ((45, 67),),
}
VARIANTS: dict[str, dict[str, Any]] = {
    "B0": {},
    "B2": {
        "hidden_sizes": [64, 128, 320, 512],
        "depths": [3, 4, 6, 3],
        "decoder_hidden_size": 768,
    },
}
# Of blocks and stage ends; everything else is 1e-5 in these four.
EPSILON = {"transformers": 1e-5, "sithu31296": 1e-5, "nvlabs": 1e-6, "smp": 1e-6}
# Algebraically equal, where a pixel in ten thousand may fall the other way between equals.
FAST_AGREES = 0.9999


class Paper:
    """The network of a state dict with NVlabs' names."""

    def __init__(self, state: State, dtype: torch.dtype, epsilon: float) -> None:
        self.state = {
            key: value.to(dtype) if value.is_floating_point() else value
            for key, value in state.items()
        }
        self.epsilon = epsilon

    def __call__(self, pixels: Tensor) -> Tensor:
        return self.head(self.stages(pixels))

    def stages(self, pixels: Tensor) -> list[Tensor]:
        outputs, picture = [], pixels
        for stage in (1, 2, 3, 4):
            stride, padding = (4, 3) if stage == 1 else (2, 1)
            picture = self.conv(f"patch_embed{stage}.proj", picture, stride, padding)
            height, width = picture.shape[2:]
            tokens = self.norm(f"patch_embed{stage}.norm", picture.flatten(2).mT, 1e-5)
            block = 0
            while f"backbone.block{stage}.{block}.norm1.weight" in self.state:
                tokens = self.block(f"block{stage}.{block}", tokens, (height, width), stage)
                block += 1
            tokens = self.norm(f"norm{stage}", tokens, self.epsilon)
            picture = tokens.mT.unflatten(2, (height, width))
            outputs.append(picture)
        return outputs

    def block(self, name: str, tokens: Tensor, size: tuple[int, int], stage: int) -> Tensor:
        normal = self.norm(f"{name}.norm1", tokens, self.epsilon)
        tokens = tokens + self.attention(f"{name}.attn", normal, size, stage)
        hidden = self.linear(f"{name}.mlp.fc1", self.norm(f"{name}.norm2", tokens, self.epsilon))
        picture = hidden.mT.unflatten(2, size)
        depthwise = self.conv(f"{name}.mlp.dwconv.dwconv", picture, 1, 1, picture.shape[1])
        return tokens + self.linear(f"{name}.mlp.fc2", nnf.gelu(depthwise).flatten(2).mT)

    def attention(self, name: str, tokens: Tensor, size: tuple[int, int], stage: int) -> Tensor:
        heads, ratio = ((1, 8), (2, 4), (5, 2), (8, 1))[stage - 1]
        reduced = tokens
        if ratio > 1:
            picture = self.conv(f"{name}.sr", tokens.mT.unflatten(2, size), ratio, 0)
            reduced = self.norm(f"{name}.norm", picture.flatten(2).mT, 1e-5)
        keys, values = self.linear(f"{name}.kv", reduced).chunk(2, dim=-1)
        query, key, value = (
            one.unflatten(-1, (heads, -1)).transpose(1, 2)
            for one in (self.linear(f"{name}.q", tokens), keys, values)
        )
        weights = (query @ key.mT / query.shape[-1] ** 0.5).softmax(-1)
        return self.linear(f"{name}.proj", (weights @ value).transpose(1, 2).flatten(2))

    def head(self, stages: list[Tensor]) -> Tensor:
        state, size = self.state, stages[0].shape[2:]
        pictures = []
        for index, stage in enumerate(stages, start=1):
            name = f"decode_head.linear_c{index}.proj"
            weight, bias = state[f"{name}.weight"], state[f"{name}.bias"]
            projected = nnf.conv2d(stage, weight[:, :, None, None], bias)
            pictures.append(nnf.interpolate(projected, size, mode="bilinear"))
        mixed = nnf.conv2d(
            torch.cat(pictures[::-1], 1), state["decode_head.linear_fuse.conv.weight"]
        )
        leaves = ("running_mean", "running_var", "weight", "bias")
        statistics = [state[f"decode_head.linear_fuse.bn.{leaf}"] for leaf in leaves]
        fused = nnf.batch_norm(mixed, *statistics).relu()
        name = "decode_head.linear_pred"
        return nnf.conv2d(fused, state[f"{name}.weight"], state[f"{name}.bias"])

    def conv(
        self, name: str, picture: Tensor, stride: int, padding: int, groups: int = 1
    ) -> Tensor:
        weight, bias = (self.state[f"backbone.{name}.{leaf}"] for leaf in ("weight", "bias"))
        return nnf.conv2d(picture, weight, bias, stride, padding, groups=groups)

    def linear(self, name: str, tokens: Tensor) -> Tensor:
        weight, bias = (self.state[f"backbone.{name}.{leaf}"] for leaf in ("weight", "bias"))
        return nnf.linear(tokens, weight, bias)

    def norm(self, name: str, tokens: Tensor, epsilon: float) -> Tensor:
        weight, bias = (self.state[f"backbone.{name}.{leaf}"] for leaf in ("weight", "bias"))
        return nnf.layer_norm(tokens, weight.shape, weight, bias, epsilon)


def draw(model: torch.nn.Module) -> torch.nn.Module:
    """Weights that keep the size of what goes through, whatever the depth."""
    generator = torch.Generator().manual_seed(11)
    with torch.no_grad():
        for name, tensor in model.state_dict().items():
            if not tensor.is_floating_point():
                continue
            tensor.copy_(torch.randn(tensor.shape, generator=generator))
            if tensor.ndim > 1:
                tensor.mul_(tensor[0].numel() ** -0.5)
            elif name.endswith("running_var") or ("norm" in name and name.endswith("weight")):
                tensor.abs_().mul_(0.3).add_(0.6)
            else:
                tensor.mul_(0.2)
    return model.eval()


@dataclass
class Size:
    """One size of network: transformers' own, its weights under NVlabs' names, known logits."""

    variant: str
    model: torch.nn.Module
    state: State
    known: dict[tuple[float, tuple[int, int], torch.dtype], Tensor] = field(default_factory=dict)

    def logits(self, epsilon: float, pixels: Tensor) -> Tensor:
        key = (epsilon, tuple(pixels.shape[2:]), pixels.dtype)
        if key not in self.known:
            self.known[key] = Paper(self.state, pixels.dtype, epsilon)(pixels)
        return self.known[key]


@pytest.fixture(scope="module", params=VARIANTS)
def size(request: pytest.FixtureRequest, others: Any) -> Size:
    config = transformers.SegformerConfig(num_labels=CLASSES, **VARIANTS[request.param])
    # Without storage first: transformers' initialisation takes longer than all the rest.
    with torch.device("meta"):
        empty = transformers.SegformerForSemanticSegmentation(config)
    model = draw(empty.to_empty(device="cpu"))
    return Size(request.param, model, others.nvlabs_state(model, "backbone."))


def write_transformers(size: Size, path: Path) -> Path:
    size.model.save_pretrained(path)
    return path


def write_nvlabs(size: Size, path: Path) -> Path:
    torch.save({"meta": {}, "state_dict": size.state}, path)
    return path


def write_sithu31296(size: Size, path: Path) -> Path:
    torch.save(size.state, path)
    return path


def write_smp(size: Size, path: Path) -> Path:
    renamed = {}
    for key, tensor in size.state.items():
        new = key.replace("backbone.", "encoder.")
        for stage in (1, 2, 3, 4):
            theirs = f"decoder.mlp_stage.{4 - stage}.linear"
            new = new.replace(f"decode_head.linear_c{stage}.proj", theirs)
        new = new.replace("decode_head.linear_fuse.conv", "decoder.fuse_stage.0")
        new = new.replace("decode_head.linear_fuse.bn", "decoder.fuse_stage.1")
        renamed[new.replace("decode_head.linear_pred", "segmentation_head.0")] = tensor
    torch.save(renamed, path)
    return path


WRITERS: dict[str, Callable[[Size, Path], Path]] = {
    "transformers": write_transformers,
    "nvlabs": write_nvlabs,
    "sithu31296": write_sithu31296,
    "smp": write_smp,
}


def drawn_pixels(size: tuple[int, int], dtype: torch.dtype) -> Tensor:
    return torch.randn(1, 3, *size, generator=torch.Generator().manual_seed(2)).to(dtype)


@torch.no_grad()
@pytest.mark.parametrize("family", WRITERS)
def test_every_family_gives_the_logits_of_its_code_base(family, size, tmp_path):
    checkpoint = read_checkpoint(WRITERS[family](size, tmp_path / "model"))
    assert (checkpoint.family, checkpoint.config.variant) == (family, size.variant)
    exact = load_segformer(checkpoint)
    fast = load_segformer(checkpoint, "fast")
    assert isinstance(exact, SegFormer)
    assert isinstance(fast, FastSegFormer)
    for dtype, bound in ((torch.float32, 1e-5), (torch.float64, 1e-9)):
        exact.to(dtype)
        for pixels in (drawn_pixels(one, dtype) for one in SIZES[size.variant, dtype]):
            wanted = size.logits(EPSILON[family], pixels)
            found = exact(pixels)
            assert found.shape == wanted.shape
            assert (found - wanted).abs().max() <= bound * wanted.abs().max()
            assert torch.equal(found.argmax(1), wanted.argmax(1))
            if dtype == torch.float32:
                quick = fast(pixels)
                assert (quick - wanted).abs().max() <= 1e-4 * wanted.abs().max()
                same = (quick.argmax(1) == wanted.argmax(1)).double().mean()
                assert same >= FAST_AGREES


@torch.no_grad()
def test_both_references_agree(size):
    """Else the one written here proves nothing; and it tells one epsilon from the other."""
    pixels = drawn_pixels(SIZES[size.variant, torch.float64][0], torch.float64)
    wanted = size.model.double()(pixels).logits
    size.model.float()
    largest = wanted.abs().max()
    assert (size.logits(1e-5, pixels) - wanted).abs().max() <= 1e-9 * largest
    assert (size.logits(1e-6, pixels) - wanted).abs().max() > 1e-8 * largest
