"""`explain` with a right class, without stages, with a hidden region, at several sizes."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image

import segcore

ASKED = ("-m", "street-b0", "--point", "30,40")


@pytest.fixture
def asked(command, pictures):
    """Run `explain` on one pixel of a picture with more options."""
    return lambda *more: command("explain", pictures / "a.png", *ASKED, *more)


def test_everything_stands_beside_the_contracted_keys(asked, tmp_path):
    plain = asked("--json").json
    right = plain["classes"][3]
    ended = asked("--json", "--right", right["name"], "--without", "--sizes", "0.5,1")
    assert (ended.status, ended.err) == (0, "")
    report = ended.json
    assert {key: report[key] for key in plain} == plain
    assert set(report) - set(plain) == {"right", "without", "sizes"}
    assert report["right"]["behind"] == {"id": right["id"], "name": right["name"]}
    gap = plain["logit"] - right["logit"]
    assert sum(one["share"] for one in report["right"]["ranked"]) == pytest.approx(gap, abs=1e-9)
    assert [one["stage"] for one in report["without"]] == ["stage1", "stage2", "stage3", "stage4"]
    assert [one["scale"] for one in report["sizes"]] == [0.5, 1.0]
    assert report["sizes"][1]["agreement"] == 1.0
    assert report["sizes"][0]["miou"] is None
    by_id = asked("--json", "--right", right["id"]).json
    assert by_id["right"] == report["right"]


def test_the_text_says_which_stage_missed_the_right_class(asked):
    plain = asked("--json").json
    right = plain["classes"][1]["name"]
    ended = asked("--right", right, "--without", "--sizes", "0.5")
    assert (ended.status, ended.err) == (0, "")
    cause = asked("--json", "--right", right).json["right"]["cause"]
    winner = plain["classes"][0]["name"]
    gap = plain["logit"] - plain["classes"][1]["logit"]
    assert f"{winner} is {gap:.3f} ahead of {right}; {cause} caused it most" in ended.out
    assert "without one stage (its features: zero)" in ended.out
    assert "36x48" in ended.out
    assert all(len(line) < 100 for line in ended.out.splitlines())


def test_a_right_class_that_the_model_says_already_is_no_failure(asked):
    winner = asked("--json").json["classes"][0]["name"]
    ended = asked("--json", "--right", winner)
    assert ended.status == 0
    assert "right" not in ended.json
    assert f'"{winner}" is what the model says there' in ended.err


def test_a_hidden_region_leaves_a_figure_and_its_numbers(asked, pictures, tmp_path):
    folder = tmp_path / "new" / "why"
    ended = asked("--hide", "20,30,70,60", "--filling", "mean", "-o", folder, "--json")
    assert ended.status == 0
    found = json.loads((folder / "hidden.json").read_text())
    assert found == ended.json["hidden"]
    assert (found["region"], found["filling"]) == ([20, 30, 70, 60], "mean")
    image = segcore.read_image(pictures / "a.png")
    hidden = image.copy()
    hidden[30:60, 20:70] = np.rint(image.reshape(-1, 3).mean(axis=0))
    predictor = segcore.Predictor.load("street-b0")
    before, after = predictor.predict(image), predictor.predict(hidden)
    assert found["flipped"] == pytest.approx((before.labels != after.labels).mean())
    assert found["after"]["id"] == after.labels[40, 30]
    assert 0 < found["erf_in_region"]["head"]["before"] <= 1
    with Image.open(folder / "hidden.png") as figure:
        assert figure.width > 800


def test_sizes_are_judged_by_labels(asked, pictures, tmp_path):
    image = segcore.read_image(pictures / "a.png")
    prediction = segcore.Predictor.load("street-b0").predict(image)
    segcore.write_label_map(tmp_path / "truth.png", prediction.labels, prediction.classes)
    ended = asked("--sizes", "1,2", "--labels", tmp_path / "truth.png", "-o", tmp_path, "--json")
    assert ended.status == 0
    assert ended.json["sizes"][0]["miou"] == 1.0
    assert json.loads((tmp_path / "sizes.json").read_text())["sizes"] == ended.json["sizes"]
    assert "mIoU" in asked("--sizes", "1", "--labels", tmp_path / "truth.png").out


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (("--right", "unicorn"), "no class unicorn"),
        (("--right", "99"), "no class 99"),
        (("--hide", "200,0,300,50", "-o", "DIR"), "a.png: There is nothing to hide"),
        (("--hide", "10,10,10,50", "-o", "DIR"), "a.png: There is nothing to hide"),
        (("--hide", "0,0,500,500", "-o", "DIR"), "a.png: The whole picture would be hidden"),
        (("--sizes", "1000"), "within 4096"),
        (("--sizes", "1", "--labels", "DIR/none.png"), "none.png cannot be read"),
    ],
)
def test_what_makes_no_sense_is_one_sentence(asked, tmp_path, more, words):
    ended = asked(*(word.replace("DIR", str(tmp_path)) for word in more))
    assert (ended.status, ended.out) == (1, "")
    (line,) = ended.err.splitlines()
    assert words in line


@pytest.mark.parametrize(
    "more",
    [
        ("--hide", "1,2,3", "-o", "x"),
        ("--hide", "1,2,30,40"),
        ("--sizes", "0,1"),
        ("--sizes", "many"),
        ("--labels", "x.png"),
        ("-o", "x"),
        ("--hide", "1,2,30,40", "-o", "x", "--filling", "lava"),
    ],
)
def test_wrong_usage_of_the_options(asked, more):
    ended = asked(*more)
    assert ended.status == 2
    assert ended.out == ""
