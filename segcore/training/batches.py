"""Batches of crops, of which each depends on the seed and its own number alone.

So a run that is taken up again after a kill goes on with the very crops that it would have had.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from segcore.training.augmentation import Augmentation, Crop, cropped
from segcore.training.samples import Samples, Weights
from segcore.training.survey import Survey

_KEPT_BYTES = 1 << 30
_AHEAD = 2
_RARITY_TEMPERATURE = 0.05


class Batch(NamedTuple):
    """(B, h, w, 3) uint8 RGB, (B, h, w) int64 ids, (B, h, w) float32 weights or None."""

    pictures: npt.NDArray[np.uint8]
    labels: npt.NDArray[np.int64]
    weights: Weights | None


class Source(NamedTuple):
    """Samples with what the survey found in them, and how much of the batches they make up."""

    samples: Samples
    survey: Survey
    share: float = 1.0


@dataclass(frozen=True)
class Sampling:
    """How batches are drawn.

    Attributes:
        batch: crops in each.
        size: (h, w) of the crops.
        rare: share of the crops that are drawn to show a class, rare classes most often (Hoyer et
            al., "DAFormer", arXiv 2111.14887, §3.2); the others take every picture in turn.
    """

    batch: int
    size: tuple[int, int]
    rare: float = 0.0
    augmentation: Augmentation = field(default_factory=Augmentation)


class Batches:
    """Batches by their number. Pictures in which nothing is labelled take no part."""

    def __init__(self, sources: Sequence[Source], sampling: Sampling, seed: int) -> None:
        self._sources = tuple(sources)
        self._sampling = sampling
        self._seed = seed
        self._ignore = sources[0].samples.classes.ignore
        shares = np.array([source.share for source in sources], np.float64)
        self._shares = shares / shares.sum()
        self._rarity = [_rarity(source.survey) for source in sources]
        self._labelled = [np.nonzero(source.survey.counts.any(axis=1))[0] for source in sources]
        self._kept: dict[tuple[int, int], Crop] = {}
        self._kept_bytes = 0

    def batch(self, number: int, rank: int = 0, ranks: int = 1) -> Batch:
        """Batch `number`, or of it the crops that worker `rank` of `ranks` takes."""
        places = range(rank, self._sampling.batch, ranks)
        crops = [self._crop(number, place) for place in places]
        weights = [crop.weights for crop in crops]
        return Batch(
            np.stack([crop.picture for crop in crops]),
            np.stack([crop.labels for crop in crops]).astype(np.int64),
            None
            if all(plane is None for plane in weights)
            else np.stack(
                [
                    np.ones(self._sampling.size, np.float32) if plane is None else plane
                    for plane in weights
                ]
            ),
        )

    def from_number(self, first: int, last: int, rank: int = 0, ranks: int = 1) -> Iterator[Batch]:
        """Batches `first` to `last - 1`, made ready ahead on a thread of their own."""
        with ThreadPoolExecutor(1, thread_name_prefix="batches") as thread:
            ready: list[Future[Batch]] = []
            upcoming = iter(range(first, last))
            for number in upcoming:
                ready.append(thread.submit(self.batch, number, rank, ranks))
                if len(ready) > _AHEAD:
                    yield ready.pop(0).result()
            while ready:
                yield ready.pop(0).result()

    def _crop(self, number: int, place: int) -> Crop:
        rng = np.random.default_rng([self._seed, number, place])
        source = int(rng.choice(len(self._sources), p=self._shares))
        show: int | None = None
        if rng.random() < self._sampling.rare:
            index, show = self._rare_picture(source, rng)
        else:
            labelled = self._labelled[source]
            turn, at = divmod(number * self._sampling.batch + place, len(labelled))
            index = int(labelled[_order(self._seed, source, turn, len(labelled))[at]])
        return cropped(
            self._sample(source, index),
            self._sampling.size,
            self._sampling.augmentation,
            rng,
            ignore=self._ignore,
            show=show,
        )

    def _rare_picture(self, source: int, rng: np.random.Generator) -> tuple[int, int]:
        """A class, rare ones most often, and a picture that has it."""
        counts = self._sources[source].survey.counts
        chosen = int(rng.choice(counts.shape[1], p=self._rarity[source]))
        return int(rng.choice(np.nonzero(counts[:, chosen])[0])), chosen

    def _sample(self, source: int, index: int) -> Crop:
        """A sample as it is; those that fit in memory are read once."""
        kept = self._kept.get((source, index))
        if kept is not None:
            return kept
        samples = self._sources[source].samples
        sample = Crop(samples.picture(index), samples.labels(index), samples.weights(index))
        size = sum(plane.nbytes for plane in sample if plane is not None)
        if self._kept_bytes + size <= _KEPT_BYTES:
            self._kept[source, index] = sample
            self._kept_bytes += size
        return sample


@lru_cache(maxsize=8)
def _order(seed: int, source: int, turn: int, count: int) -> npt.NDArray[np.int64]:
    """The order in which the pictures of a source come in their n-th turn."""
    return np.random.default_rng([seed, source, turn, 1]).permutation(count)


def _rarity(survey: Survey) -> npt.NDArray[np.float64]:
    """How often each class is drawn; never one that is nowhere."""
    shares = survey.shares
    there = shares > 0
    weights = np.where(
        there, np.exp((1 - shares) / _RARITY_TEMPERATURE - 1 / _RARITY_TEMPERATURE), 0
    )
    chances: npt.NDArray[np.float64] = weights / weights.sum()
    return chances
