"""The exported file, run by another runtime, against torch: any size, both heads, all it says."""

from __future__ import annotations

import importlib.util
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from segcore.checkpoints import read_checkpoint
from segcore.errors import RequestError
from segcore.inference import onnx_export
from segcore.inference.onnx_export import difference, export_onnx, metadata, onnx_model
from segcore.models import FastSegFormer, SegFormer, SegFormerConfig

pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")

ODD_SIZES = [(32, 32), (33, 47), (65, 129), (96, 64), (201, 77)]


def drawn(**changes: object) -> SegFormer:
    """A small network in which no two weights are alike, running statistics and gains included."""
    config = SegFormerConfig.named("b0", num_classes=7)
    small = replace(config, widths=(8, 16, 40, 64), depths=(2, 1, 1, 2), decoder_width=24)
    model = SegFormer(replace(small, **changes)).eval()
    generator = torch.Generator().manual_seed(5)
    with torch.no_grad():
        for name, tensor in model.state_dict().items():
            if tensor.is_floating_point():
                tensor.copy_(torch.randn(tensor.shape, generator=generator) * 0.2)
                if name.endswith("running_var") or ("norm" in name and name.endswith("weight")):
                    tensor.abs_().add_(0.5)
    return model


@pytest.mark.parametrize("head", ["all_mlp", "mmseg"])
@pytest.mark.parametrize("opset", [17, 20])
def test_any_size_and_batch_gives_torchs_logits_and_stages(head, opset):
    model = drawn(head=head)
    proto = onnx_model(model, read_checkpoint("street-b0"), opset=opset, stages=True)
    session = onnxruntime.InferenceSession(proto.SerializeToString())
    for batch, size in enumerate(ODD_SIZES, start=1):
        pixels = torch.randn(batch, 3, *size, generator=torch.Generator().manual_seed(batch))
        logits, *stages = session.run(None, {"pixel_values": pixels.numpy()})
        with torch.no_grad():
            expected = model.encode(pixels)
            reference = model.decode(expected).numpy()
        assert np.abs(logits - reference).max() <= 1e-4 * np.abs(reference).max()
        for stage, wanted in zip(stages, expected, strict=True):
            assert np.abs(stage - wanted.numpy()).max() <= 1e-4 * wanted.abs().max()


def test_the_file_alone_is_enough_to_label_a_picture(tmp_path: Path, picture):
    """As docs/onnx.md tells a deployer to do it, with nothing of this program."""
    from PIL import Image

    from segcore.inference import Predictor

    path = export_onnx("street-b0", tmp_path / "street.onnx")
    session = onnxruntime.InferenceSession(path)
    facts = session.get_modelmeta().custom_metadata_map
    image = picture(96, 160)
    affine, preprocessing = json.loads(facts["affine"]), json.loads(facts["preprocessing"])
    height, width = image.shape[:2]
    if preprocessing["do_resize"]:
        height, width = preprocessing["size"]["height"], preprocessing["size"]["width"]
    resized = Image.fromarray(image).resize((width, height), preprocessing["resample"])
    pixels = np.asarray(resized) * np.float32(affine["scale"]) + np.float32(affine["shift"])
    (logits,) = session.run(["logits"], {"pixel_values": pixels.transpose(2, 0, 1)[None]})
    larger = torch.nn.functional.interpolate(
        torch.from_numpy(logits), image.shape[:2], mode="bilinear"
    )
    labels = larger[0].argmax(0).numpy()

    predictor = Predictor.load("street-b0", device="cpu")
    assert (labels == predictor.predict(image).labels).mean() >= 0.9999
    assert json.loads(facts["classes"]) == predictor.classes.to_json()
    assert facts["licence"] == predictor.licence
    assert facts["sha256"] == predictor.sha256


def test_a_checkpoint_without_a_licence_says_so():
    checkpoint = replace(read_checkpoint("street-b0"), licence=None)
    assert metadata(checkpoint)["licence"] == "not stated by the checkpoint"


@pytest.mark.parametrize("opset", [9, 99])
def test_an_opset_that_cannot_be_written_is_refused(tmp_path: Path, opset):
    with pytest.raises(RequestError, match=f"operator set {opset} cannot be written: choose 17"):
        export_onnx("street-b0", tmp_path / "street.onnx", opset=opset)
    assert not list(tmp_path.iterdir())


def test_a_file_that_computes_something_else_is_never_written(tmp_path: Path, monkeypatch):
    honest = onnx_export.onnx_model

    def other(network, checkpoint, **settings):
        wrong = SegFormer(network.config)
        return honest(wrong.eval(), checkpoint, **settings)

    monkeypatch.setattr(onnx_export, "onnx_model", other)
    target = tmp_path / "street.onnx"
    target.write_bytes(b"the one before")
    with pytest.raises(RequestError, match="street-b0: its ONNX file gives logits that are off"):
        export_onnx("street-b0", target)
    assert target.read_bytes() == b"the one before"


def test_without_onnx_a_sentence_says_what_to_install(tmp_path: Path, monkeypatch):
    absent(monkeypatch, "onnx")
    with pytest.raises(RequestError, match=r'pip install "segformer-studio\[onnx\]"'):
        export_onnx("street-b0", tmp_path / "street.onnx")


def test_without_a_runtime_it_is_written_unchecked_and_says_so(tmp_path: Path, monkeypatch):
    absent(monkeypatch, "onnxruntime")
    notes: list[str] = []
    steps: list[str] = []
    path = export_onnx(
        "street-b0",
        tmp_path / "street.onnx",
        notes=notes,
        progress=lambda progress: steps.append(progress.text),
    )
    (note,) = notes
    assert "onnxruntime" in note
    assert len(steps) == 3
    network = SegFormer(read_checkpoint("street-b0").config)
    assert difference(FastSegFormer.from_exact(network.eval()), path.read_bytes()) > 1e-4


def absent(monkeypatch: pytest.MonkeyPatch, package: str) -> None:
    """As if that package were not installed."""
    monkeypatch.setattr(
        onnx_export,
        "find_spec",
        lambda name: None if name == package else importlib.util.find_spec(name),
    )
