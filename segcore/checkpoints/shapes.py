"""Which SegFormer a state dict is, from the shapes of its weights alone."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from segcore.models.config import STAGES

_BLOCK = re.compile(r"encoder\.stages\.(\d)\.blocks\.(\d+)\.")

_LEAVES = ("weight", "bias")
_IMAGENET_CLASSES = 1000

Shape = tuple[int, ...]


class MissingWeightError(LookupError):
    """No weight is there to tell a number by; `key` is the own name of one that should be."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


@dataclass(frozen=True)
class Measured:
    """What shapes tell; heads are not among it. `evidence` names a weight for each field."""

    widths: tuple[int, ...]
    depths: tuple[int, ...]
    sr_ratios: tuple[int, ...]
    mlp_ratios: tuple[float, ...]
    patch_sizes: tuple[int, ...]
    in_channels: int
    num_classes: int
    decoder_width: int | None
    evidence: Mapping[str, str]


def measure(shapes: Mapping[str, Shape], *, encoder_only: bool, headless: bool = False) -> Measured:
    """Read the architecture from the shapes of own-named weights.

    Where weights disagree about a number the majority has it, so that the odd one out can be
    named as misshapen. A `headless` encoder has no classifier either, and is given ImageNet's
    number of classes.

    Raises:
        MissingWeightError: a number that no weight tells.
    """
    stages = range(STAGES)
    widths = tuple(_width(shapes, stage) for stage in stages)
    hidden = tuple(_hidden_width(shapes, stage) for stage in stages)
    classifier = "classifier" if encoder_only else "decoder.classifier"
    embed = "encoder.stages.{}.patch_embed.proj.weight"
    return Measured(
        widths=widths,
        depths=tuple(_depth(shapes, stage) for stage in stages),
        sr_ratios=tuple(_sr_ratio(shapes, stage) for stage in stages),
        mlp_ratios=tuple(
            inner // width if inner % width == 0 else inner / width
            for inner, width in zip(hidden, widths)
        ),
        patch_sizes=tuple(agreed(shapes, [(embed.format(stage), 2)]) for stage in stages),
        in_channels=agreed(shapes, [(embed.format(0), 1)]),
        num_classes=(
            _IMAGENET_CLASSES
            if headless
            else agreed(shapes, [(f"{classifier}.weight", 0), (f"{classifier}.bias", 0)])
        ),
        decoder_width=None if encoder_only else _decoder_width(shapes),
        evidence={
            "widths": embed.format(0),
            "depths": "encoder.stages.0.blocks.0.norm1.weight",
            "sr_ratios": "encoder.stages.0.blocks.0.attention.sr.weight",
            "mlp_ratios": "encoder.stages.0.blocks.0.mlp.fc1.weight",
            "patch_sizes": embed.format(0),
            "in_channels": embed.format(0),
            "num_classes": f"{classifier}.weight",
            "decoder_width": "decoder.fuse.weight",
        },
    )


def agreed(shapes: Mapping[str, Shape], places: list[tuple[str, int]]) -> int:
    """The size that most of `places` (weight, axis) have; the first wins a tie."""
    sizes = [
        shapes[name][axis] for name, axis in places if name in shapes and axis < len(shapes[name])
    ]
    if not sizes or 0 in sizes:
        raise MissingWeightError(places[0][0])
    return Counter(sizes).most_common(1)[0][0]


def _width(shapes: Mapping[str, Shape], stage: int) -> int:
    own = f"encoder.stages.{stage}"
    blocks = [f"{own}.blocks.{block}.norm1.weight" for block in range(_depth(shapes, stage))]
    embed = [f"{own}.patch_embed.{leaf}" for leaf in ("proj.weight", "proj.bias", "norm.weight")]
    return agreed(shapes, [(name, 0) for name in (*embed, f"{own}.norm.weight", *blocks)])


def _depth(shapes: Mapping[str, Shape], stage: int) -> int:
    # Counted, not the largest index: a key with an absurd one must not make an absurd network.
    blocks = {
        match[2]
        for match in map(_BLOCK.match, shapes)
        if match is not None and int(match[1]) == stage
    }
    if not blocks:
        raise MissingWeightError(f"encoder.stages.{stage}.blocks.0.norm1.weight")
    return len(blocks)


def _sr_ratio(shapes: Mapping[str, Shape], stage: int) -> int:
    """The side of the reduction's kernel; stages without a reduction have 1."""
    own = f"encoder.stages.{stage}.blocks"
    places = [(f"{own}.{i}.attention.sr.weight", 2) for i in range(_depth(shapes, stage))]
    if not any(name in shapes for name, _ in places):
        return 1
    return agreed(shapes, places)


def _hidden_width(shapes: Mapping[str, Shape], stage: int) -> int:
    own = f"encoder.stages.{stage}.blocks"
    layers = ("mlp.fc1.weight", "mlp.fc1.bias", "mlp.depthwise.weight")
    return agreed(
        shapes,
        [(f"{own}.{i}.{layer}", 0) for i in range(_depth(shapes, stage)) for layer in layers],
    )


def _decoder_width(shapes: Mapping[str, Shape]) -> int:
    projections = [f"decoder.linears.{s}.{leaf}" for s in range(STAGES) for leaf in _LEAVES]
    return agreed(
        shapes,
        [(name, 0) for name in ("decoder.fuse.weight", "decoder.norm.weight", *projections)],
    )
