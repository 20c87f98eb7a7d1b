"""Converted models: the same weights bit for bit, and nothing lost that was not said before."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from segcore.checkpoints import Checkpoint, load_segformer, read_checkpoint, save_pretrained
from segcore.checkpoints.convert import Conversion, plan_conversion, write_conversion
from segcore.checkpoints.targets import TARGET_NAMES
from segcore.classes import ClassTable
from segcore.errors import CheckpointError
from segcore.models import ImageClassifier, SegFormer, SegFormerConfig
from segcore.preprocess import Preprocess

transformers = pytest.importorskip("transformers")

ALL_MLP = [name for name in TARGET_NAMES if name != "mmseg"]
CLASSES = ClassTable.from_names(["moss", "fern", "stone"], [(0, 90, 0), (0, 180, 0), (9, 9, 9)])
SMALL = SegFormerConfig(
    widths=(8, 16, 40, 64), depths=(2, 1, 1, 2), decoder_width=24, num_classes=3
)


def saved(tmp_path: Path, config: SegFormerConfig, preprocess: Preprocess, card: str) -> Checkpoint:
    model = SegFormer(config, device="cpu")
    generator = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for name, tensor in model.state_dict().items():
            if tensor.is_floating_point():
                tensor.copy_(torch.randn(tensor.shape, generator=generator) * 0.2)
                if name.endswith("running_var"):
                    tensor.abs_().add_(0.5)
    folder = save_pretrained(model, tmp_path / "original", CLASSES, preprocess, card=card)
    return read_checkpoint(folder)


@pytest.fixture
def original(tmp_path: Path) -> Checkpoint:
    """A folder with everything that a model may bring along."""
    preprocess = Preprocess(do_resize=True, size=(64, 96), reduce_labels=True)
    return saved(tmp_path, SMALL, preprocess, "---\nlicense: mit\n---\n# Gardens\n")


@pytest.fixture
def mmseg(original: Checkpoint, tmp_path: Path) -> Checkpoint:
    """The same encoder below mmsegmentation's head, written and read."""
    config = replace(SMALL, head="mmseg")
    state = SegFormer(config, device="cpu").state_dict()
    checkpoint = replace(original, config=config, state=dict(state), licence=None)
    return read_checkpoint(write_conversion(plan_conversion(checkpoint, "mmseg"), tmp_path / "mm"))


def converted(checkpoint: Checkpoint, to: str, path: Path) -> Checkpoint:
    return read_checkpoint(write_conversion(plan_conversion(checkpoint, to), path))


def assert_same_bits(found: Checkpoint, wanted: Checkpoint) -> None:
    expected = {k: v for k, v in wanted.state.items() if not k.endswith("num_batches_tracked")}
    assert found.state.keys() == expected.keys()
    for name, tensor in expected.items():
        assert found.state[name].dtype == tensor.dtype
        assert torch.equal(found.state[name], tensor)


@pytest.mark.parametrize(("first", "second"), list(itertools.permutations(ALL_MLP, 2)))
def test_every_way_round_ends_in_the_same_bits(first, second, original, tmp_path):
    there = converted(original, first, tmp_path / "there")
    back = converted(there, second, tmp_path / "back")
    assert (there.family, back.family) == (first, second)
    assert_same_bits(there, original)
    assert_same_bits(back, original)
    if "smp" not in (first, second) and "sithu31296" not in (first, second):
        assert back.classes == CLASSES


def test_mmseg_comes_back_with_its_classes(mmseg, tmp_path):
    again = converted(mmseg, "mmseg", tmp_path / "again.pth")
    assert (again.family, again.config) == ("mmseg", mmseg.config)
    assert again.classes == CLASSES
    assert_same_bits(again, mmseg)


@pytest.mark.parametrize("to", ALL_MLP)
def test_another_network_is_refused_both_ways(to, mmseg, original, tmp_path):
    with pytest.raises(CheckpointError, match=r"^mm: its decoder is mmsegmentation's.*mmseg"):
        plan_conversion(mmseg, to)
    with pytest.raises(CheckpointError, match=r"^original: its decoder is the paper's All-MLP"):
        plan_conversion(original, "mmseg")


