"""What a training report is made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from segcore.classes import ClassTable
from segcore.labels import LabelMap
from segcore.training.recipe import Recipe
from segcore.training.samples import Image
from segcore.training.validation import Validation


@dataclass(frozen=True, eq=False)
class Shown:
    """One held-out picture as the report shows it."""

    name: str
    miou: float
    picture: Image
    truth: LabelMap
    predicted: LabelMap


@dataclass(frozen=True, eq=False)
class Account:
    """Everything that a report tells of.

    Attributes:
        events: of the log, see `read_log`.
        names: of the held-out pictures, in the order of `validation.by_picture`.
        shown: pictures to be shown, worst first.
    """

    events: Sequence[Mapping[str, Any]]
    recipe: Recipe
    classes: ClassTable
    names: Sequence[str] = ()
    validation: Validation | None = None
    shown: Sequence[Shown] = ()

    @property
    def steps(self) -> list[Mapping[str, Any]]:
        """Those of the events that are steps."""
        return [event for event in self.events if event["event"] == "step"]

    @property
    def looks(self) -> list[Mapping[str, Any]]:
        """Those that are looks at the held-out pictures."""
        return [event for event in self.events if event["event"] == "validation"]
