"""Entropy and margin against a softmax of full-size logits made by other means."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from PIL import Image

from segcore.batch import predict_folder
from segcore.errors import Cancelled, RequestError
from segcore.inference import Predictor, upsample
from segcore.inference.protocol import InferenceProtocol
from segcore.inference.tiling import plan_tiles
from segcore.inference.uncertainty import _measured, uncertainty_maps
from segcore.progress import CancelToken


def independent(predictor, encoded):
    """Entropy over log C and p1 - p2 of interpolated logits, float64."""
    ((_, logits),) = predictor.logits(encoded)
    full = torch.nn.functional.interpolate(
        torch.from_numpy(logits)[None].double(), encoded.size, mode="bilinear"
    )[0]
    share = full.softmax(0)
    entropy = torch.special.entr(share).sum(0) / math.log(len(full))
    first, second = share.topk(2, dim=0).values
    return entropy.numpy(), (first - second).numpy()


@pytest.mark.parametrize("labels", [2, 150])
def test_both_agree_with_the_softmax_of_full_size_logits(model_folder, picture, labels):
    predictor = Predictor.load(model_folder(num_labels=labels, size=(96, 128)), device="cpu")
    encoded = predictor.encode(picture(203, 301))
    decode = encoded.backend.decode
    encoded.backend.decode = lambda stages: decode(stages) * 12  # random models doubt everything
    entropy, margin = independent(predictor, encoded)
    maps = uncertainty_maps(predictor, encoded)
    assert {name: found.dtype for name, found in maps.items()} == {
        "entropy": np.float16,
        "margin": np.float16,
    }
    assert np.abs(maps["entropy"] - entropy).max() <= 6e-4
    assert np.abs(maps["margin"] - margin).max() <= 6e-4
    assert np.ptp(maps["margin"]) > 0.2


def test_in_tiles_the_encoder_runs_once_and_the_picture_is_covered(own_size, picture):
    encoded = own_size.encode(picture(300, 500))
    encoded.plan = plan_tiles((300, 500), 256)
    prediction = own_size.predict(encoded)
    encodes = []
    encode = encoded.backend.encode
    encoded.backend.encode = lambda pixels: encodes.append(pixels) or encode(pixels)
    seen = []
    maps = uncertainty_maps(own_size, encoded, ("margin",), progress=seen.append)
    assert encodes == []
    assert list(maps) == ["margin"]
    second = own_size.top2(encoded).probability[1].astype(np.float32)
    assert np.abs(maps["margin"] - (prediction.confidence - second)).max() <= 4e-3
    assert seen[-1].done == seen[-1].total == 300 * 500


def test_several_passes_are_measured_by_their_mean_probability(own_size_folder, picture):
    predictor = Predictor.load(own_size_folder, device="cpu")
    encoded = predictor.encode(picture(64, 96), protocol=InferenceProtocol(flip=True))
    maps = uncertainty_maps(predictor, encoded)
    first, second = predictor.top2(encoded).probability.astype(np.float32)
    assert np.abs(maps["margin"] - (first - second)).max() <= 2e-3
    assert (maps["entropy"] > 0).all()


def test_a_batch_saves_them_beside_the_labels(own_size, picture, tmp_path):
    (tmp_path / "in").mkdir()
    image = picture(40, 56)
    Image.fromarray(image).save(tmp_path / "in" / "a.png")
    summary = predict_folder(
        own_size, [tmp_path / "in"], tmp_path / "out", save=["margin", "entropy"]
    )
    assert summary.complete
    maps = uncertainty_maps(own_size, own_size.encode(image))
    with np.load(tmp_path / "out" / "a.npz") as saved:
        assert sorted(saved.files) == ["entropy", "margin"]
        for name, values in maps.items():
            assert np.array_equal(saved[name], values)


def test_certain_and_undecided_pixels_and_a_single_class():
    logits = torch.tensor([[5.0, -2.0, 300.0], [5.0, -2.0, -300.0]])[:, None]
    found = _measured(logits.clone(), ("entropy", "margin"))
    assert found["entropy"].flatten().tolist() == pytest.approx([1, 1, 0])
    assert found["margin"].flatten().tolist() == pytest.approx([0, 0, 1])
    alone = _measured(torch.tensor([[[3.0]]]), ("entropy", "margin"))
    assert (alone["entropy"].item(), alone["margin"].item()) == (0, 1)


def test_it_stops_between_strips_and_refuses_what_it_does_not_know(own_size, picture, monkeypatch):
    monkeypatch.setitem(upsample._STRIP_VALUES, "cpu", 7 * 64 * 8)
    encoded = own_size.encode(picture(64, 64))
    token, seen = CancelToken(), []

    def stop(step):
        seen.append(step)
        token.cancel()

    with pytest.raises(Cancelled):
        uncertainty_maps(own_size, encoded, cancel=token, progress=stop)
    assert len(seen) == 1
    with pytest.raises(RequestError, match="doubt"):
        uncertainty_maps(own_size, encoded, ("doubt",))