def test_half_precision_stays_half(original, tmp_path):
    halved = replace(original, state={k: v.half() for k, v in original.state.items()})
    for to in ALL_MLP:
        assert_same_bits(converted(halved, to, tmp_path / to), halved)


def test_nvlabs_files_are_as_nvlabs_writes_them(original, tmp_path, others):
    """Read by hand, held against what the conftest's own renaming makes of transformers."""
    path = write_conversion(plan_conversion(original, "nvlabs"), tmp_path / "n.pth")
    content = torch.load(path, weights_only=True)
    model = transformers.SegformerForSemanticSegmentation.from_pretrained(tmp_path / "original")
    expected = others.nvlabs_state(model, "backbone.")
    assert content["state_dict"].keys() == expected.keys()
    assert all(torch.equal(content["state_dict"][key], expected[key]) for key in expected)
    assert content["meta"]["CLASSES"] == CLASSES.names
    assert content["meta"]["PALETTE"] == [[0, 90, 0], [0, 180, 0], [9, 9, 9]]


def test_sithu31296_and_smp_are_bare_state_dicts(original, tmp_path):
    for to, key in (
        ("sithu31296", "backbone.block3.0.attn.kv.weight"),
        ("smp", "decoder.mlp_stage.3.linear.weight"),
    ):
        path = write_conversion(plan_conversion(original, to), tmp_path / to)
        content = torch.load(path, weights_only=True)
        assert all(isinstance(tensor, torch.Tensor) for tensor in content.values())
        assert key in content
    assert content[key].shape == (24, 8)


def test_transformers_reads_what_came_through_nvlabs(original, tmp_path, pixels):
    there = converted(original, "nvlabs", tmp_path / "n.pth")
    write_conversion(plan_conversion(there, "transformers"), tmp_path / "back")
    theirs = transformers.SegformerForSemanticSegmentation.from_pretrained(tmp_path / "back")
    with torch.no_grad():
        wanted = load_segformer(original)(pixels)
        found = theirs.eval()(pixels).logits
    assert (found - wanted).abs().max() <= 1e-5 * wanted.abs().max()
    assert theirs.config.id2label == {0: "moss", 1: "fern", 2: "stone"}


def test_a_folder_keeps_preprocessing_colours_and_card(original, tmp_path):
    plan = plan_conversion(original, "transformers")
    assert plan.notes == ()
    again = read_checkpoint(write_conversion(plan, tmp_path / "again"))
    assert again.preprocess == original.preprocess
    assert again.preprocess.reduce_labels
    assert again.classes == CLASSES
    assert again.licence == "mit"
    written = json.loads((tmp_path / "again" / "preprocessor_config.json").read_text())
    assert written["do_reduce_labels"] is True


def notes(plan: Conversion) -> str:
    return " ".join(plan.notes)


def test_what_is_lost_is_said_before_it_is_written(original, mmseg):
    said = notes(plan_conversion(original, "smp"))
    for words in ("names and colours", "64 x 96", "do_reduce_labels", "licence (mit)"):
        assert words in said
    said = notes(plan_conversion(original, "nvlabs"))
    assert "names and colours" not in said
    assert "conv_seg" in said
    assert plan_conversion(mmseg, "mmseg").notes == ()


def test_other_epsilons_are_said_with_what_they_do(original, tmp_path):
    plan = plan_conversion(original, "nvlabs")
    assert "1e-06 for 1e-05 in blocks" in notes(plan)
    assert f"{plan.logit_difference:.1e}" in notes(plan)
    nvlabs = read_checkpoint(write_conversion(plan, tmp_path / "n.pth"))
    # Drawn as the plan draws it, but through the written file.
    pixels = torch.randn(1, 3, 96, 128, generator=torch.Generator().manual_seed(0)).double()
    with torch.no_grad():
        logits = [load_segformer(one).double()(pixels) for one in (original, nvlabs)]
    found = float((logits[0] - logits[1]).abs().max())
    assert plan.logit_difference == pytest.approx(found, rel=1e-6)
    assert found > 0
    assert plan_conversion(original, "sithu31296").logit_difference == 0
    assert "LayerNorm" not in notes(plan_conversion(original, "sithu31296"))


