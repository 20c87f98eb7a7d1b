"""Which pictures and which classes of two label sets belong together: by name, never by chance."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from segcore.classes import ClassInfo, ClassTable
from segcore.errors import RequestError
from segcore.labels import LabelMap

_PIXELS_AT_ONCE = 1 << 22
_NO_CLASS = -1
_MOST_NAMED = 8


class Ambiguous(NamedTuple):
    """Pictures of one stem, of which nobody knows which belongs to which."""

    stem: str
    a: tuple[str, ...]
    b: tuple[str, ...]


@dataclass(frozen=True)
class MatchedPictures:
    """Every picture of both sides, once.

    Attributes:
        pairs: names in A and in B of what is one picture, in A's order.
        only_a, only_b: pictures that the other side does not have.
        ambiguous: pictures that several of the other side could be.
    """

    pairs: tuple[tuple[str, str], ...]
    only_a: tuple[str, ...]
    only_b: tuple[str, ...]
    ambiguous: tuple[Ambiguous, ...]


NOTHING_MATCHED = MatchedPictures((), (), (), ())


def match_pictures(a: Sequence[str], b: Sequence[str]) -> MatchedPictures:
    """Match by relative path, then by path without the ending, then by stem.

    A path without its ending, or a stem, that several pictures of a side have decides nothing.
    """
    partner: dict[str, str] = {}
    left_a, left_b = dict.fromkeys(a), dict.fromkeys(b)
    for key in (str, _without_ending, _stem):
        keys_a, keys_b = _once(a, key), _once(b, key)
        for short in keys_a.keys() & keys_b.keys():
            mine, other = keys_a[short], keys_b[short]
            if mine in left_a and other in left_b:
                partner[mine] = other
                del left_a[mine], left_b[other]
    stems_a, stems_b = _by_stem(left_a), _by_stem(left_b)
    unclear = {stem: None for stem in stems_a if stem in stems_b}
    ambiguous = tuple(
        Ambiguous(stem, tuple(stems_a[stem]), tuple(stems_b[stem])) for stem in unclear
    )
    return MatchedPictures(
        tuple((name, partner[name]) for name in dict.fromkeys(a) if name in partner),
        tuple(name for name in left_a if _stem(name) not in unclear),
        tuple(name for name in left_b if _stem(name) not in unclear),
        ambiguous,
    )


def _once(names: Iterable[str], key: Any) -> dict[str, str]:
    """Names by a key that no other name has."""
    names = list(dict.fromkeys(names))
    keys = [key(name) for name in names]
    counts = Counter(keys)
    return {short: name for short, name in zip(keys, names) if counts[short] == 1}


def _by_stem(names: Iterable[str]) -> dict[str, list[str]]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    for name in names:
        found[_stem(name)].append(name)
    return found


def _without_ending(name: str) -> str:
    return str(PurePosixPath(name).with_suffix(""))


def _stem(name: str) -> str:
    return PurePosixPath(name).stem


@dataclass(frozen=True, eq=False)
class CommonClasses:
    """One table for two: A's classes with their ids, then those that only B has.

    Attributes:
        classes: the common table.
        only_a, only_b: names of classes that the other side does not have; wherever they are said
            the two disagree.
    """

    classes: ClassTable
    only_a: tuple[str, ...]
    only_b: tuple[str, ...]
    _ids_a: npt.NDArray[np.int32]
    _ids_b: npt.NDArray[np.int32]

    @classmethod
    def of(cls, a: ClassTable, b: ClassTable) -> CommonClasses:
        """Match the classes of two tables by name.

        Raises:
            ClassTableError: together they have more classes than label maps hold.
        """
        extra = [info for info in b.living if a.id_of(info.name) is None]
        names = dict.fromkeys(info.name for info in extra)
        first = {info.name: info for info in reversed(extra)}
        classes = ClassTable(
            (
                *a.classes,
                *(ClassInfo(len(a) + n, name, first[name].color) for n, name in enumerate(names)),
            )
        )
        return cls(
            classes,
            tuple(info.name for info in a.living if b.id_of(info.name) is None),
            tuple(names),
            _ids_into(a, classes),
            _ids_into(b, classes),
        )

    def from_a(self, labels: LabelMap) -> LabelMap:
        """A's label map in ids of the common table; RequestError where it holds ids of no class."""
        return self._mapped(labels, self._ids_a, "first")

    def from_b(self, labels: LabelMap) -> LabelMap:
        """B's label map in ids of the common table; RequestError where it holds ids of no class."""
        return self._mapped(labels, self._ids_b, "second")

    def notes(self) -> list[str]:
        """What a person should know of classes that one side alone has, a sentence each."""
        return [
            f"Only the {which} side has {_named(names)}: such pixels count as disagreement."
            for which, names in (("first", self.only_a), ("second", self.only_b))
            if names
        ]

    def _mapped(self, labels: LabelMap, ids: npt.NDArray[np.int32], which: str) -> LabelMap:
        found: npt.NDArray[Any] = np.empty(labels.shape, self.classes.dtype)
        rows = max(_PIXELS_AT_ONCE // max(labels.shape[1], 1), 1)
        last = len(ids) - 1
        for top in range(0, labels.shape[0], rows):
            strip = labels[top : top + rows]
            mapped = ids[np.minimum(strip, last)]
            wrong = (mapped == _NO_CLASS) | (strip > last)
            if wrong.any():
                unknown = int(strip[wrong][0])
                raise RequestError(
                    f"The labels of the {which} side hold the id {unknown} of no class: name the "
                    "class table that belongs to them."
                )
            found[top : top + rows] = mapped
        return found


def _ids_into(given: ClassTable, common: ClassTable) -> npt.NDArray[np.int32]:
    """For each id of a table the id in the common one; `_NO_CLASS` where there is none."""
    ids = np.full(given.ignore + 1, _NO_CLASS, np.int32)
    for info in given:
        heir = given.id_of(info.name)
        found = None if heir is None else common.id_of(given[heir].name)
        ids[info.id] = common.ignore if found is None else found
    ids[given.ignore] = common.ignore
    return ids


def _named(names: Sequence[str]) -> str:
    more = len(names) - _MOST_NAMED
    shown = ", ".join(names[:_MOST_NAMED])
    return f"{shown} and {more} more" if more > 0 else shown
