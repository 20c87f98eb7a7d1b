"""`train` on the command line."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from app.cli.main import main
from segcore.checkpoints import read_checkpoint, save_pretrained
from segcore.classes import ClassTable
from segcore.labels import LabelMap, write_label_map
from segcore.models import SegFormer, SegFormerConfig
from segcore.project import Project
from segcore.training.set_samples import SetSamples

CLASSES = ClassTable.from_names(["grass", "brick"])


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Four pictures, half green and half red, in the `png` layout."""
    folder = tmp_path / "data"
    for name in ("images", "labels"):
        (folder / name).mkdir(parents=True)
    rng = np.random.default_rng(0)
    for number in range(4):
        labels = np.zeros((64, 64), np.uint8)
        labels[:, : 16 * (number + 1) - 8] = 1
        picture = np.array([(40, 160, 40), (170, 60, 40)])[labels] + rng.normal(0, 9, (64, 64, 3))
        Image.fromarray(picture.clip(0, 255).astype(np.uint8)).save(
            folder / "images" / f"p{number}.png"
        )
        write_label_map(folder / "labels" / f"p{number}.png", labels, CLASSES)
    CLASSES.write(folder / "classes.json")
    return folder


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A tiny SegFormer of the data's classes."""
    widths = SegFormerConfig(
        widths=(8, 8, 16, 16), heads=(1, 1, 2, 2), decoder_width=16, num_classes=2
    )
    return save_pretrained(SegFormer(widths), tmp_path / "model", CLASSES)


SMALL = ("--steps", "3", "--batch", "2", "--size", "32x32", "--device", "cpu", "--threads", "1")


