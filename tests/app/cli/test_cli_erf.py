"""`erf`: the three files and what the figures depend on."""

from __future__ import annotations

import json

import numpy as np
from PIL import Image

import segcore


def test_writes_unnormalised_means_with_all_settings(command, pictures, tmp_path):
    out = tmp_path / "out"
    ended = command("erf", pictures, "-m", "street-b0", "-o", out, "--point", "30,40")
    assert ended.status == 0
    predictor = segcore.Predictor.load("street-b0")
    images = [segcore.read_image(pictures / name) for name in ("a.png", "b.jpg", "left/a.png")]
    wanted = segcore.receptive_field(predictor, images, point=(30, 40))
    targets = ["stage1", "stage2", "stage3", "stage4", "head"]
    with np.load(out / "erf.npz") as arrays:
        assert list(arrays) == targets
        for target in targets:
            assert arrays[target].dtype == np.float32
            np.testing.assert_allclose(arrays[target], wanted[target], rtol=1e-4, atol=1e-9)
    report = json.loads((out / "erf.json").read_text())
    assert list(report) == [*targets, "settings"]
    assert set(report["head"]["area_ratio"]) == {"20", "30", "50", "99"}
    settings = report["settings"]
    assert settings["point"] == [30, 40]
    assert settings["size"] == [72, 96]
    assert settings["sha256"] == predictor.sha256
    assert len(settings["images"]) == 3
    with Image.open(out / "erf.png") as picture:
        assert picture.width > 800


def test_targets_size_class_and_comparison(command, pictures, tmp_path):
    out = tmp_path / "out"
    ended = command(
        "erf",
        pictures / "a.png",
        "-m",
        "street-b0",
        "-o",
        out,
        *("--targets", "head,fused,2"),
        *("--size", "64x64"),
        *("--class", "Road"),
        *("--contribution", "signed"),
        *("--compare", "street-b0"),
        "--json",
    )
    assert ended.status == 0
    report = ended.json
    assert report["settings"]["class"] == 3
    assert report["settings"]["contribution"] == "signed"
    assert report["compare"]["head"] == report["head"]
    with np.load(out / "erf.npz") as arrays:
        assert set(arrays) == {
            *("head", "fused", "stage2"),
            *("compare_head", "compare_fused", "compare_stage2"),
        }
        assert arrays["head"].shape == (64, 64)
        assert (arrays["fused"] < 0).any()


def test_bad_pictures_are_named_and_the_rest_averaged(command, pictures, tmp_path):
    (pictures / "a0.png").write_bytes(b"")
    Image.new("RGB", (50, 40)).save(pictures / "z.png")
    ended = command("erf", pictures, "-m", "street-b0", "-o", tmp_path / "out", "--targets", "1")
    assert ended.status == 1
    lines = ended.err.splitlines()
    assert len(lines) == 2
    assert "a0.png" in lines[0]
    assert "z.png" in lines[1]
    assert "--size" in lines[1]
    report = json.loads((tmp_path / "out" / "erf.json").read_text())
    assert len(report["settings"]["images"]) == 3


def test_a_point_outside_is_refused_and_nothing_written(command, pictures, tmp_path):
    out = tmp_path / "out"
    ended = command("erf", pictures / "a.png", "-m", "street-b0", "-o", out, "--point", "96,10")
    assert ended.status == 1
    assert "a.png" in ended.err
    assert not (out / "erf.npz").exists()


def test_unknown_class(command, pictures, tmp_path):
    ended = command(
        "erf", pictures, "-m", "street-b0", "-o", tmp_path / "out", "--class", "Unicorn"
    )
    assert ended.status == 1
    assert "Unicorn" in ended.err
