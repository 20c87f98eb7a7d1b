"""`erf`: the three files and what the figures depend on."""

from __future__ import annotations

import json
import shlex
import signal

import numpy as np
import pytest
import torch
from PIL import Image

import segcore
from segcore.inspection.erf_figures import replknet_area_ratios
from segcore.inspection.erf_files import read_settings


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


def test_several_models_in_one_figure_with_the_settings_in_every_file(command, pictures, tmp_path):
    out = tmp_path / "out"
    ended = command(
        "erf",
        *(pictures / "a.png", pictures / "b.jpg", "-m", "street-b0", "-o", out),
        *("--compare", "random:street-b0", "--compare", "street-b0"),
        *("--targets", "1,4", "--difference", "1,2", "--figure", "fields.svg", "--one-scale"),
        *("--box", "20,20,60,60", "--recentre", "--json"),
    )
    assert ended.status == 0
    report = ended.json
    assert report["compare"]["settings"]["model"] == "random:street-b0"
    assert report["compare2"]["stage4"] == report["stage4"]
    assert report["compare"]["stage4"] != report["stage4"]
    assert 0 < report["stage1"]["box_share"] <= 1
    assert report["settings"]["recentre"] is True
    with np.load(out / "erf.npz") as arrays:
        assert list(arrays) == [
            f"{key}{target}"
            for key in ("", "compare_", "compare2_")
            for target in ("stage1", "stage4")
        ]
    inside = read_settings(out / "erf.npz")
    assert inside["settings"] == report["settings"]
    assert inside["compare2"] == report["compare2"]["settings"]
    with Image.open(out / "erf.png") as picture:
        assert json.loads(picture.text["Description"]) == inside
    assert (out / "fields.svg").read_text().count("<svg") == 1
    lines = (out / "erf.csv").read_text().splitlines()
    assert len(lines) == 7


def test_replknets_preset_and_what_overrides_it(command, pictures, tmp_path):
    out = tmp_path / "out"
    arguments = ("erf", pictures / "a.png", "-m", "street-b0", "--targets", "4", "--json")
    report = command(*arguments, "-o", out, "--preset", "replknet", "--size", "96x96").json
    assert report["settings"]["preset"] == "replknet"
    assert report["settings"]["resample"] == "bicubic"
    with np.load(out / "erf.npz") as arrays:
        wanted = replknet_area_ratios(arrays["stage4"])
    for share, ratio in report["stage4"]["area_ratio"].items():
        assert ratio == (None if np.isnan(wanted[int(share)]) else wanted[int(share)])
    luo = command(*arguments, "-o", out, "--preset", "luo", "--contribution", "abs").json
    assert luo["settings"]["preset"] == "custom"
    assert (luo["settings"]["seed"], luo["settings"]["norm"]) == ("sum", "before")


def test_overlap_of_windows_and_the_command_that_uses_it(command, pictures, tmp_path):
    arguments = ("erf", pictures / "a.png", "-m", "street-b0", "-o", tmp_path / "out")
    wanted = ("--targets", "head", "--overlap-for", "0.5")
    ended = command(*arguments, *wanted, "--window", "256x128")
    assert ended.status == 0
    written = json.loads((tmp_path / "out" / "erf.json").read_text())["overlap"]
    assert written["overlap"] + written["stride"] == 128
    assert written["command"] in ended.out
    words = shlex.split(written["command"])[1:]
    labels = tmp_path / "labels"
    words[words.index("-o") + 1] = str(labels)
    assert command(*words).status == 0
    assert (labels / "a.png").exists()
    small = command(*arguments, *wanted[:3], "0.95", "--window", "32x32")
    assert small.status == 1
    assert "larger windows" in small.err


def test_ctrl_c_keeps_the_mean_so_far(command, pictures, tmp_path, monkeypatch):
    read, seen = segcore.read_image, []

    def second_picture_interrupts(path):
        seen.append(path)
        if len(seen) == 2:
            signal.raise_signal(signal.SIGINT)
        return read(path)

    monkeypatch.setattr("segcore.inspection.erf_average.read_image", second_picture_interrupts)
    before = signal.getsignal(signal.SIGINT)
    out = tmp_path / "out"
    ended = command("erf", pictures, "-m", "street-b0", "-o", out, "--targets", "1")
    assert ended.status == 130
    assert f"Called off after 1 of 3 pictures; their mean is in {out}." in ended.err
    settings = json.loads((out / "erf.json").read_text())["settings"]
    assert len(settings["images"]) == 1
    assert settings["complete"] is False
    assert signal.getsignal(signal.SIGINT) is before
    seen[:] = [1]  # at the first picture there is nothing to keep
    ended = command("erf", pictures, "-m", "street-b0", "-o", tmp_path / "none", "--targets", "1")
    assert ended.status == 130
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--targets", "5"), "not one of"),
        (("--seed", "class_logit"), "needs --class"),
        (("--difference", "1,2"), "rows 1 to 1"),
        (("--box", "9,9,3,3"), "no box"),
        (("--figure", "erf.bmp"), ".png, .svg, .pdf"),
        (("--size", "20x20"), "too small"),
        (("--targets", "1", "--overlap-for", "0.9"), "needs the target head"),
    ],
)
def test_wrong_usage(command, pictures, tmp_path, words, sentence):
    ended = command("erf", pictures, "-m", "street-b0", "-o", tmp_path / "out", *words)
    assert ended.status == 2
    assert sentence in ended.err


def test_an_empty_folder_a_small_picture_and_a_silent_head(command, pictures, tmp_path):
    network = segcore.load_model("street-b0")
    with torch.no_grad():
        network.decoder.norm.bias.fill_(-100)
    mute = segcore.save_model(
        network, tmp_path / "mute", segcore.Predictor.load("street-b0").classes
    )
    (tmp_path / "empty").mkdir()
    Image.new("RGB", (20, 20)).save(tmp_path / "tiny.png")
    ended = command(
        "erf",
        *(tmp_path / "empty", tmp_path / "tiny.png", pictures / "a.png"),
        *("-m", mute, "-o", tmp_path / "out", "--targets", "head"),
    )
    assert ended.status == 1
    empty, tiny, silent = ended.err.splitlines()
    assert "empty holds no pictures" in empty
    assert "tiny.png" in tiny
    assert "too small" in tiny
    assert "head is zero" in silent
