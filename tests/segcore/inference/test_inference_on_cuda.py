"""The same answers from a GPU."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from segcore.inference import Predictor
from segcore.inference.tiling import plan_tiles

pytestmark = pytest.mark.cuda


def test_labels_equal_those_of_the_cpu(own_size_folder, picture):
    image = picture(301, 407)
    cpu = Predictor.load(own_size_folder, device="cpu").predict(image)
    gpu_predictor = Predictor.load(own_size_folder, device="cuda", precision="fp32")
    assert gpu_predictor.device == "cuda:0"
    gpu = gpu_predictor.predict(image)
    assert (cpu.labels == gpu.labels).mean() > 0.99
    close = np.abs(cpu.confidence.astype(float) - gpu.confidence) < 0.02
    assert close.mean() > 0.99


def test_auto_is_a_half_precision_on_the_gpu(own_size_folder, picture):
    predictor = Predictor.load(own_size_folder)
    assert predictor.device.startswith("cuda")
    assert predictor.precision in ("bf16", "fp16")
    assert Predictor.load(own_size_folder, numerics="exact").precision == "fp32"
    prediction = predictor.predict(picture(200, 300))
    cpu = Predictor.load(own_size_folder, device="cpu").predict(picture(200, 300))
    assert (prediction.labels == cpu.labels).mean() > 0.9


def test_tiles_and_top_two_on_the_gpu(own_size_folder, picture):
    predictor = Predictor.load(own_size_folder, device="cuda")
    encoded = predictor.encode(picture(300, 500))
    encoded.plan = plan_tiles((300, 500), 256)
    prediction, top = predictor.predict(encoded), predictor.top2(encoded)
    assert (top.ids[0] == prediction.labels).mean() > 0.999


def test_attention_and_fields_on_the_gpu(own_size_folder, picture):
    from segcore.inspection import attention_map, receptive_field

    image = picture(96, 128)
    gpu = Predictor.load(own_size_folder, device="cuda")
    cpu = Predictor.load(own_size_folder, device="cpu")
    for stage in (1, 4):
        one, other = (
            np.asarray(attention_map(each, each.encode(image), stage, 1, (30, 40)))
            for each in (gpu, cpu)
        )
        assert np.abs(one - other).max() < 0.05
    one, other = (
        np.asarray(receptive_field(each, image, ("stage4",))["stage4"], float).ravel()
        for each in (gpu, cpu)
    )
    assert one @ other / np.linalg.norm(one) / np.linalg.norm(other) > 0.999


def test_a_full_gpu_falls_back_and_says_so(own_size_folder, picture, monkeypatch):
    predictor = Predictor.load(own_size_folder, device="cuda")
    on_gpu = predictor.backend

    def full(pixels):
        raise torch.OutOfMemoryError("CUDA out of memory.")

    monkeypatch.setattr(on_gpu, "encode", full)
    prediction = predictor.predict(picture(100, 100))
    assert "on the CPU" in prediction.notes[-1]
