"""Early stopping: an end where looks at the held-out pictures show nothing better any more."""

from __future__ import annotations

from segcore.errors import TrainingError
from segcore.training.plan import Plan
from segcore.training.trainer import Trainer


def check_patience(plan: Plan) -> None:
    """Raise TrainingError where there is nothing to be patient about."""
    if not plan.patience:
        return
    if plan.held_out is None:
        raise TrainingError(
            "--patience needs pictures to measure on: hold some out (--hold-out), or give the set "
            "a part val."
        )
    if not plan.every:
        raise TrainingError("--patience counts looks at the held-out pictures: say --every too.")


def is_over(plan: Plan, trainer: Trainer) -> bool:
    """Whether the last `patience` looks were none better than the best before them."""
    _, best = trainer.best
    return plan.patience > 0 and best > 0 and trainer.step - best >= plan.patience * plan.every
