"""The account of a training that reached its end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

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
