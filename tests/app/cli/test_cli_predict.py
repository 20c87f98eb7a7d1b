"""`predict`: what it writes, what it refuses, and what it says."""

from __future__ import annotations

import json
import shutil

import av
import numpy as np
import pytest
from PIL import Image

import segcore
from segcore import resources
from segcore.labels import read_label_map


def test_writes_labels_as_the_contract_says(command, pictures, tmp_path):
    out = tmp_path / "out"
    ended = command("predict", pictures, "-m", "street-b0", "-o", out)
    assert ended.status == 0
    assert ended.err == ""
    written = sorted(path.relative_to(out).as_posix() for path in out.rglob("*.*"))
    assert written == ["a.png", "b.png", "classes.json", "left/a.png", "progress.jsonl"]
    classes = json.loads((out / "classes.json").read_text())
    assert classes == resources.class_table("camvid").to_json()
    with Image.open(out / "a.png") as picture:
        assert picture.mode == "P"
        assert picture.size == (96, 72)
    predictor = segcore.Predictor.load("street-b0")
    expected = predictor.predict(segcore.read_image(pictures / "a.png")).labels
    assert np.array_equal(read_label_map(out / "a.png").labels, expected)


def test_one_bad_input_among_many_is_named_and_the_rest_go_on(command, pictures, tmp_path):
    (pictures / "c.jpg").write_bytes(b"no picture")
    (pictures / "notes.txt").write_text("passed over in silence")
    video = tmp_path / "drive.mp4"
    video.write_bytes(b"\0" * 64)
    out = tmp_path / "out"
    ended = command(
        "predict", pictures, tmp_path / "gone.png", video, "-m", "street-b0", "-o", out, "--json"
    )
    assert ended.status == 1
    assert len(ended.json["done"]) == 3
    lines = ended.err.splitlines()
    assert len(lines) == 3
    for name in ("c.jpg", "gone.png", "drive.mp4"):
        assert any(name in line for line in lines)
    assert "notes.txt" not in ended.err


def test_every_frame_of_a_video_has_its_label_map(command, pictures, tmp_path):
    clip = tmp_path / "clip.mp4"
    frames = [np.full((64, 96, 3), 30 * number, np.uint8) for number in range(5)]
    with av.open(str(clip), "w") as out:
        stream = out.add_stream("libx264", rate=10, options={"bf": "2"})
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        for frame in frames:
            out.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        out.mux(stream.encode())
    masks = tmp_path / "masks"
    ended = command("predict", pictures, clip, "-m", "street-b0", "-o", masks)
    assert ended.status == 0
    names = sorted(path.name for path in (masks / "clip").iterdir())
    assert names == [f"{number:06}.png" for number in range(5)]
    assert (masks / "a.png").is_file()
    predictor = segcore.Predictor.load("street-b0")
    with segcore.Video(clip) as video:
        for number in (0, 3):
            expected = predictor.predict(video[number]).labels
            found = read_label_map(masks / "clip" / f"{number:06}.png").labels
            assert np.array_equal(found, expected)
    (masks / "clip" / "000002.png").unlink()
    assert command("predict", clip, "-m", "street-b0", "-o", masks).out.startswith("1 label map ")


def test_goes_on_where_it_was_and_redoes_when_told(command, pictures, tmp_path):
    out = tmp_path / "out"
    words = ("predict", pictures, "-m", "street-b0", "-o", out)
    command(*words)
    (out / "b.png").unlink()
    ended = command(*words)
    assert ended.status == 0
    assert ended.out == f"1 label map in {out}; 2 had been finished before\n"
    again = command(*words, "--json").json
    assert (len(again["done"]), len(again["kept"])) == (0, 3)
    other = command(*words, "--numerics", "exact")
    assert other.status == 1
    assert other.err.count("\n") == 1
    assert "fast numerics" in other.err
    assert "--redo" in other.err
    assert len(command(*words, "--numerics", "exact", "--redo", "--json").json["done"]) == 3


