"""The network that training begins with: a checkpoint's, with outputs for the data's classes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor, nn

from segcore.checkpoints import Checkpoint, load_model, read_checkpoint
from segcore.classes import ClassTable
from segcore.errors import TrainingError
from segcore.models import (
    DeepLab,
    ResNetMlp,
    SegFormer,
    SegmentationNetwork,
    build_network,
)
from segcore.preprocess import Preprocess
from segcore.training.architectures import architecture


@dataclass(frozen=True, eq=False)
class Beginning:
    """What training begins with.

    Attributes:
        network: on the CPU, with an output for each class of the data.
        preprocess: normalisation as the checkpoint has it; pictures go in at their own size.
        notes: what became of the head, one sentence each.
    """

    network: SegmentationNetwork
    preprocess: Preprocess
    notes: tuple[str, ...] = ()


def begin(model: str | Path, classes: ClassTable, *, scratch: bool, seed: int) -> Beginning:
    """Load `model` for the classes of the data, or only its architecture.

    Outputs of the same name keep their weights, wherever they stood; new ones begin at random.

    Args:
        model: a MODEL; with `scratch` also a bare name that `architecture` knows.
        scratch: draw all weights anew, from `seed`.

    Raises:
        CheckpointError: the model cannot be read.
        TrainingError: it cannot be trained to segment.
    """
    bare = architecture(str(model).lower(), len(classes)) if scratch else None
    if bare is not None:
        fresh = build_network(bare)
        assert isinstance(fresh, SegFormer | DeepLab | ResNetMlp), "it is no classifier's"
        return Beginning(_drawn(fresh, seed), Preprocess())
    if not scratch and not Path(model).exists() and architecture(str(model).lower(), 1):
        raise TrainingError(
            f"{model} is a network without weights: train it with --scratch, or name a model that "
            "has learnt something (`models list`)."
        )
    checkpoint = read_checkpoint(model)
    preprocess = replace(
        checkpoint.preprocess,
        do_resize=False,
        size=None,
        shortest_edge=None,
        longest_edge=None,
        reduce_labels=False,
    )
    if scratch:
        return Beginning(_from_numbers(checkpoint, len(classes), seed), preprocess)
    network = load_model(checkpoint, num_classes=len(classes), seed=seed)
    if not isinstance(network, SegFormer | DeepLab | ResNetMlp):
        raise TrainingError(
            f"{checkpoint.name}: this classifies whole pictures and has no decoder to train; name "
            "a model that segments."
        )
    if checkpoint.encoder_only:
        return Beginning(network, preprocess, ("The decoder is new: it begins at random.",))
    return Beginning(network, preprocess, _keep_rows(network, checkpoint, classes, seed))


def _from_numbers(checkpoint: Checkpoint, num_classes: int, seed: int) -> SegmentationNetwork:
    network = build_network(replace(checkpoint.config, num_classes=num_classes))
    if not isinstance(network, SegFormer | DeepLab | ResNetMlp):
        raise TrainingError(
            f"{checkpoint.name}: this classifies whole pictures; name a model that segments."
        )
    return _drawn(network, seed)


def _drawn(network: SegmentationNetwork, seed: int) -> SegmentationNetwork:
    network.initialise(torch.Generator().manual_seed(seed))
    return network


@torch.no_grad()
def _keep_rows(
    network: SegmentationNetwork, checkpoint: Checkpoint, classes: ClassTable, seed: int
) -> tuple[str, ...]:
    """Give each output the weights of the checkpoint's output of the same name."""
    before = checkpoint.classes
    if before.names == classes.names:
        return ()
    classifier = _classifier(network)
    fresh = nn.Conv2d(classifier.in_channels, len(classes), 1)
    generator = torch.Generator().manual_seed(seed)
    fresh.weight.normal_(0, (2 / len(classes)) ** 0.5 * 0.1, generator=generator)
    assert fresh.bias is not None and classifier.bias is not None  # noqa: PT018 - one thought
    fresh.bias.zero_()
    weight, bias = _stored_classifier(network, checkpoint)
    by_name = {name.casefold(): index for index, name in enumerate(before.names)}
    kept = []
    for info in classes:
        index = by_name.get(info.name.casefold())
        if index is not None:
            fresh.weight[info.id] = weight[index].float()
            fresh.bias[info.id] = bias[index].float()
            kept.append(info.name)
    classifier.weight.copy_(fresh.weight)
    classifier.bias.copy_(fresh.bias)
    if len(kept) == len(classes):
        return ("The outputs were put in the order of the data's classes.",)
    new = [info.name for info in classes if info.name not in kept]
    known = (
        f"{len(kept)} of {len(classes)} classes are known to {checkpoint.name}; "
        f"{', '.join(new[:5])}{' …' if len(new) > 5 else ''} begin at random."
    )
    return (known,)


def _classifier(network: SegmentationNetwork) -> nn.Conv2d:
    head = network.head if isinstance(network, DeepLab) else network.decoder
    classifier = head.classifier
    assert isinstance(classifier, nn.Conv2d)
    return classifier


def _stored_classifier(
    network: SegmentationNetwork, checkpoint: Checkpoint
) -> tuple[Tensor, Tensor]:
    head = "head" if isinstance(network, DeepLab) else "decoder"
    state = checkpoint.state
    return state[f"{head}.classifier.weight"], state[f"{head}.classifier.bias"]
