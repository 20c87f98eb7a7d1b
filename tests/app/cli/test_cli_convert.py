"""`models convert`."""

from __future__ import annotations

import torch

from segcore.checkpoints import read_checkpoint


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
