"""How the public code bases call a ResNet's weights, and what shapes tell of one."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from segcore.checkpoints.naming import Rule
from segcore.checkpoints.shapes import MissingWeightError, Shape, agreed
from segcore.checkpoints.storage import StoredWeights
from segcore.models.config import STAGES
from segcore.models.resnet_config import Block

_BLOCK = re.compile(r"encoder\.stages\.(\d)\.blocks\.(\d+)\.")
_STEM = re.compile(r"encoder\.stem\.(\d+)\.conv\.weight")
_LAYERS = 3
# A deep stem is a sequence of convolution, norm and ReLU.
_DEEP_STEM = tuple((index, 3 * index, 3 * index + 1) for index in range(3))


def block_rules(prefix: str) -> tuple[Rule, ...]:
    """The four stages, whose names torchvision gave them, with every key below `prefix`."""
    own, theirs = "encoder.stages.{s}.blocks.{i}", f"{prefix}layer{{S}}.{{i}}"
    layers = [
        rule
        for index in range(_LAYERS)
        for rule in (
            Rule(f"{own}.layers.{index}.conv", f"{theirs}.conv{index + 1}"),
            Rule(f"{own}.layers.{index}.norm", f"{theirs}.bn{index + 1}"),
        )
    ]
    return (
        *layers,
        Rule(f"{own}.shortcut.conv", f"{theirs}.downsample.0"),
        Rule(f"{own}.shortcut.norm", f"{theirs}.downsample.1"),
    )


def stem_rules(prefix: str) -> tuple[Rule, ...]:
    """The stem of one 7 x 7 convolution."""
    return (
        Rule("encoder.stem.0.conv", f"{prefix}conv1"),
        Rule("encoder.stem.0.norm", f"{prefix}bn1"),
    )


def deep_stem_rules(prefix: str) -> tuple[Rule, ...]:
    """The stem of three 3 x 3 convolutions, as mmsegmentation's ResNetV1c has it."""
    return tuple(
        rule
        for index, conv, norm in _DEEP_STEM
        for rule in (
            Rule(f"encoder.stem.{index}.conv", f"{prefix}stem.{conv}"),
            Rule(f"encoder.stem.{index}.norm", f"{prefix}stem.{norm}"),
        )
    )


def holds_keys(prefix: str) -> Callable[[StoredWeights], bool]:
    """Whether a file has keys below `prefix`: code bases share their names of the encoder."""
    return lambda stored: any(key.startswith(prefix) for key in stored.tensors)


def measure_resnet(shapes: Mapping[str, Shape]) -> dict[str, Any]:
    """The fields of a `ResNetConfig` that shapes of own-named weights tell.

    Raises:
        MissingWeightError: a number that no weight tells.
    """
    stages = range(STAGES)
    depths = tuple(_depth(shapes, stage) for stage in stages)
    block: Block = "bottleneck" if any(".layers.2.conv." in name for name in shapes) else "basic"
    last = 2 if block == "bottleneck" else 1
    widths = tuple(_channels(shapes, stage, depths[stage], last) for stage in stages)
    inner = tuple(_channels(shapes, stage, depths[stage], 1) for stage in stages)
    groups = 1
    if block == "bottleneck":
        middle = agreed(shapes, _places(0, depths[0], 1, axis=1))
        groups = max(inner[0] // middle, 1)
    return {
        "block": block,
        "depths": depths,
        "widths": widths,
        "inner_widths": inner if block == "bottleneck" else widths,
        "groups": groups,
        "stem_widths": _stem_widths(shapes),
        "in_channels": agreed(shapes, [("encoder.stem.0.conv.weight", 1)]),
    }


def _depth(shapes: Mapping[str, Shape], stage: int) -> int:
    # Counted, not the largest index: a key with an absurd one must not make an absurd network.
    found = {
        match[2]
        for match in map(_BLOCK.match, shapes)
        if match is not None and int(match[1]) == stage
    }
    if not found:
        raise MissingWeightError(f"encoder.stages.{stage}.blocks.0.layers.0.conv.weight")
    return len(found)


def _channels(shapes: Mapping[str, Shape], stage: int, depth: int, layer: int) -> int:
    norms = [
        (f"encoder.stages.{stage}.blocks.{i}.layers.{layer}.norm.weight", 0) for i in range(depth)
    ]
    return agreed(shapes, [*_places(stage, depth, layer, axis=0), *norms])


def _places(stage: int, depth: int, layer: int, *, axis: int) -> list[tuple[str, int]]:
    own = f"encoder.stages.{stage}.blocks"
    return [(f"{own}.{i}.layers.{layer}.conv.weight", axis) for i in range(depth)]


def _stem_widths(shapes: Mapping[str, Shape]) -> tuple[int, ...]:
    count = sum(_STEM.fullmatch(name) is not None for name in shapes)
    names = [f"encoder.stem.{index}" for index in range(max(count, 1))]
    return tuple(
        agreed(shapes, [(f"{name}.{leaf}", 0) for leaf in ("conv.weight", "norm.weight")])
        for name in names
    )
