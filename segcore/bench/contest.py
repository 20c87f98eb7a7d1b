"""A contest: every side of ours against every side of theirs, in one interleaved run."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import product
from typing import Any, NamedTuple, Protocol

from segcore.bench.contestant import Contestant, ContestantError, Side, in_turn
from segcore.bench.report import Row

Told = Callable[[], object]
Alike = Callable[[Any, Any], Mapping[str, float]]


class Goal(NamedTuple):
    """The least ratio and the largest share of their peak memory."""

    ratio: float
    memory: float | None = None


class Outcome(NamedTuple):
    """Rows, and a sentence for each side that was left out."""

    rows: list[Row]
    notes: list[str]


class Measurement(Protocol):
    """Something that takes `steps` steps, tells of each, and gives rows."""

    @property
    def steps(self) -> int: ...
    def run(self, told: Told) -> Outcome: ...


class _Entry(NamedTuple):
    contestant: Contestant
    answer: Any
    peak: int | None


@dataclass(frozen=True)
class Contest:
    """What is to be compared.

    Attributes:
        row: which of the bench's rows it gives.
        what: in words.
        ours, theirs: the sides; one that cannot be made ready is left out, and a note says why.
        rounds: how many pairs, after one run of each that tells memory and results.
        goals: for names of ours and theirs.
        alike: compares results of ours and theirs.
        images: how many pictures a run does, where a rate is wanted rather than seconds.
    """

    row: str
    what: str
    ours: Sequence[Side]
    theirs: Sequence[Side]
    rounds: int
    goals: Mapping[tuple[str, str], Goal] = field(default_factory=dict)
    alike: Alike = lambda _ours, _theirs: {}
    images: int | None = None

    @property
    def steps(self) -> int:
        """One for the first run of each side, one for each round."""
        return len(self.ours) + len(self.theirs) + self.rounds

    def run(self, told: Told) -> Outcome:
        """Measure.

        Raises:
            ContestantError: none of our sides can be made ready, or a side falls over later on.
        """
        notes: list[str] = []
        with ExitStack() as stack:
            ours = self._ready(self.ours, stack, notes, told)
            if not ours:
                raise ContestantError(notes[0])
            theirs = self._ready(self.theirs, stack, notes, told)
            entries = [*ours, *theirs]
            seconds = in_turn([entry.contestant for entry in entries], self.rounds, told)
        taken = list(zip(entries, seconds))
        mine, others = taken[: len(ours)], taken[len(ours) :]
        if not others:
            return Outcome([self._row(*one, None, []) for one in mine], notes)
        return Outcome([self._row(*one, *other) for one, other in product(mine, others)], notes)

    def _ready(
        self, sides: Sequence[Side], stack: ExitStack, notes: list[str], told: Told
    ) -> list[_Entry]:
        entries = []
        for side in sides:
            try:
                contestant = stack.enter_context(Contestant(side))
                entries.append(_Entry(contestant, *contestant.first()))
            except ContestantError as error:
                notes.append(f"{self.what}: {error}")
            told()
        return entries

    def _row(
        self, ours: _Entry, our_seconds: list[float], theirs: _Entry | None, seconds: list[float]
    ) -> Row:
        name = ours.contestant.side.name
        values = _Values(self.images)
        if theirs is None:
            return Row(
                self.row,
                self.what,
                name,
                None,
                values.unit,
                values.of(our_seconds),
                rounds=self.rounds,
                our_peak=ours.peak,
            )
        their_name = theirs.contestant.side.name
        ratios = [their / our for our, their in zip(our_seconds, seconds)]
        goal = self.goals.get((name, their_name))
        return Row(
            self.row,
            self.what,
            name,
            their_name,
            values.unit,
            values.of(our_seconds),
            values.of(seconds),
            statistics.median(ratios),
            min(ratios),
            max(ratios),
            self.rounds,
            ours.peak,
            theirs.peak,
            goal.ratio if goal else None,
            goal.memory if goal else None,
            dict(self.alike(ours.answer, theirs.answer)),
        )


class _Values(NamedTuple):
    images: int | None

    @property
    def unit(self) -> str:
        return "s" if self.images is None else "images/s"

    def of(self, seconds: Sequence[float]) -> float:
        median = statistics.median(seconds)
        return median if self.images is None else self.images / median
