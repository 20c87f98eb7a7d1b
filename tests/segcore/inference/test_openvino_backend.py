"""OpenVINO against torch: the same labels, features, attention and receptive fields."""

from __future__ import annotations

import importlib.util
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch

import segcore
from segcore.checkpoints import read_checkpoint
from segcore.errors import RequestError
from segcore.inference import Predictor, backend_choice
from segcore.inference.devices import Placement
from segcore.inference.tiling import plan_tiles
from segcore.models import FastSegFormer, SegFormer, SegFormerConfig

pytest.importorskip("segcore.openvino")

ODD_SIZES = [(32, 32), (33, 47), (65, 129), (96, 64), (201, 77)]


@pytest.fixture(scope="module")
def pair(own_size_folder) -> tuple[Predictor, Predictor]:
    """The same random model by OpenVINO and by torch."""
    checkpoint = read_checkpoint(own_size_folder)
    return (
        Predictor.from_checkpoint(checkpoint, device="cpu", backend="openvino"),
        Predictor.from_checkpoint(checkpoint, device="cpu", backend="torch"),
    )


def close(found: np.ndarray, expected: np.ndarray) -> bool:
    return bool(np.abs(found - expected).max() <= 1e-4 * np.abs(expected).max())


@pytest.mark.parametrize("size", [(1, 1), *ODD_SIZES])
def test_any_size_gives_torchs_labels_logits_and_features(pair, picture, size):
    by_openvino, by_torch = pair
    encoded, expected = (each.encode(picture(*size)) for each in pair)
    ((_, logits),) = by_openvino.logits(encoded)
    ((_, reference),) = by_torch.logits(expected)
    assert close(logits, reference)
    ((_, features),) = by_openvino.features(encoded)
    ((_, wanted),) = by_torch.features(expected)
    for stage, feature in wanted.items():
        assert features[stage].shape == feature.shape
        assert close(features[stage], feature)
    found, prediction = by_openvino.predict(encoded), by_torch.predict(expected)
    assert (found.labels == prediction.labels).mean() >= 0.9999
    assert np.abs(found.confidence - prediction.confidence).max() <= 1e-3


@pytest.mark.parametrize("head", ["all_mlp", "mmseg"])
def test_both_heads_and_a_batch_where_no_two_weights_are_alike(head):
    from segcore.inference.openvino_backend import OpenVINOBackend
    from segcore.inference.torch_backend import TorchBackend

    config = replace(
        SegFormerConfig.named("b0", num_classes=7),
        widths=(8, 16, 40, 64),
        depths=(2, 1, 1, 2),
        decoder_width=24,
        head=head,
    )
    model = SegFormer(config).eval()
    generator = torch.Generator().manual_seed(5)
    with torch.no_grad():
        for name, tensor in model.state_dict().items():
            if tensor.is_floating_point():
                tensor.copy_(torch.randn(tensor.shape, generator=generator) * 0.2)
                if name.endswith("running_var") or ("norm" in name and name.endswith("weight")):
                    tensor.abs_().add_(0.5)
    preprocess = read_checkpoint("street-b0").preprocess
    placement = Placement(torch.device("cpu"), "fp32")
    reference = TorchBackend(FastSegFormer.from_exact(model), preprocess, placement)
    backend = OpenVINOBackend(config, preprocess, lambda: model, lambda: reference)
    pixels = torch.randn(3, 3, 71, 99, generator=generator)
    stages = backend.encode(pixels)
    with torch.no_grad():
        expected = model.encode(pixels)
        logits = model.decode(expected).numpy()
    for place in range(len(pixels)):
        alone = [stage[place : place + 1] for stage in stages]
        assert close(backend.decode(alone).numpy(), logits[place])
        for stage, wanted in zip(alone, expected, strict=True):
            assert close(backend.picture_of(stage).numpy(), wanted[place].numpy())
            assert torch.equal(backend.stage_of(backend.picture_of(stage)), stage)


@pytest.mark.parametrize("threads", [2, 3])
def test_queries_shared_out_among_threads_give_the_same(make_openvino_features, threads):
    for batch, height, width in [(1, 64, 96), (1, 33, 47), (2, 64, 64)]:
        found, expected = make_openvino_features(threads, (batch, 3, height, width))
        for stage, wanted in zip(found, expected, strict=True):
            assert close(stage, wanted)


@pytest.fixture(scope="module")
def make_openvino_features():
    import openvino

    from segcore.inference.openvino_graph import encoder_graph

    config = replace(SegFormerConfig.named("b0", num_classes=7), depths=(1, 1, 1, 1))
    model = SegFormer(config).eval()
    model.initialise(torch.Generator().manual_seed(5))
    settings = {"INFERENCE_PRECISION_HINT": "f32"}

    def features(threads: int, shape: tuple[int, ...]) -> tuple[list, list]:
        pixels = torch.randn(shape, generator=torch.Generator().manual_seed(6))
        graph = encoder_graph(model, threads)
        graph.reshape({0: [shape[0], *shape[2:], 3]})
        compiled = openvino.Core().compile_model(graph, "CPU", settings)
        with torch.no_grad():
            expected = [stage.flatten(2).transpose(1, 2).numpy() for stage in model.encode(pixels)]
        found = compiled([pixels.permute(0, 2, 3, 1).contiguous().numpy()])
        return [found[index] for index in range(4)], expected

    return features


