"""`info`: the model by itself, on a picture, and its features as files."""

from __future__ import annotations

import json
import shutil
from typing import Any

import numpy as np
import pytest
from PIL import Image

import segcore
from segcore import resources
from segcore.models import count_macs


@pytest.fixture(scope="module")
def predictor() -> Any:
    return segcore.Predictor.load("street-b0", device="cpu")


def test_a_picture_adds_what_attention_costs(command, pictures, predictor):
    ended = command("info", "street-b0", "--image", pictures / "a.png", "--json")
    assert ended.status == 0
    report = ended.json
    assert report["size"] == [72, 96]
    counted = count_macs(predictor.config, (72, 96))
    assert report["macs"] == sum(row.macs for row in counted)
    assert report["parameters"] == command("info", "street-b0", "--json").json["parameters"]
    encoded = predictor.encode(segcore.read_image(pictures / "a.png"))
    ((_, features),) = predictor.features(encoded)
    assert [row["name"] for row in report["stages"]] == [*features, "head"]
    for row, count, ratio in zip(report["stages"], counted, (8, 4, 2, 1, 0), strict=True):
        assert row["macs"] == count.macs
        assert row["ratio"] == ratio
        assert row["seconds"] > 0
        if row["name"] in features:
            channels, height, width = features[row["name"]].shape
            assert row["shape"] == [channels, height, width]
            assert row["tokens"] == height * width
            assert row["keys"] == (height // ratio) * (width // ratio)


def test_size_resizes_the_picture(command, pictures):
    ended = command(
        "info", "street-b0", "--image", pictures / "a.png", "--size", "64x160", "--json"
    )
    assert ended.json["size"] == [64, 160]
    assert ended.json["stages"][3]["shape"] == [256, 2, 5]


def test_features_are_the_predictors_and_open_as_pictures(command, pictures, predictor, tmp_path):
    out = tmp_path / "what flows"
    ended = command("info", "street-b0", "--image", pictures / "a.png", "--features", out)
    assert ended.status == 0
    assert "keys" in ended.out
    names = ["stage1", "stage2", "stage3", "stage4", "fused", "head"]
    assert {path.name for path in out.iterdir()} == {
        f"{name}.{ending}" for name in names for ending in ("png", "npz")
    }
    encoded = predictor.encode(segcore.read_image(pictures / "a.png"))
    ((_, features),) = predictor.features(encoded)
    ((_, logits),) = predictor.logits(encoded)
    for name, expected in (*features.items(), ("head", logits)):
        with np.load(out / f"{name}.npz") as arrays:
            np.testing.assert_allclose(arrays["features"], expected, atol=1e-4)
            assert arrays["components"].shape == (3, *expected.shape[1:])
            assert tuple(arrays["box"]) == (0, 0, 96, 72)
        with Image.open(out / f"{name}.png") as shown:
            assert shown.mode == "RGB"
            assert shown.width * expected.shape[1] == shown.height * expected.shape[2]


def test_words_on_preprocessing_are_said(command, tmp_path):
    folder = tmp_path / "reduced"
    shutil.copytree(resources.bundled_models()["street-b0"], folder)
    words = {
        "do_resize": True,
        "size": {"height": 64, "width": 96},
        "do_reduce_labels": True,
        "do_pad": True,
    }
    (folder / "preprocessor_config.json").write_text(json.dumps(words), "utf-8")
    ended = command("info", folder)
    assert ended.status == 0
    assert "pictures at 64 x 96" in ended.out
    assert "labels   reduced by one (do_reduce_labels)" in ended.out
    assert "do_pad" in ended.out
    report = command("info", folder, "--json").json
    assert report["reduce_labels"] is True
    assert "do_pad" in " ".join(report["notes"])
    plain = command("info", "street-b0")
    assert "reduced by one" not in plain.out
    assert "pictures at their own size" in plain.out


def test_another_network_has_stages_without_attention(command, pictures, tmp_path):
    from segcore.classes import ClassTable
    from segcore.models import ResNetMlp, ResNetMlpConfig

    network = ResNetMlp(ResNetMlpConfig.named("r18", num_classes=2))
    network.initialise()
    folder = segcore.save_model(network, tmp_path / "mlp", ClassTable.from_names(["a", "b"]))
    out = tmp_path / "out"
    ended = command("info", folder, "--image", pictures / "a.png", "--features", out, "--json")
    assert ended.status == 0
    rows = ended.json["stages"]
    assert [row["keys"] for row in rows] == [0] * 5
    assert all(row["seconds"] > 0 for row in rows)
    with np.load(out / "head.npz") as arrays:
        assert arrays["components"].shape[0] == 2  # there are but two classes


def test_what_cannot_be_is_one_sentence(command, pictures, tmp_path):
    assert command("info", "street-b0", "--features", tmp_path / "out").status == 2
    blocked = tmp_path / "file"
    blocked.write_bytes(b"")
    for words, named in (
        (("--image", tmp_path / "none.png"), "none.png"),
        (("--image", pictures / "a.png", "--features", blocked / "out"), "file"),
    ):
        ended = command("info", "street-b0", *words)
        assert ended.status == 1
        (line,) = ended.err.splitlines()
        assert named in line
