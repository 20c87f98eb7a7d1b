"""How far confidence can be trusted: does what is said with 80 % hold in 80 % of the pixels?"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from segcore.errors import RequestError

BINS = 15
"""As in Guo et al., "On Calibration of Modern Neural Networks" (ICML 2017)."""

_PIXELS_AT_ONCE = 1 << 22

Values = npt.NDArray[np.float64]
Confidence = npt.NDArray[np.floating[Any]]


class Calibration:
    """Adds up confidence and correctness, pixel by pixel, in bins of equal width.

    Bin m of M holds the pixels with a confidence in ((m - 1) / M, m / M]; 0 falls into the first.

    Args:
        bins: M.
    """

    def __init__(self, bins: int = BINS) -> None:
        self.bins = bins
        self._counts = np.zeros(bins, np.int64)
        self._right = np.zeros(bins, np.int64)
        self._confidence = np.zeros(bins)

    def add(self, confidence: Confidence, right: npt.NDArray[np.bool_]) -> None:
        """Count pixels.

        Args:
            confidence: probability of the predicted class, 0 to 1, of any shape.
            right: bool of that shape: whether the predicted class is the true one.

        Raises:
            RequestError: the shapes differ, or a confidence is none.
        """
        if confidence.shape != right.shape:
            raise RequestError(
                f"The confidence has the shape {confidence.shape} and the labels {right.shape}: "
                "they are of different pictures."
            )
        flat, correct = confidence.ravel(), right.ravel()
        for start in range(0, len(flat), _PIXELS_AT_ONCE):
            part = flat[start : start + _PIXELS_AT_ONCE].astype(np.float64)
            if part.size and not (part.min() >= 0.0 and part.max() <= 1.0):  # NaN is not either
                raise RequestError(
                    "A confidence is no number from 0 to 1: predict again with --save confidence."
                )
            places = np.clip(np.ceil(part * self.bins).astype(np.int64) - 1, 0, self.bins - 1)
            hits = correct[start : start + _PIXELS_AT_ONCE]
            self._counts += np.bincount(places, minlength=self.bins)
            self._right += np.bincount(places[hits], minlength=self.bins)
            self._confidence += np.bincount(places, part, minlength=self.bins)

    def join(self, other: Calibration) -> None:
        """Add what another one with as many bins has counted."""
        self._counts += other._counts
        self._right += other._right
        self._confidence += other._confidence

    @property
    def counts(self) -> npt.NDArray[np.int64]:
        """(bins,) pixels in each bin."""
        return self._counts.copy()

    @property
    def accuracy(self) -> Values:
        """(bins,) share of the pixels of each bin that are right; NaN where there are none."""
        return _ratio(self._right.astype(np.float64), self._counts)

    @property
    def confidence(self) -> Values:
        """(bins,) mean confidence in each bin; NaN where there are no pixels."""
        return _ratio(self._confidence, self._counts)

    @property
    def ece(self) -> float:
        """Expected calibration error: mean over pixels of |accuracy - confidence| of their bin.

        NaN when there are no pixels.
        """
        total = int(self._counts.sum())
        if total == 0:
            return math.nan
        return float(np.abs(self._right - self._confidence).sum() / total)

    @property
    def mce(self) -> float:
        """Maximum calibration error: that of the worst bin with pixels; NaN when there are none."""
        gaps = np.abs(self.accuracy - self.confidence)
        there = gaps[~np.isnan(gaps)]
        return float(there.max()) if there.size else math.nan

    def to_json(self) -> dict[str, Any]:
        """Errors, and the curve; null where a bin has no pixels."""
        return {
            "ece": _number(self.ece),
            "mce": _number(self.mce),
            "bins": [
                {
                    "upper": (m + 1) / self.bins,
                    "pixels": n,
                    "confidence": _number(c),
                    "accuracy": _number(a),
                }
                for m, (n, c, a) in enumerate(
                    zip(self._counts.tolist(), self.confidence.tolist(), self.accuracy.tolist())
                )
            ],
        }


def _ratio(part: Values, whole: npt.NDArray[np.int64]) -> Values:
    shares: Values = np.full(len(part), np.nan)
    np.divide(part, whole, out=shares, where=whole > 0)
    return shares


def _number(value: float) -> float | None:
    return None if math.isnan(value) else value
