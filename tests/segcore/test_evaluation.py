"""Evaluations, held against slow counting that shares no code with them."""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from segcore.calibration import Calibration
from segcore.classes import ClassTable
from segcore.errors import RequestError
from segcore.evaluation import Evaluation, ids_into
from segcore.evaluation_truth import truth_of_project
from segcore.project import Project

CLASSES = ClassTable.from_names(["road", "sky", "car"])
truths = hnp.arrays(np.uint8, (2, 6, 5), elements=st.sampled_from([0, 1, 2, 255]))
guesses = hnp.arrays(np.uint8, (2, 6, 5), elements=st.sampled_from([0, 1, 2]))
shares = hnp.arrays(
    np.float16, (2, 6, 5), elements=st.floats(0, 1, width=16, allow_subnormal=False)
)


def mean_iou(
    predictions: np.ndarray, labels: np.ndarray, count: int, ignore: int
) -> dict[str, np.ndarray | float]:
    """What the metric `mean_iou` of transformers' examples does: areas by histogram, nanmean."""
    areas = np.zeros((4, count))
    for counted, whole, wanted in zip(labels != ignore, predictions, labels):
        prediction, label = whole[counted], wanted[counted]
        for row, values in enumerate((prediction[prediction == label], prediction, label)):
            areas[row] += np.histogram(values, bins=count, range=(0, count - 1))[0]
    both, predicted, true, _ = areas
    with np.errstate(invalid="ignore", divide="ignore"):
        iou = both / (predicted + true - both)
        accuracy = both / true
        return {
            "per_category_iou": iou,
            "mean_iou": np.nanmean(iou),
            "overall_accuracy": both.sum() / true.sum(),
            "mean_accuracy": np.nanmean(accuracy),
            "frequency_weighted_iou": np.nansum(iou * true) / true.sum(),
        }


@settings(deadline=None)
@given(truths, guesses)
def test_scores_are_those_of_mean_iou(truth: np.ndarray, guess: np.ndarray) -> None:
    if (truth == 255).all():
        return
    evaluation = Evaluation(CLASSES, boundaries=False)
    for number in range(2):
        evaluation.add(str(number), truth[number], guess[number])
    scores, expected = evaluation.report().scores, mean_iou(guess, truth, 3, 255)
    np.testing.assert_allclose(scores.iou, expected["per_category_iou"])
    assert scores.miou == pytest.approx(expected["mean_iou"])
    assert scores.pixel_accuracy == pytest.approx(expected["overall_accuracy"])
    assert scores.mean_accuracy == pytest.approx(expected["mean_accuracy"])
    assert scores.frequency_weighted_iou == pytest.approx(expected["frequency_weighted_iou"])


@settings(deadline=None)
@given(truths, guesses, shares)
def test_calibration_by_counting(
    truth: np.ndarray, guess: np.ndarray, confidence: np.ndarray
) -> None:
    evaluation = Evaluation(CLASSES, boundaries=False, calibrated=True)
    for number in range(2):
        evaluation.add(str(number), truth[number], guess[number], confidence[number])
    found = evaluation.report().calibration
    assert found is not None
    bins: dict[int, list[tuple[float, bool]]] = {}
    for t, g, c in zip(truth.flat, guess.flat, confidence.flat):
        if t != 255:
            place = next(m for m in range(15) if float(c) * 15 <= m + 1)
            bins.setdefault(place, []).append((float(c), t == g))
    total = sum(map(len, bins.values()))
    gaps = {
        place: abs(sum(r for _, r in seen) - sum(c for c, _ in seen)) / len(seen)
        for place, seen in bins.items()
    }
    assert [int(n) for n in found.counts] == [len(bins.get(place, [])) for place in range(15)]
    if total:
        expected = sum(gaps[place] * len(seen) for place, seen in bins.items()) / total
        assert found.ece == pytest.approx(expected, abs=1e-12)
        assert found.mce == pytest.approx(max(gaps.values()), abs=1e-12)
    else:
        assert math.isnan(found.ece)


