"""What a list of pictures is filtered and sorted by: columns of one entry a picture."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from segcore.folders import natural_key
from segcore.project.states import STATUSES

Order = Literal["listed", "name", "status", "uncertainty", "edited", "teaches"]
ORDERS: tuple[Order, ...] = get_args(Order)
RANKED: frozenset[Order] = frozenset({"name", "teaches"})
"""Orders that are not worked out here: somebody says each picture's place."""

NEW = STATUSES.index("new")
_UNKNOWN_STATUS = 255

Places = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Wanted:
    """Which pictures a person wants to see, and in which order.

    Attributes:
        needle: what their names contain, capitals or not.
        statuses: what their status is; empty for any.
        commented: only those with a comment.
        order: `listed` (as they were added), `name` (natural), `status` (as the work goes),
            `uncertainty` (most uncertain first), `edited` (latest first) or `teaches` (from which
            a model would learn most first). What is not known comes last, and pictures alike come
            as they were added.
    """

    needle: str = ""
    statuses: frozenset[str] = frozenset()
    commented: bool = False
    order: Order = "listed"

    @property
    def takes_all(self) -> bool:
        """Whether no picture is left out."""
        return not (self.needle.strip() or self.statuses or self.commented)


@dataclass(frozen=True, eq=False)
class Facts:
    """What is known of n pictures in a row, apart from their names.

    Attributes:
        statuses: (n,) uint8 places in `STATUSES`.
        commented: (n,) bool.
        uncertainty: (n,) float32 from 0 to 1, NaN where nobody asked the model.
        edited: (n,) float64 seconds since the epoch, 0 where nothing is labelled.
    """

    statuses: npt.NDArray[np.uint8]
    commented: Mask
    uncertainty: npt.NDArray[np.float32]
    edited: npt.NDArray[np.float64]

    @classmethod
    def unknown(cls, count: int) -> Facts:
        """Of pictures that nothing is known of yet."""
        return cls(
            np.full(count, _UNKNOWN_STATUS, np.uint8),
            np.zeros(count, np.bool_),
            np.full(count, np.nan, np.float32),
            np.zeros(count, np.float64),
        )

    def __len__(self) -> int:
        return len(self.statuses)

    def joined(self, other: Facts) -> Facts:
        """These pictures, then the others."""
        return Facts(
            np.concatenate([self.statuses, other.statuses]),
            np.concatenate([self.commented, other.commented]),
            np.concatenate([self.uncertainty, other.uncertainty]),
            np.concatenate([self.edited, other.edited]),
        )


class PictureTable:
    """The pictures of a list; a picture's *position* is its place in the order of adding."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._folded: list[str] = []
        self._facts = Facts.unknown(0)
        self._ranks: dict[Order, npt.NDArray[np.int64]] = {}
        self.grow(names)

    def __len__(self) -> int:
        return len(self._folded)

    @property
    def facts(self) -> Facts:
        """What is known of all pictures; to be changed through the table."""
        return self._facts

    def grow(self, names: Iterable[str]) -> None:
        """Add pictures behind those that there are."""
        before = len(self._folded)
        self._folded.extend(map(str.casefold, names))
        self._facts = self._facts.joined(Facts.unknown(len(self._folded) - before))
        self._ranks.clear()

    def set_facts(self, first: int, facts: Facts) -> None:
        """Take over what is known of the pictures from position `first` on."""
        end = min(first + len(facts), len(self))
        mine, count = self._facts, max(end - first, 0)
        mine.statuses[first:end] = facts.statuses[:count]
        mine.commented[first:end] = facts.commented[:count]
        mine.uncertainty[first:end] = facts.uncertainty[:count]
        mine.edited[first:end] = facts.edited[:count]

    def set_ranks(self, ranks: npt.NDArray[np.int64], order: Order = "name") -> None:
        """Take over each picture's place in an order that somebody else found, as `name_ranks`.

        Ranks of another number of pictures are dropped.
        """
        if len(ranks) == len(self):
            self._ranks[order] = ranks

    @property
    def knows_ranks(self) -> bool:
        """Whether pictures can be sorted by name already."""
        return "name" in self._ranks

    def status(self, position: int) -> str:
        """The status of a picture; '' where it is not known."""
        place = int(self._facts.statuses[position])
        return STATUSES[place] if place < len(STATUSES) else ""

    def set_status(self, position: int, status: str) -> None:
        """Set it; what is no status becomes unknown."""
        known = status in STATUSES
        self._facts.statuses[position] = STATUSES.index(status) if known else _UNKNOWN_STATUS

    def matching(self, wanted: Wanted, start: int = 0, only: Mask | None = None) -> Places:
        """Positions from `start` on that are wanted, as they were added.

        Args:
            only: (n,) which pictures may be among them at all; those behind its end are not.
        """
        keep = np.ones(len(self) - start, np.bool_)
        if wanted.statuses:
            codes = [STATUSES.index(status) for status in wanted.statuses if status in STATUSES]
            keep &= np.isin(self._facts.statuses[start:], codes)
        if wanted.commented:
            keep &= self._facts.commented[start:]
        if only is not None:
            allowed = only[start : len(self)]
            keep[: len(allowed)] &= allowed
            keep[len(allowed) :] = False
        positions = np.flatnonzero(keep) + start
        needle = wanted.needle.strip().casefold()
        if needle:
            folded = self._folded
            hits = [position for position in positions.tolist() if needle in folded[position]]
            positions = np.array(hits, np.int64)
        return positions

    def ordered(self, positions: Places, order: Order) -> Places:
        """The same positions in an order of `Wanted`."""
        if order == "listed" or (order in RANKED and order not in self._ranks):
            return positions
        keys: npt.NDArray[np.generic]
        if order in RANKED:
            keys = self._ranks[order][positions]
        elif order == "status":
            keys = self._facts.statuses[positions]
        elif order == "uncertainty":
            keys = -self._facts.uncertainty[positions]  # NaN is sorted last
        else:
            keys = -self._facts.edited[positions]
        return positions[np.argsort(keys, kind="stable")]


def name_ranks(names: Sequence[str]) -> npt.NDArray[np.int64]:
    """(n,) place of each name in natural order; takes half a second for 100,000 of them."""
    keys = [natural_key(name) for name in names]
    ranks = np.empty(len(names), np.int64)
    ranks[sorted(range(len(names)), key=keys.__getitem__)] = np.arange(len(names))
    return ranks
