"""Do the weights, the folder's config and the network fit together? If not, which keys do not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from segcore.checkpoints.family import Family
from segcore.checkpoints.folder import CONFIG, FIELDS, FolderConfig
from segcore.checkpoints.naming import Layout, Renamed
from segcore.checkpoints.refusal import named, refusal
from segcore.checkpoints.shapes import Measured, MissingWeightError, Shape, measure
from segcore.errors import CheckpointError
from segcore.models import ModelConfig, build_network
from segcore.models.config import SegFormerConfig

_HEADS = (1, 2, 5, 8)
_STRIDE_OF_KERNEL = {7: 4, 3: 2}
_IMAGENET_DECODER_WIDTH = 256
_COUNTER = "num_batches_tracked"
_OTHER_FILE = "give a complete checkpoint of one network"


@dataclass(frozen=True)
class Fit:
    """Weights under own names, and what is needed to speak of them in the file's words.

    `in_file` puts a prefix back that was taken off the file's keys.
    """

    source: str | Path
    layout: Layout
    family: Family
    renamed: Renamed
    in_file: Callable[[str], str] = str

    @property
    def headless(self) -> bool:
        """Whether it is an encoder alone, without so much as ImageNet's classifier."""
        leaves = {f"classifier.{leaf}" for leaf in ("weight", "bias")}
        return self.family.encoder_only and not leaves & self.renamed.state.keys()

    @property
    def shapes(self) -> dict[str, Shape]:
        """Own names to shapes."""
        return {name: tuple(tensor.shape) for name, tensor in self.renamed.state.items()}

    def refuse(self, trouble: str, advice: str = _OTHER_FILE) -> CheckpointError:
        """The error for this checkpoint."""
        return refusal(self.source, trouble, advice)

    def their(self, own: str) -> str:
        """The file's key for an own name."""
        return self.in_file(self.layout.their_name(own))

    @property
    def surplus(self) -> list[str]:
        """The file's keys that its family does not have."""
        return [self.in_file(key) for key in self.renamed.surplus]

    @property
    def misshapen(self) -> list[str]:
        """The file's keys whose shape no layer has."""
        return [self.in_file(key) for key in self.renamed.misshapen]


def build_config(fit: Fit, stated: FolderConfig | None) -> SegFormerConfig:
    """The configuration that the weights' shapes and `config.json` agree on.

    Raises:
        CheckpointError: a weight that tells a number is missing, the two contradict each other,
            or the heads cannot be known.
    """
    try:
        measured = measure(fit.shapes, encoder_only=fit.family.encoder_only, headless=fit.headless)
    except MissingWeightError as error:
        if fit.misshapen:
            raise fit.refuse(f"misshapen keys: {named(fit.misshapen)}") from error
        key = fit.their(error.key)
        raise fit.refuse(f"missing or misshapen keys: {key}") from error
    if stated is not None:
        _refuse_contradictions(fit, measured, stated)
    strides = stated.strides if stated is not None else None
    try:
        config = SegFormerConfig(
            widths=measured.widths,
            depths=measured.depths,
            heads=_heads(fit, measured, stated),
            sr_ratios=measured.sr_ratios,
            mlp_ratios=measured.mlp_ratios,
            patch_sizes=measured.patch_sizes,
            strides=strides or _strides(measured),
            in_channels=measured.in_channels,
            num_classes=measured.num_classes,
            decoder_width=measured.decoder_width or _decoder_width(measured, stated),
            epsilons=fit.family.epsilons,
            head=fit.family.head,
        )
        if stated is None:
            return config
        return replace(config, drop_path=stated.drop_path, dropout=stated.dropout)
    except ValueError as error:
        raise fit.refuse(str(error)) from error


