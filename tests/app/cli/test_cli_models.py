"""`models` and `info`."""

from __future__ import annotations

import shutil

from segcore import resources
from segcore.checkpoints import local_models_folder, read_checkpoint


def test_lists_bundled_and_local_models(command):
    shutil.copytree(resources.bundled_models()["street-b0"], local_models_folder() / "my own")
    ended = command("models", "list", "--json")
    assert ended.status == 0
    assert [(one["name"], one["kind"]) for one in ended.json] == [
        *((name, "bundled") for name in resources.bundled_models()),
        ("my own", "local"),
    ]
    text = command("models", "list").out
    assert "my own" in text
    assert "non-commercial" in text


def test_lists_a_broken_local_model_with_its_trouble(command):
    folder = local_models_folder() / "broken"
    folder.mkdir(parents=True)
    (folder / "config.json").write_text("{")
    ended = command("models", "list")
    assert ended.status == 0
    assert "not JSON" in ended.out


def test_shows_a_model_with_its_card(command):
    ended = command("models", "show", "street-b0")
    assert ended.status == 0
    for words in ("CamVid", "non-commercial", "Bicyclist", read_checkpoint("street-b0").sha256):
        assert words in ended.out
    shown = command("models", "show", "street-b0", "--json").json
    assert shown["classes"][0] == "Sky"
    assert shown["preprocess"]["do_resize"] is False


def test_info_counts_stage_by_stage(command):
    info = command("info", "street-b0", "--size", "512x1024", "--json").json
    assert info["variant"] == "B0"
    assert [stage["shape"] for stage in info["stages"]] == [
        [32, 128, 256],
        [64, 64, 128],
        [160, 32, 64],
        [256, 16, 32],
        [11, 128, 256],
    ]
    # Published for 150 classes; the last layer has 257 numbers for each class.
    assert info["parameters"] == 3_752_694 - (150 - 11) * 257
    assert info["parameters"] == sum(stage["parameters"] for stage in info["stages"])
    assert info["macs"] == sum(stage["macs"] for stage in info["stages"])
    text = command("info", "street-b0").out
    assert "3,716,971" in text
    assert "32 x 128 x 128" in text


def test_info_for_an_impossible_input(command):
    ended = command("info", "street-b0", "--size", "20x20")
    assert ended.status == 1
    assert "at least 32 x 32" in ended.err


def test_models_that_are_not_there(command):
    for arguments in (("info", "street-b1"), ("models", "show", "nvidia/no-such-model")):
        ended = command(*arguments)
        assert ended.status == 1
        assert ended.out == ""
        assert ended.err.startswith(arguments[-1])
        assert ended.err.count("\n") == 1
