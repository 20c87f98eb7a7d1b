"""Figures, held against slow counting that shares no code with them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from segcore.errors import RequestError
from segcore.metrics import Agreement, Scores, boundary_f, confusion_matrix

N = 3
truths = hnp.arrays(np.uint8, (5, 7), elements=st.sampled_from([0, 1, 2, 255]))
guesses = hnp.arrays(np.uint8, (5, 7), elements=st.sampled_from([0, 1, 2, 200, 255]))


@given(truths, guesses)
def test_confusion_and_scores_by_counting(truth: np.ndarray, guess: np.ndarray) -> None:
    pairs = [(t, g) for t, g in zip(truth.flat, guess.flat) if t != 255]
    confusion = confusion_matrix(truth, guess, N, 255)
    assert confusion.dtype == np.int64
    assert confusion.tolist() == [[pairs.count((t, g)) for g in range(N)] for t in range(N)]

    agreement = Agreement(N, 255, boundaries=False)
    agreement.add(truth, guess)
    scores = agreement.scores
    ious = []
    for c in range(N):
        both = sum(t == c and g == c for t, g in pairs)
        either = sum(c in (t, g) for t, g in pairs)
        if either:
            ious.append(both / either)
            assert scores.iou[c] == pytest.approx(both / either)
        else:
            assert math.isnan(scores.iou[c])
    if pairs:
        assert scores.pixel_accuracy == pytest.approx(sum(t == g for t, g in pairs) / len(pairs))
        assert scores.miou == pytest.approx(sum(ious) / len(ious))
    else:
        assert math.isnan(scores.miou)
        assert math.isnan(scores.pixel_accuracy)


def test_pictures_add_up() -> None:
    rng = np.random.default_rng(1)
    pictures = [(rng.integers(0, 3, (9, 8)), rng.integers(0, 3, (9, 8))) for _ in range(4)]
    agreement = Agreement(N, 255)
    for truth, guess in pictures:
        agreement.add(truth.astype(np.uint8), guess.astype(np.uint8))
    whole = confusion_matrix(
        np.vstack([t for t, _ in pictures]).astype(np.uint8),
        np.vstack([g for _, g in pictures]).astype(np.uint8), N, 255,
    )  # fmt: skip
    np.testing.assert_array_equal(agreement.confusion, whole)
    assert agreement.scores.miou == pytest.approx(Scores.from_confusion(whole).miou)


def test_sixteen_bits() -> None:
    truth = np.array([[0, 299, 65535]], np.uint16)
    confusion = confusion_matrix(truth, np.array([[299, 299, 7]], np.uint16), 300, 65535)
    assert confusion[0, 299] == confusion[299, 299] == 1
    assert confusion.sum() == 2


def test_what_does_not_fit_is_refused() -> None:
    truth = np.array([[0, 7]], np.uint8)
    with pytest.raises(RequestError, match="holds the id 7, but there are only 3"):
        confusion_matrix(truth, truth, N, 255)
    for compare in (confusion_matrix, boundary_f):
        with pytest.raises(RequestError, match="compare maps of one picture"):
            compare(truth, truth.T, N, 255)


def slow_boundary_f(
    truth: np.ndarray, guess: np.ndarray, class_id: int, tolerance: float
) -> float | None:
    height, width = truth.shape

    def boundary(labels: np.ndarray) -> list[tuple[int, int]]:
        found = []
        for y in range(height):
            for x in range(width):
                if labels[y, x] != class_id or truth[y, x] == 255:
                    continue
                for v, u in ((y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)):
                    inside = 0 <= v < height and 0 <= u < width
                    if inside and truth[v, u] != 255 and labels[v, u] != class_id:
                        found.append((y, x))
                        break
        return found

    reach = max(tolerance * math.hypot(height, width), 1)

    def share(these: list[tuple[int, int]], those: list[tuple[int, int]]) -> float:
        near = [a for a in these if any(math.dist(a, b) <= reach for b in those)]
        return len(near) / len(these) if these else 0.0

    of_truth, of_guess = boundary(truth), boundary(guess)
    if not of_truth and not of_guess:
        return None
    precision, recall = share(of_guess, of_truth), share(of_truth, of_guess)
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


@settings(max_examples=60, deadline=None)
@given(truths, guesses, st.sampled_from([0.0075, 0.2, 0.4]))
def test_boundary_f_by_counting(truth: np.ndarray, guess: np.ndarray, tolerance: float) -> None:
    scores = boundary_f(truth, guess, N, 255, tolerance=tolerance)
    for class_id in range(N):
        expected = slow_boundary_f(truth, guess, class_id, tolerance)
        if expected is None:
            assert math.isnan(scores[class_id])
        else:
            assert scores[class_id] == pytest.approx(expected, abs=1e-9)


def test_boundary_f_forgives_a_step_of_the_tolerance_and_no_more() -> None:
    truth = np.zeros((200, 200), np.uint8)
    truth[:, 100:] = 1
    for shift, expected in ((0, 1.0), (2, 1.0), (6, 0.0)):
        guess = np.zeros_like(truth)
        guess[:, 100 + shift :] = 1
        np.testing.assert_allclose(boundary_f(truth, guess, 3, 255), [expected, expected, np.nan])


def test_mean_boundary_f_is_over_pictures_then_classes() -> None:
    halves = np.zeros((50, 50), np.uint8)
    halves[:, 25:] = 1
    agreement = Agreement(N, 255)
    agreement.add(halves, halves)
    agreement.add(halves, np.zeros_like(halves))
    assert agreement.boundary_f_per_class[:2].tolist() == [0.5, 0.5]
    assert agreement.boundary_f == 0.5
    assert math.isnan(Agreement(N, 255).boundary_f)