def test_tiles_and_a_size_that_every_picture_is_resized_to(pair, picture, model_folder):
    image = picture(300, 390)
    labels = []
    for predictor in pair:
        encoded = predictor.encode(image)
        encoded.plan = plan_tiles(encoded.size, 128)
        labels.append(predictor.predict(encoded).labels)
    assert (labels[0] == labels[1]).mean() >= 0.9999

    folder = model_folder(size=(64, 96))
    by_openvino = Predictor.load(folder, device="cpu", backend="openvino").predict(image)
    by_torch = Predictor.load(folder, device="cpu", backend="torch").predict(image)
    assert (by_openvino.labels == by_torch.labels).mean() >= 0.9999


def test_what_came_before_a_picture_changes_nothing(pair, picture):
    by_openvino, _ = pair
    first = by_openvino.predict(picture(70, 90))
    by_openvino.predict(picture(90, 70))
    again = by_openvino.predict(picture(70, 90))
    np.testing.assert_array_equal(first.labels, again.labels)
    np.testing.assert_array_equal(first.confidence, again.confidence)


def test_attention_explanation_and_receptive_fields_are_torchs(pair, picture):
    image = picture(97, 129)
    encoded, expected = (each.encode(image) for each in pair)
    for stage in (1, 3, 4):
        maps = [
            np.asarray(segcore.attention_map(each, where, stage=stage, block=1, point=(40, 70)))
            for each, where in zip(pair, (encoded, expected))
        ]
        assert close(maps[0], maps[1])
    shares = [
        segcore.explain(each, where, (40, 70)) for each, where in zip(pair, (encoded, expected))
    ]
    assert [score.id for score in shares[0].classes] == [score.id for score in shares[1].classes]
    for found, wanted in zip(shares[0].classes, shares[1].classes):
        assert found.logit == pytest.approx(wanted.logit, abs=1e-3)
        assert found.stages == pytest.approx(wanted.stages, abs=1e-3)
    fields = [segcore.receptive_field(each, image, targets=("stage2", "head")) for each in pair]
    for target, field in fields[1].items():
        np.testing.assert_array_equal(np.asarray(fields[0][target]), np.asarray(field))


def test_it_is_chosen_by_itself_where_it_is_and_can(own_size_folder):
    checkpoint = read_checkpoint(own_size_folder)
    names = {
        settings: Predictor.from_checkpoint(checkpoint, "cpu", *settings).backend_name
        for settings in [("auto", "fast"), ("bf16", "fast"), ("auto", "exact")]
    }
    assert names == {
        ("auto", "fast"): "openvino",
        ("bf16", "fast"): "torch",
        ("auto", "exact"): "torch",
    }


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"numerics": "exact"}, "Exact numerics run on the torch backend alone, not on openvino"),
        ({"precision": "bf16"}, "computes in fp32 alone, not in bf16"),
    ],
)
def test_what_it_cannot_do_is_refused(own_size_folder, settings, sentence):
    with pytest.raises(RequestError, match=sentence):
        Predictor.load(own_size_folder, device="cpu", backend="openvino", **settings)


def test_another_device_is_refused(own_size_folder, monkeypatch):
    from segcore.inference import predictor

    elsewhere = Placement(torch.device("mps"), "fp32")
    monkeypatch.setattr(predictor, "place", lambda *_: elsewhere)
    with pytest.raises(RequestError, match="runs on the CPU alone, not on mps"):
        Predictor.load(own_size_folder, device="mps", backend="openvino")


def test_without_the_extra_auto_is_torch_and_openvino_says_what_to_install(
    own_size_folder, monkeypatch
):
    def find_spec(name):
        return None if name == "openvino" else importlib.util.find_spec(name)

    monkeypatch.setattr(backend_choice, "find_spec", find_spec)
    predictor = Predictor.load(own_size_folder, device="cpu")
    assert predictor.backend_name == "torch"
    assert not predictor.notes
    with pytest.raises(RequestError, match=r'pip install "segformer-studio\[openvino\]"'):
        Predictor.load(own_size_folder, device="cpu", backend="openvino")


def test_a_broken_installation_is_named_and_auto_goes_on(own_size_folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "openvino", None)  # importing it now fails
    monkeypatch.delitem(sys.modules, "segcore.openvino")
    monkeypatch.setattr(backend_choice, "find_spec", lambda _: object())
    predictor = Predictor.load(own_size_folder, device="cpu")
    assert predictor.backend_name == "torch"
    (note,) = predictor.notes
    assert "does not load" in note
    with pytest.raises(RequestError, match="does not load"):
        Predictor.load(own_size_folder, device="cpu", backend="openvino")
