"""Sizes of a network without running it: parameters, multiply-accumulates, shapes."""

from __future__ import annotations

from dataclasses import dataclass

from torch import nn

from segcore.models.config import STAGES, SegFormerConfig
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


def count_macs(config: SegFormerConfig, size: tuple[int, int]) -> list[StageSummary]:
    """One row per stage and one for the head, for one input of `size` (H, W) pixels.

    The operations are those of the reference order, as published figures count them; the folded
    head of `fast` does less. Raises ValueError for an input that is too small.
    """
    config.check_input_size(size)
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
