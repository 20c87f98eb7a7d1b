"""`explain`: what a script reads, what a person reads, and what is refused."""

from __future__ import annotations

import pytest
from PIL import Image

import segcore


def test_json_sums_to_the_logit_and_is_the_predictions_class(command, pictures):
    ended = command("explain", pictures / "a.png", "-m", "street-b0", "--point", "30,40", "--json")
    assert ended.status == 0
    assert ended.err == ""
    report = ended.json
    assert list(report) == ["point", "classes", "logit", "stages", "bias", "confidence"]
    assert report["point"] == [30, 40]
    assert list(report["stages"]) == ["stage1", "stage2", "stage3", "stage4"]
    total = sum(report["stages"].values()) + report["bias"]
    largest = max(abs(one["logit"]) for one in report["classes"])
    assert abs(total - report["logit"]) <= 1e-4 * largest
    assert sum(one["probability"] for one in report["classes"]) == pytest.approx(1)
    prediction = segcore.Predictor.load("street-b0").predict(segcore.read_image(pictures / "a.png"))
    assert report["classes"][0]["id"] == prediction.labels[40, 30]
    assert report["classes"][0]["name"] == prediction.classes[int(prediction.labels[40, 30])].name
    assert report["confidence"] == pytest.approx(float(prediction.confidence[40, 30]), abs=2e-3)


def test_text_names_the_winner_first(command, pictures):
    asked = ("explain", pictures / "a.png", "-m", "street-b0", "--point", "30,40")
    winner = command(*asked, "--json").json["classes"][0]["name"]
    ended = command(*asked, "--numerics", "exact")
    assert ended.status == 0
    first, headings, row, *_ = ended.out.splitlines()
    assert first.startswith(f"30,40: {winner}, confidence ")
    for heading in ("probability", "logit", "stage1", "stage4", "bias"):
        assert heading in headings
    assert row.split()[0] == winner


def test_a_point_outside_is_one_sentence(command, pictures):
    for point in ("96,10", "10,72"):
        ended = command("explain", pictures / "a.png", "-m", "street-b0", "--point", point)
        assert ended.status == 1
        assert ended.out == ""
        (line,) = ended.err.splitlines()
        assert "a.png" in line
        assert f"{point} is outside" in line


def test_what_cannot_be_read_is_one_sentence(command, pictures, tmp_path):
    (tmp_path / "empty.png").write_bytes(b"")
    for image, model, word in (
        (tmp_path / "empty.png", "street-b0", "empty.png"),
        (tmp_path / "none.png", "street-b0", "none.png"),
        (pictures, "street-b0", "my pictures"),
        (pictures / "a.png", tmp_path / "none.pth", "none.pth"),
    ):
        ended = command("explain", image, "-m", model, "--point", "1,1", "--json")
        assert ended.status == 1
        assert ended.out == ""
        (line,) = ended.err.splitlines()
        assert word in line


def test_wrong_usage(command, pictures):
    picture = pictures / "a.png"
    assert command("explain", picture, "-m", "street-b0").status == 2
    assert command("explain", picture, "-m", "street-b0", "--point", "1;2").status == 2
    assert command("explain", picture, "-m", "street-b0", "--point", "-1,2").status == 2


def test_a_picture_smaller_than_the_network_takes(command, tmp_path):
    Image.new("RGB", (9, 5), (90, 90, 90)).save(tmp_path / "small.png")
    ended = command(
        "explain", tmp_path / "small.png", "-m", "street-b0", "--point", "8,4", "--json"
    )
    assert ended.status == 0
    assert ended.json["point"] == [8, 4]
