"""Which pixels an edit may change: what a person protects from every tool."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from segcore.edits.planes import IdArray, is_uniform
from segcore.errors import RequestError
from segcore.opencv import cv2

Ground = Literal["all", "unlabelled", "model", "untouched"]
GROUNDS: tuple[Ground, ...] = ("all", "unlabelled", "model", "untouched")
NOBODY = 0

_MOST_COMPARED = 4
"""Ids that are looked for one by one."""

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Protection:
    """What may be changed; as it is made, everything may.

    A pixel may be changed when its present class is not `locked`, is in `over` where that is said,
    and when whoever said it is on the `ground`. What a pixel becomes plays no part.

    Attributes:
        locked: class ids whose pixels stay as they are.
        over: the only ids, ignore for unlabelled, whose pixels may change; None: all of them.
        ground: "all", "unlabelled" (nobody has said anything), "model" (a model said it), or
            "untouched" (nobody or a model: what people said stays).
        models: the rows of the origin table that are models; whoever knows the project says so.
    """

    locked: frozenset[int] = frozenset()
    over: frozenset[int] | None = None
    ground: Ground = "all"
    models: frozenset[int] = frozenset()

    def __post_init__(self) -> None:
        if self.ground not in GROUNDS:
            raise RequestError(
                f"There is no ground {self.ground!r}: choose one of {', '.join(GROUNDS)}."
            )

    @property
    def is_on(self) -> bool:
        """Whether any pixel might be protected."""
        return bool(self.locked) or self.over is not None or self.ground != "all"

    def id_table(self, dtype: npt.DTypeLike) -> Mask | None:
        """For each id of a label map of that dtype whether it may change; None when all may."""
        if not self.locked and self.over is None:
            return None
        largest = int(np.iinfo(np.dtype(dtype)).max)
        table = np.full(largest + 1, self.over is None)
        if self.over is not None:
            table[_indices(self.over, largest)] = True
        table[_indices(self.locked, largest)] = False
        return table

    def origin_table(self) -> Mask | None:
        """For each of the 256 origins whether its pixels may change; None when all may."""
        if self.ground == "all":
            return None
        table = np.zeros(256, np.bool_)
        if self.ground in ("unlabelled", "untouched"):
            table[NOBODY] = True
        if self.ground in ("model", "untouched"):
            table[_indices(self.models, 255)] = True
        return table

    def allows(self, labels: IdArray, origins: IdArray) -> Mask:
        """Which pixels may be changed.

        Args:
            labels, origins: (h, w) any part of the two maps.

        Returns:
            (h, w) bool, of its own memory.
        """
        by_id, by_origin = self.id_table(labels.dtype), self.origin_table()
        allowed = np.ones(labels.shape, np.bool_) if by_id is None else Choice(by_id).of(labels)
        if by_origin is not None:
            allowed &= Choice(by_origin).of(origins)
        return allowed


class Choice:
    """Some ids out of all, made ready to be looked for in many rectangles of a map."""

    def __init__(self, table: Mask) -> None:
        """`table` has an entry for each id that the map's dtype can hold: whether it is chosen."""
        chosen, others = np.flatnonzero(table), np.flatnonzero(~table)
        self._table = table
        self._few_are_chosen = len(chosen) <= len(others)
        self._few = (chosen if self._few_are_chosen else others).tolist()

    def of(self, ids: IdArray) -> Mask:
        """(h, w) where a rectangle of uint8 or uint16 ids has one of them, of its own memory."""
        if len(self._few) <= _MOST_COMPARED:
            return self._compared(ids)
        if ids.dtype == np.uint8 and ids.size:
            found = cv2.LUT(np.ascontiguousarray(ids), self._table.view(np.uint8))
            mask: Mask = found.view(np.bool_)
            return mask
        return self._table[ids]

    def narrow(self, mask: Mask, ids: IdArray) -> None:
        """Take out of a mask, in place, where a rectangle has none of them."""
        if not is_uniform(ids):
            mask &= self.of(ids)
        elif not self._table[ids[0, 0]]:
            mask[...] = False

    def _compared(self, ids: IdArray) -> Mask:
        """One id after the other: several times as fast as a table while there are few."""
        if not self._few:
            return np.full(ids.shape, not self._few_are_chosen)
        compare, join = (
            (np.equal, np.logical_or) if self._few_are_chosen else (np.not_equal, np.logical_and)
        )
        first, *others = self._few
        mask: Mask = compare(ids, ids.dtype.type(first))
        for each in others:
            join(mask, compare(ids, ids.dtype.type(each)), out=mask)
        return mask


def _indices(ids: Iterable[int], largest: int) -> list[int]:
    return [i for i in ids if 0 <= i <= largest]
