"""What is done once a training is at its end: the account of it, and other forms of the model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from segcore.errors import TrainingError
from segcore.inference.onnx_export import export_onnx
from segcore.models import SegFormer, SegmentationNetwork
from segcore.preprocess import Preprocess
from segcore.training.account import Account, Shown
from segcore.training.report import worst_first
from segcore.training.samples import Samples
from segcore.training.trainer import Trainer
from segcore.training.validation import Validation, judged_network, predict

SHOWN = 3


def account_of(
    trainer: Trainer,
    events: Sequence[Mapping[str, Any]],
    held_out: Samples | None,
    validation: Validation | None,
    preprocess: Preprocess,
) -> Account:
    """What is to be reported, with the worst and the best pictures predicted once more."""
    if held_out is None or validation is None:
        return Account(events, trainer.recipe, trainer.classes)
    network = judged_network(trainer.network, trainer.weights)
    device = next(trainer.network.parameters()).device
    order = worst_first(validation)
    shown = []
    for place in dict.fromkeys([*order[:SHOWN], *order[-SHOWN:]]):
        picture = held_out.picture(place)
        predicted = predict(network, picture, preprocess, device)
        miou = float(validation.by_picture[place])
        labels = held_out.labels(place)
        shown.append(Shown(held_out.name(place), miou, picture, labels, predicted))
    names = [held_out.name(index) for index in range(len(held_out))]
    return Account(events, trainer.recipe, trainer.classes, names, validation, shown)


ONNX = "model.onnx"


def check_onnx(network: SegmentationNetwork) -> None:
    """Raise TrainingError, before the training, where its model could not be written as ONNX."""
    if not isinstance(network, SegFormer):
        raise TrainingError("--onnx writes SegFormers alone: leave it out for this model.")
    if find_spec("onnx") is None:
        raise TrainingError(
            '--onnx needs the package onnx: pip install "segformer-studio[onnx]", or leave it out '
            "and convert the model later."
        )


def write_onnx(out: Path) -> tuple[Path, list[str]]:
    """The model in `out` as `model.onnx` beside it, and what should be known of it."""
    notes: list[str] = []
    return export_onnx(out, out / ONNX, notes=notes), notes
