"""`models convert`."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from segcore.checkpoints import load_segformer, read_checkpoint


def test_there_and_back(command, tmp_path):
    file, folder = tmp_path / "street.pth", tmp_path / "again"
    ended = command("models", "convert", "street-b0", file, "--to", "nvlabs")
    assert ended.status == 0
    assert str(file) in ended.out
    for words in ("licence (CC BY-NC 4.0", "epsilons", "conv_seg"):
        assert words in ended.err
    back = command("models", "convert", file, folder, "--to", "transformers", "--json")
    assert back.status == 0
    assert back.json["path"] == str(folder)
    assert back.json["logit_difference"] > 0
    first, last = read_checkpoint("street-b0"), read_checkpoint(folder)
    assert last.classes == first.classes
    assert all(torch.equal(last.state[name], first.state[name]) for name in first.state)


def test_nothing_is_replaced_without_force(command, tmp_path):
    path = tmp_path / "street.pth"
    path.write_text("mine")
    ended = command("models", "convert", "street-b0", path, "--to", "smp")
    assert ended.status == 1
    assert "street.pth: there is something already" in ended.err
    assert path.read_text() == "mine"
    assert command("models", "convert", "street-b0", path, "--to", "smp", "--force").status == 0


def test_what_cannot_be(command, tmp_path):
    ended = command("models", "convert", "street-b0", tmp_path / "m.pth", "--to", "mmseg")
    assert ended.status == 1
    assert "another network" in ended.err
    assert not (tmp_path / "m.pth").exists()
    assert command("models", "convert", "street-b0", tmp_path / "m", "--to", "keras").status == 2


def test_onnx_is_a_file_that_runs(command, tmp_path):
    runtime = pytest.importorskip("onnxruntime")
    pytest.importorskip("onnx")
    path = tmp_path / "new folder" / "street.onnx"
    ended = command("models", "convert", "street-b0", path, "--to", "onnx")
    assert ended.status == 0
    assert "no program here reads it back" in ended.err
    pixels = torch.randn(1, 3, 64, 96, generator=torch.Generator().manual_seed(1))
    session = runtime.InferenceSession(path, providers=["CPUExecutionProvider"])
    (found,) = session.run(["logits"], {"pixel_values": pixels.numpy()})
    with torch.no_grad():
        wanted = load_segformer("street-b0")(pixels)
    assert np.abs(found - wanted.numpy()).max() <= 1e-4 * float(wanted.abs().max())
    again = command("models", "convert", "street-b0", path, "--to", "onnx")
    assert again.status == 1
    assert "--force" in again.err
