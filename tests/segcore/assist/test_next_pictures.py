"""Which pictures are to be labelled next, and what two models say of one."""

from __future__ import annotations

import numpy as np
import pytest

from segcore.assist.next_pictures import next_pictures
from segcore.errors import RequestError
from segcore.training.flips import Flips, flip_map, flips_between


def groups() -> np.ndarray:
    """Three groups of four pictures that look much alike."""
    rng = np.random.default_rng(0)
    centres = np.eye(3, 8, dtype=np.float32) * 5
    return np.repeat(centres, 4, axis=0) + rng.normal(0, 0.05, (12, 8)).astype(np.float32)


def test_every_group_is_seen_before_any_is_seen_twice() -> None:
    order = next_pictures(groups(), np.full(12, 0.5, np.float32))
    assert sorted(order) == list(range(12))
    assert {index // 4 for index in order[:3]} == {0, 1, 2}


def test_groups_that_are_labelled_come_last() -> None:
    order = next_pictures(groups(), np.full(12, 0.5, np.float32), labelled=[0, 5], count=1)
    assert order[0] // 4 == 2
    rest = next_pictures(groups(), np.full(12, 0.5, np.float32), labelled=[0, 5])
    assert not {0, 5} & set(rest)


def test_of_pictures_that_look_alike_the_doubtful_one_is_first() -> None:
    doubt = np.full(12, 0.2, np.float32)
    doubt[[2, 7, 9]] = 0.9
    assert set(next_pictures(groups(), doubt, count=3)) == {2, 7, 9}
    assert next_pictures(groups(), doubt) == next_pictures(groups(), doubt)


def test_arrays_that_do_not_go_together_are_refused() -> None:
    with pytest.raises(RequestError, match="do not go together"):
        next_pictures(groups(), np.zeros(3, np.float32))
    assert next_pictures(np.zeros((0, 8), np.float32), np.zeros(0, np.float32)) == []


def test_flips_are_counted_against_what_people_said() -> None:
    before = np.array([[0, 0, 1, 1, 2]], np.uint8)
    after = np.array([[0, 1, 0, 1, 0]], np.uint8)
    approved = np.array([[0, 1, 1, 255, 255]], np.uint8)
    flips = flips_between(before, after, approved)
    assert flips == Flips(pixels=5, flipped=3, better=1, worse=1, unjudged=1)
    assert (flips + flips).flipped == 6
    assert flips.share == pytest.approx(0.6)
    assert flip_map(before, after, approved).tolist() == [[0, 2, 3, 0, 1]]
    assert flips_between(before, after).unjudged == 3
    with pytest.raises(RequestError, match="different sizes"):
        flips_between(before, after[:, :2])
