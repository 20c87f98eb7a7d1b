"""`evaluate`: figures, pairing by stem, and what is missing."""

from __future__ import annotations

import numpy as np
import pytest

from segcore.classes import ClassTable
from segcore.labels import write_label_map

CLASSES = ClassTable.from_names(["road", "sky", "unicorn"])


@pytest.fixture
def folders(tmp_path):
    """Two label maps and their predictions: one pixel of the first is wrong."""
    truth = np.zeros((4, 6), np.uint8)
    truth[:2] = 1
    truth[3, 5] = 255
    found = truth.copy()
    found[3, 5] = 2
    found[0, 0] = 0
    for folder, maps in (("labels", (truth, truth)), ("predictions", (found, truth))):
        for name, labels in zip(("x/one.png", "two.png"), maps):
            path = tmp_path / folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            write_label_map(path, labels, CLASSES)
    CLASSES.write(tmp_path / "predictions" / "classes.json")
    return tmp_path


def evaluate(command, folders, *more):
    classes = folders / "predictions" / "classes.json"
    return command(
        "evaluate", folders / "predictions", folders / "labels", "--classes", classes, *more
    )


def test_figures(command, folders):
    report = evaluate(command, folders, "--json").json
    assert report["confusion"] == [[22, 0, 0], [1, 23, 0], [0, 0, 0]]
    assert report["pixel_accuracy"] == pytest.approx(45 / 46)
    assert [entry["iou"] for entry in report["classes"]] == [
        pytest.approx(22 / 23),
        pytest.approx(23 / 24),
        None,
    ]
    assert report["miou"] == pytest.approx((22 / 23 + 23 / 24) / 2)
    assert 0 < report["boundary_f"] <= 1
    assert list(report["classes"][0])[:3] == ["id", "name", "iou"]
    assert report["frequency_weighted_iou"] == pytest.approx((22 * 22 / 23 + 24 * 23 / 24) / 46)
    assert report["mean_accuracy"] == pytest.approx((1 + 23 / 24) / 2)
    assert report["calibration"] is None
    assert [(each["picture"], each["wrong_pixels"]) for each in report["pictures"]] == [
        ("x/one", 1),
        ("two", 0),
    ]


def test_text(command, folders):
    ended = evaluate(command, folders)
    assert ended.status == 0
    assert "unicorn" in ended.out
    assert "95.7 %" in ended.out


def test_predictions_are_found_by_stem_in_another_layout(command, folders):
    (folders / "predictions" / "x" / "one.png").rename(folders / "predictions" / "one.png")
    assert evaluate(command, folders, "--json").json["confusion"][0][0] == 22


def test_a_missing_prediction_is_named(command, folders):
    (folders / "predictions" / "two.png").unlink()
    ended = evaluate(command, folders, "--json")
    assert ended.status == 1
    assert ended.err.startswith("two: there is no prediction")
    assert ended.json["confusion"][0][0] == 11


def test_sizes_that_differ_are_named(command, folders):
    write_label_map(folders / "predictions" / "two.png", np.zeros((3, 3), np.uint8), CLASSES)
    ended = evaluate(command, folders, "--json")
    assert ended.status == 1
    assert "two" in ended.err
    assert ended.err.count("\n") == 1
    assert ended.json["confusion"][0][0] == 11


def test_nothing_to_judge(command, folders, tmp_path):
    (tmp_path / "empty").mkdir()
    for wrong in (tmp_path / "empty", tmp_path / "gone"):
        ended = command("evaluate", folders, wrong, "--classes", folders / "no.json")
        assert ended.status == 1
        assert ended.out == ""
        assert ended.err.count("\n") == 1


def test_calibration_and_tables(command, folders):
    """All is said with 0.75; 45 of 46 pixels are right."""
    for name in ("x/one", "two"):
        confidence = np.full((4, 6), 0.75, np.float16)
        np.savez(folders / "predictions" / f"{name}.npz", confidence=confidence)
    table = folders / "scores.csv"
    report = evaluate(command, folders, "--confidence", "--csv", table, "--json").json
    assert report["calibration"]["ece"] == pytest.approx(45 / 46 - 0.75)
    assert report["calibration"]["bins"][11]["pixels"] == 46
    rows = table.read_text().splitlines()
    assert rows[0].startswith("picture,miou")
    assert [row.split(",")[0] for row in rows[1:]] == ["x/one", "two"]
    assert "unicorn" in (folders / "scores-classes.csv").read_text()


def test_a_prediction_without_confidence_is_named(command, folders):
    ended = evaluate(command, folders, "--confidence", "--json")
    assert ended.status == 1
    assert "--save confidence" in ended.err
