"""Saved models are read by transformers and by this program with the same numbers and words."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import torch

from segcore.checkpoints import load_segformer, read_checkpoint, save_pretrained
from segcore.classes import ClassTable
from segcore.errors import CheckpointError
from segcore.models import ImageClassifier, SegFormer, SegFormerConfig
from segcore.preprocess import Preprocess

transformers = pytest.importorskip("transformers")

CLASSES = ClassTable.from_names(["moss", "fern", "stone"], [(0, 90, 0), (0, 180, 0), (9, 9, 9)])


def small_model(**changes) -> SegFormer:
    config = SegFormerConfig(
        widths=(8, 16, 40, 64), depths=(1, 2, 1, 1), decoder_width=24, num_classes=3
    )
    model = SegFormer(replace(config, **changes), device="cpu")
    model.initialise(torch.Generator().manual_seed(5))
    with torch.no_grad():
        model.decoder.norm.running_mean.normal_()
        model.decoder.norm.running_var.uniform_(0.5, 2)
    return model.eval()


@pytest.mark.parametrize("heads", [(1, 2, 5, 8), (2, 4, 4, 16)])
def test_transformers_reads_what_was_saved(heads, tmp_path, pixels):
    model = small_model(heads=heads)
    save_pretrained(model, tmp_path / "mine", CLASSES, Preprocess(reduce_labels=True))
    reader = transformers.SegformerForSemanticSegmentation
    theirs, loading = reader.from_pretrained(tmp_path / "mine", output_loading_info=True)
    assert not loading["missing_keys"]
    assert not loading["unexpected_keys"]
    with torch.no_grad():
        wanted, found = model(pixels), theirs.eval()(pixels).logits
    assert (found - wanted).abs().max() <= 1e-5 * wanted.abs().max()
    assert theirs.config.id2label == {0: "moss", 1: "fern", 2: "stone"}
    processor = transformers.SegformerImageProcessor.from_pretrained(tmp_path / "mine")
    assert processor.do_reduce_labels
    assert not processor.do_resize


def test_what_was_saved_comes_back(tmp_path, pixels):
    model = small_model()
    preprocess = Preprocess(do_resize=True, size=(64, 96), mean=(0.1, 0.2, 0.3))
    save_pretrained(model, tmp_path / "mine", CLASSES, preprocess)
    checkpoint = read_checkpoint(tmp_path / "mine")
    assert checkpoint.classes == CLASSES
    assert checkpoint.preprocess == preprocess
    assert checkpoint.config == model.config
    with torch.no_grad():
        assert torch.equal(load_segformer(checkpoint)(pixels), model(pixels))


def test_classifier_is_saved_for_transformers(tmp_path, pixels):
    config = SegFormerConfig(widths=(8, 16, 40, 64), depths=(1, 1, 1, 1), num_classes=7)
    model = ImageClassifier(config, device="cpu").eval()
    save_pretrained(model, tmp_path / "mit")
    theirs = transformers.SegformerForImageClassification.from_pretrained(tmp_path / "mit").eval()
    with torch.no_grad():
        wanted = model(pixels)
        assert (theirs(pixels).logits - wanted).abs().max() <= 1e-5 * wanted.abs().max()
        assert torch.equal(load_segformer(tmp_path / "mit")(pixels), wanted)


def test_an_nvlabs_file_is_converted_with_its_names(nvlabs_file, tmp_path):
    save_pretrained(read_checkpoint(nvlabs_file), tmp_path / "converted", dtype=torch.float16)
    converted = read_checkpoint(tmp_path / "converted")
    assert converted.classes == read_checkpoint(nvlabs_file).classes
    assert {tensor.dtype for tensor in converted.state.values()} == {torch.float16}


def test_saving_again_replaces_the_model_and_keeps_other_files(tmp_path):
    folder = tmp_path / "mine"
    save_pretrained(small_model(), folder, CLASSES)
    (folder / "notes.txt").write_text("mine")
    (folder / "model-00001-of-00002.safetensors").write_text("an older model's part")
    save_pretrained(small_model(depths=(2, 1, 1, 1)), folder, CLASSES, card="# New\n")
    assert read_checkpoint(folder).config.depths == (2, 1, 1, 1)
    names = {path.name for path in folder.iterdir()}
    assert names == {
        "README.md",
        "classes.json",
        "config.json",
        "model.safetensors",
        "notes.txt",
        "preprocessor_config.json",
    }
    assert {path.name for path in tmp_path.iterdir()} == {"mine"}


def test_a_failed_save_leaves_the_model_that_was_there(tmp_path, monkeypatch):
    folder = tmp_path / "mine"
    save_pretrained(small_model(), folder, CLASSES)

    def full_disk(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("segcore.checkpoints.model_folder.save_file", full_disk)
    with pytest.raises(CheckpointError, match=r"^mine: .*No space left"):
        save_pretrained(small_model(depths=(2, 1, 1, 1)), folder, CLASSES)
    assert read_checkpoint(folder).config.depths == (1, 2, 1, 1)
    assert {path.name for path in tmp_path.iterdir()} == {"mine"}


def test_every_output_needs_a_name(tmp_path):
    with pytest.raises(ValueError, match="3 outputs"):
        save_pretrained(small_model(), tmp_path / "mine", ClassTable.from_names(["one"]))
    assert not (tmp_path / "mine").exists()


def test_names_are_kept_as_they_are_written(tmp_path):
    names = ["Straße", "空", "bed "]
    save_pretrained(small_model(), tmp_path / "mine", ClassTable.from_names(names))
    config = json.loads((tmp_path / "mine" / "config.json").read_text(encoding="utf-8"))
    assert list(config["id2label"].values()) == names
    assert list(read_checkpoint(tmp_path / "mine").classes.names) == names
