"""What is known of one pixel: its competing classes, and what their logits are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from segcore.errors import RequestError
from segcore.geometry import Box, Point

BIAS = "bias"
"""What does not depend on any stage's features, beside the stages in a list of causes."""


@dataclass(frozen=True)
class ClassScore:
    """One class at one pixel.

    Attributes:
        id, name: of the class.
        logit: the model's, bilinearly upsampled to the pixel (`align_corners=False`).
        probability: softmax of the logits there, 0 to 1.
        stages: stage1 … stage4 -> what its features add to the logit.
        bias: what does not depend on features (all biases, BatchNorm's shift), through the same
            gates; the stages and it sum to the logit.
    """

    id: int
    name: str
    logit: float
    probability: float
    stages: dict[str, float]
    bias: float


@dataclass(frozen=True)
class Margin:
    """Why one class is ahead of another at a pixel.

    Attributes:
        ahead: the class that is preferred, as a rule the winner.
        behind: the other one, as a rule the right class.
        terms: stage1 … stage4 and bias -> by how much it puts `ahead` before `behind`; they sum to
            the difference of the two logits.
    """

    ahead: ClassScore
    behind: ClassScore
    terms: dict[str, float]

    @property
    def logit(self) -> float:
        """How far ahead, in logits."""
        return self.ahead.logit - self.behind.logit

    @property
    def ranked(self) -> tuple[tuple[str, float], ...]:
        """The terms, the one that favours `ahead` most first."""
        return tuple(sorted(self.terms.items(), key=lambda term: -term[1]))

    @property
    def cause(self) -> str:
        """The stage, or `bias`, that favours `ahead` most."""
        return self.ranked[0][0]

    def to_json(self) -> dict[str, Any]:
        """As `explain --json --right` prints it beside the rest."""
        return {
            "ahead": {"id": self.ahead.id, "name": self.ahead.name},
            "behind": {"id": self.behind.id, "name": self.behind.name},
            "logit": self.logit,
            "cause": self.cause,
            "ranked": [{"term": name, "share": share} for name, share in self.ranked],
        }


@dataclass(frozen=True)
class Explanation:
    """The classes that compete for one pixel, and what the winner's logit is made of.

    Attributes:
        point: the pixel, (x, y) in the image.
        classes: every class, the likeliest first.
        box: the image pixels that the network saw when it decided.
        notes: what a person should know of these numbers, one sentence each.
    """

    point: Point
    classes: tuple[ClassScore, ...]
    box: Box
    notes: tuple[str, ...] = ()

    @property
    def winner(self) -> ClassScore:
        """The likeliest class."""
        return self.classes[0]

    @property
    def confidence(self) -> float:
        """The winner's probability."""
        return self.winner.probability

    def score(self, class_id: int) -> ClassScore:
        """What is known of one class.

        Raises:
            RequestError: the model has no such class.
        """
        found = next((score for score in self.classes if score.id == class_id), None)
        if found is None:
            raise RequestError(
                f"The model has no class {class_id}: choose 0 to {len(self.classes) - 1}."
            )
        return found

    def margin(self, right: int | None = None) -> Margin:
        """Which stage caused the winner to be ahead of the class that would be right.

        Each stage's cause is its share of the winner's logit less its share of the right class's,
        gates held: a stage with a positive one argued for the winner, one with a negative for the
        right class.

        Args:
            right: the id of the right class; the runner-up if left out.

        Raises:
            RequestError: there is no such class, it is the winner, or the model has one class.
        """
        if right is None and len(self.classes) < 2:
            raise RequestError("The model has one class alone: nothing competes with it.")
        behind = self.classes[1] if right is None else self.score(right)
        ahead = self.winner
        if behind.id == ahead.id:
            x, y = self.point
            raise RequestError(
                f'"{ahead.name}" is what the model says at {x},{y} already: name another class.'
            )
        terms = {stage: ahead.stages[stage] - behind.stages[stage] for stage in ahead.stages}
        return Margin(ahead, behind, terms | {BIAS: ahead.bias - behind.bias})

    def to_json(self) -> dict[str, Any]:
        """As `explain --json` prints it: the shares are those of the winner's logit."""
        return {
            "point": list(self.point),
            "classes": [
                {
                    "id": score.id,
                    "name": score.name,
                    "logit": score.logit,
                    "probability": score.probability,
                }
                for score in self.classes
            ],
            "logit": self.winner.logit,
            "stages": dict(self.winner.stages),
            "bias": self.winner.bias,
            "confidence": self.confidence,
        }
