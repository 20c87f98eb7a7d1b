"""Pixels by what two sides say of them, and the figures that follow; memory by classes in use."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from segcore.errors import RequestError
from segcore.labels import LabelMap
from segcore.metrics import Counts, Scores, Shares

_PIXELS_AT_ONCE = 1 << 22


@dataclass(frozen=True, eq=False)
class PairCounts:
    """How many pixels the two sides say what of.

    Attributes:
        ids: (k,) int64 classes of the common table that occur, in order.
        table: (k + 1, k + 1) int64: rows are what A says, columns what B says, the last of each
            *unlabelled*.
    """

    ids: npt.NDArray[np.int64]
    table: Counts

    @classmethod
    def none(cls) -> PairCounts:
        """Of no picture."""
        return cls(np.zeros(0, np.int64), np.zeros((1, 1), np.int64))

    @classmethod
    def of(cls, a: LabelMap, b: LabelMap, ignore: int) -> PairCounts:
        """Of two (H, W) label maps of one class table, in which `ignore` is unlabelled.

        Raises:
            RequestError: the maps differ in size.
        """
        check_sizes(a, b)
        rows = max(_PIXELS_AT_ONCE // max(a.shape[1], 1), 1)
        strips = [slice(top, top + rows) for top in range(0, a.shape[0], rows)]
        there = np.zeros(ignore + 1, np.bool_)
        for strip in strips:
            for labels in (a[strip], b[strip]):
                there |= np.bincount(labels.ravel(), minlength=ignore + 1) > 0
        there[ignore] = False
        ids = np.flatnonzero(there)
        count = len(ids) + 1
        places = np.full(ignore + 1, len(ids), np.int64)
        places[ids] = np.arange(len(ids))
        table = np.zeros(count * count, np.int64)
        for strip in strips:
            codes = places[a[strip]] * count + places[b[strip]]
            table += np.bincount(codes.ravel(), minlength=len(table))
        return cls(ids, table.reshape(count, count))

    def __add__(self, other: PairCounts) -> PairCounts:
        """Of the pictures of both."""
        ids = np.union1d(self.ids, other.ids)
        table = np.zeros((len(ids) + 1, len(ids) + 1), np.int64)
        for each in (self, other):
            places = np.append(np.searchsorted(ids, each.ids), len(ids))
            table[np.ix_(places, places)] += each.table
        return PairCounts(ids, table)

    @property
    def confusion(self) -> Counts:
        """(k, k) int64 of the pixels that both have labelled: rows A, columns B."""
        return self.table[:-1, :-1]

    @property
    def only_a(self) -> Counts:
        """(k,) pixels of each class of A that B has not labelled."""
        return self.table[:-1, -1]

    @property
    def only_b(self) -> Counts:
        """(k,) pixels of each class of B that A has not labelled."""
        return self.table[-1, :-1]

    def figures(self, *, unlabelled_counts: bool = False) -> Figures:
        """The figures; with `unlabelled_counts` a pixel that one side alone has labelled is one in
        which they disagree, else it does not count."""
        judged = self.confusion
        if unlabelled_counts:
            judged = self.table.copy()
            judged[-1, -1] = 0
        scores = Scores.from_confusion(judged)
        iou = scores.iou[: len(self.ids)]
        there = ~np.isnan(iou)
        total, right = int(judged.sum()), int(np.trace(judged))
        return Figures(
            pixels=total,
            agreed=right,
            agreement=right / total if total else math.nan,
            iou=iou,
            miou=float(iou[there].mean()) if there.any() else math.nan,
            kappa=cohens_kappa(judged),
        )


@dataclass(frozen=True, eq=False)
class Figures:
    """How well two sides agree.

    Attributes:
        pixels, agreed: how many pixels are judged, and of how many the two say the same.
        agreement: the share of them, 0 to 1; NaN where there are none.
        iou: (k,) float64 intersection over union of each class that occurs, which is the same
            whichever side is called the truth; NaN where no judged pixel is of it.
        miou: mean of the IoUs that are numbers; NaN when none is.
        kappa: Cohen's kappa, at most 1; 0 is what chance gives. NaN where chance says it all.
    """

    pixels: int
    agreed: int
    agreement: float
    iou: Shares
    miou: float
    kappa: float

    @property
    def disagreed(self) -> int:
        """How many judged pixels the two say different things of."""
        return self.pixels - self.agreed


def cohens_kappa(confusion: Counts) -> float:
    """Agreement beyond chance (Cohen, 1960): (p_o - p_e) / (1 - p_e) of a (k, k) matrix.

    NaN where there are no pixels, or one class is all that either says.
    """
    counts = confusion.astype(np.float64)
    total = counts.sum()
    if total == 0:
        return math.nan
    observed = np.trace(counts) / total
    expected = float((counts.sum(axis=0) / total) @ (counts.sum(axis=1) / total))
    if 1 - expected < 1e-12:
        return math.nan
    return float((observed - expected) / (1 - expected))


def check_sizes(a: LabelMap, b: LabelMap) -> None:
    """Refuse maps of two sizes.

    Raises:
        RequestError: they differ.
    """
    if a.shape != b.shape:
        raise RequestError(
            f"One side has {a.shape[1]} x {a.shape[0]} pixels and the other {b.shape[1]} x "
            f"{b.shape[0]}: compare labels of one picture."
        )
