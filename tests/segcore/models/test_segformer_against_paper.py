"""`exact` and `fast` against a second SegFormer, written here from the paper with functions only.

It shares no module with the program, spells out attention, LayerNorm and GELU, and takes the four
LayerNorm epsilons of the authors' release.
"""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch
import torch.nn.functional as nnf
from torch import Tensor

from segcore.models import FastSegFormer, NormEpsilons, SegFormerConfig

State = dict[str, Tensor]
BLOCK_EPSILON = STAGE_EPSILON = 1e-6
PATCH_EPSILON = SR_EPSILON = 1e-5


def linear(state: State, name: str, x: Tensor) -> Tensor:
    return x @ state[f"{name}.weight"].T + state[f"{name}.bias"]


def layer_norm(state: State, name: str, x: Tensor, epsilon: float) -> Tensor:
    centred = x - x.mean(-1, keepdim=True)
    deviation = (centred.square().mean(-1, keepdim=True) + epsilon).sqrt()
    return centred / deviation * state[f"{name}.weight"] + state[f"{name}.bias"]


def gelu(x: Tensor) -> Tensor:
    return 0.5 * x * (1 + torch.erf(x / math.sqrt(2)))


def to_grid(x: Tensor, h: int, w: int) -> Tensor:
    return x.transpose(1, 2).reshape(x.shape[0], x.shape[2], h, w)


def to_tokens(x: Tensor) -> Tensor:
    return x.reshape(x.shape[0], x.shape[1], -1).transpose(1, 2)


def attention(
    state: State, at: str, x: Tensor, size: tuple[int, int], *, heads: int, ratio: int
) -> Tensor:
    (h, w), source = size, x
    if ratio > 1:
        weight, bias = state[f"{at}.sr.weight"], state[f"{at}.sr.bias"]
        source = to_tokens(nnf.conv2d(to_grid(x, h, w), weight, bias, stride=ratio))
        source = layer_norm(state, f"{at}.sr_norm", source, SR_EPSILON)
    queries = linear(state, f"{at}.query", x)
    keys, values = linear(state, f"{at}.key", source), linear(state, f"{at}.value", source)
    width = x.shape[2] // heads
    answers = []
    for head in range(heads):
        own = slice(head * width, (head + 1) * width)
        scores = queries[..., own] @ keys[..., own].transpose(1, 2) / math.sqrt(width)
        scores = (scores - scores.amax(-1, keepdim=True)).exp()
        answers.append(scores / scores.sum(-1, keepdim=True) @ values[..., own])
    return linear(state, f"{at}.output", torch.cat(answers, -1))


def mix_ffn(state: State, at: str, x: Tensor, h: int, w: int) -> Tensor:
    hidden = to_grid(linear(state, f"{at}.fc1", x), h, w)
    weight, bias = state[f"{at}.depthwise.weight"], state[f"{at}.depthwise.bias"]
    hidden = nnf.conv2d(hidden, weight, bias, padding=1, groups=hidden.shape[1])
    return linear(state, f"{at}.fc2", gelu(to_tokens(hidden)))


def segformer(state: State, config: SegFormerConfig, pixels: Tensor) -> Tensor:
    picture, outputs = pixels, []
    for s in range(4):
        at = f"encoder.stages.{s}"
        weight, bias = (state[f"{at}.patch_embed.proj.{part}"] for part in ("weight", "bias"))
        padding = weight.shape[-1] // 2
        picture = nnf.conv2d(picture, weight, bias, stride=4 if s == 0 else 2, padding=padding)
        h, w = picture.shape[2:]
        x = layer_norm(state, f"{at}.patch_embed.norm", to_tokens(picture), PATCH_EPSILON)
        for b in range(config.depths[s]):
            block = f"{at}.blocks.{b}"
            normed = layer_norm(state, f"{block}.norm1", x, BLOCK_EPSILON)
            shape = {"heads": config.heads[s], "ratio": config.sr_ratios[s]}
            x = x + attention(state, f"{block}.attention", normed, (h, w), **shape)
            normed = layer_norm(state, f"{block}.norm2", x, BLOCK_EPSILON)
            x = x + mix_ffn(state, f"{block}.mlp", normed, h, w)
        picture = to_grid(layer_norm(state, f"{at}.norm", x, STAGE_EPSILON), h, w)
        outputs.append(picture)

    size = outputs[0].shape[2:]
    upsampled = []
    for s in (3, 2, 1, 0):
        h, w = outputs[s].shape[2:]
        projected = to_grid(linear(state, f"decoder.linears.{s}", to_tokens(outputs[s])), h, w)
        upsampled.append(nnf.interpolate(projected, size, mode="bilinear", align_corners=False))
    fused = nnf.conv2d(torch.cat(upsampled, 1), state["decoder.fuse.weight"])
    mean, variance = state["decoder.norm.running_mean"], state["decoder.norm.running_var"]
    gain, shift = state["decoder.norm.weight"], state["decoder.norm.bias"]
    fused = nnf.relu(nnf.batch_norm(fused, mean, variance, gain, shift, eps=1e-5))
    return nnf.conv2d(fused, state["decoder.classifier.weight"], state["decoder.classifier.bias"])


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(
    ("variant", "size"), [("b0", (64, 64)), ("b0", (70, 99)), ("b2", (47, 66))]
)
def test_logits_are_those_of_the_paper(make_network, variant, size, dtype):
    config = SegFormerConfig.named(variant, num_classes=19, epsilons=NormEpsilons.NVLABS)
    network = make_network(config, dtype=dtype)
    pixels = torch.randn(2, 3, *size, dtype=dtype, generator=torch.Generator().manual_seed(2))
    with torch.no_grad():
        expected = segformer(network.state_dict(), config, pixels)
        logits = {"exact": network(pixels), "fast": FastSegFormer.from_exact(network)(pixels)}
    bound = 1e-5 if dtype == torch.float32 else 1e-9
    for numerics, found in logits.items():
        assert (found - expected).abs().max() / expected.abs().max() <= bound, numerics
        assert (found.argmax(1) == expected.argmax(1)).double().mean() >= 0.9999, numerics
    assert torch.equal(logits["exact"].argmax(1), expected.argmax(1))


def test_epsilons_of_another_family_are_seen(make_network):
    config = SegFormerConfig.named("b0", epsilons=NormEpsilons.TRANSFORMERS)
    network = make_network(config, dtype=torch.float64)
    pixels = torch.randn(1, 3, 64, 64, dtype=torch.float64)
    with torch.no_grad():
        expected = segformer(network.state_dict(), config, pixels)
        difference = (network(pixels) - expected).abs().max() / expected.abs().max()
    assert difference > 1e-9


def test_any_shape_of_network(make_network, tiny_config):
    config = replace(tiny_config, epsilons=NormEpsilons.NVLABS)
    network = make_network(config, dtype=torch.float64)
    pixels = torch.randn(2, 4, 75, 61, dtype=torch.float64)
    with torch.no_grad():
        expected = segformer(network.state_dict(), config, pixels)
        found = network(pixels), FastSegFormer.from_exact(network)(pixels)
    for logits in found:
        assert (logits - expected).abs().max() / expected.abs().max() <= 1e-9
