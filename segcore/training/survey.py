"""One look at all samples before training: are they usable, and what is in them?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from segcore.errors import TrainingError
from segcore.labels import class_counts
from segcore.progress import ProgressCallback, Ticker
from segcore.training.samples import Samples

_NAMED = 3


@dataclass(frozen=True, eq=False)
class Survey:
    """What the samples hold.

    Attributes:
        counts: (pictures, classes) int64 pixels.
        sizes: (H, W) of each picture.
    """

    counts: npt.NDArray[np.int64]
    sizes: tuple[tuple[int, int], ...]

    @property
    def without_labels(self) -> int:
        """Pictures in which nothing is labelled."""
        return int((self.counts.sum(axis=1) == 0).sum())

    @property
    def shares(self) -> npt.NDArray[np.float64]:
        """(classes,) share of the labelled pixels."""
        totals = self.counts.sum(axis=0)
        shares: npt.NDArray[np.float64] = totals / max(int(totals.sum()), 1)
        return shares


def survey(samples: Samples, progress: ProgressCallback | None = None) -> Survey:
    """Read every label map once.

    Raises:
        TrainingError: in one sentence, all troubles of one kind together: nothing labelled, one
            class alone, ids that are no class, labels of another size than their picture.
    """
    classes = samples.classes
    known = len(classes)
    counts = np.zeros((len(samples), known), np.int64)
    sizes = []
    strange: list[str] = []
    misfits: list[str] = []
    ticker = Ticker(len(samples), progress)
    for index in range(len(samples)):
        labels = samples.labels(index)
        height, width = samples.picture(index).shape[:2]
        sizes.append((height, width))
        if labels.shape != (height, width):
            misfits.append(
                f"{samples.name(index)} ({width} x {height}, labels "
                f"{labels.shape[1]} x {labels.shape[0]})"
            )
        else:
            counts[index] = class_counts(labels, known)
            outside = int(counts[index].sum()) + int((labels == classes.ignore).sum())
            if outside != labels.size:
                worst = labels[(labels >= known) & (labels != classes.ignore)].max()
                strange.append(f"{samples.name(index)} (id {worst})")
        ticker.tick(samples.name(index))
    if misfits:
        raise TrainingError(
            f"Labels of another size than their picture: {_listed(misfits)}; "
            "make them anew at the picture's size."
        )
    if strange:
        raise TrainingError(
            f"Ids that are none of the {known} classes: {_listed(strange)}; "
            "correct the labels or the class table."
        )
    there = int((counts.sum(axis=0) > 0).sum())
    if there == 0:
        raise TrainingError(
            f"Nothing is labelled in the {len(samples)} pictures: label some pixels of each class."
        )
    if there == 1:
        only = classes[int(counts.sum(axis=0).argmax())].name
        raise TrainingError(
            f'Only the class "{only}" is labelled: label some pixels of another class too.'
        )
    return Survey(counts, tuple(sizes))


def _listed(names: list[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")
