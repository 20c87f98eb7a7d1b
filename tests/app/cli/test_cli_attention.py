"""`attention`: the rows of every block, a picture of them, and what is refused."""

from __future__ import annotations

import numpy as np
from PIL import Image

import segcore

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