def test_from_scratch_to_a_model_that_is_named_and_goes_on(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    status = main(
        ["train", str(data), "-m", "b0", "--scratch", "-o", str(out), *SMALL, "--json",
         "--hold-out", "0.3", "--lr", "1e-3"]
    )  # fmt: skip
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert status == 0
    assert [event["step"] for event in events if event["event"] == "step"] == [1, 2, 3]
    (look,) = [event for event in events if event["event"] == "validation"]
    assert 0 <= look["miou"] <= 1
    assert set(look["iou"]) == set(CLASSES.names)
    checkpoint = read_checkpoint(out)
    assert checkpoint.classes.names == CLASSES.names
    assert checkpoint.family == "transformers"
    assert json.loads((out / "config.json").read_text())["id2label"] == {"0": "grass", "1": "brick"}

    again = tmp_path / "again"
    assert main(["train", str(data), "-m", str(out), "-o", str(again), *SMALL]) == 0
    written = capsys.readouterr()
    assert "the model after 3 steps" in written.err
    assert main(["predict", str(data / "images"), "-m", str(again), "-o", str(tmp_path / "p")]) == 0
    assert len(list((tmp_path / "p").glob("*.png"))) == 4


def test_a_project_is_trained_on_what_is_labelled_in_it(data: Path, tmp_path: Path) -> None:
    project = Project.create(tmp_path / "project", CLASSES)
    names = project.add([data / "images"])
    patch = np.zeros((64, 64), np.uint8)
    patch[:20] = 1
    for name in names[:2]:
        project.record(name, (0, 0, 64, 64), patch)
    out = tmp_path / "out"
    # While it is open for writing elsewhere, as in the window.
    status = main(
        ["train", str(tmp_path / "project"), "-m", "b0", "--scratch", "-o", str(out), *SMALL]
    )
    project.close()
    assert status == 0
    assert read_checkpoint(out).classes.names == CLASSES.names


def test_class_names_may_come_from_elsewhere(data: Path, model: Path, tmp_path: Path) -> None:
    (data / "classes.json").rename(tmp_path / "names.json")
    words = ["train", str(data), "-m", str(model), "-o", str(tmp_path / "out"), *SMALL]
    assert main(words) == 1
    assert main([*words, "--classes", str(tmp_path / "names.json")]) == 0
    assert read_checkpoint(tmp_path / "out").classes.names == CLASSES.names


def test_what_stopped_says_how_to_go_on(
    data: Path, model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["train", str(data), "-m", str(model), "-o", str(tmp_path / "out"), *SMALL]
    assert main([*words, "--minutes", "0", "--every", "1"]) == 0
    said = capsys.readouterr().err
    assert "Nothing is held out" in said
    assert "0:00 left" not in said
    assert "the model after 1 step." in said
    assert said.rstrip().endswith("Stopped after 1 step; --resume goes on.")
    assert main([*words, "--every", "1", "--resume"]) == 0
    assert "Going on after step 1." in capsys.readouterr().err
    assert main([*words, "--every", "1", "--resume"]) == 0
    assert "All 3 steps had been done." in capsys.readouterr().err


def test_ctrl_c_while_labels_are_read_ends_it(
    data: Path,
    model: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """No step was done: nothing pretends to be a model."""
    before, read = signal.getsignal(signal.SIGINT), SetSamples.labels

    def interrupted(samples: SetSamples, index: int) -> LabelMap:
        if index == 1:
            signal.raise_signal(signal.SIGINT)
        assert index < 3, "it goes on reading"
        return read(samples, index)

    monkeypatch.setattr(SetSamples, "labels", interrupted)
    out = tmp_path / "out"
    assert main(["train", str(data), "-m", str(model), "-o", str(out), *SMALL]) == 130
    assert capsys.readouterr().err == (
        "Cancelled: no step had been done; run the same command again.\n"
    )
    assert not (out / "config.json").exists()
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ("nothing", "there is no such folder"),
        ("no labels", "Nothing is labelled in the 4 pictures"),
        ("one class", 'Only the class "grass" is labelled'),
        ("a file", "is a file: name the folder"),
        ("model", "nowhere"),
        ("architecture", "b0 is a network without weights: train it with --scratch"),
    ],
)
def test_what_cannot_be_trained_is_said_in_one_sentence(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], change: str, sentence: str
) -> None:
    folder, model = data, "b0"
    if change == "nothing":
        folder = tmp_path / "nothing"
    elif change == "no labels":
        for path in (data / "labels").iterdir():
            path.unlink()
    elif change == "one class":
        for path in (data / "labels").iterdir():
            write_label_map(path, np.zeros((64, 64), np.uint8), CLASSES)
    elif change == "a file":
        folder = data / "classes.json"
    elif change == "model":
        model = "nowhere"
    out = tmp_path / "out"
    extra = [] if change in ("model", "architecture") else ["--scratch"]
    status = main(["train", str(folder), "-m", model, "-o", str(out), *SMALL, *extra])
    said = capsys.readouterr().err.strip()
    assert status == 1
    assert sentence in said
    assert len(said.splitlines()) == 1
    assert "Traceback" not in said
    assert not (out / "config.json").exists()


def test_a_killed_run_ends_where_the_unbroken_one_does(
    data: Path, model: Path, tmp_path: Path
) -> None:
    """SIGKILL at some step, then --resume: the same weights to the last bit."""
    options = ["--steps", "30", "--batch", "2", "--size", "32x32", "--threads", "1", "--json"]
    words = ["train", str(data), "-m", str(model), "--lr", "1e-3", *options]
    cut = [*words, "-o", str(tmp_path / "cut"), "--resume", "--save-seconds", "0"]
    child = subprocess.Popen(
        [sys.executable, "-m", "app", *cut],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert child.stdout is not None
    for line in child.stdout:
        if json.loads(line).get("step") == 6:
            child.send_signal(signal.SIGKILL)
            break
    child.wait()
    child.stdout.close()
    assert not (tmp_path / "cut" / "model.safetensors").exists()
    assert main(cut) == 0
    assert main([*words, "-o", str(tmp_path / "whole")]) == 0
    one, other = (read_checkpoint(tmp_path / name).state for name in ("cut", "whole"))
    assert all(torch.equal(one[name], other[name]) for name in other)
