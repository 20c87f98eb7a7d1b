"""What came out: one row for each pair of contestants."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Row:
    """One comparison.

    Attributes:
        row: which of `ROWS` it belongs to.
        what: in words, with variant and size.
        ours, theirs: the names of the two sides; `theirs` is None where there is nobody to compare.
        unit: of the two values: `s`, `images/s` or `bytes`.
        our_value, their_value: medians.
        ratio: the median over the rounds of how many times better ours is, with the lowest and the
            highest of the rounds.
        rounds: how many.
        our_peak, their_peak: bytes over the loaded model; None where the system does not tell.
        goal, memory_goal: the least ratio, and the largest share of their peak, to be reached;
            None where nothing was promised.
        checks: how alike the results are, and whatever else belongs to the figures.
    """

    row: str
    what: str
    ours: str
    theirs: str | None
    unit: str
    our_value: float
    their_value: float | None = None
    ratio: float | None = None
    lowest: float | None = None
    highest: float | None = None
    rounds: int = 1
    our_peak: int | None = None
    their_peak: int | None = None
    goal: float | None = None
    memory_goal: float | None = None
    checks: Mapping[str, float] = field(default_factory=dict)

    @property
    def reached(self) -> bool | None:
        """Whether every goal was reached; None where there is none."""
        verdicts = []
        if self.goal is not None and self.ratio is not None:
            verdicts.append(self.ratio >= self.goal)
        if self.memory_goal is not None and self.our_peak and self.their_peak:
            verdicts.append(self.our_peak <= self.their_peak * self.memory_goal)
        return all(verdicts) if verdicts else None


@dataclass(frozen=True)
class Report:
    """All rows, the machine that they were measured on, and who was left out and why."""

    machine: Mapping[str, Any]
    rows: tuple[Row, ...]
    notes: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """What `bench --json` prints."""
        rows = [asdict(row) | {"reached": row.reached} for row in self.rows]
        return {"machine": dict(self.machine), "rows": rows, "notes": list(self.notes)}
