"""Shares that sum to the logit, and that are what each stage adds in transformers' own head."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from torch.nn.functional import interpolate

import segcore
from segcore.errors import RequestError
from segcore.inference import Predictor
from segcore.inference.tiling import plan_tiles
from segcore.inspection import explain


def upsampled(logits: torch.Tensor, size: tuple[int, int], point: tuple[int, int]) -> np.ndarray:
    """(1, C, h, w) as contracted, at one pixel: (C,) float64."""
    picture = interpolate(logits, size, mode="bilinear", align_corners=False)
    return picture[0, :, point[1], point[0]].double().numpy()


def shares_by_taking_out(model, pixels, size, point):
    """What the logits lose without one stage's features, the gates of the whole head kept.

    Takes transformers' head apart with nothing but hooks: the linear layers of all stages are made
    to give zeros, or their biases alone, while the ReLU multiplies with the gates of the whole.
    """
    head = model.decode_head
    gates = []
    hook = head.activation.register_forward_hook(lambda *call: gates.append(call[1][0] > 0))
    whole = model(pixels).logits
    hook.remove()
    hooks = [head.activation.register_forward_hook(lambda *call: call[1][0] * gates[0])]

    def without(stages):
        silent = [
            head.linear_projections[stage].register_forward_hook(
                lambda module, *_: _[1] * 0 + module.proj.bias
            )
            for stage in stages
        ]
        logits = upsampled(model(pixels).logits, size, point)
        for one in silent:
            one.remove()
        return logits

    everything = upsampled(whole, size, point)
    shares = [everything - without([stage]) for stage in range(4)]
    bias = without(range(4))
    hooks[0].remove()
    return everything, shares, bias


@pytest.mark.parametrize("numerics", ["fast", "exact"])
@pytest.mark.parametrize("size", [(100, 150), (64, 97)])
def test_shares_are_what_each_stage_adds_in_transformers(oracle, picture, numerics, size):
    image = picture(*size)
    predictor = Predictor.load(oracle.folder, device="cpu", numerics=numerics)
    encoded = predictor.encode(image)
    for point in ((0, 0), (size[1] - 1, size[0] - 1), (53, 31)):
        with torch.no_grad():
            logits, shares, bias = shares_by_taking_out(
                oracle.model, oracle.pixels(image), size, point
            )
        near = {"rtol": 0, "atol": 1e-4 * np.abs(logits).max()}
        found = explain(predictor, encoded, point)
        assert found.winner.id == logits.argmax()
        assert [score.id for score in found.classes] == list(np.argsort(-logits))
        for score in found.classes:
            np.testing.assert_allclose(score.logit, logits[score.id], **near)
            np.testing.assert_allclose(score.bias, bias[score.id], **near)
            expected = [share[score.id] for share in shares]
            np.testing.assert_allclose(list(score.stages.values()), expected, **near)


def test_shares_and_bias_sum_to_the_logit_of_the_map(street, picture):
    image = picture(96, 128)
    encoded = street.encode(image)
    prediction = street.predict(encoded)
    ((_, logits),) = street.logits(encoded)
    for point in ((0, 95), (64, 48), (127, 3)):
        found = explain(street, encoded, point)
        expected = upsampled(torch.from_numpy(logits)[None], (96, 128), point)
        report = found.to_json()
        largest = np.abs(expected).max()
        total = sum(report["stages"].values()) + report["bias"]
        assert abs(total - report["logit"]) <= 1e-9
        assert abs(report["logit"] - expected.max()) <= 1e-4 * largest
        assert report["classes"][0]["id"] == prediction.labels[point[1], point[0]]
        assert abs(report["confidence"] - prediction.confidence[point[1], point[0]]) < 2e-3


def test_the_report_is_as_contracted(street, picture):
    found = segcore.explain(street, street.encode(picture(64, 64)), point=(10, 20))
    report = json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert list(report) == ["point", "classes", "logit", "stages", "bias", "confidence"]
    assert report["point"] == [10, 20]
    assert list(report["stages"]) == ["stage1", "stage2", "stage3", "stage4"]
    assert len(report["classes"]) == len(street.classes)
    assert set(report["classes"][0]) == {"id", "name", "logit", "probability"}
    assert report["classes"][0]["logit"] == report["logit"]
    assert report["classes"][0]["probability"] == report["confidence"]
    probabilities = [one["probability"] for one in report["classes"]]
    assert probabilities == sorted(probabilities, reverse=True)
    assert sum(probabilities) == pytest.approx(1, abs=1e-9)
    assert found.notes == ()


def test_a_picture_that_is_resized_is_explained_at_its_own_pixels(street, picture):
    image = picture(90, 130)
    encoded = street.encode(image, size=(64, 64))
    ((_, logits),) = street.logits(encoded)
    expected = upsampled(torch.from_numpy(logits)[None], (90, 130), (129, 40))
    found = explain(street, encoded, (129, 40))
    for score in found.classes:
        assert abs(score.logit - expected[score.id]) <= 1e-4 * np.abs(expected).max()


def test_in_tiles_the_window_of_the_point_answers_and_a_blend_is_named(street, picture):
    encoded = street.encode(picture(300, 300))
    encoded.plan = plan_tiles((300, 300), 256)
    prediction = street.predict(encoded)
    windows = list(street.logits(encoded))
    alone, blended = (295, 4), (150, 150)
    found = explain(street, encoded, alone)
    assert found.notes == ()
    assert found.box == encoded.windows[1].box
    assert found.winner.id == prediction.labels[4, 295]
    assert abs(found.confidence - prediction.confidence[4, 295]) < 2e-3
    found = explain(street, encoded, blended)
    assert "overlap" in found.notes[0]
    box, logits = windows[encoded.window_at(blended)]
    inside = (blended[0] - box.x0, blended[1] - box.y0)
    expected = upsampled(torch.from_numpy(logits)[None], box.size, inside)
    assert abs(found.winner.logit - expected.max()) <= 1e-4 * np.abs(expected).max()


def test_it_draws_on_what_was_computed(street, picture, monkeypatch):
    encoded = street.encode(picture(64, 96))
    street.predict(encoded)
    monkeypatch.setattr(street.backend, "encode", None)
    monkeypatch.setattr(street.backend, "decode", None)
    explain(street, encoded, (3, 4))


def test_a_point_outside_is_refused(street, picture):
    encoded = street.encode(picture(64, 64))
    for point in ((64, 0), (0, 64), (-1, 0)):
        with pytest.raises(RequestError, match="outside the image"):
            explain(street, encoded, point)
