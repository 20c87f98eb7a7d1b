"""Everything that a training run's result depends on, besides data and first weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from segcore.training.augmentation import Augmentation
from segcore.training.batches import Sampling
from segcore.training.objective import Objective
from segcore.training.optimiser import Course, Freeze, Schedule

Precision = Literal["fp32", "bf16", "fp16"]


@dataclass(frozen=True)
class Recipe:
    """How to train.

    Attributes:
        steps: of the optimiser.
        lr, head_factor: peak learning rate of the encoder, and how many times that the head has.
        warm_up, course, power: see `Schedule`.
        decay: weight decay of AdamW, not on norms and biases.
        clip: largest norm of the gradient; 0 for no bound.
        average: decay of the moving average of the weights that is what gets saved; 0 for none.
        drop_path, dropout: in place of the network's own; None keeps those.
        accumulate: in how many parts a batch goes through the network, to need less memory.
        checkpointing: compute activations again in the backward pass, to need less memory.
        precision: of the forward pass; weights are always float32.
        seed: of everything that is drawn.
    """

    steps: int = 1000
    sampling: Sampling = field(default_factory=lambda: Sampling(8, (512, 512)))
    objective: Objective = field(default_factory=Objective)
    lr: float = 6e-5
    head_factor: float = 10.0
    warm_up: int = 50
    course: Course = "poly"
    power: float = 1.0
    decay: float = 0.01
    clip: float = 1.0
    average: float = 0.999
    drop_path: float | None = None
    dropout: float | None = None
    accumulate: int = 1
    checkpointing: bool = False
    precision: Precision = "fp32"
    freeze: Freeze = "none"
    seed: int = 0

    @property
    def schedule(self) -> Schedule:
        """Learning rates over the steps."""
        return Schedule(self.steps, min(self.warm_up, self.steps // 2), self.course, self.power)

    def to_json(self) -> dict[str, Any]:
        """Plain values, nested as the attributes are."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Recipe:
        """What `to_json` gave."""
        sampling = dict(data["sampling"])
        augmentation = dict(sampling.pop("augmentation"))
        low, high = augmentation.pop("scale")
        height, width = sampling.pop("size")
        return cls(
            **{
                **data,
                "sampling": Sampling(
                    **sampling,
                    size=(height, width),
                    augmentation=Augmentation(scale=(low, high), **augmentation),
                ),
                "objective": Objective(**data["objective"]),
            }
        )
