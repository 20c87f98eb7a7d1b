"""Two sides compared picture by picture: one pair of label maps at a time, and what it adds."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from segcore.classes import ClassTable
from segcore.comparison.counts import PairCounts
from segcore.comparison.matching import CommonClasses, match_pictures
from segcore.comparison.report import ComparisonReport, PictureComparison
from segcore.comparison.sides import Side
from segcore.errors import RequestError, SegcoreError
from segcore.labels import LabelMap
from segcore.metrics import Counts, Shares, boundary_f
from segcore.progress import CancelToken, ProgressCallback, Ticker

__all__ = ["Comparison", "PictureComparison", "compare_sides"]


class Comparison:
    """Adds up how two sides agree; keeps counts and a row a picture, and no label map.

    Args:
        boundaries: also measure boundary F, which takes longer than all the rest.
        unlabelled_counts: a pixel that one side alone has labelled is one in which they disagree;
            otherwise only pixels count that both have labelled.
    """

    def __init__(
        self,
        a: ClassTable,
        b: ClassTable,
        *,
        boundaries: bool = True,
        unlabelled_counts: bool = False,
    ) -> None:
        self.common = CommonClasses.of(a, b)
        self._boundaries = boundaries
        self._unlabelled_counts = unlabelled_counts
        self._counts = PairCounts.none()
        self._edges: dict[int, tuple[float, int]] = {}
        self._pictures: list[PictureComparison] = []

    def __len__(self) -> int:
        return len(self._pictures)

    def add(self, name: str, other: str, a: LabelMap, b: LabelMap) -> PictureComparison:
        """Compare the label maps of one picture, each in the ids of its own side.

        Raises:
            RequestError: they differ in size, or hold ids that are no class.
        """
        ignore = self.common.classes.ignore
        first, second = self.common.from_a(a), self.common.from_b(b)
        counts = PairCounts.of(first, second, ignore)
        edges = _boundary_f(first, second, counts.ids, ignore) if self._boundaries else None
        self._counts += counts
        if edges is not None:
            for class_id, score in zip(counts.ids.tolist(), edges.tolist()):
                if not math.isnan(score):
                    total, pictures = self._edges.get(class_id, (0.0, 0))
                    self._edges[class_id] = (total + score, pictures + 1)
        figures = counts.figures(unlabelled_counts=self._unlabelled_counts)
        compared = PictureComparison(
            name,
            other,
            figures.agreement,
            figures.miou,
            figures.kappa,
            math.nan if edges is None else _mean(edges),
            figures.disagreed,
            figures.pixels,
            int(counts.only_a.sum()),
            int(counts.only_b.sum()),
        )
        self._pictures.append(compared)
        return compared

    def report(self, **about: Any) -> ComparisonReport:
        """What was found so far; `about` are fields of `ComparisonReport` that it cannot know."""
        counts = self._counts
        edges = np.array([self._edge(class_id) for class_id in counts.ids.tolist()])
        return ComparisonReport(
            classes=self.common.classes,
            counts=counts,
            figures=counts.figures(unlabelled_counts=self._unlabelled_counts),
            boundary_f=_mean(edges),
            boundary_f_per_class=edges,
            pictures=sorted(self._pictures, key=_badness),
            only_a=self.common.only_a,
            only_b=self.common.only_b,
            **about,
        )

    def _edge(self, class_id: int) -> float:
        total, pictures = self._edges.get(class_id, (0.0, 0))
        return total / pictures if pictures else math.nan


def compare_sides(
    a: Side,
    b: Side,
    *,
    boundaries: bool = True,
    unlabelled_counts: bool = False,
    settings: Mapping[str, Any] | None = None,
    progress: ProgressCallback | None = None,
    cancel: CancelToken | None = None,
    on_picture: Callable[[PictureComparison, LabelMap, LabelMap, CommonClasses], None]
    | None = None,
) -> ComparisonReport:
    """Compare all pictures that both sides have.

    What one side alone has, what cannot be matched and what cannot be read stands in the report.

    Args:
        boundaries, unlabelled_counts: as for `Comparison`.
        settings: what else the figures depend on.
        on_picture: called after each picture with what was found, both label maps in ids of the
            common table, and that.

    Raises:
        RequestError: the two have no picture or no class in common, or none could be compared.
        ClassTableError: together they have more classes than label maps hold.
        Cancelled: the token was raised; looked at between pictures.
    """
    comparison = Comparison(
        a.classes, b.classes, boundaries=boundaries, unlabelled_counts=unlabelled_counts
    )
    matched = match_pictures(a.names, b.names)
    _check_something_in_common(a, b, comparison.common, len(matched.pairs))
    pictures_a = {picture.name: picture for picture in a.labelled.pictures}
    pictures_b = {picture.name: picture for picture in b.labelled.pictures}
    failed: list[tuple[str, str]] = []
    ticker = Ticker(len(matched.pairs), progress)
    for name, other in matched.pairs:
        if cancel is not None:
            cancel.raise_if_cancelled()
        try:
            first, second = pictures_a[name].labels(), pictures_b[other].labels()
            found = comparison.add(name, other, first, second)
        except SegcoreError as error:
            failed.append((name, str(error)))
        else:
            if on_picture is not None:
                common = comparison.common
                on_picture(found, common.from_a(first), common.from_b(second), common)
        ticker.tick(name)
    if not len(comparison):
        raise RequestError(f"No picture could be compared. {failed[0][1]}")
    return comparison.report(
        title_a=a.title,
        title_b=b.title,
        matched=matched,
        failed=tuple(failed),
        settings={"unlabelled_counts": unlabelled_counts, **(settings or {})},
        notes=tuple(comparison.common.notes()),
    )


def _check_something_in_common(a: Side, b: Side, common: CommonClasses, pictures: int) -> None:
    if not pictures:
        raise RequestError(
            f"{a.title} and {b.title} have no labelled picture in common: pictures are matched by "
            "their relative path, or by their stem; name two sets of the same pictures."
        )
    if len(common.only_a) == len(a.classes.living):
        raise RequestError(
            f"{a.title} and {b.title} have no class in common: classes are matched by name; rename "
            "those that mean the same."
        )


def _boundary_f(a: LabelMap, b: LabelMap, ids: Sequence[int] | Counts, ignore: int) -> Shares:
    """(k,) boundary F of each class that occurs, over the pixels that both have labelled."""
    narrow = len(ids) < np.iinfo(np.uint8).max
    nobody = int(np.iinfo(np.uint8 if narrow else np.uint16).max)
    places = np.full(ignore + 1, nobody).astype(np.uint8 if narrow else np.uint16)
    places[ids] = np.arange(len(ids))
    first: npt.NDArray[Any] = places[a]
    second: npt.NDArray[Any] = places[b]
    unknown = (a == ignore) | (b == ignore)
    first[unknown] = nobody
    second[unknown] = nobody
    return boundary_f(first, second, len(ids), nobody)


def _mean(values: Shares) -> float:
    there = values[~np.isnan(values)]
    return float(there.mean()) if there.size else math.nan


def _badness(picture: PictureComparison) -> tuple[bool, float, float]:
    unknown = math.isnan(picture.miou)
    return unknown, 0.0 if unknown else picture.miou, 0.0 if unknown else picture.agreement
