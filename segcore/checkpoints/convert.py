"""Checkpoints of one family written as another's: the same weights, bit for bit, renamed.

What the target cannot hold is known before anything is written. The epsilons of LayerNorm are no
weights: each family's code brings its own, so that a converted model gives slightly other logits
there; how much is measured.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from pathlib import Path

import torch

from segcore.atomic import replacing
from segcore.checkpoints import folder as beside
from segcore.checkpoints.checkpoint import Checkpoint
from segcore.checkpoints.family import Family
from segcore.checkpoints.fit import Fit, build_config
from segcore.checkpoints.loader import load_segformer
from segcore.checkpoints.naming import rename, restore
from segcore.checkpoints.refusal import one_line, refusal
from segcore.checkpoints.targets import TARGETS, Target, TargetName
from segcore.checkpoints.writer import save_pretrained
from segcore.errors import CheckpointError
from segcore.models import SegFormer
from segcore.models.config import NormEpsilons, SegFormerConfig
from segcore.preprocess import Preprocess

_PROBE_SIZE = (96, 128)
_PROBE_SEED = 0
_TRAINING_ONLY = ("drop_path", "dropout")
_EPSILON_PLACES = {
    "block": "blocks",
    "stage": "stage ends",
    "patch": "patch embeddings",
    "sr": "sequence reductions",
}


@dataclass(frozen=True, eq=False)
class Conversion:
    """A conversion that can be done, and what should be known before it is.

    Attributes:
        notes: what is lost or will differ, one sentence each.
        logit_difference: the largest difference between logits with the epsilons of the
            checkpoint's family and with the target's, in float64, on one drawn input.
    """

    checkpoint: Checkpoint
    target: Target
    notes: tuple[str, ...]
    logit_difference: float


def plan_conversion(checkpoint: Checkpoint, to: TargetName) -> Conversion:
    """See whether the target can hold the network, and say what it cannot hold beside it.

    Raises:
        CheckpointError: the target's code has no such network.
    """
    target = TARGETS[to]
    family = _family(checkpoint, target)
    _refuse_what_cannot_come_back(checkpoint, target, family)
    difference, largest = _logit_difference(checkpoint, family.epsilons)
    notes = (
        *_lost_words(checkpoint, target),
        *_epsilon_note(checkpoint.segformer.epsilons, family, difference, largest),
        *(() if checkpoint.encoder_only else target.asides),
    )
    return Conversion(checkpoint, target, notes, difference)


def write_conversion(plan: Conversion, out: str | Path, *, force: bool = False) -> Path:
    """Write what was planned: a model folder for `transformers`, one `.pth` file for the others.

    It is whole or not there. With `force` what is at `out` is replaced: a file by a file; in a
    folder the model, while other files stay.

    Raises:
        CheckpointError: something is at `out` already, or it cannot be written.
    """
    path = Path(out).expanduser()
    checkpoint, target = plan.checkpoint, plan.target
    refuse_occupied(path, target.name, is_folder=target.is_folder, force=force)
    if target.is_folder:
        return save_pretrained(checkpoint, path, card=_card(checkpoint))
    content = target.wrapped(
        restore(_family(checkpoint, target).layouts[0], checkpoint.state),
        checkpoint.classes,
        encoder_only=checkpoint.encoder_only,
    )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as stream:
            torch.save(content, stream)
    except (OSError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or one_line(str(error), 120)
        raise refusal(
            path,
            f"the model cannot be written ({reason})",
            "choose a place that can be written to, with enough space",
        ) from error
    return path


def _family(checkpoint: Checkpoint, target: Target) -> Family:
    """The target's row for this kind of checkpoint.

    Raises:
        CheckpointError: it has another decoder, or no files without one.
    """
    if checkpoint.headless and target.is_folder:
        raise refusal(
            checkpoint.name,
            "this is an encoder without ImageNet's classifier, which transformers' folders have",
            "convert it to nvlabs, or train a decoder first",
        )
    head = checkpoint.segformer.head
    if checkpoint.encoder_only:
        if target.encoder is None:
            raise refusal(
                checkpoint.name,
                f"this is an encoder without a decoder, and {target.segmentation.title} is written "
                "with one",
                "convert it to transformers or nvlabs, or train a decoder first",
            )
        return target.encoder
    family = target.segmentation
    if head == family.head:
        return family
    if head == "mmseg":
        trouble = (
            f"its decoder is mmsegmentation's, with a ReLU of its own for each stage, which "
            f"{family.title} has not"
        )
        raise refusal(checkpoint.name, trouble, "convert it to mmseg or onnx")
    raise refusal(
        checkpoint.name,
        "its decoder is the paper's All-MLP, and mmsegmentation's is another network with weights "
        "that this one has not",
        "convert it to transformers, nvlabs, sithu31296, smp or onnx",
    )


def _refuse_what_cannot_come_back(checkpoint: Checkpoint, target: Target, family: Family) -> None:
    """Read the weights under the target's names, and see whether the same network comes out.

    A folder has a `config.json` that says everything; a file leaves no trace of heads and strides.
    """
    if target.is_folder:
        return
    layout = family.layouts[0]
    renamed = rename(layout, restore(layout, checkpoint.state))
    try:
        found = build_config(Fit(checkpoint.name, layout, family, renamed), None)
    except CheckpointError as error:
        raise refusal(
            checkpoint.name,
            f"{target.name} files do not say all that this network needs",
            "convert it to transformers, whose config.json does",
        ) from error
    other = _differing(found, checkpoint.segformer)
    if other:
        raise refusal(
            checkpoint.name,
            f"a file of {target.name} says nothing of {' and '.join(other)}, and this network's "
            "are not the published ones",
            "convert it to transformers, whose config.json has them",
        )


def _differing(found: SegFormerConfig, wanted: SegFormerConfig) -> list[str]:
    silent = {"epsilons", *_TRAINING_ONLY}
    return [
        field.name
        for field in fields(SegFormerConfig)
        if field.name not in silent and getattr(found, field.name) != getattr(wanted, field.name)
    ]


def _lost_words(checkpoint: Checkpoint, target: Target) -> list[str]:
    """What stands beside the weights and has no place in the target."""
    if target.is_folder:
        said = [
            f"The words of preprocessing that are not done are not kept either: {word}."
            for word in checkpoint.preprocess.unheeded
        ]
        if checkpoint.encoder_only:
            said.append("ImageNet's classes lose their names and become LABEL_0, LABEL_1, …")
        return said
    lost = []
    if not (target.meta or checkpoint.encoder_only):
        lost.append("the names and colours of its classes")
    if checkpoint.preprocess != Preprocess():
        lost.append(f"its preprocessing ({_preprocessing(checkpoint.preprocess)})")
    if checkpoint.licence is not None:
        lost.append(f"its licence ({checkpoint.licence})")
    default = SegFormerConfig()
    lost += [
        f"its {name} of {getattr(checkpoint.segformer, name):g} in training"
        for name in _TRAINING_ONLY
        if getattr(checkpoint.segformer, name) != getattr(default, name)
    ]
    if not lost:
        return []
    return [f"A file of {target.name} has no place for {_listed(lost)}: keep the original for it."]


def _preprocessing(preprocess: Preprocess) -> str:
    words = [] if preprocess.size is None else [f"{preprocess.size[0]} x {preprocess.size[1]}"]
    if preprocess.reduce_labels:
        words.append("do_reduce_labels")
    return ", ".join(words) or "rescaling, mean and standard deviation"


def _listed(things: list[str]) -> str:
    return things[0] if len(things) == 1 else f"{', '.join(things[:-1])} and {things[-1]}"


def _epsilon_note(
    before: NormEpsilons, family: Family, difference: float, largest: float
) -> list[str]:
    changes = [
        f"{getattr(family.epsilons, name):g} for {getattr(before, name):g} in {place}"
        for name, place in _EPSILON_PLACES.items()
        if getattr(before, name) != getattr(family.epsilons, name)
    ]
    if not changes:
        return []
    note = (
        f"{family.title} computes LayerNorm with other epsilons ({_listed(changes)}): on a drawn "
        f"input the results differ by {difference:.1e} at most, of {largest:.3g}."
    )
    return [note]


@torch.inference_mode()
def _logit_difference(checkpoint: Checkpoint, epsilons: NormEpsilons) -> tuple[float, float]:
    """(largest difference, largest logit) between the two profiles, on one seeded input."""
    if epsilons == checkpoint.segformer.epsilons:
        return 0.0, 0.0
    generator = torch.Generator().manual_seed(_PROBE_SEED)
    channels = checkpoint.segformer.in_channels
    # In double, so that rounding does not hide what the epsilons do.
    pixels = torch.randn(1, channels, *_PROBE_SIZE, generator=generator).double()
    other = replace(checkpoint, config=replace(checkpoint.segformer, epsilons=epsilons))
    before, after = (_results(one, pixels) for one in (checkpoint, other))
    return float((before - after).abs().max()), float(before.abs().max())


def _results(checkpoint: Checkpoint, pixels: torch.Tensor) -> torch.Tensor:
    """Logits in double; of an encoder without a classifier the features of its last stage."""
    if not checkpoint.headless:
        logits: torch.Tensor = load_segformer(checkpoint).double()(pixels)
        return logits
    network = load_segformer(checkpoint, num_classes=1)
    assert isinstance(network, SegFormer)
    return network.double().encode(pixels)[-1]


def refuse_occupied(path: Path, name: str, *, is_folder: bool, force: bool) -> None:
    """Refuse to write over what is there, and a file over a folder or the reverse.

    Raises:
        CheckpointError: a model of `name`, which is a folder or a file, cannot be put at `path`.
    """
    if is_folder:
        if path.exists() and not path.is_dir():
            raise refusal(path, f"this is a file, and {name} is a folder", "name a folder")
        occupied = path.is_dir() and any(path.iterdir())
    else:
        if path.is_dir():
            raise refusal(path, f"this is a folder, and {name} is a file", "name a file")
        occupied = path.exists()
    if occupied and not force:
        raise refusal(path, "there is something already", "give another name, or --force")


def _card(checkpoint: Checkpoint) -> str | None:
    """The model card of the folder that the checkpoint came from, with its licence."""
    if checkpoint.licence is None:
        return None
    folder = checkpoint.path if checkpoint.path.is_dir() else checkpoint.path.parent
    try:
        return (folder / beside.CARD).read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise refusal(
            folder, f"its {beside.CARD} cannot be read again", "check its permissions"
        ) from error