def test_two_devices_share_the_pictures(command, pictures, tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    command("predict", pictures, "-m", "street-b0", "-o", one)
    ended = command("predict", pictures, "-m", "street-b0", "-o", two, "--device", "cpu,cpu")
    assert ended.status == 0
    for path in one.rglob("*.png"):
        assert (two / path.relative_to(one)).read_bytes() == path.read_bytes()
    assert command("predict", pictures, "-m", "x", "-o", two, "--device", "cpu,tpu").status == 2


def test_saves_arrays_beside_the_labels(command, pictures, tmp_path):
    out = tmp_path / "out"
    ended = command(
        "predict",
        pictures / "a.png",
        "-m",
        "street-b0",
        "-o",
        out,
        "--save",
        "confidence,top2,logits,features",
    )
    assert ended.status == 0
    with np.load(out / "a.npz") as arrays:
        assert arrays["confidence"].shape == (72, 96)
        assert arrays["top2_ids"].shape == (2, 72, 96)
        assert arrays["logits"].shape == (11, 18, 24)
        assert arrays["stage4"].shape == (256, 3, 3)
        labels = read_label_map(out / "a.png").labels
        assert np.array_equal(arrays["top2_ids"][0], labels)


def test_a_folder_with_a_preprocessor_config_is_obeyed(command, pictures, tmp_path):
    model = tmp_path / "model"
    shutil.copytree(resources.bundled_models()["street-b0"], model)
    words = {"do_resize": True, "size": {"height": 64, "width": 32}}
    (model / "preprocessor_config.json").write_text(json.dumps(words))
    out = tmp_path / "out"
    picture = pictures / "a.png"
    assert command("predict", picture, "-m", model, "-o", out, "--save", "logits").status == 0
    with np.load(out / "a.npz") as arrays:
        assert arrays["logits"].shape == (11, 16, 8)
    assert read_label_map(out / "a.png").labels.shape == (72, 96)


def test_exact_numerics_say_the_same(command, pictures, tmp_path):
    for numerics in ("fast", "exact"):
        out = tmp_path / numerics
        ended = command(
            "predict", pictures / "b.jpg", "-m", "street-b0", "-o", out, "--numerics", numerics
        )
        assert ended.status == 0
    first, second = (read_label_map(tmp_path / name / "b.png").labels for name in ("fast", "exact"))
    assert (first == second).mean() >= 0.999


def test_a_broken_model_is_one_sentence_and_nothing_is_written(command, pictures, tmp_path):
    page = tmp_path / "segformer.b0.pth"
    page.write_text("<!DOCTYPE html>")
    ended = command("predict", pictures, "-m", page, "-o", tmp_path / "out")
    assert ended.status == 1
    assert ended.err.startswith("segformer.b0.pth: this is an HTML page")
    assert ended.err.count("\n") == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("option", [("--device", "cuda:77"), ("--backend", "abacus")])
def test_what_is_not_here_is_one_sentence(option, command, pictures, tmp_path):
    ended = command("predict", pictures, "-m", "street-b0", "-o", tmp_path / "out", *option)
    assert ended.status == 1
    assert ended.err.count("\n") == 1
    assert option[1] in ended.err


def test_an_output_that_is_a_file(command, pictures, tmp_path):
    (tmp_path / "out").write_text("in the way")
    ended = command("predict", pictures, "-m", "street-b0", "-o", tmp_path / "out")
    assert ended.status == 1
    assert "out" in ended.err
    assert (tmp_path / "out").read_text() == "in the way"


def test_odd_pictures(command, shared_data, tmp_path):
    small = tmp_path / "odd"
    small.mkdir()
    for path in (shared_data / "odd").glob("*.png"):
        shutil.copy(path, small)
    broken = {"xs1n0g01.png", "xcrn0g04.png", "xdtn0g01.png", "crlf_mangled_0.png"}
    ended = command("predict", small, "-m", "street-b0", "-o", tmp_path / "out")
    assert ended.status == 1
    assert len(ended.err.splitlines()) == len(broken)
    for name in broken:
        assert name in ended.err
    written = {path.name for path in (tmp_path / "out").glob("*.png")}
    assert written == {path.name for path in small.iterdir()} - broken


@pytest.mark.cuda
@pytest.mark.parametrize("precision", ["auto", "fp32", "fp16"])
def test_a_gpu_says_the_same(precision, command, pictures, tmp_path):
    for device in ("cpu", "cuda"):
        chosen = ("--device", device, "--precision", "fp32" if device == "cpu" else precision)
        out = tmp_path / device
        assert command("predict", pictures, "-m", "street-b0", "-o", out, *chosen).status == 0
    first, second = (read_label_map(tmp_path / name / "b.png").labels for name in ("cpu", "cuda"))
    assert (first == second).mean() >= 0.98


@pytest.mark.parametrize("suffix", ["gif", "webp", "png"])
def test_of_a_picture_that_moves_every_frame_has_its_label_map(command, tmp_path, suffix):
    generator = np.random.default_rng(5)
    frames = [
        Image.fromarray(generator.integers(0, 255, (48, 64, 3), dtype=np.uint8)) for _ in range(3)
    ]
    moving = tmp_path / f"walk.{suffix}"
    frames[0].save(moving, save_all=True, append_images=frames[1:], duration=100)
    out = tmp_path / "out"
    ended = command("predict", moving, "-m", "street-b0", "-o", out)
    assert ended.status == 0
    written = sorted(path.relative_to(out).as_posix() for path in out.rglob("*.png"))
    assert written == ["walk/000000.png", "walk/000001.png", "walk/000002.png"]
    video = tmp_path / "seen.mp4"
    assert command("predict", moving, "-m", "street-b0", "-o", out, "--overlay", video).status == 0
    with segcore.Video(video) as seen:
        assert len(seen) == 3