def test_the_worst_picture_is_first_and_one_without_truth_last() -> None:
    evaluation = Evaluation(CLASSES)
    truth = np.zeros((8, 9), np.uint8)
    truth[:, 4:] = 1
    worse, bad = truth.copy(), truth.copy()
    worse[:6], bad[0] = 2, 2
    evaluation.add("unknown", np.full_like(truth, 255), truth)
    evaluation.add("right", truth, truth)
    evaluation.add("bad", truth, bad)
    evaluation.add("worse", truth, worse)
    pictures = evaluation.report().pictures
    assert [each.name for each in pictures] == ["worse", "bad", "right", "unknown"]
    assert (pictures[0].wrong, pictures[0].pixels) == (54, 72)
    assert math.isnan(pictures[-1].miou)


def test_what_cannot_be_judged_counts_nowhere() -> None:
    evaluation = Evaluation(CLASSES, calibrated=True)
    truth = np.zeros((4, 4), np.uint8)
    sure = np.ones((4, 4), np.float16)
    for guess, confidence in (
        (truth[:2], sure),
        (truth, None),
        (truth, sure[:2]),
        (truth, np.full((4, 4), np.nan, np.float16)),
        (truth, sure * 2),
    ):
        with pytest.raises(RequestError):
            evaluation.add("x", truth, guess, confidence)
    with pytest.raises(RequestError, match="id 7"):
        evaluation.add("x", np.full_like(truth, 7), truth, sure)
    report = evaluation.report()
    assert len(evaluation) == 0
    assert report.calibration is not None
    assert report.calibration.counts.sum() == 0


def test_files_say_what_was_found(tmp_path: Path) -> None:
    evaluation = Evaluation(CLASSES, calibrated=True)
    truth = np.array([[0, 0, 1, 255]], np.uint8)
    confidence = np.array([[0.9, 0.8, 0.7, 0.1]], np.float16)
    evaluation.add("a, b.png", truth, np.array([[0, 1, 1, 0]], np.uint8), confidence)
    report = evaluation.report({"model": "x"}, ["something"])
    report.write_json(tmp_path / "all.json")
    kept = json.loads((tmp_path / "all.json").read_text())
    assert kept["confusion"] == [[1, 1, 0], [0, 1, 0], [0, 0, 0]]
    assert kept["classes"][2]["iou"] is None
    assert kept["settings"] == {"model": "x"}
    report.write_csv(tmp_path / "all.csv")
    with (tmp_path / "all.csv").open(newline="") as stream:
        (row,) = csv.DictReader(stream)
    assert row["picture"] == "a, b.png"
    assert float(row["miou"]) == pytest.approx(0.5)
    with (tmp_path / "all-classes.csv").open(newline="") as stream:
        assert [each["name"] for each in csv.DictReader(stream)] == list(CLASSES.names)


def test_classes_are_matched_by_name() -> None:
    ids, extra, missing = ids_into(ClassTable.from_names(["car", "moon", "road"]), CLASSES)
    assert ids[[0, 1, 2, 255]].tolist() == [2, 255, 0, 255]
    assert (extra, missing) == (["moon"], ["sky"])


def test_a_model_is_not_judged_by_itself(tmp_path: Path) -> None:
    from PIL import Image

    for name in ("a", "b", "c"):
        Image.new("RGB", (4, 3)).save(tmp_path / f"{name}.png")
    with Project.create(tmp_path / "project", CLASSES) as project:
        names = project.add([tmp_path / f"{name}.png" for name in ("a", "b", "c")])
        model = project.origin_id("model", "some", "0" * 64)
        for name in names[:2]:
            project.save(name, np.zeros((3, 4), np.uint8), model)
            project.record(name, (0, 0, 2, 1), np.ones((1, 2), np.uint8))
        project.set_status(names[1], "approved")
        project.save(names[2], np.zeros((3, 4), np.uint8), project.origin_id("person"))
        project.set_status(names[2], "rejected")
        truth = truth_of_project(project)
        assert [picture.name for picture in truth.pictures] == names[:2]
        assert truth.pictures[0].labels().tolist() == [[1, 1, 255, 255], [255] * 4, [255] * 4]
        assert truth.pictures[1].labels().tolist() == [[1, 1, 0, 0], [0] * 4, [0] * 4]


def test_bins_are_closed_above() -> None:
    calibration = Calibration(4)
    calibration.add(np.array([0.0, 0.25, 0.2501, 1.0]), np.array([True] * 4))
    assert calibration.counts.tolist() == [2, 1, 0, 1]
