"""`attention`: the rows of every block, a picture of them, and what is refused."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image

import segcore
from segcore.inspection import (
    attention_received,
    attention_rollout,
    attention_spread,
    attention_towards,
)

HEADS = {1: 1, 2: 2, 3: 5, 4: 8}


def test_writes_every_stage_and_block(command, pictures, tmp_path):
    out = tmp_path / "new" / "out"
    ended = command(
        "attention", pictures / "a.png", "-m", "street-b0", "--point", "30,40", "-o", out
    )
    assert ended.status == 0
    assert ended.err == ""
    predictor = segcore.Predictor.load("street-b0", precision="fp32")
    encoded = predictor.encode(segcore.read_image(pictures / "a.png"))
    with np.load(out / "attention.npz") as arrays:
        wanted = [f"stage{stage}_block{block}" for stage in HEADS for block in (0, 1)]
        assert list(arrays) == wanted
        for stage, heads in HEADS.items():
            for block in (0, 1):
                values = arrays[f"stage{stage}_block{block}"]
                assert values.dtype == np.float32
                # 72 x 96 pixels: keys of 32 x 32, the last stage's tokens rounded up.
                assert values.shape == (heads, *((3, 3) if stage == 4 else (2, 3)))
                np.testing.assert_allclose(values.sum(axis=(1, 2)), 1, atol=1e-5)
                expected = segcore.attention_map(predictor, encoded, stage, block, (30, 40))
                np.testing.assert_allclose(values, np.asarray(expected), atol=1e-6)
    with Image.open(out / "attention.png") as picture:
        assert picture.format == "PNG"
        assert picture.width > 1000


def test_stage_and_block_narrow_it(command, pictures, tmp_path):
    for words, keys in (
        (("--stage", 3), ["stage3_block0", "stage3_block1"]),
        (("--stage", 3, "--block", 1), ["stage3_block1"]),
        (("--block", 0), [f"stage{stage}_block0" for stage in HEADS]),
    ):
        ended = command(
            *("attention", pictures / "a.png", "-m", "street-b0", "--point", "95,71"),
            *("-o", tmp_path, "--numerics", "exact", *words),
        )
        assert ended.status == 0
        with np.load(tmp_path / "attention.npz") as arrays:
            assert list(arrays) == keys


def test_what_is_not_there_is_one_sentence_and_nothing_is_written(command, pictures, tmp_path):
    out = tmp_path / "out"
    asked = ("attention", pictures / "a.png", "-m", "street-b0", "-o", out)
    for words, said in (
        (("--point", "96,10"), "96,10 is outside"),
        (("--point", "1,1", "--stage", 5), "no stage 5: choose 1 to 4"),
        (("--point", "1,1", "--stage", 0), "no stage 0: choose 1 to 4"),
        (("--point", "1,1", "--stage", 2, "--block", 2), "no block 2 in stage 2: choose 0 to 1"),
        (("--point", "1,1", "--block", -1), "no block -1: choose 0 to 1"),
    ):
        ended = command(*asked, *words)
        assert ended.status == 1
        (line,) = ended.err.splitlines()
        assert said in line
        assert ended.out == ""
    assert not out.exists()


def test_a_folder_that_cannot_be_written_to_is_named(command, pictures, tmp_path):
    (tmp_path / "taken").write_text("a file")
    ended = command(
        *("attention", pictures / "a.png", "-m", "street-b0", "--point", "1,1"),
        *("-o", tmp_path / "taken", "--stage", 1),
    )
    assert ended.status == 1
    (line,) = ended.err.splitlines()
    assert "taken" in line


def test_other_views_of_the_same_point(command, pictures, tmp_path):
    asked = ("attention", pictures / "a.png", "-m", "street-b0", "--point", "30,40", "--stage", 4)
    predictor = segcore.Predictor.load("street-b0", precision="fp32")
    encoded = predictor.encode(segcore.read_image(pictures / "a.png"))
    views = {
        "towards": attention_towards(predictor, encoded, 4, 1, (30, 40)),
        "received": attention_received(predictor, encoded, 4, 1, (30, 40)),
        "rollout": attention_rollout(predictor, encoded, 4, (30, 40)),
    }
    for show, expected in views.items():
        out = tmp_path / show
        assert command(*asked, "-o", out, "--show", show).status == 0
        with np.load(out / "attention.npz") as arrays:
            key = "stage4" if show == "rollout" else "stage4_block1"
            assert list(arrays) == ([key] if show == "rollout" else ["stage4_block0", key])
            np.testing.assert_allclose(arrays[key], np.asarray(expected), atol=1e-6)
        assert (out / "attention.png").stat().st_size > 1000
    ended = command(*asked, "-o", tmp_path, "--show", "sideways")
    assert ended.status == 2


def test_two_queries_and_every_head(command, pictures, tmp_path):
    ended = command(
        *("attention", pictures / "a.png", "-m", "street-b0", "--point", "30,40"),
        *("--compare", "80,20", "--stage", 2, "--spread", "--json", "-o", tmp_path),
    )
    assert ended.status == 0
    said = json.loads(ended.out)
    assert set(said["files"]) == {path.name for path in tmp_path.iterdir() if path.is_file()} - {
        "a.png"
    }
    assert said["compare"]["point"] == [80, 20]
    predictor = segcore.Predictor.load("street-b0", precision="fp32")
    encoded = predictor.encode(segcore.read_image(pictures / "a.png"))
    with np.load(tmp_path / "attention_compare.npz") as arrays:
        expected = segcore.attention_map(predictor, encoded, 2, 1, (80, 20))
        np.testing.assert_allclose(arrays["stage2_block1"], np.asarray(expected), atol=1e-6)
    spreads = attention_spread(predictor, encoded)
    numbers = json.loads((tmp_path / "attention_spread.json").read_text())["heads"]
    assert len(numbers) == len(said["spread"]) == len(spreads) == 2 * sum(HEADS.values())
    assert numbers[3]["distance"] == pytest.approx(spreads[3].distance, rel=1e-4)
    rows = (tmp_path / "attention_spread.csv").read_text().splitlines()
    assert len(rows) == 1 + len(spreads)
    share = dict(zip(rows[0].split(","), rows[1].split(",")))["distance_share_of_diagonal"]
    assert float(share) == pytest.approx(spreads[0].distance / 120, rel=1e-4)  # 72 x 96 pixels


def test_a_second_query_outside_is_refused(command, pictures, tmp_path):
    ended = command(
        *("attention", pictures / "a.png", "-m", "street-b0", "--point", "1,1"),
        *("--compare", "96,0", "-o", tmp_path / "out"),
    )
    assert ended.status == 1
    (line,) = ended.err.splitlines()
    assert "96,0 is outside" in line
    assert not (tmp_path / "out").exists()
