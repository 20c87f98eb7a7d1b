"""What the model doubts in the pictures of a walk, asked for beside the map that is looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from app.inference.uncertainty import Measure, UncertaintyInquiry


@dataclass(frozen=True, eq=False)
class DoubtInquiry(UncertaintyInquiry):
    """Entropy, in a line of its own: the view of uncertainty does not take its place."""

    kind: ClassVar[str] = "doubt"
    measure: Measure = "entropy"
