"""Sizes of a network without running it: parameters, multiply-accumulates, shapes."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from segcore.models.config import STAGES, SegFormerConfig
from segcore.models.deeplab import DeepLab
from segcore.models.layer_counts import layer_macs
from segcore.models.network import ModelConfig, build_network
from segcore.models.resnet import ResNetClassifier
from segcore.models.resnet_mlp import ResNetMlp
from segcore.models.segformer import SegFormer


@dataclass(frozen=True)
class StageSummary:
    """One part of the network: `stage1` ... `stage4` or `head`.

    `shape` is its output (C, h, w) for one picture; `macs` are multiply-accumulates of its
    convolutions, linear layers and attention products, which the paper calls FLOPs.
    """

    name: str
    shape: tuple[int, int, int]
    parameters: int
    macs: int


def output_grid(
    size: tuple[int, int], stage: int, config: SegFormerConfig | None = None
) -> tuple[int, int]:
    """(h, w) of stage 1 to 4 for an input of (H, W) pixels; the paper's strides unless told."""
    return (config or SegFormerConfig()).grid(size, stage)


def count_parameters(module: nn.Module) -> int:
    """Trainable numbers below `module`; BatchNorm's running statistics are none."""
    return sum(parameter.numel() for parameter in module.parameters())


def count_macs(config: ModelConfig, size: tuple[int, int]) -> list[StageSummary]:
    """One row per stage and one for the head, for one input of `size` (H, W) pixels.

    The operations are those of the reference order, as published figures count them; the folded
    head of `fast` does less. Raises ValueError for an input that is too small.
    """
    config.check_input_size(size)
    if not isinstance(config, SegFormerConfig):
        return _counted(config, size)
    network = SegFormer(config, device="meta")
    rows = []
    for index in range(STAGES):
        height, width = config.grid(size, index + 1)
        rows.append(
            StageSummary(
                name=f"stage{index + 1}",
                shape=(config.widths[index], height, width),
                parameters=count_parameters(network.encoder.stages[index]),
                macs=_stage_macs(config, size, index),
            )
        )
    height, width = config.grid(size, 1)
    rows.append(
        StageSummary(
            name="head",
            shape=(config.num_classes, height, width),
            parameters=count_parameters(network.decoder),
            macs=_head_macs(config, size),
        )
    )
    return rows


def _counted(config: ModelConfig, size: tuple[int, int]) -> list[StageSummary]:
    """The rows of a network on a ResNet, counted off a run without numbers; the first stage's has
    the stem in it."""
    network = build_network(config, device="meta").eval()
    assert isinstance(network, DeepLab | ResNetMlp | ResNetClassifier)
    encoder = network.encoder
    pixels = torch.empty(1, config.in_channels, *size, device="meta")
    picture, stem = layer_macs(encoder.stem, pixels)
    rows, stages = [], []
    for index, stage in enumerate(encoder.stages):
        picture, macs = layer_macs(stage, picture)
        stages.append(picture)
        own = count_parameters(stage)
        before = (count_parameters(encoder.stem), stem) if index == 0 else (0, 0)
        shape = (picture.shape[1], picture.shape[2], picture.shape[3])
        rows.append(StageSummary(f"stage{index + 1}", shape, own + before[0], macs + before[1]))
    if not isinstance(network, ResNetClassifier):
        head: nn.Module = network.head if isinstance(network, DeepLab) else network.decoder
        logits, macs = layer_macs(head, stages)
        shape = (logits.shape[1], logits.shape[2], logits.shape[3])
        rows.append(StageSummary("head", shape, count_parameters(head), macs))
    return rows


def _stage_macs(config: SegFormerConfig, size: tuple[int, int], index: int) -> int:
    height, width = config.grid(size, index + 1)
    tokens, channels = height * width, config.widths[index]
    before = config.in_channels if index == 0 else config.widths[index - 1]
    ratio, hidden = config.sr_ratios[index], config.hidden_widths[index]
    reduced = (height // ratio) * (width // ratio)

    embedding = tokens * channels * before * config.patch_sizes[index] ** 2
    reduction = reduced * (channels * ratio) ** 2 if ratio > 1 else 0
    projections = 2 * (tokens + reduced) * channels**2
    products = 2 * tokens * reduced * channels
    ffn = tokens * hidden * (2 * channels + 3 * 3)
    return embedding + config.depths[index] * (reduction + projections + products + ffn)


def _head_macs(config: SegFormerConfig, size: tuple[int, int]) -> int:
    inner = config.decoder_width
    linears = 0
    for stage, channels in enumerate(config.widths, start=1):
        height, width = config.grid(size, stage)
        linears += height * width * channels * inner
    height, width = config.grid(size, 1)
    per_pixel = inner * (inner * STAGES + config.num_classes)
    return linears + height * width * per_pixel
