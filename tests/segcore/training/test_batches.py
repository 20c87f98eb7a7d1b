"""Batches depend on the seed and their number, on nothing that went before."""

from __future__ import annotations

import numpy as np
import pytest

from segcore.classes import ClassTable
from segcore.training.augmentation import Augmentation
from segcore.training.batches import Batch, Batches, Sampling, Source
from segcore.training.samples import ArraySamples
from segcore.training.survey import survey

PLAIN = Augmentation(
    scale=(1, 1), flip=False, brightness=0, contrast=0, saturation=0, hue=0, most_of_one=1
)


def numbered(count: int, first: int = 0) -> ArraySamples:
    """Pictures whose red channel is their number; the last has a class of its own."""
    labels = [np.zeros((32, 32), np.uint8) for _ in range(count)]
    for plane in labels:
        plane[:16] = 1
    labels[-1][4:6, 4:6] = 2
    pictures = [np.full((32, 32, 3), first + number, np.uint8) for number in range(count)]
    return ArraySamples(ClassTable.from_names(["a", "b", "c"]), pictures, labels)


def batches(samples: ArraySamples, sampling: Sampling, seed: int = 0) -> Batches:
    return Batches([Source(samples, survey(samples))], sampling, seed)


def numbers(batch: Batch) -> list[int]:
    return [int(picture[0, 0, 0]) for picture in batch.pictures]


def test_a_batch_is_the_same_in_whatever_order_it_is_asked_for() -> None:
    samples = numbered(7)
    sampling = Sampling(4, (16, 24), rare=0.3)
    one, other = batches(samples, sampling), batches(samples, sampling)
    for number in range(3):
        one.batch(number)
    for mine, theirs in zip(one.batch(9)[:2], other.batch(9)[:2]):
        np.testing.assert_array_equal(mine, theirs)
    ahead = list(other.from_number(7, 10))
    np.testing.assert_array_equal(ahead[-1].pictures, one.batch(9).pictures)
    assert not np.array_equal(
        batches(samples, sampling, seed=1).batch(9).labels, one.batch(9).labels
    )


def test_every_picture_comes_once_in_each_turn_in_a_new_order() -> None:
    source = batches(numbered(6), Sampling(3, (32, 32), augmentation=PLAIN))
    turns = [numbers(source.batch(n)) + numbers(source.batch(n + 1)) for n in (0, 2, 4)]
    assert all(sorted(turn) == list(range(6)) for turn in turns)
    assert len({tuple(turn) for turn in turns}) > 1


def test_workers_share_a_batch_among_them() -> None:
    source = batches(numbered(6), Sampling(4, (32, 32), augmentation=PLAIN))
    whole = source.batch(2)
    parts = [source.batch(2, rank, 2) for rank in (0, 1)]
    np.testing.assert_array_equal(whole.pictures[0::2], parts[0].pictures)
    np.testing.assert_array_equal(whole.pictures[1::2], parts[1].pictures)


def test_rare_classes_are_shown_more_often() -> None:
    samples = numbered(20)
    plain = batches(samples, Sampling(10, (16, 16), augmentation=PLAIN))
    rare = batches(samples, Sampling(10, (16, 16), rare=1.0, augmentation=PLAIN))

    def share(source: Batches) -> float:
        return float(np.mean([(source.batch(n).labels == 2).any() for n in range(20)]))

    assert share(rare) > share(plain) + 0.4


def test_sources_take_part_by_their_share() -> None:
    first, second = numbered(5), numbered(5, first=100)
    sources = [Source(first, survey(first), 0.75), Source(second, survey(second), 0.25)]
    both = Batches(sources, Sampling(20, (32, 32), augmentation=PLAIN), seed=0)
    drawn = [number for n in range(20) for number in numbers(both.batch(n))]
    assert np.mean([number >= 100 for number in drawn]) == pytest.approx(0.25, abs=0.06)


def test_weights_are_kept_and_others_count_one() -> None:
    class Weighted(ArraySamples):
        def weights(self, index: int) -> np.ndarray | None:
            return np.full((32, 32), 0.5, np.float32) if index == 0 else None

    plain = numbered(2)
    samples = Weighted(plain.classes, plain.pictures, plain.label_maps)
    batch = batches(samples, Sampling(2, (32, 32), augmentation=PLAIN)).batch(0)
    assert batch.weights is not None
    by_number = dict(zip(numbers(batch), batch.weights))
    assert (by_number[0] == 0.5).all()
    assert (by_number[1] == 1).all()


def test_pictures_without_labels_take_no_part() -> None:
    samples = numbered(6)
    for empty in (1, 4):
        samples.label_maps[empty][:] = samples.classes.ignore
    source = batches(samples, Sampling(4, (32, 32), augmentation=PLAIN))
    assert sorted(numbers(source.batch(0))) == [0, 2, 3, 5]
