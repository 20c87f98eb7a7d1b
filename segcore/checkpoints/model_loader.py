"""From a checkpoint of any architecture to a network that is ready to run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from segcore.checkpoints.checkpoint import Checkpoint
from segcore.checkpoints.loader import Numerics, fill, load_segformer
from segcore.checkpoints.reader import read_checkpoint
from segcore.checkpoints.refusal import named, refusal
from segcore.errors import RequestError
from segcore.models import (
    Classifier,
    DeepLab,
    DeepLabConfig,
    ResNetClassifier,
    ResNetConfig,
    ResNetMlp,
    Runnable,
    SegFormerConfig,
    architecture_title,
    build_network,
    fast_network,
)

_ENCODER = "encoder."


def load_model(
    source: str | Path | Checkpoint,
    numerics: Numerics = "exact",
    *,
    num_classes: int | None = None,
    output_stride: int | None = None,
    seed: int = 0,
) -> Runnable | Classifier:
    """The model of a bundled name, file, folder or hub name, whatever it is: eval, CPU, float32.

    `(B, 3, H, W)` normalised pixels go in; logits `(B, classes, ceil(H/4), ceil(W/4))` come out,
    or an ImageNet classifier's scores. All that segment have `encode`, `decode`, `fused` and
    `classify`.

    Args:
        source: what to load, or a `Checkpoint` that was read before.
        numerics: `exact`, the family's reference order of operations, or `fast`, which is equal
            algebraically.
        num_classes: asks for that many; where the checkpoint has another number, the layers that
            depend on it are drawn anew from `seed`.
        output_stride: of a DeepLabv3+, 8, 16 or 32 instead of the one that it was trained with.

    Raises:
        CheckpointError: whatever is wrong with the checkpoint, in one sentence.
        RequestError: no such numerics or output stride, or fewer than one class.
    """
    checkpoint = source if isinstance(source, Checkpoint) else read_checkpoint(source)
    if output_stride is not None:
        checkpoint = at_output_stride(checkpoint, output_stride)
    config = checkpoint.config
    if isinstance(config, SegFormerConfig):
        return load_segformer(checkpoint, numerics, num_classes=num_classes, seed=seed)
    if numerics not in ("exact", "fast"):
        raise RequestError(f"{numerics}: there are no such numerics; use exact or fast.")
    if num_classes is not None and num_classes != config.num_classes:
        if num_classes < 1:
            raise RequestError(f"num_classes is {num_classes}: give at least 1.")
        config = replace(config, num_classes=num_classes)
        network = build_network(config, device="meta").to_empty(device="cpu")
        assert isinstance(network, DeepLab | ResNetMlp), "a classifier keeps its classes"
        network.initialise(torch.Generator().manual_seed(seed))
        _take(network, checkpoint.state)
    else:
        network = build_network(config, device="meta")
        fill(network, checkpoint.state)
    network.eval()
    if numerics == "fast" and isinstance(network, DeepLab | ResNetMlp):
        return fast_network(network)
    return network


def at_output_stride(checkpoint: Checkpoint, output_stride: int) -> Checkpoint:
    """A DeepLabv3+ with the same weights at another output stride.

    Raises:
        RequestError: it is none, or there is no such output stride.
    """
    config = checkpoint.config
    if not isinstance(config, DeepLabConfig):
        raise RequestError(
            f"{checkpoint.name}: {architecture_title(config)} has no output stride to choose; "
            "choose a DeepLabv3+."
        )
    try:
        return replace(checkpoint, config=config.at_output_stride(output_stride))
    except (ValueError, KeyError) as error:
        raise RequestError(
            f"{checkpoint.name}: there is no output stride {output_stride}; use 8, 16 or 32."
        ) from error


def load_encoder(
    network: DeepLab | ResNetMlp | ResNetClassifier, source: str | Path | Checkpoint
) -> None:
    """Give `network` the encoder of another checkpoint, ImageNet's among them, to begin training.

    Dilations may differ: they are no weights. The head stays as it is.

    Raises:
        CheckpointError: whatever is wrong with the checkpoint, or its encoder is another ResNet.
    """
    checkpoint = source if isinstance(source, Checkpoint) else read_checkpoint(source)
    found = {name: size for name, size in checkpoint.state.items() if name.startswith(_ENCODER)}
    wanted = {
        name: tensor
        for name, tensor in network.state_dict().items()
        if name.startswith(_ENCODER) and not name.endswith("num_batches_tracked")
    }
    other = [
        name
        for name in dict.fromkeys([*wanted, *found])
        if name not in found or name not in wanted or found[name].shape != wanted[name].shape
    ]
    if other:
        raise refusal(
            checkpoint.name,
            f"its encoder is {_encoder_title(checkpoint)} and not the "
            f"{network.config.encoder.variant} of this network ({named(other)} differ)",
            "choose weights of the same encoder",
        )
    _take(network, found)


def _encoder_title(checkpoint: Checkpoint) -> str:
    config = checkpoint.config
    encoder = config if isinstance(config, SegFormerConfig) else config.encoder
    if isinstance(encoder, ResNetConfig):
        return f"a {encoder.variant}" if encoder.variant != "custom" else "a ResNet of its own size"
    return "a Mix Transformer"


def _take(network: torch.nn.Module, state: Mapping[str, Tensor]) -> None:
    """Copy the weights that fit; the others stay."""
    own = network.state_dict()
    fitting = {
        name: tensor.to(own[name])
        for name, tensor in state.items()
        if name in own and own[name].shape == tensor.shape
    }
    network.load_state_dict({**own, **fitting}, strict=True)