def _refuse_contradictions(fit: Fit, measured: Measured, stated: FolderConfig) -> None:
    told: dict[str, Any] = {name: getattr(stated, name, None) for name in FIELDS}
    # transformers counts the classes by their names.
    told["num_classes"] = None if stated.names is None else len(stated.names)
    if fit.family.encoder_only:
        told["decoder_width"] = None
    if fit.headless:
        told["num_classes"] = None
    for name, theirs in FIELDS.items():
        found = getattr(measured, name, None)
        if told[name] is None or found is None or told[name] == found:
            continue
        key = fit.their(measured.evidence[name])
        shape = fit.shapes.get(measured.evidence[name])
        said = f"{told[name]} classes" if name == "num_classes" else f"{theirs} {told[name]}"
        raise fit.refuse(
            f"its {CONFIG} says {said} but the weights have {found} ({key} is {shape})",
            f"put the {CONFIG} beside it that belongs to these weights",
        )


def _heads(fit: Fit, measured: Measured, stated: FolderConfig | None) -> tuple[int, ...]:
    """Heads leave no trace in shapes: from `config.json`, else as published where they divide."""
    if stated is not None and stated.heads is not None:
        return stated.heads
    if any(width % heads for width, heads in zip(measured.widths, _HEADS)):
        raise fit.refuse(
            f"weights do not tell the number of attention heads, and widths of {measured.widths} "
            f"do not divide among the published {_HEADS}",
            f"put its {CONFIG} beside it",
        )
    return _HEADS


def _strides(measured: Measured) -> tuple[int, ...]:
    """Published kernels have published strides; others overlap by half, as these do."""
    return tuple(_STRIDE_OF_KERNEL.get(size, (size + 1) // 2) for size in measured.patch_sizes)


def _decoder_width(measured: Measured, stated: FolderConfig | None) -> int:
    """An encoder alone says nothing of a decoder: as published for its size."""
    if stated is not None and stated.decoder_width is not None:
        return stated.decoder_width
    for name in ("b0", "b1", "b2", "b3", "b4", "b5"):
        published = SegFormerConfig.named(name)
        if (published.widths, published.depths) == (measured.widths, measured.depths):
            return published.decoder_width
    return _IMAGENET_DECODER_WIDTH


def check_weights(fit: Fit, config: ModelConfig) -> None:
    """Compare the weights with what a network of `config` has.

    Raises:
        CheckpointError: missing, surplus or misshapen keys, or weights that are no real numbers.
    """
    expected = expected_shapes(config, encoder_only=fit.family.encoder_only)
    if fit.headless:
        expected = {name: size for name, size in expected.items() if name.startswith("encoder.")}
    shapes = fit.shapes
    troubles = []
    missing = [fit.their(name) for name in expected if name not in shapes]
    missing = [key for key in dict.fromkeys(missing) if key not in fit.misshapen]
    surplus = fit.surplus + [fit.their(name) for name in shapes if name not in expected]
    misshapen = fit.misshapen + [
        f"{fit.their(name)} is {_shape(shapes[name])} and not {_shape(expected[name])}"
        for name in expected
        if name in shapes and shapes[name] != expected[name]
    ]
    for kind, keys in (("missing", missing), ("surplus", surplus), ("misshapen", misshapen)):
        if keys:
            troubles.append(f"{kind} keys: {named(list(dict.fromkeys(keys)))}")
    if troubles:
        raise fit.refuse("; ".join(troubles))
    numberless = [
        fit.their(name)
        for name, tensor in fit.renamed.state.items()
        if not tensor.dtype.is_floating_point
    ]
    if numberless:
        raise fit.refuse(
            f"keys that hold no floating-point numbers: {named(numberless)}",
            "give the checkpoint before it was quantised",
        )


def expected_shapes(config: ModelConfig, *, encoder_only: bool) -> dict[str, Shape]:
    """Own names and shapes of every weight of a network, which is built without storage."""
    network = build_network(config, encoder_only=encoder_only, device="meta")
    return {
        name: tuple(tensor.shape)
        for name, tensor in network.state_dict().items()
        if not name.endswith(_COUNTER)
    }


def _shape(shape: Shape) -> str:
    return " x ".join(map(str, shape)) or "a single number"