@pytest.mark.parametrize(
    ("change", "told"),
    [({"heads": (2, 4, 4, 16)}, "heads"), ({"strides": (4, 2, 2, 1)}, "strides")],
)
def test_a_network_that_a_file_cannot_tell_is_refused(change, told, tmp_path):
    original = saved(tmp_path, replace(SMALL, **change), Preprocess(), "# Odd\n")
    for to in ("nvlabs", "sithu31296", "smp"):
        with pytest.raises(CheckpointError, match=rf"^original: .*{told}.*transformers"):
            plan_conversion(original, to)
    again = converted(original, "transformers", tmp_path / "again")
    assert again.config == original.config


def test_imagenet_encoders_go_both_ways(tmp_path, pixels, others, classifier):
    torch.save(others.nvlabs_state(classifier, ""), tmp_path / "mit.pth")
    flat = read_checkpoint(tmp_path / "mit.pth")
    folder = converted(flat, "transformers", tmp_path / "mit")
    back = converted(folder, "nvlabs", tmp_path / "back.pth")
    assert (folder.family, back.family) == ("transformers-imagenet", "nvlabs-imagenet")
    assert_same_bits(folder, flat)
    assert_same_bits(back, flat)
    theirs = transformers.SegformerForImageClassification.from_pretrained(tmp_path / "mit").eval()
    model = load_segformer(folder)
    assert isinstance(model, ImageClassifier)
    with torch.no_grad():
        wanted = classifier(pixels).logits
        assert torch.equal(theirs(pixels).logits, wanted)
        assert (model(pixels) - wanted).abs().max() <= 1e-5 * wanted.abs().max()
    for to in ("sithu31296", "smp", "mmseg"):
        with pytest.raises(CheckpointError, match=r"^mit\.pth: this is an encoder"):
            plan_conversion(flat, to)


def test_what_is_there_is_not_replaced_unless_told(original, tmp_path):
    for to in ALL_MLP:
        path = tmp_path / f"there {to}"
        plan = plan_conversion(original, to)
        write_conversion(plan, path)
        with pytest.raises(CheckpointError, match=rf"^there {to}: .*--force"):
            write_conversion(plan, path)
        assert read_checkpoint(write_conversion(plan, path, force=True)).family == to


def test_files_and_folders_do_not_replace_each_other(original, tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("mine")
    for to, name, words in (("smp", "folder", "a folder"), ("transformers", "file", "a file")):
        with pytest.raises(CheckpointError, match=words):
            write_conversion(plan_conversion(original, to), tmp_path / name, force=True)
    assert (tmp_path / "file").read_text() == "mine"


def test_a_failed_conversion_leaves_what_was_there(original, tmp_path, monkeypatch):
    path = tmp_path / "n.pth"
    path.write_text("mine")

    def full_disk(content, stream):
        stream.write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("segcore.checkpoints.convert.torch.save", full_disk)
    with pytest.raises(CheckpointError, match=r"^n\.pth: .*No space left"):
        write_conversion(plan_conversion(original, "nvlabs"), path, force=True)
    assert path.read_text() == "mine"
    assert {entry.name for entry in tmp_path.iterdir()} == {"n.pth", "original"}


def test_a_model_is_converted_onto_itself(original, tmp_path):
    path = write_conversion(plan_conversion(original, "smp"), tmp_path / "m.pth")
    first = read_checkpoint(path)
    write_conversion(plan_conversion(first, "sithu31296"), path, force=True)
    assert_same_bits(read_checkpoint(path), original)
    folder = write_conversion(plan_conversion(original, "transformers"), original.path, force=True)
    assert_same_bits(read_checkpoint(folder), first)
