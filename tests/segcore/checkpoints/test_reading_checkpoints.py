"""Every family's files load, by content alone, and give the numbers of their own code base."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from segcore import resources
from segcore.checkpoints import (
    list_models,
    load_segformer,
    local_models_folder,
    read_checkpoint,
)
from segcore.checkpoints.shapes import measure
from segcore.models import ImageClassifier, SegFormer, SegFormerConfig

transformers = pytest.importorskip("transformers")


def logits(model: torch.nn.Module, pixels: torch.Tensor) -> torch.Tensor:
    with torch.no_grad():
        output = model(pixels)
    return output if isinstance(output, torch.Tensor) else output.logits


def assert_same(found: torch.Tensor, wanted: torch.Tensor) -> None:
    assert found.shape == wanted.shape
    assert (found - wanted).abs().max() <= 1e-5 * wanted.abs().max()
    assert torch.equal(found.argmax(1), wanted.argmax(1))


def v4(folder: Path) -> Path:
    return folder


def v5(folder: Path) -> Path:
    model = transformers.SegformerForSemanticSegmentation.from_pretrained(folder)
    shutil.rmtree(folder)
    model.save_pretrained(folder, save_original_format=False)
    return folder


def torch_bin(folder: Path) -> Path:
    torch.save(load_file(folder / "model.safetensors"), folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()
    return folder


def sharded(folder: Path) -> Path:
    model = transformers.SegformerForSemanticSegmentation.from_pretrained(folder)
    (folder / "model.safetensors").unlink()
    model.save_pretrained(folder, max_shard_size="100KB")
    assert (folder / "model.safetensors.index.json").is_file()
    return folder


def sharded_bin(folder: Path) -> Path:
    state = list(load_file(folder / "model.safetensors").items())
    (folder / "model.safetensors").unlink()
    halves = {"a.bin": dict(state[:90]), "b.bin": dict(state[90:])}
    for name, half in halves.items():
        torch.save(half, folder / name)
    index = {key: name for name, half in halves.items() for key in half}
    (folder / "pytorch_model.bin.index.json").write_text(json.dumps({"weight_map": index}))
    return folder


def single_file(folder: Path) -> Path:
    return folder / "model.safetensors"


def misnamed_file(folder: Path) -> Path:
    return shutil.copy(folder / "model.safetensors", folder.parent / "weights of mine.pth")


def in_memory_names(folder: Path) -> Path:
    model = transformers.SegformerForSemanticSegmentation.from_pretrained(folder)
    path = folder.parent / "in memory.pt"
    torch.save(
        {"model_state_dict": {f"module.{k}": v for k, v in model.state_dict().items()}}, path
    )
    return path


LAYOUTS = [
    v4,
    v5,
    torch_bin,
    sharded,
    sharded_bin,
    single_file,
    misnamed_file,
    in_memory_names,
]


@pytest.mark.parametrize("rewritten", LAYOUTS, ids=lambda rewritten: rewritten.__name__)
def test_transformers_files_give_equal_logits(rewritten, model_folder, reference, pixels):
    source = rewritten(model_folder)
    model = load_segformer(source)
    assert isinstance(model, SegFormer)
    assert not model.training
    assert_same(logits(model, pixels), logits(reference, pixels))


def test_nvlabs_file_gives_the_logits_of_nvlabs_epsilons(nvlabs_file, reference, pixels, others):
    checkpoint = read_checkpoint(nvlabs_file)
    assert checkpoint.family == "nvlabs"
    assert checkpoint.classes.names == others.NAMES
    assert checkpoint.classes[3].color == (30, 20, 30)
    assert not checkpoint.preprocess.do_resize
    wanted = logits(others.with_nvlabs_epsilons(reference).double(), pixels.double())
    found = logits(load_segformer(checkpoint).double(), pixels.double())
    # Tight enough to tell the epsilons apart, which move these logits by far more.
    assert (found - wanted).abs().max() <= 1e-12 * wanted.abs().max()
    assert (found - logits(reference, pixels)).abs().max() > 1e-8 * wanted.abs().max()


def test_nvlabs_meta_with_numpy_values_is_read(reference, tmp_path, others):
    path = tmp_path / "iter_1.pth"
    meta = {"CLASSES": others.NAMES, "best": np.float64(0.5), "PALETTE": np.zeros((5, 3), int)}
    torch.save({"state_dict": others.nvlabs_state(reference, "backbone."), "meta": meta}, path)
    assert read_checkpoint(path).classes.names == others.NAMES


def test_old_torch_format_is_read(nvlabs_file, reference, pixels, others):
    content = torch.load(nvlabs_file, weights_only=True)
    torch.save(content, nvlabs_file, _use_new_zipfile_serialization=False)
    model = load_segformer(nvlabs_file)
    assert_same(logits(model, pixels), logits(others.with_nvlabs_epsilons(reference), pixels))


def test_imagenet_encoders_become_classifiers(classifier, tmp_path, pixels, others):
    flat = tmp_path / "mit_small.pth"
    torch.save(OrderedDict(others.nvlabs_state(classifier, "")), flat)
    model = load_segformer(flat)
    assert isinstance(model, ImageClassifier)
    assert_same(logits(model, pixels), logits(others.with_nvlabs_epsilons(classifier), pixels))
    classifier.save_pretrained(tmp_path / "mit-small")
    model = load_segformer(tmp_path / "mit-small")
    assert isinstance(model, ImageClassifier)
    assert_same(logits(model, pixels), logits(classifier, pixels))


def test_imagenet_encoder_starts_a_segmentation_model(classifier, tmp_path, others):
    torch.save(others.nvlabs_state(classifier, ""), tmp_path / "mit.pth")
    first = load_segformer(tmp_path / "mit.pth", num_classes=4, seed=1)
    again = load_segformer(tmp_path / "mit.pth", num_classes=4, seed=1)
    other = load_segformer(tmp_path / "mit.pth", num_classes=4, seed=2)
    name = "decoder.classifier.weight"
    assert isinstance(first, SegFormer)
    assert first.state_dict()[name].shape[0] == 4
    assert torch.equal(first.state_dict()[name], again.state_dict()[name])
    assert not torch.equal(first.state_dict()[name], other.state_dict()[name])
    query = "encoder.stages.2.blocks.0.attention.query.weight"
    stored = read_checkpoint(tmp_path / "mit.pth").state[query]
    assert torch.equal(first.state_dict()[query], stored)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_other_float_types_are_read_as_float32(dtype, model_folder, pixels):
    state = load_file(model_folder / "model.safetensors")
    halved = {key: value.to(dtype) for key, value in state.items()}
    save_file(halved, model_folder / "model.safetensors")
    model = load_segformer(model_folder)
    assert {parameter.dtype for parameter in model.parameters()} == {torch.float32}
    assert logits(model, pixels).isfinite().all()


def test_loaded_model_shares_nothing_with_its_checkpoint(model_folder):
    checkpoint = read_checkpoint(model_folder)
    before = {name: tensor.clone() for name, tensor in checkpoint.state.items()}
    model = load_segformer(checkpoint)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(1)
    assert all(torch.equal(tensor, before[name]) for name, tensor in checkpoint.state.items())


def test_names_preprocessing_and_licence_come_from_the_folder(model_folder, others):
    words = {"do_resize": True, "size": {"height": 96, "width": 128}, "do_reduce_labels": True}
    (model_folder / "preprocessor_config.json").write_text(json.dumps(words))
    (model_folder / "README.md").write_text("---\nlicense: mit\n---\n# Gardens\n")
    checkpoint = read_checkpoint(model_folder)
    assert checkpoint.classes.names == others.NAMES
    assert checkpoint.preprocess.size == (96, 128)
    assert checkpoint.preprocess.reduce_labels
    assert checkpoint.licence == "mit"
    assert checkpoint.name == "gardens"


def test_sha256_is_of_the_weights(model_folder):
    expected = hashlib.sha256((model_folder / "model.safetensors").read_bytes()).hexdigest()
    assert read_checkpoint(model_folder).sha256 == expected
    assert read_checkpoint(model_folder / "model.safetensors").sha256 == expected


@pytest.mark.parametrize(
    ("count", "table"),
    [(150, "ade20k"), (19, "cityscapes"), (171, "coco-stuff"), (21, "voc"), (11, "camvid")],
)
def test_unnamed_classes_take_the_table_of_that_size(count, table, tmp_path, others):
    config = others.small_config(num_labels=count, id2label=None, label2id=None)
    model = transformers.SegformerForSemanticSegmentation(config)
    torch.save(others.nvlabs_state(model, "backbone."), tmp_path / "unnamed.pth")
    assert read_checkpoint(tmp_path / "unnamed.pth").classes == resources.class_table(table)


def test_unnamed_classes_of_no_known_number_are_numbered(nvlabs_file):
    content = torch.load(nvlabs_file, weights_only=True)
    torch.save(content["state_dict"], nvlabs_file)
    assert read_checkpoint(nvlabs_file).classes.names[:2] == ("class_0", "class_1")


@pytest.mark.parametrize("variant", ["b0", "b3"])
def test_published_sizes_are_known_from_shapes_alone(variant):
    config = SegFormerConfig.named(variant, num_classes=19)
    shapes = {k: tuple(v.shape) for k, v in SegFormer(config, device="meta").state_dict().items()}
    measured = measure(shapes, encoder_only=False)
    for name in ("widths", "depths", "sr_ratios", "mlp_ratios", "patch_sizes", "decoder_width"):
        assert getattr(measured, name) == getattr(config, name)


def test_heads_come_from_the_config_where_they_are_unusual(tmp_path, pixels, others):
    config = others.small_config(num_attention_heads=[2, 4, 4, 4])
    model = others.randomised(transformers.SegformerForSemanticSegmentation(config))
    model.save_pretrained(tmp_path / "m")
    assert_same(logits(load_segformer(tmp_path / "m"), pixels), logits(model, pixels))


def test_bundled_model_is_found_by_name_from_any_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    checkpoint = read_checkpoint("street-b0")
    assert checkpoint.classes == resources.class_table("camvid")
    assert "non-commercial" in (checkpoint.licence or "")
    assert {tensor.dtype for tensor in checkpoint.state.values()} == {torch.float16}
    assert checkpoint.config.variant == "B0"


def test_a_model_that_others_trained_reads_as_the_bundled_one_does(shared_data):
    given = read_checkpoint(shared_data / "models" / "street-b0")
    ours = read_checkpoint("street-b0")
    assert given.config == ours.config
    assert given.classes.names == ours.classes.names
    assert {name: tensor.shape for name, tensor in given.state.items()} == {
        name: tensor.shape for name, tensor in ours.state.items()
    }


def test_models_of_the_person_are_listed_after_bundled_ones(model_folder):
    local_models_folder().mkdir(parents=True)
    shutil.copytree(model_folder, local_models_folder() / "gardens")
    entries = list_models()
    *bundled, own = entries
    assert {entry.kind for entry in bundled} == {"bundled"}
    assert ("street-b0", "B0", 11) in [(one.name, one.variant, one.classes) for one in bundled]
    assert (own.kind, own.variant, own.classes) == ("local", "custom", 5)


def test_hub_names_are_found_in_the_local_cache(model_folder, tmp_path, monkeypatch):
    cache = tmp_path / "hub"
    snapshot = cache / "models--garden--small" / "snapshots" / ("a" * 40)
    shutil.copytree(model_folder, snapshot)
    (cache / "models--garden--small" / "refs").mkdir()
    (cache / "models--garden--small" / "refs" / "main").write_text("a" * 40)
    monkeypatch.setenv("HF_HUB_CACHE", str(cache))
    assert read_checkpoint("garden/small").name == "garden/small"
