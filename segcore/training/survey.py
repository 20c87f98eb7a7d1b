"""One look at all samples before training: are they usable, and what is in them?"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

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
        checksums: of each picture's labels, by its name.
    """

    counts: npt.NDArray[np.int64]
    sizes: tuple[tuple[int, int], ...]
    checksums: Mapping[str, int] = field(default_factory=dict)

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
    checksums: dict[str, int] = {}
    strange: list[str] = []
    misfits: list[str] = []
    ticker = Ticker(len(samples), progress)
    for index in range(len(samples)):
        labels = samples.labels(index)
        height, width = samples.picture(index).shape[:2]
        sizes.append((height, width))
        checksums[samples.name(index)] = zlib.crc32(np.ascontiguousarray(labels).data)
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
    return Survey(counts, tuple(sizes), checksums)


def all_checksums(surveys: Sequence[Survey]) -> dict[str, int]:
    """Of several sets together; names of the second and further ones begin with its number."""
    return {
        name if number == 0 else f"{number}: {name}": checksum
        for number, each in enumerate(surveys)
        for name, checksum in each.checksums.items()
    }


def changes_since(before: Mapping[str, int], now: Mapping[str, int]) -> str | None:
    """What became of the labels since a training was begun, in a sentence; None if nothing did."""
    if not before or before == now:
        return None
    changed = [name for name in now if name in before and before[name] != now[name]]
    new = [name for name in now if name not in before]
    gone = [name for name in before if name not in now]
    kinds = ((changed, "changed"), (new, "new"), (gone, "gone"))
    words = "; ".join(f"{what}: {_listed(names)}" for names, what in kinds if names)
    return (
        f"The labels are not those that this training was begun with ({words}): it goes on with "
        "those that are there now, and will not end as the unbroken one would have."
    )


def _listed(names: list[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")
