"""How well a label map agrees with the truth: confusion, IoU, accuracy, boundaries."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from segcore.errors import RequestError
from segcore.labels import LabelMap
from segcore.opencv import cv2

BOUNDARY_TOLERANCE = 0.0075
"""Share of the diagonal by which a boundary may be off (Csurka et al., BMVC 2013)."""

_PIXELS_AT_ONCE = 1 << 22

Counts = npt.NDArray[np.int64]
Shares = npt.NDArray[np.float64]


def confusion_matrix(truth: LabelMap, prediction: LabelMap, n: int, ignore: int) -> Counts:
    """(n, n) int64 counts of pixels: rows are the truth's classes, columns the prediction's.

    Pixels where the truth is `ignore` do not count. Where only the prediction names no class, the
    pixel has no column; `Agreement` counts it as wrong.

    Raises:
        RequestError: the maps differ in size, or the truth holds an id that is no class.
    """
    return _confusion(truth, prediction, n, ignore)[:, :n]


@dataclass(frozen=True, eq=False)
class Scores:
    """Figures of a confusion matrix.

    Attributes:
        iou: (n,) float64, intersection over union; NaN for a class in neither truth nor prediction.
        accuracy: (n,) float64, share of the truth's pixels of a class that were found; NaN for a
            class that is not in the truth.
        miou: mean of the IoUs that are numbers; NaN when none is.
        pixel_accuracy: share of all pixels that are right; NaN when there are none.
        mean_accuracy: mean of the accuracies that are numbers; NaN when none is.
        frequency_weighted_iou: sum of the IoUs, each times its class's share of the truth's pixels;
            NaN when there are none.
        pixels: (n,) int64, the truth's pixels of each class.
    """

    iou: Shares
    accuracy: Shares
    miou: float
    pixel_accuracy: float
    mean_accuracy: float
    frequency_weighted_iou: float
    pixels: Counts

    @classmethod
    def from_confusion(cls, confusion: npt.NDArray[np.integer]) -> Scores:
        """Of an (n, n) matrix, or (n, n + 1) where the last column counts pixels of no class."""
        counts = confusion.astype(np.float64)
        right = np.diagonal(counts)
        in_truth = counts.sum(axis=1)
        union = in_truth + counts.sum(axis=0)[: len(counts)] - right
        iou, accuracy = _ratio(right, union), _ratio(right, in_truth)
        total = float(counts.sum())
        found = in_truth > 0  # their IoUs are numbers
        return cls(
            iou=iou,
            accuracy=accuracy,
            miou=_mean(iou),
            pixel_accuracy=float(right.sum()) / total if total else math.nan,
            mean_accuracy=_mean(accuracy),
            frequency_weighted_iou=(
                float((in_truth[found] * iou[found]).sum()) / total if total else math.nan
            ),
            pixels=in_truth.astype(np.int64),
        )


def boundary_f(
    truth: LabelMap,
    prediction: LabelMap,
    n: int,
    ignore: int,
    *,
    tolerance: float = BOUNDARY_TOLERANCE,
) -> Shares:
    """Boundary F of each class in one picture: (n,) float64, 0 to 1.

    A pixel of class c is on the boundary of c when a pixel above, below, left or right of it has
    another id. Precision is the share of the prediction's boundary pixels within `tolerance` times
    the diagonal of one of the truth's (at least one pixel, by Euclid), recall the reverse,
    and F their harmonic mean (Csurka et al., BMVC 2013). Steps to or from pixels where the truth is
    `ignore` are no boundary, and neither is the picture's edge. A class without boundary in both is
    NaN, one with a boundary in only one of them is 0.

    Raises:
        RequestError: the maps differ in size.
    """
    _check_sizes(truth, prediction)
    known = truth != ignore
    truth_edges = _edges(truth, known)
    prediction_edges = _edges(prediction, known)
    reach = max(tolerance * math.hypot(*truth.shape), 1.0)
    scores = np.full(n, np.nan)
    present = np.union1d(truth[truth_edges], prediction[prediction_edges])
    for class_id in present[present < n]:
        in_truth = truth_edges & (truth == class_id)
        in_prediction = prediction_edges & (prediction == class_id)
        precision = _share_within(in_prediction, in_truth, reach)
        recall = _share_within(in_truth, in_prediction, reach)
        both = precision + recall
        scores[class_id] = 2 * precision * recall / both if both else 0.0
    return scores


@dataclass(frozen=True, eq=False)
class PictureAgreement:
    """What one picture adds.

    Attributes:
        counts: (n, n + 1) int64, rows the truth; the last column counts pixels of no class.
        boundary_f_per_class: (n,) float64, NaN for classes without a boundary.
    """

    counts: Counts
    boundary_f_per_class: Shares

    @property
    def scores(self) -> Scores:
        """IoU and accuracy in this picture."""
        return Scores.from_confusion(self.counts)

    @property
    def boundary_f(self) -> float:
        """Mean over the classes that have one; NaN when none has."""
        return _mean(self.boundary_f_per_class)


class Agreement:
    """Adds up how predictions agree with the truth, picture by picture.

    Args:
        n: number of classes.
        ignore: the truth's id of pixels that do not count.
        boundaries: also measure `boundary_f`, which takes longer than all the rest.
    """

    def __init__(self, n: int, ignore: int, *, boundaries: bool = True) -> None:
        self._n = n
        self._ignore = ignore
        self._boundaries = boundaries
        self._counts = np.zeros((n, n + 1), np.int64)
        self._boundary_sums = np.zeros(n)
        self._boundary_pictures = np.zeros(n, np.int64)

    def add(self, truth: LabelMap, prediction: LabelMap) -> PictureAgreement:
        """Count one picture, and say what it has by itself; RequestError as `confusion_matrix`."""
        counts = _confusion(truth, prediction, self._n, self._ignore)
        self._counts += counts
        scores: Shares = np.full(self._n, np.nan)
        if self._boundaries:
            scores = boundary_f(truth, prediction, self._n, self._ignore)
            measured = ~np.isnan(scores)
            self._boundary_sums[measured] += scores[measured]
            self._boundary_pictures += measured
        return PictureAgreement(counts, scores)

    @property
    def confusion(self) -> Counts:
        """(n, n) int64, rows the truth, without pixels for which nothing was predicted."""
        return self._counts[:, : self._n].copy()

    @property
    def scores(self) -> Scores:
        """IoU and accuracy; a pixel for which nothing was predicted is wrong."""
        return Scores.from_confusion(self._counts)

    @property
    def boundary_f_per_class(self) -> Shares:
        """(n,) float64: mean over the pictures in which the class has a boundary, else NaN."""
        return _ratio(self._boundary_sums, self._boundary_pictures.astype(np.float64))

    @property
    def boundary_f(self) -> float:
        """Mean over the classes that have one; NaN when none has."""
        return _mean(self.boundary_f_per_class)


def _confusion(truth: LabelMap, prediction: LabelMap, n: int, ignore: int) -> Counts:
    """(n, n + 1): the last column counts pixels of the truth that have no predicted class."""
    _check_sizes(truth, prediction)
    counts = np.zeros((n + 1) * (n + 1), np.int64)
    for truth_strip, prediction_strip in _strips(truth, prediction):
        known = truth_strip != ignore
        wanted = truth_strip[known].astype(np.int64)
        if wanted.size and wanted.max() >= n:
            raise RequestError(
                f"The truth holds the id {wanted.max()}, but there are only {n} classes: "
                "name the class table that belongs to it."
            )
        given = np.minimum(prediction_strip[known], n).astype(np.int64)
        counts += np.bincount(wanted * (n + 1) + given, minlength=len(counts))
    return counts.reshape(n + 1, n + 1)[:n]


def _strips(truth: LabelMap, prediction: LabelMap) -> Iterator[tuple[LabelMap, LabelMap]]:
    """Both maps a few rows at a time, since counting takes eight bytes a pixel."""
    rows = max(_PIXELS_AT_ONCE // max(truth.shape[1], 1), 1)
    for top in range(0, truth.shape[0], rows):
        yield truth[top : top + rows], prediction[top : top + rows]


def _check_sizes(truth: LabelMap, prediction: LabelMap) -> None:
    if truth.shape != prediction.shape:
        raise RequestError(
            f"The prediction is {prediction.shape[1]} x {prediction.shape[0]} and the truth "
            f"{truth.shape[1]} x {truth.shape[0]} pixels: compare maps of one picture."
        )


def _edges(labels: LabelMap, known: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Pixels on either side of a step between two ids, both of which are known."""
    edges = np.zeros(labels.shape, np.bool_)
    across = (labels[:, 1:] != labels[:, :-1]) & known[:, 1:] & known[:, :-1]
    down = (labels[1:] != labels[:-1]) & known[1:] & known[:-1]
    edges[:, 1:] |= across
    edges[:, :-1] |= across
    edges[1:] |= down
    edges[:-1] |= down
    return edges


def _share_within(
    these: npt.NDArray[np.bool_], those: npt.NDArray[np.bool_], reach: float
) -> float:
    """Share of `these` pixels that have one of `those` within `reach`; 0 where either is empty."""
    total = int(np.count_nonzero(these))
    if total == 0 or not those.any():
        return 0.0
    away = cv2.distanceTransform(
        np.logical_not(those).view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE
    )
    return int(np.count_nonzero(away[these] <= reach + 1e-4)) / total


def _mean(values: Shares) -> float:
    """Of those that are numbers; NaN when none is."""
    there = values[~np.isnan(values)]
    return float(there.mean()) if there.size else math.nan


def _ratio(part: Shares, whole: Shares) -> Shares:
    """Element by element; NaN where the whole is 0."""
    shares: Shares = np.full(len(part), np.nan)
    np.divide(part, whole, out=shares, where=whole > 0)
    return shares
